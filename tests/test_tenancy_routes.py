"""Every address with an account in it, with each id swapped for another account's: nothing is found, nothing changes.

The list of addresses is the application's own, so that a new one is tried as soon as it exists; one with a parameter that
`Ids` does not know fails until it does.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, inspect, text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.actions.merge import merge
from app.channels import CHANNELS
from app.channels.base import Inbound
from app.config import Settings
from app.ledger.transaction import transaction
from app.lib import storage
from app.lib.database import db, owner_url
from app.models import (
    SYSTEM,
    Attachment,
    ContactNote,
    Conversation,
    Inbox,
    InboxMember,
    Label,
    Letter,
    Suggestion,
    Work,
)
from app.models.message_template import MessageTemplate
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast, a_contact, a_session
from tests.programs import a_program

REFUSED = (401, 403, 404)
# A socket is no page; nobody has told this Parley of an app at a provider, nobody has consented to anything.
NOT_HERE = {"sockets.listen", "mail_consent.leave", "channel_consent.leave", "channel_consent.choose"}
# Part of an address for people to read, or what is the same in every account; what is shown does not depend on it alone.
# WhatsApp stands for the channels whose settings are drawn from their class, and for those that have templates.
DECORATIVE = {"name": "wheel.png", "kind": "whatsapp"}
# What a colleague outside an inbox is kept from; contacts are everyone's of the account.
OF_AN_INBOX = {"number", "client_id", "uuid", "inbox_id"}
# Enough for every form to be taken, so that what refuses is the place.
SENT: dict[str, Any] = {
    "content": "Hello", "client_id": "swapped-client-id", "name": "Swapped", "value": "Swapped", "email": "s@x.example",
    "emails": "s@x.example", "phone_number": "+4930123456", "priority": "high", "status": "resolved", "role": "agent",
    "on": "true", "availability": "busy", "until": "2031-01-01T09:00:00Z", "snoozed_until": "1924938000",
    "assignee": "", "assignee_id": "0", "to": "", "timezone": "UTC", "locale": "en", "blocked": "true",
}  # fmt: skip
# When someone was last seen says nothing of what they were refused.
PASSING = ("active_at", "last_used_at", "updated_at", "last_sign_in_at", "last_sign_in_address")
UNWATCHED = {"logins", "throttles", "alembic_version"}


@dataclass(frozen=True)
class Ids:
    """One thing of each kind that an address can name, all of one account."""

    account_id: int
    contact_id: int
    note_id: int
    number: int
    client_id: str
    uuid: str
    key: str
    inbox_id: int
    label_id: int
    letter_id: int
    merge_id: int
    message_id: int
    suggestion_id: int
    template_id: int
    template_number: int
    """A conversation in the inbox that has templates."""
    user_id: int
    work_id: int
    inboxes: tuple[tuple[str, int], ...]
    """Inboxes of the other channels, whose settings have pages of their own: the kind, and the id."""

    def swapped(self, name: str, other: Ids) -> Ids:
        """With one thing of somebody else's."""
        if name == "inbox_id":
            return replace(self, inbox_id=other.inbox_id, inboxes=other.inboxes)
        if name == "number":
            return replace(self, number=other.number, template_number=other.template_number)
        return replace(self, **{name: getattr(other, name)})


@pytest.fixture
def own(cast: Cast) -> Ids:
    """Of Elsewhere, where Charlie administers."""
    return furnish(cast.other_account_id, cast.other_inbox_id, cast.charlie_id, conversations=1)


@pytest.fixture
def others(cast: Cast) -> Ids:
    """Of Fernway; the numbers of its conversations go further than Elsewhere's."""
    return furnish(cast.account_id, cast.inbox_id, cast.bob_id, conversations=3)


