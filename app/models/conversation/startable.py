"""How a conversation begins, and which one a customer's next message joins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import select

from app.lib import ahead, clock
from app.lib.database import db
from app.models.account import Account
from app.models.actor import Actor
from app.models.contact import ContactInbox
from app.models.event import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

    from app.models.inbox import Inbox


# What is looked up ahead: by session and thread.
LAST = "last conversation"


class Startable:
    if TYPE_CHECKING:
        id: Mapped[int]
        account_id: Mapped[int]
        contact_inbox_id: Mapped[int]
        status: Mapped[str]
        identifier: Mapped[str | None]
        inbox: Mapped[Inbox]

        def __init__(self, **values: Any) -> None: ...

    @classmethod
    def start(cls, session: ContactInbox, *, by: Actor | None = None, **values: Any) -> Self:
        """A new conversation in a customer's session; one with a blocked customer is born resolved."""
        status = "resolved" if session.contact.blocked else values.pop("status", "open")
        begun_at = clock.now()
        conversation = cls(
            account_id=session.account_id,
            inbox_id=session.inbox_id,
            contact_id=session.contact_id,
            contact_inbox_id=session.id,
            display_id=Account.next_display_id(session.account_id),
            status=status,
            created_at=begun_at,
            waiting_since=begun_at,
            last_activity_at=begun_at,
            **values,
        )
        db.session.add(conversation)
        db.session.flush()
        # Nobody else knows of it yet.
        conversation.is_held()
        record("conversation.created", conversation, by=by or session.contact.actor)
        return conversation

    @classmethod
    def continue_or_start(
        cls, session: ContactInbox, *, into: Self | None = None, anew: bool = False, thread: str = "", **values: Any
    ) -> Self:
        """The conversation that the session's next message joins, begun if there is none.

        That is the last one, or `into`, where the customer chose it; `anew` where they wish to begin another. What belongs
        to a `thread` of the provider's goes on in its own one conversation. Two first messages at once begin one
        conversation: the session's row is held meanwhile.
        """
        session.hold()
        always_new = anew and not session.inbox.lock_to_single_conversation
        last = into or (None if always_new and not thread else cls._last_in(session, thread))
        if last and (thread or last.is_continued(anew=anew)):
            return last
        begun = cls.start(session, identifier=thread or None, **values)
        ahead.put(LAST, (session.id, thread), begun)
        return begun

    @classmethod
    def _last_in(cls, session: ContactInbox, thread: str) -> Self | None:
        """Held until the transaction ends, with its newest values."""
        found: Any = ahead.get(LAST, (session.id, thread))
        if found is not ahead.UNKNOWN:
            return found  # type: ignore[no-any-return]  # as it was put there
        same = cls.identifier == thread if thread else cls.identifier.is_(None)
        last = db.session.scalar(
            select(cls)
            .where(cls.account_id == session.account_id, cls.contact_inbox_id == session.id, same)
            .order_by(cls.id.desc())
            .limit(1)
            .with_for_update(of=cls)
            .execution_options(populate_existing=True)
        )
        if last is not None:
            last.is_held()
        return last

    def is_held(self) -> None:
        """It was read for update."""
        db.session().info.setdefault("locked", set()).add(self.id)

    def is_continued(self, *, anew: bool = False) -> bool:
        """Whether the customer's next message joins it, where they do not wish to begin another (`anew`)."""
        if self.inbox.abilities.is_mail:
            # A mail goes on with what it answers, however that stands, and with nothing else.
            return not anew
        if self.inbox.lock_to_single_conversation:
            return True
        if anew or self.status != "resolved":
            return not anew
        return self.inbox.abilities.has_one_thread and self.inbox.allow_messages_after_resolved
