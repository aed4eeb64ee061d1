"""E-mail addresses and phone numbers come into one form, or are refused in words for the person who typed them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.lib import address


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Dana@Example.COM", "dana@example.com"),
        ("  dana@example.com\n", "dana@example.com"),
        ("o'hara+desk@sub.example.co.uk", "o'hara+desk@sub.example.co.uk"),
        ("dana@bücher.example", "dana@bücher.example"),
        ("dana@xn--bcher-kva.example", "dana@bücher.example"),
        ("administrator@localhost", "administrator@localhost"),
        ("dana@corp.local", "dana@corp.local"),
    ],
)
def test_an_address_is_stored_in_lower_case(typed: str, stored: str) -> None:
    assert address.email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "@",
            "dana",
            "dana@",
            "@example.com",
            "dana@gmail",
            "dana@@example.com",
            "dana @example.com",
            "a\x00@example.com",
        ),
        *(
            "dana@example.com\r\nBcc: all@example.com",
            "dana@example.com, bob@example.com",
            "<dana@example.com>",
            "dana@[127.0.0.1]",
        ),
        *("\ud800@example.com", "a@" + "b." * 200 + "com", "x" * 1_000_000),
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        address.email(typed, field="reply_to")
    assert list(refused.value.fields) == ["reply_to"]


@given(typed=st.one_of(st.emails(), st.text(st.characters(), max_size=80)))
def test_an_address_once_stored_stays_as_it_is(typed: str) -> None:
    try:
        stored = address.email(typed)
    except Invalid:
        return
    assert address.email(stored) == stored
    assert stored == stored.lower()


@pytest.mark.parametrize(
    ("typed", "region", "stored"),
    [
        ("+49 30 123456", None, "+4930123456"),
        (" +1 (415) 555-2671 ", None, "+14155552671"),
        ("030 123456", "DE", "+4930123456"),
        ("+٤٩٣٠١٢٣٤٥٦", None, "+4930123456"),
        ("tel:+49-30-123456", None, "+4930123456"),
    ],
)
def test_a_number_is_stored_in_e164(typed: str, region: str | None, stored: str) -> None:
    assert address.phone(typed, region=region) == stored


@pytest.mark.parametrize(
    "typed",
    ["", "+", "030 123456", "+49", "+999123456789", "call me", "+49 30 123456 ext. 5", "\x00", "\ud800", "1" * 100_000],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        address.phone(typed)
    assert list(refused.value.fields) == ["phone_number"]


@given(typed=st.text(st.characters(), max_size=40))
def test_no_text_makes_the_number_fail_in_another_way(typed: str) -> None:
    with suppress(Invalid):
        assert address.phone(typed, region="DE").startswith("+")
