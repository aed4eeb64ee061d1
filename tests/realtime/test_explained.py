"""What providers say when they refuse, in plain words."""

from __future__ import annotations

import pytest

from app.realtime.explained import explained


@pytest.mark.parametrize(
    ("reason", "begins"),
    [
        ("550 5.1.1 <dana@shop.example>: Recipient address rejected: User unknown", "This address does not exist"),
        ("452 4.2.2 Mailbox full", "The customer's mailbox is full"),
        ("552 5.3.4 Message size exceeds fixed limit", "The message or its files are larger"),
        ("554 5.7.1 Message rejected as spam", "The other side refused it by its rules"),
        ("535 5.7.8 Error: authentication failed", "This inbox's sign-in"),
        ("550 5.7.26 Unauthenticated email is not accepted: DMARC", "The other side refused it by its rules"),
        ("The receiver answered 401", "This inbox's sign-in"),
        ("(#131047) Re-engagement message", "The customer wrote too long ago"),
        ("429 Too Many Requests", "The channel takes no more messages"),
        ("The receiver answered 503", "The other side cannot be reached"),
    ],
)
def test_a_refusal_is_explained(reason: str, begins: str) -> None:
    assert explained(reason).startswith(begins)


@pytest.mark.parametrize("reason", [None, "", "Nope", "x" * 100_000])
def test_what_is_not_known_is_not_explained(reason: str | None) -> None:
    assert explained(reason) == ""
