"""What is said in a conversation: messages in, replies and notes out, and the lines that tell what was done."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.channels.base import Inbound, Media
from app.errors import Invalid, NotFound, TooMany
from app.lib import ahead, clock
from app.lib.database import db
from app.models.actor import SYSTEM, Actor
from app.models.attachment import Attachment
from app.models.event import record
from app.models.message import MAX_ATTACHMENTS, MAX_CONTENT, MAX_PER_MINUTE, Message, MessageType

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

    from app.lib.storage import Stored
    from app.models.contact import Contact
    from app.models.inbox import Inbox


# What is looked up ahead: ids for the messages of an account that are to be written in this frame.
MESSAGE_IDS = "message ids"


class Talkative:
    if TYPE_CHECKING:
        account_id: Mapped[int]
        id: Mapped[int]
        inbox_id: Mapped[int]
        status: Mapped[str]
        version: Mapped[int]
        unread_count: Mapped[int]
        last_sequence: Mapped[int]
        last_message_id: Mapped[int | None]
        last_activity_at: Mapped[datetime]
        last_incoming_at: Mapped[datetime | None]
        waiting_since: Mapped[datetime | None]
        first_reply_created_at: Mapped[datetime | None]
        contact: Mapped[Contact]
        inbox: Mapped[Inbox]

        def wish_continuation(self) -> None: ...

        def reopen(self, *, by: Actor, reason: str = "") -> None: ...

        def wish_delivery(self, message: Message) -> None: ...

    def lock(self) -> None:
        """Hold the row until the transaction ends, with its newest values."""
        locked: set[Any] = db.session().info.setdefault("locked", set())
        if self.id not in locked:
            db.session.flush()
            # Of the row alone: what is joined to it may be absent, and stays free.
            db.session.refresh(self, with_for_update={"of": type(self)})
            locked.add(self.id)

    def changed(self) -> None:
        """Something that people can see changes now: the version rises, under the lock."""
        self.lock()
        self.version += 1

    def receive(self, inbound: Inbound, *, contact: Contact, is_new: bool = False) -> Message:
        """Take what the customer wrote; a repeat (same client or source id) returns the message there already is.

        `is_new` says that it is known to be none.
        """
        self.changed()
        # What is only asked need not wait for what has changed so far.
        with db.session.no_autoflush:
            if not is_new and (known := self._known(inbound.client_id, inbound.source_id)):
                return known
            self._check(
                inbound.content, inbound.attachments, has_items=inbound.content_type != "text" or inbound.is_odd
            )
        message = self._say(
            MessageType.INCOMING,
            inbound.content,
            sender=contact.actor,
            client_id=inbound.client_id,
            attachments=inbound.attachments,
            source_id=inbound.source_id,
            provider_at=inbound.provider_at,
            reply_to_id=self._answered(inbound.reply_to, inbound.reply_to_source),
            processed_content=inbound.processed_content,
            content_type=inbound.content_type,
            content_attributes=dict(inbound.content_attributes),
        )
        self.unread_count += 1
        self.last_incoming_at = contact.last_activity_at = message.created_at
        if not contact.blocked:
            self.waiting_since = self.waiting_since or message.created_at
            if self.status in ("resolved", "snoozed"):
                self.reopen(by=SYSTEM, reason="by_message")
        record("message.created", message, by=contact.actor)
        return message

    def reply(
        self,
        content: str,
        *,
        by: Actor,
        private: bool = False,
        client_id: str | None = None,
        attachments: Sequence[Stored] = (),
        reply_to: str | None = None,
        content_type: str = "text",
        content_attributes: dict[str, Any] | None = None,
        status: str | None = None,
    ) -> Message:
        """Say something to the customer, or, `private`, to colleagues only. A repeat of `client_id` is one message.

        Raises Invalid when it is empty or too long, TooMany past 200 messages a minute.
        """
        self.changed()
        if known := self._known(client_id, None):
            return known
        self._check(content, attachments, has_items=bool((content_attributes or {}).get("items")))
        live = self.inbox.abilities.is_live
        message = self._say(
            MessageType.OUTGOING,
            content,
            sender=by,
            private=private,
            client_id=client_id,
            attachments=attachments,
            reply_to_id=self._answered(reply_to),
            content_type=content_type,
            content_attributes=content_attributes or {},
            status=status or ("sent" if private or live else "queued"),
        )
        if not private and by.kind == "user":
            self.first_reply_created_at = self.first_reply_created_at or message.created_at
            self.waiting_since = None
        record("message.created", message, by=by)
        if not private and not live:
            self.wish_delivery(message)
        elif not private:
            self.wish_continuation()
        return message

    def prompt(self, content: str, *, about: str = "", content_type: str = "text") -> Message:
        """Say something as the inbox itself, by a template: a greeting, word of its hours; `about` says which."""
        self.changed()
        live = self.inbox.abilities.is_live
        message = self._say(
            MessageType.TEMPLATE,
            content,
            sender=SYSTEM,
            status="sent" if live else "queued",
            content_type=content_type,
            content_attributes={"prompt": about} if about else {},
        )
        record("message.created", message)
        if not live:
            self.wish_delivery(message)
        return message

    def note_said_elsewhere(
        self, content: str, *, client_id: str, attachments: Sequence[Stored | Media] = (), **values: Any
    ) -> Message:
        """What a colleague told the customer by another program, at the same address: it stands in the thread as ours."""
        self.changed()
        if known := self._known(client_id, None):
            return known
        message = self._say(
            MessageType.OUTGOING,
            content,
            sender=SYSTEM,
            client_id=client_id,
            attachments=attachments,
            status="sent",
            content_attributes={"external_echo": True},
            **values,
        )
        self.waiting_since = None
        record("message.created", message)
        return message

    def note_activity(self, key: str, *, by: Actor, **values: Any) -> Message:
        """A line in the thread that tells what was done, by whom."""
        self.lock()
        message = self._say(
            MessageType.ACTIVITY, "", sender=by, content_attributes={"activity": key, "actor": by.name, **values}
        )
        record("message.created", message, by=by)
        return message

    def _say(
        self,
        message_type: MessageType,
        content: str,
        *,
        sender: Actor,
        attachments: Sequence[Stored | Media] = (),
        **values: Any,
    ) -> Message:
        self.last_sequence += 1
        message = Message(
            account_id=self.account_id,
            conversation_id=self.id,
            inbox_id=self.inbox_id,
            sequence=self.last_sequence,
            version=self.version,
            message_type=message_type,
            content=content,
            created_at=clock.now(),
            **{**values, "client_id": values.get("client_id") or str(uuid.uuid4())},
        )
        message.sent_by(sender)
        ids = ahead.get(MESSAGE_IDS, self.account_id)
        if ids is not ahead.UNKNOWN and ids:
            message.id = ids.pop(0)
        db.session.add(message)
        if message.id is None or attachments:
            db.session.flush()
        db.session.add_all(Attachment.made_of(each, message) for each in attachments)
        self.last_activity_at = message.created_at
        if message_type in (MessageType.INCOMING, MessageType.OUTGOING):
            # A greeting that Parley sent by itself does not hide what the customer said.
            self.last_message_id = message.id
        return message

    def _known(self, client_id: str | None, source_id: str | None) -> Message | None:
        if client_id is None and source_id is None:
            return None
        column, value = (Message.client_id, client_id) if client_id else (Message.source_id, source_id)
        return db.session.scalar(
            select(Message).where(
                Message.account_id == self.account_id, Message.conversation_id == self.id, column == value
            )
        )

    def _answered(self, client_id: str | None, source_id: str | None = None) -> int | None:
        """The message of this conversation that is answered; one of another conversation is passed over."""
        answered = self._known(client_id, source_id)
        return answered.id if answered else None

    def _check(self, content: str, attachments: Sequence[Stored | Media], *, has_items: bool = False) -> None:
        if not content.strip() and not attachments and not has_items:
            raise Invalid({"content": "Write something, or attach a file."})
        if len(content) > MAX_CONTENT:
            raise Invalid({"content": f"This is too long: {len(content):,} characters, {MAX_CONTENT:,} fit."})
        if sum(not isinstance(each, Media) for each in attachments) > MAX_ATTACHMENTS:
            raise Invalid({"attachments": f"Attach {MAX_ATTACHMENTS} files at the most."})
        if self._said_in_the_last_minute() >= MAX_PER_MINUTE:
            raise TooMany(60, "More than 200 messages a minute in one conversation: something is looping.")

    def _said_in_the_last_minute(self) -> int:
        """Whether the message MAX_PER_MINUTE back is younger than a minute: one row read, however long the thread."""
        if self.last_sequence < MAX_PER_MINUTE:
            return 0
        at = db.session.scalar(
            select(Message.created_at).where(
                Message.account_id == self.account_id,
                Message.conversation_id == self.id,
                Message.sequence == self.last_sequence - MAX_PER_MINUTE + 1,
            )
        )
        return MAX_PER_MINUTE if at and (clock.now() - at).total_seconds() < 60 else 0

    def message(self, client_id: str) -> Message:
        """The message of that client id. Raises NotFound."""
        found = self._known(client_id, None)
        if found is None:
            raise NotFound
        return found

    def messages_before(self, sequence: int | None, limit: int) -> list[Message]:
        """The latest `limit` messages, or those before `sequence`, oldest first."""
        query = select(Message).where(Message.account_id == self.account_id, Message.conversation_id == self.id)
        if sequence is not None:
            query = query.where(Message.sequence < sequence)
        newest_first = db.session.scalars(
            query.order_by(Message.sequence.desc()).limit(limit).options(*Message.shown())
        )
        return list(reversed(newest_first.all()))

    def messages_changed_since(self, version: int, limit: int) -> list[Message]:
        """What changed after `version`, in the order of the thread."""
        query = select(Message).where(
            Message.account_id == self.account_id, Message.conversation_id == self.id, Message.version > version
        )
        found = db.session.scalars(query.order_by(Message.version).limit(limit).options(*Message.shown())).all()
        return sorted(found, key=lambda message: message.sequence)
