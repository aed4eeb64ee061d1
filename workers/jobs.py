"""Every job by name; a job is an order, its arguments are ids."""

from __future__ import annotations

from datetime import datetime

from app.actions import send_mail
from app.actions.forget_sign_ins import forget_sign_ins
from app.actions.hand_over import hand_over_conversations
from app.ledger.job import Inside, Jobs, Outside
from app.lib import throttle
from app.lib.database import db
from app.models.actor import SYSTEM
from app.models.conversation import Conversation


def wake_conversation(account_id: int, conversation_id: int, until: str) -> None:
    """The hour a conversation was snoozed until has come."""
    conversation = db.session.get(Conversation, (account_id, conversation_id))
    if conversation is not None:
        conversation.wake(datetime.fromisoformat(until), by=SYSTEM)


def purge_throttles() -> None:
    throttle.purge()


JOBS: Jobs = {
    "send_mail": Outside(
        prepare=send_mail.prepare,
        call=send_mail.call,
        settle=send_mail.settle,
        refuse=send_mail.refuse,
        lost=send_mail.lost,
        # The same mail twice is a small nuisance; a link that never comes keeps a person out.
        repeatable=True,
        window=send_mail.WINDOW_SECONDS,
    ),
    "forget_sign_ins": Inside(forget_sign_ins),
    "hand_over_conversations": Inside(hand_over_conversations),
    "wake_conversation": Inside(wake_conversation),
    "purge_throttles": Inside(purge_throttles),
}