def furnish(account_id: int, inbox_id: int, user_id: int, *, conversations: int) -> Ids:
    picture = BytesIO(bytes.fromhex(PIXEL))
    stored = storage.save(picture, filename="wheel.png", limit_bytes=10_000)
    with transaction(account_id):
        contact = a_contact(account_id, f"Customer of {account_id}", avatar_key=stored.key)
        label = Label.create(account_id, {"title": "wheels"}, by=SYSTEM)
        merged = merge(contact, a_contact(account_id, "One more"), by=SYSTEM)
        other = a_contact(account_id, f"Customer of {account_id}")
        suggestion = Suggestion(account_id=account_id, contact_id=contact.id, other_id=other.id, reason="name")
        db.session.add(suggestion)
        note = ContactNote(account_id=account_id, contact_id=contact.id, user_id=user_id, content="A note")
        db.session.add(note)
        for _ in range(conversations):
            conversation = Conversation.start(a_session(contact, inbox_id))
        message = conversation.receive(
            Inbound("A wheel", client_id=str(uuid.uuid4()), attachments=[stored]), contact=contact
        )
        message.content_attributes = {"email": {"html_content": {"full": "<p>A wheel</p>"}}}
        letter = Letter(account_id=account_id, inbox_id=inbox_id, sender="s", key="k", raw=b"A wheel")
        work = Work(account_id=account_id, queue="inbound", job="receive_letter", state="parked", args=[account_id, 0])
        of_channels = [
            Inbox(account_id=account_id, name=kind, channel=kind, address=f"{kind}@{account_id}.example")
            for kind in CHANNELS
            if kind != "web_widget"
        ]
        db.session.add_all([letter, work, *of_channels])
        db.session.flush()
        for inbox in of_channels:
            if CHANNELS[inbox.channel].has_own_page:
                inbox.credentials = CHANNELS[inbox.channel].Credentials().model_dump(mode="json")
        (messenger,) = (inbox for inbox in of_channels if inbox.channel == DECORATIVE["kind"])
        about = {
            "key": "ready",
            "name": "ready",
            "language": "en",
            "status": "approved",
            "body": "Your wheel is ready.",
        }
        template = MessageTemplate(account_id=account_id, inbox_id=messenger.id, **about)
        db.session.add(template)
        templated = Conversation.start(a_session(other, messenger.id))
        attachment = db.session.query(Attachment).filter_by(message_id=message.id).one()
        return Ids(
            account_id=account_id,
            contact_id=contact.id,
            note_id=note.id,
            number=conversation.display_id,
            client_id=message.client_id,
            uuid=str(attachment.uuid),
            key=stored.key,
            inbox_id=inbox_id,
            label_id=label.id,
            letter_id=letter.id,
            merge_id=merged.id,
            message_id=message.id,
            suggestion_id=suggestion.id,
            template_id=template.id,
            template_number=templated.display_id,
            user_id=user_id,
            work_id=work.id,
            inboxes=tuple((inbox.channel, inbox.id) for inbox in of_channels),
        )


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        if "account_id" in rule.arguments:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def address(app: Flask, rule: Rule, ids: Ids) -> str:
    known = asdict(ids) | DECORATIVE
    if "/templates" in rule.rule:
        known["number"] = ids.template_number
    of_class = "kind" in rule.arguments or "/templates" in rule.rule
    for kind, inbox_id in ids.inboxes:
        if f"/inboxes/{kind}/" in rule.rule or (of_class and kind == DECORATIVE["kind"]):
            known["inbox_id"] = inbox_id
    unknown = rule.arguments - known.keys()
    assert not unknown, f"{rule.rule}: teach Ids what {', '.join(unknown)} is, so that it can be swapped"
    path = app.url_map.bind("localhost").build(rule.endpoint, {name: known[name] for name in rule.arguments})
    return str(path)


