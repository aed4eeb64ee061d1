"""Who is visiting: the token that the host page keeps for them, and the frame in which they are answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from uuid import UUID, uuid4

from flask import request
from sqlalchemy import select

from app.actions.meet import meet, session_of
from app.blueprints.signing_in import address_range
from app.channels.web_widget import WebsiteSettings
from app.config import settings
from app.errors import NotAllowed, NotFound, NotSignedIn
from app.ledger.transaction import system, transaction
from app.lib import crypto, throttle
from app.lib.database import db
from app.models.account import Account
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import ChannelKind, Inbox
from app.queries import visitor_conversations

SALT = "widget visitor"
NO_CHAT = "There is no chat with this website token."
LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True)
class Key:
    """What a visitor's token says: which session it is, of which inbox. The session begins with their first word."""

    account_id: int
    inbox_id: int
    source_id: str

    @classmethod
    def cut(cls, inbox: Inbox) -> Key:
        """A key for someone new. Nothing is written: whoever only looks leaves no trace."""
        return cls(inbox.account_id, inbox.id, str(uuid4()))

    @classmethod
    def of(cls, session: ContactInbox) -> Key:
        return cls(session.account_id, session.inbox_id, session.source_id)

    @classmethod
    def shown(cls) -> Key:
        """The key in this request's `X-Auth-Token`. Raises NotSignedIn."""
        try:
            said = crypto.unsign(request.headers.get("X-Auth-Token", ""), SALT)
        except NotAllowed as refused:
            words = "has expired" if "expired" in refused.message else "is not valid"
            raise NotSignedIn(f"The visitor token {words}.") from None
        return cls(said["account"], said["inbox"], said["session"])

    @property
    def token(self) -> str:
        said = {"account": self.account_id, "inbox": self.inbox_id, "session": self.source_id}
        return crypto.sign(said, SALT, timedelta(days=settings().visitor_days))


@dataclass
class Visitor:
    """Whoever this request is answered for, inside a frame of their inbox's account."""

    key: Key
    inbox: Inbox

    @cached_property
    def look(self) -> WebsiteSettings:
        return WebsiteSettings.model_validate(self.inbox.channel_settings)

    @property
    def session(self) -> ContactInbox | None:
        """None before they have written or been named."""
        return session_of(self.inbox, self.key.source_id)

    @property
    def begun_session(self) -> ContactInbox:
        """Their session, begun now if need be."""
        if session := self.session:
            return session
        limit_address("new-visitor", limit=60, seconds=12 * 3600)
        return meet(self.inbox, self.key.source_id)

    @property
    def conversation(self) -> Conversation | None:
        """What they and the desk say to each other now."""
        session = self.session
        return visitor_conversations.latest(session) if session else None

    def chosen(self, uuid: str) -> Conversation | None:
        """The one of their conversations that is called so; without a name, the last."""
        session = self.session
        if session is None or not uuid:
            return self.conversation
        try:
            return visitor_conversations.named(session, UUID(uuid))
        except ValueError:
            return None


@contextmanager
def visiting(key: Key | None = None) -> Iterator[Visitor]:
    """The visitor of this request, in a frame of their own. Raises NotSignedIn for a token of another inbox."""
    key = key or Key.shown()
    with transaction(key.account_id):
        inbox = db.session.get(Inbox, (key.account_id, key.inbox_id))
        if inbox is None or not inbox.is_enabled or _is_suspended(key.account_id):
            raise NotSignedIn("This chat is closed.")
        if request.args.get("website_token", inbox.address) != inbox.address:
            raise NotSignedIn("The visitor token is of another website.")
        yield Visitor(key, inbox)


def find_inbox(website_token: str) -> Inbox:
    """The website inbox of that public token. Raises NotFound."""
    if not website_token or "\0" in website_token:
        raise NotFound(NO_CHAT)
    with system(why="finding the inbox of a widget"):
        inbox = db.session.scalar(
            select(Inbox)
            .join(Account, Account.id == Inbox.account_id)
            .where(
                Inbox.channel == ChannelKind.WEB_WIDGET,
                Inbox.address == website_token,
                Inbox.is_enabled,
                Account.status == "active",
            )
        )
    if inbox is None:
        raise NotFound(NO_CHAT)
    return inbox


def limit_address(what: str, *, limit: int, seconds: int) -> None:
    """Bound what one address may begin. Raises TooMany."""
    if request.remote_addr not in LOOPBACK:
        throttle.throttle(f"{what}:{address_range()}", limit=limit, seconds=seconds)


def limit_session(key: Key, what: str, *, limit: int, seconds: int) -> None:
    throttle.throttle(f"{what}:{key.inbox_id}:{key.source_id}", limit=limit, seconds=seconds)


def _is_suspended(account_id: int) -> bool:
    return db.session.get_one(Account, account_id).is_suspended
