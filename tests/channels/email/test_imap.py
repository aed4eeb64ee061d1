"""A mailbox is read at a real server: everything once, in order, whatever happens to the line or the server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.channels.standing import NotConnected, Unreachable
from tests.channels.email.conftest import Box, a_mail


def subjects(letters: list) -> list[str]:
    return [next(line for line in letter.raw.decode().splitlines() if line.startswith("Subject"))[9:] for letter in letters]


def test_what_arrives_after_the_connection_is_read_once(box: Box) -> None:
    box.dovecot.put(box.address, a_mail(0), at=datetime.now(UTC) - timedelta(days=2))
    box.connect()
    box.dovecot.put(box.address, a_mail(1))
    assert subjects(box.look()) == ["Question 1"]
    assert box.look() == []
    box.dovecot.put(box.address, a_mail(2))
    assert subjects(box.look()) == ["Question 2"]
    assert box.dovecot.flags(box.address) == ["", "", ""]


def test_a_wrong_password_is_told_in_the_servers_words(box: Box) -> None:
    box.credentials["imap_password"] = "guess"
    with pytest.raises(NotConnected) as refused:
        box.connect()
    assert refused.value.fields == {"imap_password": "[AUTHENTICATIONFAILED] Authentication failed."}
    with pytest.raises(NotConnected):
        box.look()