class Asking:
    """Someone with a browser and a token, who sends each door what it takes."""

    def __init__(self, app: Flask, email: str, user_id: int) -> None:
        self.app = app
        self.browser = browser_of(app, email)
        self.program = a_program(app, user_id, 0)

    def ask(self, rule: Rule, method: str, ids: Ids) -> TestResponse:
        path = address(self.app, rule, ids)
        body = {} if method == "GET" else {"data": dict(SENT)}
        if path.startswith("/api/"):
            body = {} if method == "GET" else {"json": {name: value for name, value in SENT.items() if name != "until"}}
            return self.program.send(method, path, **body)
        if rule.endpoint == "sockets.listen":
            headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": "http://localhost"}
            return self.browser.get(path, headers=headers)
        query = {"name": "Swapped"} if method == "DELETE" else {}
        return self.browser.open(path, method=method, query_string=query, headers={"HX-Request": "true"}, **body)


@pytest.fixture
def everything(app: Flask, settings: Settings) -> Iterator[Any]:
    """A picture of every row of every table, whoever it belongs to."""
    engine = create_engine(owner_url(settings))
    tables = sorted(set(inspect(engine).get_table_names()) - UNWATCHED)
    passing = ", ".join(f"'{column}'" for column in PASSING)

    def look() -> dict[str, list[str]]:
        with engine.connect() as connection:
            return {
                table: list(
                    connection.scalars(
                        text(f"select md5((to_jsonb(t) - array[{passing}])::text) from {table} t order by 1")
                    )
                )
                for table in tables
            }

    yield look
    engine.dispose()


def test_a_strangers_account_is_not_there(app: Flask, cast: Cast, own: Ids, others: Ids, everything: Any) -> None:
    charlie = Asking(app, CHARLIE, cast.charlie_id)
    before = everything()
    for rule, method in routes(app):
        answer = charlie.ask(rule, method, others)
        assert answer.status_code in REFUSED, f"{method} {rule.rule} answered {answer.status_code}"
        assert everything() == before, f"{method} {rule.rule} changed something"


def test_in_ones_own_account_nothing_of_another_is_there(
    app: Flask, cast: Cast, own: Ids, others: Ids, everything: Any
) -> None:
    charlie = Asking(app, CHARLIE, cast.charlie_id)
    before = everything()
    for rule, method in routes(app):
        for swapped in rule.arguments - {"account_id"} - DECORATIVE.keys():
            answer = charlie.ask(rule, method, own.swapped(swapped, others))
            told = f"{method} {rule.rule} with another's {swapped}"
            assert answer.status_code in REFUSED, f"{told} answered {answer.status_code}"
            assert everything() == before, f"{told} changed something"


def test_an_agent_outside_the_inbox_finds_nothing_of_it(app: Flask, cast: Cast, others: Ids, everything: Any) -> None:
    with transaction(cast.account_id):
        db.session.query(InboxMember).delete()
    bob = Asking(app, BOB, cast.bob_id)
    before = everything()
    for rule, method in routes(app):
        if rule.arguments & OF_AN_INBOX or "/settings" in rule.rule:
            answer = bob.ask(rule, method, others)
            assert answer.status_code in REFUSED, f"{method} {rule.rule} answered {answer.status_code}"
            assert everything() == before, f"{method} {rule.rule} changed something"


def test_whoever_is_not_signed_in_is_led_to_the_door(app: Flask, cast: Cast, others: Ids, everything: Any) -> None:
    before = everything()
    for rule, method in routes(app):
        answer = app.test_client().open(
            address(app, rule, others), method=method, data=SENT if method != "GET" else None
        )
        at_the_door = answer.status_code == 401 or (answer.location or "").startswith("/login")
        assert at_the_door, f"{method} {rule.rule} answered {answer.status_code}"
    assert everything() == before


def test_whom_it_belongs_to_finds_each_of_them(app: Flask, cast: Cast, others: Ids) -> None:
    """Else the tests above would prove nothing."""
    alice = Asking(app, ALICE, cast.alice_id)
    for rule, method in routes(app):
        if method == "GET" and rule.endpoint not in NOT_HERE:
            answer = alice.ask(rule, method, others)
            assert answer.status_code in (200, 302, 303, 422), f"{rule.rule} answered {answer.status_code}"


PIXEL = (
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f00050001ff89993d1d"
    "0000000049454e44ae426082"
)
