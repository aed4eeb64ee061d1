"""Every mail of the corpus is read as a person would read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.channels.email.html import html_for_show
from app.channels.email.parse import parse
from app.channels.email.parts import part_of
from app.channels.incoming import Echo, Fact, Inbound, Media, Receipt
from tests.channels.email.corpus import CASES, OWN, expected, own_key, raw

NAMES = {Inbound: "inbound", Echo: "echo", Receipt: "receipt"}


@pytest.fixture(autouse=True, scope="module")
def _own_key() -> Iterator[None]:
    with own_key():
        yield


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 120


@pytest.mark.parametrize("case", CASES)
def test_a_mail_says_what_it_says(case: str) -> None:
    wanted = expected(case)
    facts = parse(raw(case), own=OWN)
    kind = wanted.pop("kind", "inbound")
    if kind == "nothing":
        assert facts == []
        return
    (fact,) = facts
    assert NAMES[type(fact)] == kind
    found = _found(fact)
    for name, value in wanted.items():
        _compare(name, value, found)


@pytest.mark.parametrize("case", CASES)
def test_every_part_can_be_fetched_again(case: str) -> None:
    mail = raw(case)
    for fact in parse(mail, own=OWN):
        for media in getattr(fact, "attachments", ()):
            content, _ = part_of(mail, media.ref)
            assert len(content) == media.byte_size or media.ref == {"part": 0}


@pytest.mark.parametrize("case", CASES)
def test_every_part_is_shown_or_listed(case: str) -> None:
    for fact in parse(raw(case), own=OWN):
        if not isinstance(fact, Inbound):
            continue
        email = fact.content_attributes["email"]
        json.dumps(email).encode()
        listed = {media.ref["part"] for media in fact.attachments if isinstance(media, Media) and media.ref}
        for part in email["parts"]:
            is_empty = part["bytes"] == 0
            assert part["use"] == "body" or part["part"] in listed or is_empty or 0 in listed or part["use"] == "packed"
        assert fact.content.strip()
        assert "\0" not in fact.content


@pytest.mark.parametrize(
    ("case", "proof"),
    [
        ("gmail_plain_and_html", "reply"),
        ("yahoo_reply", "reply"),
        ("contact_form_from_ourselves", "typed"),
        ("mailing_list_post", "typed"),
        ("forged_as_ourselves", "typed"),
        ("no_from", "typed"),
    ],
)
def test_an_address_is_proven_by_writing_from_it(case: str, proof: str) -> None:
    (fact,) = parse(raw(case), own=OWN)
    assert isinstance(fact, Inbound)
    assert fact.sender is not None
    assert fact.sender.proof == proof


def _found(fact: Fact) -> dict[str, Any]:
    if isinstance(fact, Receipt):
        return {"status": fact.status, "source_id": fact.source_id, "error": fact.error}
    if isinstance(fact, Echo):
        assert fact.mail is not None
        return {"recipient": fact.recipient.source_id, "text": fact.content, "in_reply_to": list(fact.mail.in_reply_to)}
    assert isinstance(fact, Inbound)
    assert fact.sender is not None
    assert fact.mail is not None
    email = fact.content_attributes["email"]
    media = [each for each in fact.attachments if isinstance(each, Media)]
    shown = html_for_show(email["html_content"]["full"], {each.inline_id or "": "/files/1" for each in media}, False)
    return {
        "sender": fact.sender.source_id,
        "email": fact.sender.email,
        "name": fact.sender.name,
        "subject": email["subject"],
        "date": fact.provider_at.isoformat() if fact.provider_at else None,
        "text": fact.content,
        "processed": fact.processed_content or fact.content,
        "to": email["to"],
        "cc": email["cc"],
        "from_": email["from"],
        "recipient_count": email["recipient_count"],
        "files": [
            {"filename": each.filename, "content_type": each.content_type, "inline": each.inline_id is not None}
            for each in media
        ],
        "files_count": len(media),
        "last_file": media[-1].filename if media else None,
        "inline_ids": [each.inline_id for each in media if each.inline_id],
        "message_id": fact.mail.message_id,
        "in_reply_to": list(fact.mail.in_reply_to),
        "references": list(fact.mail.references),
        "references_count": len(fact.mail.references),
        "last_reference": fact.mail.references[-1] if fact.mail.references else None,
        "delivered_to": list(fact.mail.delivered_to),
        "automatic": fact.mail.is_automatic,
        "list": fact.mail.is_list,
        "auto_reply": email["auto_reply"],
        "html_reply": email["html_content"]["reply"] or "",
        "shown": shown.html,
        "shown_folded": '<details class="quote">' in shown.html,
        "shown_images": shown.html.count('src="/files/1"'),
        "remote_images": shown.remote_images,
    }


def _compare(name: str, value: Any, found: dict[str, Any]) -> None:
    if name.endswith(("_has", "html_reply")):
        for piece in [value] if isinstance(value, str) else value:
            assert piece in found[name.removesuffix("_has")]
    elif name.endswith("_lacks"):
        for piece in [value] if isinstance(value, str) else value:
            assert piece not in found[name.removesuffix("_lacks")]
    elif name.endswith("_begins"):
        assert found[name.removesuffix("_begins")].startswith(value)
    else:
        assert found[name] == value, name
