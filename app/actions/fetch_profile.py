"""Asks a provider who somebody is, where what they wrote does not tell: their name, and their picture."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import Any

from app.actions.fetch_avatar import MAX_BYTES, Photo, photo_of, wish_avatar
from app.actions.watch_over import keep_fresh
from app.channels import CHANNELS
from app.channels.base import Channel, DeliveryFailed, Line, NotConnected, Person, Unreachable
from app.lib import storage
from app.lib.database import db
from app.lib.queue import Queue, Refused, TryAgain, later
from app.lib.storable import storable
from app.models.actor import SYSTEM
from app.models.contact import Contact, ContactInbox
from app.models.event import record

log = logging.getLogger(__name__)

WINDOW_SECONDS = 6 * 3600
LONGEST_NAME = 255


@dataclass(frozen=True)
class Asked:
    """Whom we ask about; `known` is the digest of the photo there is."""

    account_id: int
    session_id: int
    kind: str
    line: Line = field(repr=False)
    source_id: str = ""
    known: str = ""


@dataclass(frozen=True)
class Told:
    person: Person | None
    photo: Photo | None = None


def wish_profile(session: ContactInbox) -> None:
    """Have the provider asked who they are, beside whatever else their inbox does."""
    later(
        "fetch_profile",
        session.account_id,
        session.id,
        queue=Queue.SLOW,
        once=f"profile:{session.id}",
        share=f"{session.account_id}:{session.inbox_id}",
    )


def prepare(account_id: int, session_id: int) -> Asked | None:
    session = db.session.get(ContactInbox, (account_id, session_id))
    if session is None:
        return None
    keep_fresh(session.inbox)
    return Asked(
        account_id,
        session_id,
        session.inbox.channel,
        session.inbox.line,
        session.source_id,
        str(session.contact.additional_attributes.get("avatar_digest", "")),
    )


def call(asked: Asked) -> Told:
    """Raises Refused, TryAgain."""
    channel = CHANNELS[asked.kind](asked.line)
    try:
        person = channel.profile(asked.source_id)
    except (Unreachable, NotConnected) as away:
        raise TryAgain(str(away)) from away
    if person is None or person.avatar_ref is None:
        return Told(person)
    return Told(person, _photo(channel, person.avatar_ref, asked.known))


def _photo(channel: Channel, ref: Mapping[str, Any], known: str) -> Photo | None:
    """A picture that cannot be had is no reason not to know the name."""
    with TemporaryFile() as file:
        try:
            channel.fetch(ref, None, file, MAX_BYTES)
        except DeliveryFailed as failed:
            log.info("no photo: %s", failed.reason)
            return None
        file.seek(0)
        try:
            return photo_of(file.read(MAX_BYTES), known)
        except Refused as refused:
            log.info("no photo: %s", refused)
            return None


def settle(asked: Asked, told: Told) -> None:
    contact = _held(asked)
    if contact is None or told.person is None:
        if told.photo and told.photo.key:
            storage.delete(told.photo.key)
        return
    changed = fill_in(contact, told.person)
    if told.photo and told.photo.key:
        contact.avatar_key = told.photo.key
        contact.additional_attributes = {**contact.additional_attributes, "avatar_digest": told.photo.digest}
        changed.append("avatar_key")
    if changed:
        record("contact.updated", contact, by=SYSTEM, changed=changed)


def _held(asked: Asked) -> Contact | None:
    session = db.session.get(ContactInbox, (asked.account_id, asked.session_id))
    if session is None:
        return None
    return db.session.get(Contact, (asked.account_id, session.contact_id), with_for_update=True)


def fill_in(contact: Contact, person: Person) -> list[str]:
    """What their channel tells of them and nobody has written yet; returns which fields changed, for the caller to record."""
    changed: list[str] = []
    name = storable(person.name.strip())[:LONGEST_NAME]
    if name and not contact.name:
        contact.name = name
        changed.append("name")
    told = {**storable(dict(person.attributes)), **({"avatar_url": person.avatar_url} if person.avatar_url else {})}
    if any(contact.additional_attributes.get(key) != value for key, value in told.items()):
        contact.additional_attributes = {**contact.additional_attributes, **told}
        changed.append("additional_attributes")
        wish_avatar(contact)
    return changed


def refuse(_: Asked, reason: str) -> None:
    """They stay as they are."""
    log.info("no profile: %s", reason)


def give_up(_account_id: int, _session_id: int, reason: str) -> None:
    """They stay as they are."""
    log.info("no profile: %s", reason)
