"""The people of every test, and short ways to make what they work with."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.channels.base import Inbound
from app.ledger.transaction import system, transaction
from app.lib import crypto
from app.lib.database import db
from app.models import (
    Account,
    Contact,
    ContactInbox,
    Conversation,
    Inbox,
    Membership,
    Message,
    Role,
    User,
)

PASSWORD = "Bicycle-12-stand"


@dataclass(frozen=True)
class Cast:
    """Ids, so that every test loads its own rows in a frame of its own."""

    account_id: int
    other_account_id: int
    alice_id: int
    bob_id: int
    charlie_id: int
    inbox_id: int
    other_inbox_id: int


def invite_the_cast() -> Cast:
    """Fernway, with Alice (administrator), Bob (agent, member of the website inbox); Elsewhere, with Charlie."""
    with system(why="tests"):
        fernway, elsewhere = Account(name="Fernway"), Account(name="Elsewhere")
        db.session.add_all([fernway, elsewhere])
        db.session.flush()
        alice = a_user("Alice", fernway, Role.ADMINISTRATOR)
        bob = a_user("Bob", fernway, Role.AGENT)
        charlie = a_user("Charlie", elsewhere, Role.ADMINISTRATOR)
        inbox, other = an_inbox(fernway.id), an_inbox(elsewhere.id)
        inbox.set_members({bob.id})
        db.session.flush()
        return Cast(fernway.id, elsewhere.id, alice.id, bob.id, charlie.id, inbox.id, other.id)


def a_user(name: str, account: Account, role: Role = Role.AGENT) -> User:
    from app.lib import clock

    user = User(name=name, email=f"{name.lower()}@{account.name.lower()}.example", confirmed_at=clock.now())
    user.password_hash = hashed()
    db.session.add(user)
    db.session.flush()
    db.session.add(Membership(account_id=account.id, user_id=user.id, role=role))
    db.session.flush()
    return user


@cache
def hashed() -> str:
    """The cast's password, hashed once a run: hashing is slow on purpose."""
    return crypto.hash_password(PASSWORD)


def an_inbox(account_id: int, name: str = "Shop chat", **values: Any) -> Inbox:
    inbox = Inbox(account_id=account_id, name=name, channel="web_widget", address=uuid.uuid4().hex, **values)
    db.session.add(inbox)
    db.session.flush()
    return inbox


def a_contact(account_id: int, name: str = "Dana", **values: Any) -> Contact:
    contact = Contact(account_id=account_id, name=name, **values)
    db.session.add(contact)
    db.session.flush()
    return contact


def a_session(contact: Contact, inbox_id: int) -> ContactInbox:
    session = ContactInbox(
        account_id=contact.account_id, contact_id=contact.id, inbox_id=inbox_id, source_id=uuid.uuid4().hex
    )
    db.session.add(session)
    db.session.flush()
    return session


def a_conversation(
    cast: Cast, text: str = "Is the Ridge 2 in size M back?", contact: Contact | None = None
) -> Conversation:
    """A conversation begun by a customer, inside a frame of the account."""
    contact = contact or a_contact(cast.account_id)
    session = a_session(contact, cast.inbox_id)
    conversation = Conversation.start(session)
    conversation.receive(Inbound(text, client_id=str(uuid.uuid4())), contact=contact)
    return conversation


def alice(cast: Cast) -> Membership:
    return db.session.get_one(Membership, (cast.account_id, cast.alice_id))


def bob(cast: Cast) -> Membership:
    return db.session.get_one(Membership, (cast.account_id, cast.bob_id))


__all__ = ["PASSWORD", "Cast", "Message", "transaction"]
