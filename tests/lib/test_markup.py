"""Attributes handed to a macro arrive on its tag, escaped."""

from __future__ import annotations

from app.lib.markup import attributes


def test_underscores_are_hyphens_and_values_are_escaped() -> None:
    assert str(attributes({"hx_post": '/a?b="c"&d'})) == ' hx-post="/a?b=&#34;c&#34;&amp;d"'


def test_true_is_a_bare_name_and_nothing_is_left_out() -> None:
    assert str(attributes({"hidden": True, "data_key": None, "disabled": False, "rows": 0})) == ' hidden rows="0"'
