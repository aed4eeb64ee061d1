"""What an answer is sent as: words in the channel's markup and length, files as they go together, what is pressed last."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from app.actions.deliver import parts_of
from app.channels.base import Outbound
from app.ledger.transaction import transaction
from app.lib import storage
from app.lib.database import db
from app.models import Conversation, Inbox
from app.models.contact import ContactInbox
from tests.cast import Cast, a_contact, bob

CHOICES = {"items": [{"title": "Red", "value": "r"}, {"title": "Blue", "value": "b"}]}


def sends(
    cast: Cast, channel: str, content: str, files: Sequence[tuple[str, bytes]] = (), **more: Any
) -> list[Outbound]:
    with transaction(cast.account_id):
        inbox = Inbox(account_id=cast.account_id, name="Test", channel=channel, address=uuid.uuid4().hex)
        db.session.add(inbox)
        db.session.flush()
        session = ContactInbox.begin(a_contact(cast.account_id), inbox, "4711")
        talk = Conversation.start(session)
        first = talk.reply("First", by=bob(cast).actor)
        first.source_id = "4711/12"
        kept = [storage.save(BytesIO(content), filename=name, limit_bytes=10**6) for name, content in files]
        message = talk.reply(content, by=bob(cast).actor, attachments=kept, reply_to=first.client_id, **more)
        db.session.flush()
        db.session.refresh(message)
        once, again = parts_of(message, inbox), parts_of(message, inbox)
        assert [(each.key, each.text) for each in once] == [(each.key, each.text) for each in again]
        return once


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def test_long_words_are_parts_whole_in_themselves(app: Flask, cast: Cast) -> None:
    parts = sends(cast, "telegram", "**" + "word & " * 1500 + "end**")
    assert len(parts) == 3
    assert all(part.text.startswith("<b>word &amp;") and part.text.endswith("</b>") for part in parts)
    assert [part.key.rpartition("-")[2] for part in parts] == ["0", "1", "2"]


def test_what_is_pressed_stands_below_the_last_words_and_what_is_answered_above_the_first(
    app: Flask, cast: Cast
) -> None:
    parts = sends(cast, "telegram", "word " * 1500, content_type="input_select", content_attributes=CHOICES)
    assert [part.content_type for part in parts] == ["text", "input_select"]
    assert ["items" in part.content_attributes for part in parts] == [False, True]
    assert [part.reply_to for part in parts] == ["4711/12", None]


def test_files_go_with_short_words_and_links_as_they_are(app: Flask, cast: Cast) -> None:
    (album,) = sends(cast, "telegram", "Two", [("a.png", PNG), ("b.png", PNG)])
    assert (album.text, len(album.files)) == ("Two", 2)
    words, *_ = sends(cast, "line", "Here", [("a<b> *c*.pdf", b"%PDF-1.7 x")])
    assert words.text.startswith("Here\n\na<b> *c*.pdf: http")
    assert words.files == []


@pytest.mark.parametrize(
    ("channel", "said"), [("telegram", "<b>a</b>"), ("whatsapp", "*a*"), ("messenger", "*a*"), ("line", "a")]
)
def test_each_channel_has_its_own_markup(app: Flask, cast: Cast, channel: str, said: str) -> None:
    (part,) = sends(cast, channel, "**a**")
    assert part.text == said
