"""The composer offers what the inbox's channel can carry, of every channel there is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app.channels import CHANNELS
from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.models import Inbox
from tests.blueprints.agent.test_inbox import FRAGMENT, path, signed_in
from tests.browser.channels import begun_in, came
from tests.cast import Cast, a_contact

SPOKEN = {kind for kind, channel in CHANNELS.items() if channel.abilities.has_calls}


def opened(client: FlaskClient, cast: Cast, kind: str, *, hours_ago: float = 0.0) -> str:
    """The page of a conversation through that channel, whose customer wrote so long ago."""
    with transaction(cast.account_id):
        inbox = Inbox(account_id=cast.account_id, name="The line", channel=kind, address="line")
        db.session.add(inbox)
        db.session.flush()
        inbox.set_members({cast.bob_id})
        talk = begun_in(inbox, a_contact(cast.account_id, "Dana", email="dana@dana.example"))
        said = came(talk, "Hello")
        said.created_at = talk.last_incoming_at = clock.now() - timedelta(hours=hours_ago)
        number = talk.display_id
    answer = signed_in(client, "Bob").get(path(cast, number=number))
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("kind", sorted(CHANNELS.keys() - SPOKEN))
def test_nothing_is_offered_that_the_channel_does_not_carry(client: FlaskClient, cast: Cast, kind: str) -> None:
    abilities = CHANNELS[kind].abilities
    page = opened(client, cast, kind)
    offered = set(re.findall(r'data-offers="(\w+)"', page))
    assert offered == abilities.rich & {"input_select", "cards", "input_email"}
    assert ("offer-editor" in page) == bool(offered)
    assert ("data-answers" in page) == (abilities.has_replies or abilities.is_mail)
    assert f'data-longest="{abilities.max_length}"' in page
    carries = re.search(r'<file-drop[^>]* carries="([^"]*)"', page)
    if abilities.is_live or abilities.is_mail:
        assert carries is None
    else:
        assert carries
        assert set(carries[1].split()) == (abilities.attachment_kinds if abilities.attachments_per_message else set())
    marks = re.search(r'<mark-tools[^>]* reply="([^"]*)"[^>]*>', page)
    assert marks
    is_bare = abilities.markup in ("plain", "line") and not abilities.is_mail
    assert (marks[1] == "") == is_bare
    assert (" hidden>" in marks[0]) == is_bare


def previewed(client: FlaskClient, cast: Cast, kind: str, content: str) -> str:
    opened(client, cast, kind)
    answer = client.post(path(cast, "/preview"), data={"content": content}, headers=FRAGMENT)
    assert answer.status_code == 200
    return answer.text


def test_an_answer_is_seen_before_it_is_sent(client: FlaskClient, cast: Cast) -> None:
    seen = previewed(client, cast, "whatsapp", "**Ready** <script>alert(1)</script>")
    assert "<strong>Ready</strong>" in seen
    assert "<script>" not in seen


def test_so_is_how_many_messages_it_takes(client: FlaskClient, cast: Cast) -> None:
    longest = CHANNELS["line"].abilities.max_length
    seen = previewed(client, cast, "line", "word " * longest)
    assert seen.count('class="bubble') == 5
    assert "It goes out as 5 messages." in seen
    assert "Nothing is written yet." in client.post(path(cast, "/preview"), data={}, headers=FRAGMENT).text


WINDOWED = {kind: each.abilities for kind, each in CHANNELS.items() if each.abilities.reply_window}


@pytest.mark.parametrize("kind", sorted(WINDOWED))
def test_the_time_to_answer_is_told(client: FlaskClient, cast: Cast, kind: str) -> None:
    abilities = WINDOWED[kind]
    assert abilities.reply_window
    hours = abilities.reply_window.total_seconds() / 3600
    state = "late" if abilities.late_window else "closed"
    page = opened(client, cast, kind, hours_ago=hours + 1)
    assert f'data-state="{state}"' in page
    assert ("composer is-closed" in page) == (state == "closed")
    assert "Write a private note" in page
    assert ("a template may reach them" in page) == abilities.has_templates
