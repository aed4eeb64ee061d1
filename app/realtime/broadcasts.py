"""What is shown live: the one table from events to pieces of pages, and the only place that publishes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.lib.database import db
from app.models.contact import Contact
from app.models.conversation import Conversation
from app.models.event import Event
from app.models.inbox import Inbox
from app.models.message import Message
from app.realtime import frames, streams
from app.realtime.frames import Verb


@dataclass(frozen=True)
class Broadcast:
    """`subject` finds the things an event tells of; each is rendered once with `partial` and put at `target`."""

    audience: Callable[[Any], str]
    verb: Verb
    partial: str
    target: str
    subjects: Callable[[Event], Sequence[Any]]
    name: str
    is_for: Callable[[Any], bool] = lambda _: True


def _conversation(event: Event) -> Sequence[Conversation]:
    found = db.session.scalar(
        select(Conversation)
        .where(Conversation.account_id == event.account_id, Conversation.id == event.conversation_id)
        .options(*Conversation.shown())
    )
    return [found] if found else []


def _message(event: Event) -> Sequence[Message]:
    found = db.session.scalar(
        select(Message)
        .where(Message.account_id == event.account_id, Message.id == event.subject_id)
        .options(*Message.shown())
    )
    return [found] if found else []


def _messages(event: Event) -> Sequence[Message]:
    """The messages a receipt tells of; a page catches up with more of them than this by itself."""
    ids = event.data.get("messages", [])[-50:]
    return db.session.scalars(
        select(Message).where(Message.account_id == event.account_id, Message.id.in_(ids)).options(*Message.shown())
    ).all()


def _inbox(event: Event) -> Sequence[Inbox]:
    found = db.session.get(Inbox, (event.account_id, event.subject_id))
    return [found] if found else []


def _contact(event: Event) -> Sequence[Contact]:
    found = db.session.get(Contact, (event.account_id, event.subject_id))
    return [found] if found else []


@dataclass(frozen=True)
class Gone:
    """What was deleted, or became part of another: enough to take it off the pages. `now` is who they are instead."""

    account_id: int
    id: int
    uuid: str = ""
    inbox_id: int = 0
    now: Contact | None = None


def _gone(event: Event) -> Sequence[Gone]:
    return [Gone(event.account_id, event.subject_id, event.data.get("uuid", ""), event.data.get("inbox", 0))]


def _former(event: Event) -> Sequence[Gone]:
    return [Gone(event.account_id, event.data["merged"], now=contact) for contact in _contact(event)]


def _inbox_of(subject: Conversation | Message | Gone) -> str:
    return streams.of_inbox(subject.inbox_id)


def _itself(inbox: Inbox) -> str:
    return streams.of_inbox(inbox.id)


def _visitor_of(message: Message) -> str:
    return streams.of_visitor(message.conversation.contact_inbox.uuid)


def _visitor_in(conversation: Conversation) -> str:
    return streams.of_visitor(conversation.contact_inbox.uuid)


def _is_widgets(conversation: Conversation) -> bool:
    return conversation.inbox.abilities.is_live


def _account_of(subject: Any) -> str:
    return streams.of_account(subject.account_id)


def _is_on_widget(message: Message) -> bool:
    return message.is_public and message.conversation.inbox.abilities.is_live


ROW = Broadcast(_inbox_of, Verb.APPEND, "conversations/_row.html", "#conversation-rows", _conversation, "conversation")
HEAD = Broadcast(_inbox_of, Verb.REPLACE, "conversations/_head.html", "#head-{uuid}", _conversation, "conversation")
PROPERTIES = Broadcast(
    _inbox_of, Verb.REPLACE, "conversations/_properties.html", "#properties-{uuid}", _conversation, "conversation"
)
BUBBLE = Broadcast(_inbox_of, Verb.APPEND, "messages/_message.html", "#messages-{uuid}", _message, "message")
BUBBLES = Broadcast(_inbox_of, Verb.APPEND, "messages/_message.html", "#messages-{uuid}", _messages, "message")
ANSWER = Broadcast(_visitor_of, Verb.APPEND, "widget/_message.html", "#messages", _message, "message", _is_on_widget)
ANSWERS = Broadcast(_visitor_of, Verb.APPEND, "widget/_message.html", "#messages", _messages, "message", _is_on_widget)
SEEN = Broadcast(_visitor_in, Verb.REPLACE, "widget/_seen.html", "#seen", _conversation, "conversation", _is_widgets)
PERSON = Broadcast(_account_of, Verb.REPLACE, "contacts/_person.html", "#person-{id}", _contact, "contact")
NOTES = Broadcast(_account_of, Verb.REPLACE, "contacts/_notes.html", "#contact-notes-{id}", _contact, "contact")
ATTRIBUTES = Broadcast(
    _account_of, Verb.REPLACE, "contacts/_attributes.html", "#contact-attributes-{id}", _contact, "contact"
)
STANDING = Broadcast(
    _account_of, Verb.REPLACE, "contacts/_standing.html", "#contact-standing-{id}", _contact, "contact"
)
HISTORY = Broadcast(_account_of, Verb.REPLACE, "contacts/_merges.html", "#contact-merges-{id}", _contact, "contact")
FORMER = Broadcast(_account_of, Verb.REPLACE, "contacts/_former.html", "#contact-standing-{id}", _former, "former")
ERASED = Broadcast(_account_of, Verb.REPLACE, "contacts/_former.html", "#contact-standing-{id}", _gone, "former")
WHO = Broadcast(_inbox_of, Verb.REPLACE, "conversations/_who.html", "#who-{uuid}", _conversation, "conversation")
ROW_GONE = Broadcast(_inbox_of, Verb.REMOVE, "", "#row-{uuid}", _gone, "gone")

# Only the sign that something is wrong, or is well again: what of it somebody is shown, their page asks for.
TROUBLES = Broadcast(_itself, Verb.APPEND, "", "#live-troubles", _inbox, "inbox")

CHANGED = (ROW, HEAD, PROPERTIES)
WHOLE = (PERSON, NOTES, ATTRIBUTES, STANDING, HISTORY)

BROADCASTS: dict[str, tuple[Broadcast, ...]] = {
    "contact.updated": (PERSON, ATTRIBUTES),
    "contact.blocked": (PERSON, STANDING),
    "contact.unblocked": (PERSON, STANDING),
    "contact.noted": (PERSON, NOTES),
    "contact.note_deleted": (PERSON, NOTES),
    "contact.merged": (*WHOLE, FORMER),
    "contact.unmerged": WHOLE,
    "contact.deleted": (ERASED,),
    "contact.likened": (PERSON,),
    "conversation.created": CHANGED,
    "conversation.assigned": CHANGED,
    "conversation.unassigned": CHANGED,
    "conversation.resolved": (*CHANGED, SEEN),
    "conversation.reopened": (*CHANGED, SEEN),
    "conversation.pended": CHANGED,
    "conversation.snoozed": CHANGED,
    "conversation.prioritized": CHANGED,
    "conversation.updated": CHANGED,
    "conversation.moved": (*CHANGED, WHO),
    "conversation.deleted": (ROW_GONE,),
    "conversation.labeled": CHANGED,
    "conversation.unlabeled": CHANGED,
    "conversation.seen": (ROW, HEAD, SEEN),
    "conversation.unseen": (ROW, HEAD),
    "conversation.read": (BUBBLES, ANSWERS, ROW, HEAD),
    "conversation.delivered": (BUBBLES, ANSWERS, ROW, HEAD),
    "inbox.health_changed": (TROUBLES,),
    "inbox.updated": (),
    "message.created": (BUBBLE, ANSWER, ROW, HEAD, PROPERTIES),
    "message.updated": (BUBBLE, ANSWER, ROW, HEAD),
}


def broadcast(events: Sequence[Event]) -> None:
    """Show what the events of one commit changed: each piece is rendered once, each stream gets one frame."""
    pieces: dict[str, dict[tuple[str, str, int], str]] = {}
    shown = list(_shown(events))
    heard = frames.heard({stream for _, _, stream in shown})
    for wanted, subject, stream in shown:
        if stream in heard:
            _add(pieces.setdefault(stream, {}), wanted, subject)
    head = max(event.id for event in events)
    for stream, parts in pieces.items():
        frames.show(stream, "".join(parts.values()), head=head)


def _shown(events: Sequence[Event]) -> Iterator[tuple[Broadcast, Any, str]]:
    """What is to be shown of which thing, on which stream."""
    # A conversation is shown in several pieces, and told of by several events: it is looked up once.
    known = _looked_up(events)
    begun = {event.conversation_id for event in events if event.name == "conversation.created"}
    for event in events:
        for wanted in BROADCASTS[event.name]:
            if _is_on_no_page(wanted, event, begun):
                continue
            about = event.conversation_id if wanted.subjects is _conversation else event.id
            key = (wanted.subjects, about)
            if key not in known:
                known[key] = wanted.subjects(event)
            yield from ((wanted, subject, wanted.audience(subject)) for subject in known[key] if wanted.is_for(subject))


def _is_on_no_page(wanted: Broadcast, event: Event, begun: set[int | None]) -> bool:
    """Nobody on the desk has the thread of a conversation open that begins with this commit, only the list; and what a
    customer says changes nothing of a conversation's properties.
    """
    if event.conversation_id in begun and wanted in (HEAD, PROPERTIES, BUBBLE, BUBBLES):
        return True
    return wanted is PROPERTIES and event.name == "message.created" and event.actor_kind == "contact"


def _looked_up(events: Sequence[Event]) -> dict[tuple[object, ...], Sequence[Any]]:
    """The conversations and messages that many events tell of, each kind in one question."""
    wanted = [(event, {each.subjects for each in BROADCASTS[event.name]}) for event in events]
    account_id = events[0].account_id
    known: dict[tuple[object, ...], Sequence[Any]] = {}
    ids = {event.conversation_id for event, subjects in wanted if _conversation in subjects}
    if len(ids) > 1:
        conversations = db.session.scalars(
            select(Conversation)
            .where(Conversation.account_id == account_id, Conversation.id.in_(ids - {None}))
            .options(*Conversation.shown())
        )
        known |= {(_conversation, each.id): [each] for each in conversations}
    told = {event.id: event.subject_id for event, subjects in wanted if _message in subjects}
    if len(told) > 1:
        messages = db.session.scalars(
            select(Message)
            .where(Message.account_id == account_id, Message.id.in_(set(told.values())))
            .options(*Message.shown())
        )
        found = {each.id: each for each in messages}
        known |= {(_message, event_id): [found[id_]] for event_id, id_ in told.items() if id_ in found}
    return known


def _add(on_stream: dict[tuple[str, str, int], str], wanted: Broadcast, subject: Any) -> None:
    key = (wanted.partial, wanted.target, subject.id)
    if key in on_stream:
        return
    uuid = subject.conversation.uuid if isinstance(subject, Message) else getattr(subject, "uuid", "")
    target = wanted.target.format(uuid=uuid, id=subject.id)
    html = frames.render(wanted.partial, **{wanted.name: subject}) if wanted.partial else ""
    on_stream[key] = frames.piece(wanted.verb, target, html)
