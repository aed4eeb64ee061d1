"""Tables, rules and facts: the nouns of a support desk."""

from __future__ import annotations

from app.models.account import Account, AccountStatus
from app.models.actor import SYSTEM, Actor, ActorKind
from app.models.attachment import Attachment
from app.models.connection import Connection
from app.models.contact import Contact, ContactInbox, ContactNote
from app.models.conversation import Conversation, Priority, Status
from app.models.event import Event, record
from app.models.inbox import ChannelKind, Inbox, InboxMember
from app.models.label import ConversationLabel, Label
from app.models.letter import Letter
from app.models.likeness import ContactKey, Suggestion
from app.models.mail_reference import MailReference
from app.models.membership import Availability, Membership, Role
from app.models.merge import Merge, Why
from app.models.message import Message, MessageStatus, MessageType
from app.models.message_part import MessagePart
from app.models.message_template import MessageTemplate
from app.models.orphan import Orphan
from app.models.throttle import THROTTLES
from app.models.token import AccessToken
from app.models.user import Login, OneTimeToken, User
from app.models.work import Work
from app.models.working_hours import WorkingHours

__all__ = [
    "SYSTEM",
    "THROTTLES",
    "AccessToken",
    "Account",
    "AccountStatus",
    "Actor",
    "ActorKind",
    "Attachment",
    "Availability",
    "ChannelKind",
    "Connection",
    "Contact",
    "ContactInbox",
    "ContactKey",
    "ContactNote",
    "Conversation",
    "ConversationLabel",
    "Event",
    "Inbox",
    "InboxMember",
    "Label",
    "Letter",
    "Login",
    "MailReference",
    "Membership",
    "Merge",
    "Message",
    "MessagePart",
    "MessageStatus",
    "MessageTemplate",
    "MessageType",
    "OneTimeToken",
    "Orphan",
    "Priority",
    "Role",
    "Status",
    "Suggestion",
    "User",
    "Why",
    "Work",
    "WorkingHours",
    "record",
]
