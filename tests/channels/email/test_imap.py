"""A mailbox is read at a real server: everything once, in order, whatever happens to the line or the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

import pytest

from app.channels.base import Envelope
from app.channels.email import arrivals, imap
from app.channels.email.letter_key import letter_key
from app.channels.standing import NotConnected, Unreachable
from tests.channels.email.conftest import Box, a_mail
from tests.fakes.bad_line import BadLine
from tests.fakes.consent import Consent
from tests.fakes.dovecot import PASSWORD


def subjects(letters: Sequence[Envelope]) -> list[str]:
    return [
        next(line for line in (letter.raw or b"").decode().splitlines() if line.startswith("Subject: "))[9:]
        for letter in letters
    ]


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


@pytest.fixture
def line(box: Box) -> BadLine:
    """The mailbox behind a line that can break."""
    line = BadLine(box.dovecot.port)
    box.credentials["imap_port"] = line.port
    yield line
    line.close()


def test_what_arrives_after_the_connection_is_read_once_and_left_as_it_was(box: Box) -> None:
    box.dovecot.put(box.address, a_mail(0), at=ago(days=2))
    box.connect()
    box.dovecot.put(box.address, a_mail(1))
    (letter,) = box.look()
    assert subjects([letter]) == ["Question 1"]
    assert letter.sender == "dana@example.com"
    assert letter.key == letter_key(letter.raw)
    assert (letter.payload["folder"], letter.payload["uid"]) == ("INBOX", 2)
    assert box.look() == []
    box.dovecot.put(box.address, a_mail(2))
    assert subjects(box.look()) == ["Question 2"]
    assert box.dovecot.flags(box.address) == ["", "", ""]


def test_older_mails_are_read_where_that_is_asked_for(box: Box) -> None:
    box.dovecot.put(box.address, a_mail(1), at=ago(days=40))
    box.dovecot.put(box.address, a_mail(2), at=ago(days=20))
    box.connect()
    box.settings["import_days"] = 30
    assert subjects(box.look()) == ["Question 2"]
    assert box.look() == []


def test_mails_are_marked_as_seen_where_that_is_asked_for(box: Box) -> None:
    box.connect()
    box.settings["mark_seen"] = True
    box.dovecot.put(box.address, a_mail(1))
    box.look()
    assert box.dovecot.flags(box.address) == ["S"]


def test_a_week_of_outage_loses_nothing_and_repeats_nothing(box: Box) -> None:
    box.connect()
    box.dovecot.put(box.address, a_mail(0), at=ago(days=8))
    assert subjects(box.look()) == ["Question 0"]
    hours = list(range(120))
    Random(7).shuffle(hours)
    for hour in hours:
        written = ago(days=7) + timedelta(hours=hour)
        # They come in any order, when the server is back.
        box.dovecot.put(box.address, a_mail(hour, Date=format_datetime(written)), at=ago(minutes=5))
    came = box.look_until_done()
    assert subjects(came) == [f"Question {hour}" for hour in range(120)]
    assert len({letter.key for letter in came}) == 120
    assert box.look_until_done() == []


def test_a_date_that_cannot_be_true_does_not_decide_the_order(box: Box) -> None:
    box.connect()
    box.dovecot.put(box.address, a_mail(1, Date="Mon, 01 Jan 1990 00:00:00 +0000"), at=ago(hours=3))
    box.dovecot.put(box.address, a_mail(2, Date="Mon, 01 Jan 2125 00:00:00 +0000"), at=ago(hours=2))
    box.dovecot.put(box.address, a_mail(3, Date="yesterday"), at=ago(hours=1))
    assert subjects(box.look()) == ["Question 1", "Question 2", "Question 3"]


def test_what_came_home_before_the_line_broke_is_kept_and_the_rest_is_fetched_later(
    box: Box, line: BadLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "BITE_MAILS", 2)
    box.connect()
    for number in range(6):
        box.dovecot.put(box.address, a_mail(number) + b"x" * 4000, at=ago(minutes=10 - number))
    line.breaks_after = 15_000
    first = box.look()
    assert 2 <= len(first) < 6
    line.breaks_after = 500
    with pytest.raises(Unreachable):
        box.look()
    line.breaks_after = None
    assert subjects([*first, *box.look_until_done()]) == [f"Question {number}" for number in range(6)]


def test_a_server_that_falls_silent_is_left_in_time(box: Box, line: BadLine, monkeypatch: pytest.MonkeyPatch) -> None:
    box.connect()
    monkeypatch.setattr(imap, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(imap, "CONNECT_SECONDS", 0.2)
    line.is_silent = True
    with pytest.raises(Unreachable, match="did not answer in time"):
        box.look()


def test_new_uids_for_the_whole_folder_repeat_only_what_the_keys_tell(box: Box) -> None:
    box.connect()
    for number in range(3):
        box.dovecot.put(box.address, a_mail(number), at=ago(days=10 * (3 - number)))
    before = box.look()
    assert len(before) == 3
    box.dovecot.renew_validity(box.address)
    box.dovecot.put(box.address, a_mail(3))
    again = box.look()
    new = [letter for letter in again if letter.key not in {each.key for each in before}]
    assert subjects(new) == ["Question 3"]
    # From a day before the last one, not all the years.
    assert subjects(again) == ["Question 2", "Question 3"]
    assert box.look() == []


def test_other_folders_are_read_too_and_a_missing_one_stops_nothing(box: Box) -> None:
    box.dovecot.put(box.address, a_mail(0), folder="Junk")
    box.settings["folders"] = ["INBOX", "Junk"]
    box.connect()
    assert box.settings["known_folders"] == ["INBOX", "Junk"]
    box.settings["folders"] = ["INBOX", "Gone", "Junk"]
    box.dovecot.put(box.address, a_mail(1), folder="Junk", at=ago(minutes=2))
    box.dovecot.put(box.address, a_mail(2), at=ago(minutes=1))
    assert subjects(box.look()) == ["Question 1", "Question 2"]
    assert [problem.code for problem in box.channel.probe("").problems] == ["folder"]
    with pytest.raises(NotConnected) as refused:
        box.connect()
    assert "Gone" in refused.value.fields["folders"]


def test_a_giant_comes_as_its_head_and_beginning(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "LARGEST", 100_000)
    monkeypatch.setattr(arrivals, "BEGINNING", 2_000)
    box.connect()
    box.dovecot.put(box.address, a_mail(1) + b"all work and no play\n" * 10_000, at=ago(minutes=2))
    box.dovecot.put(box.address, a_mail(2))
    giant, other = box.look()
    assert subjects([giant, other]) == ["Question 1", "Question 2"]
    assert giant.payload["too_large"] is True
    assert giant.payload["size"] > 200_000
    assert len(giant.raw or b"") == 2_000
    (fact,) = box.channel.parse(giant)
    assert "all work" in fact.content


def test_a_mail_that_the_server_will_not_give_holds_up_no_other(
    box: Box, line: BadLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "MOST_TRIES", 2)
    box.connect()
    for number in range(3):
        box.dovecot.put(box.address, a_mail(number), at=ago(minutes=3 - number))
    # The server says no to whatever asks for the second mail.
    line.garble = lambda said: (
        said.replace(b"BODY.PEEK[]", b"BODY.NO[]") if b"1,2,3" in said or b" 2 (" in said else said
    )
    polled = box.channel.poll(box.cursor)
    assert (subjects(polled.envelopes), polled.more) == (["Question 0", "Question 2"], False)
    box.cursor = dict(polled.cursor)
    assert box.look() == []
    (told,) = box.look()
    (fact,) = box.channel.parse(told)
    assert "would not give" in fact.what
    assert box.look() == []


def test_ten_thousand_recipients_are_one_mail(box: Box) -> None:
    box.connect()
    people = ", ".join(f"p{number}@example.com" for number in range(10_000))
    box.dovecot.put(box.address, f"From: dana@example.com\nTo: {people}\nSubject: All\n\nHello\n".encode())
    (letter,) = box.look()
    began = time.monotonic()
    (fact,) = box.channel.parse(letter)
    assert fact.content == "Hello"
    assert time.monotonic() - began < 5


def test_the_same_mail_by_two_ways_has_one_key(box: Box) -> None:
    box.connect()
    raw = a_mail(1)
    box.dovecot.put(box.address, b"Received: from a by b; now\n" + raw, at=ago(minutes=2))
    box.dovecot.put(box.address, b"Received: from c by d; then\n" + raw.replace(b"\n", b"\r\n"))
    one, other = box.look()
    assert one.key == other.key


def test_what_the_server_has_can_be_compared(box: Box) -> None:
    box.dovecot.put(box.address, a_mail(7), at=ago(minutes=9))
    box.connect()
    for number in range(3):
        box.dovecot.put(box.address, a_mail(number), at=ago(minutes=3 - number))
    letters = box.look()
    listed = box.channel.listed(ago(hours=1))
    assert {each.key for each in listed} == {letter.key for letter in letters}
    assert box.channel.listed(datetime.now(UTC) + timedelta(days=2)) == []


def test_a_wrong_password_is_told_in_the_servers_words(box: Box) -> None:
    box.credentials["imap_password"] = "guess"
    with pytest.raises(NotConnected) as refused:
        box.connect()
    assert refused.value.fields == {"imap_password": "[AUTHENTICATIONFAILED] Authentication failed."}
    with pytest.raises(NotConnected):
        box.look()
    assert [problem.repair for problem in box.channel.probe("").problems] == ["settings"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"imap_port": 1}, "Nobody answers at localhost:1."),
        ({"imap_host": "nowhere.invalid"}, "There is no server called nowhere.invalid."),
        ({"imap_security": "tls"}, "does not speak TLS"),
    ],
)
def test_a_server_that_cannot_be_spoken_with_is_told_at_its_field(box: Box, given: dict, words: str) -> None:
    box.credentials |= given
    with pytest.raises(NotConnected) as refused:
        box.connect()
    assert words in refused.value.fields["imap_host"]


def test_over_tls_only_to_a_server_that_is_trusted(box: Box) -> None:
    box.credentials |= {"imap_port": box.dovecot.tls_port, "imap_security": "tls"}
    with pytest.raises(NotConnected, match="is not trusted"):
        box.connect()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_over_tls(box: Box, trusted: None, security: str) -> None:
    port = box.dovecot.tls_port if security == "tls" else box.dovecot.port
    box.credentials |= {"imap_port": port, "imap_security": security}
    box.connect()
    box.dovecot.put(box.address, a_mail(1))
    assert subjects(box.look()) == ["Question 1"]


def test_a_server_inside_the_network_is_refused(box: Box, desk: Callable[..., None]) -> None:
    desk(private_hosts=[])
    with pytest.raises(NotConnected) as refused:
        box.connect()
    assert refused.value.fields == {"imap_host": "localhost leads into a private network."}


def test_a_token_opens_the_mailbox_until_it_is_taken_back(box: Box, consent: Consent) -> None:
    consent.email = box.address
    access, refresh = consent.grant()
    box.credentials |= {"consent": "google", "access_token": access, "refresh_token": refresh, "imap_password": ""}
    box.connect()
    box.dovecot.put(box.address, a_mail(1))
    assert subjects(box.look()) == ["Question 1"]
    consent.revoke()
    with pytest.raises(NotConnected) as refused:
        box.look()
    assert list(refused.value.fields) == ["consent"]
    assert [problem.repair for problem in box.channel.probe("").problems] == ["reconnect"]


def test_a_probe_tells_how_the_mailbox_stands(box: Box) -> None:
    box.connect()
    box.dovecot.put(box.address, a_mail(1))
    health = box.channel.probe("")
    assert list(health.problems) == []
    assert health.facts["Last in INBOX"] == "UID 1"
    assert health.facts["Space"].endswith("of 1000 MB used")
    assert health.facts["Wakes at once"] == "yes"


def test_an_idle_mailbox_wakes_within_a_second(box: Box) -> None:
    way = box.channel.credentials.imap
    assert way is not None
    with imap.opened(way) as mailbox:
        mailbox.open("INBOX")
        arrived = []

        def deliver() -> None:
            box.dovecot.put(box.address, a_mail(1))
            arrived.append(time.monotonic())

        assert mailbox.idle(20.0, ready=deliver)
        assert time.monotonic() - arrived[0] < 1.0
        assert not mailbox.idle(0.1)


def test_a_line_that_breaks_while_idle_is_noticed(box: Box, line: BadLine) -> None:
    way = box.channel.credentials.imap
    assert way is not None
    with imap.opened(way) as mailbox:
        mailbox.open("INBOX")
        with pytest.raises(Unreachable):
            mailbox.idle(20.0, ready=line.cut)


def test_a_name_or_password_with_any_sign_is_carried(box: Box) -> None:
    assert '"' in PASSWORD
    assert "\\" in PASSWORD
    box.connect()
    box.credentials["imap_password"] = "pässword"
    with pytest.raises(NotConnected):
        box.connect()
    box.credentials["imap_password"] = "x\r\na LOGOUT"
    with pytest.raises(NotConnected):
        box.connect()
