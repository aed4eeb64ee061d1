"""Passing signs of life, told to whoever looks at a conversation and kept nowhere: who types, who is looking."""

from __future__ import annotations

from typing import Any

from app.lib.faces import hue, initials
from app.models.actor import Actor
from app.models.contact import Contact, ContactInbox
from app.models.conversation import Conversation
from app.realtime import frames, presence, streams


def typing(conversation: Conversation, who: Actor, *, on: bool, private: bool = False) -> None:
    """Tell the desk, and the customer unless it is a private note or their own. Pages forget it after a few seconds."""
    told = {"conversation": str(conversation.uuid), "who": named(who), "on": on, "private": private}
    frames.tell(streams.of_inbox(conversation.inbox_id), "typing", **told)
    if who.kind == "user" and not private:
        visitor = streams.of_visitor(conversation.contact_inbox.uuid)
        frames.tell(visitor, "typing", conversation=str(conversation.uuid), who=named(who), on=on)


def look(conversation: Conversation, who: Actor) -> None:
    """`who` has it before their eyes; to be said again while they do, at least every half minute."""
    presence.arrive(_place(conversation), f"{who.kind}:{who.id}")
    _tell_looking(conversation, who, on=True)


def look_away(conversation: Conversation, who: Actor) -> None:
    presence.leave(_place(conversation), f"{who.kind}:{who.id}")
    _tell_looking(conversation, who, on=False)


def lookers(conversation: Conversation) -> set[int]:
    """The user ids of the colleagues who have it before their eyes."""
    return _users(presence.there(_place(conversation)))


def online(account_id: int) -> set[int]:
    """The user ids of those who have a page of the desk open."""
    return _users(presence.there(streams.of_account(account_id)))


def visitor_is_here(session: ContactInbox) -> None:
    """A customer has a page with the widget open; to be said again at least every half minute."""
    if presence.arrive(streams.of_account(session.account_id), f"contact:{session.contact_id}"):
        _tell_presence(session, online=True)


def visitor_has_left(session: ContactInbox) -> None:
    presence.leave(streams.of_account(session.account_id), f"contact:{session.contact_id}")
    _tell_presence(session, online=False)


def visitors_online(account_id: int) -> set[int]:
    """The contact ids of the customers who have a page with the widget open."""
    there = presence.there(streams.of_account(account_id))
    return {int(who.partition(":")[2]) for who in there if who.startswith("contact:")}


def is_online(contact: Contact) -> bool:
    """Whether the customer has a page with the widget open."""
    return presence.is_there(streams.of_account(contact.account_id), f"contact:{contact.id}")


def _tell_presence(session: ContactInbox, *, online: bool) -> None:
    frames.tell(streams.of_inbox(session.inbox_id), "presence", contact=session.contact_id, online=online)


def _tell_looking(conversation: Conversation, who: Actor, *, on: bool) -> None:
    stream = streams.of_inbox(conversation.inbox_id)
    frames.tell(stream, "looking", conversation=str(conversation.uuid), who=named(who), on=on)


def _place(conversation: Conversation) -> str:
    return f"conversation:{conversation.uuid}"


def _users(there: set[str]) -> set[int]:
    return {int(who.partition(":")[2]) for who in there if who.startswith("user:")}


def named(who: Actor) -> dict[str, Any]:
    """Who someone is, with what stands for their face."""
    return {"kind": who.kind.value, "id": who.id, "name": who.name, "initials": initials(who.name), "hue": hue(who.id)}
