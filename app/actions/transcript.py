"""A copy of a conversation as a mail to its customer: what they could read of it themselves, no more."""

from __future__ import annotations

from email.message import EmailMessage
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.config import settings
from app.lib import mail
from app.lib.database import db
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.models.message import Message
from app.queries.visitor_thread import to_customers

LONGEST = 1_000


def transcript(*, account_id: int, conversation_id: int, to: str, words: dict[str, str]) -> EmailMessage | None:
    """The last 1,000 messages. `words` are `subject`, `you` and `dir`, in the customer's language."""
    conversation = db.session.get(Conversation, (account_id, conversation_id))
    if conversation is None:
        return None
    newest_first = db.session.scalars(
        select(Message)
        .where(Message.account_id == account_id, Message.conversation_id == conversation_id, *to_customers())
        .order_by(Message.sequence.desc())
        .limit(LONGEST)
        .options(*Message.shown(), joinedload(Message.sender_user).joinedload(Membership.user))
    ).all()
    zone = ZoneInfo(conversation.inbox.timezone)
    context = {
        "inbox": conversation.inbox,
        "messages": [(message, message.created_at.astimezone(zone)) for message in reversed(newest_first)],
        "public_url": settings().public_url,
        "words": words,
    }
    text, html = (
        current_app.jinja_env.get_template(f"mail/transcript.{kind}").render(**context) for kind in ("txt", "html")
    )
    return mail.compose(to, " ".join(words["subject"].split())[:200], text, html)
