"""Who takes part in a conversation by mail: everybody whom a mail in it came from or went to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.lib.database import db
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.message import Message

MOST_MAILS = 300
# A mail to more than these is a mailing, whose readers are no company.
MOST_RECIPIENTS = 30


def takes_part(session: ContactInbox, conversation: Conversation) -> bool:
    """Whether the customer of `session` may go on with `conversation`: it is theirs, or a mail in it was theirs or to them."""
    if session.contact_id == conversation.contact_id:
        return True
    own = {session.source_id.lower(), (session.contact.email or "").lower()} - {""}
    return bool(own & participants(conversation) - {conversation.inbox.address.lower()})


def participants(conversation: Conversation) -> set[str]:
    """Addresses, in lower case, of the latest mails; those of mailings to many are no participants, but their author is."""
    email, attributes = Message.content_attributes["email"], Message.content_attributes
    wanted = [email[name] for name in ("from", "reply_to", "to", "cc")]
    wanted += [attributes[name] for name in ("to_emails", "cc_emails", "bcc_emails")]
    rows = db.session.execute(
        select(*wanted)
        .where(
            Message.account_id == conversation.account_id,
            Message.conversation_id == conversation.id,
            ~Message.private,
        )
        .order_by(Message.sequence.desc())
        .limit(MOST_MAILS)
    )
    found: set[str] = set()
    for authors, answers, to, cc, *chosen in rows:
        found |= {*addresses_in(authors), *addresses_in(answers)}
        recipients = {*addresses_in(to), *addresses_in(cc)}
        if len(recipients) <= MOST_RECIPIENTS:
            found |= recipients
        found |= {each for some in chosen for each in addresses_in(some)}
    return found


def addresses_in(value: Any) -> list[str]:
    """A list of addresses, or one text with commas, as REST takes both."""
    given = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return [each.strip().lower() for each in given if isinstance(each, str) and each.strip()]
