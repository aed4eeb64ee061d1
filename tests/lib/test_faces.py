"""Initials and hues: what stands for a person without a picture."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.faces import hue, initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Amelia Reyes", "AR"),
        ("Ana Maria de Souza", "AS"),
        ("cher", "C"),
        ("amelia.reyes@fernway.cc", "AR"),
        ("O'Neill, Shaun", "OS"),
        ("Łukasz Żak", "ŁŻ"),
        ("李 小龙", "李小"),
        ("محمد علي", "مع"),
        ("  Dana  ", "D"),
        ("+49 151 2044 7718", ""),
        ("🙂", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_initials_are_of_the_first_and_the_last_word(name: str | None, letters: str) -> None:
    assert initials(name) == letters


@given(st.text())
def test_any_name_gives_at_most_two_letters(name: str) -> None:
    assert len(initials(name)) <= 2


@given(st.text() | st.integers())
def test_a_hue_is_one_of_eight_and_always_the_same(key: object) -> None:
    assert 1 <= hue(key) <= 8
    assert hue(key) == hue(key)


def test_hues_are_spread_evenly_and_do_not_change_between_releases() -> None:
    counts = [0] * 9
    for key in range(8000):
        counts[hue(key)] += 1
    assert all(800 < count < 1200 for count in counts[1:])
    assert [hue(1), hue(2), hue("Amelia")] == [hue("1"), hue("2"), hue("Amelia")]
