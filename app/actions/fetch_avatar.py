"""Fetches the picture of a customer that a website or channel names, within limits, and writes it anew as their photo."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from app.lib import clock, crypto, filetype, http, storage
from app.lib.database import db
from app.lib.picture import NoPicture, squared
from app.lib.queue import Queue, Refused, later
from app.models.actor import SYSTEM
from app.models.contact import Contact
from app.models.event import record

log = logging.getLogger(__name__)

MAX_BYTES = 10 * 1024 * 1024
SECONDS = 15.0
SIZE = 384
AT_MOST_EVERY = timedelta(minutes=1)
# Who visits again names their picture again: then it is tried again.
WINDOW_SECONDS = 600


@dataclass(frozen=True)
class Wanted:
    """`known` is the digest of the photo there is."""

    account_id: int
    contact_id: int
    url: str
    known: str


@dataclass(frozen=True)
class Photo:
    """`key` is empty where it is the photo that there is already."""

    key: str
    digest: str


def wish_avatar(contact: Contact) -> None:
    """Have the picture at the contact's `avatar_url` fetched, unless it was; once a minute at most."""
    url, kept = contact.additional_attributes.get("avatar_url"), contact.additional_attributes
    if not isinstance(url, str) or not url or kept.get("avatar_url_hash") == crypto.digest(url):
        return
    synced_at = kept.get("last_avatar_sync_at")
    earliest = datetime.fromisoformat(synced_at) + AT_MOST_EVERY if synced_at else clock.now()
    later(
        "fetch_avatar",
        contact.account_id,
        contact.id,
        queue=Queue.SLOW,
        once=f"avatar:{contact.id}",
        run_at=max(earliest, clock.now()),
    )


def prepare(account_id: int, contact_id: int) -> Wanted | None:
    contact = db.session.get(Contact, (account_id, contact_id))
    kept = contact.additional_attributes if contact else {}
    url = kept.get("avatar_url")
    if not url or kept.get("avatar_url_hash") == crypto.digest(url):
        return None
    return Wanted(account_id, contact_id, url, str(kept.get("avatar_digest", "")))


def call(wanted: Wanted) -> Photo:
    """What it is, is told by its own bytes, whatever the other side calls it. Raises Refused."""
    try:
        body = http.get(wanted.url, timeout=SECONDS, max_bytes=MAX_BYTES, headers={"accept": "image/*"}).body
    except http.HttpFailed as failed:
        if failed.permanent:
            raise Refused(failed.reason) from failed
        raise
    return photo_of(body, wanted.known)


def photo_of(body: bytes, known: str) -> Photo:
    """A small square of a picture's bytes, kept unless it is the one of the digest `known`. Raises Refused."""
    if filetype.sniffed(body[: filetype.HEAD_BYTES], "avatar") not in filetype.IMAGES:
        raise Refused("This is no picture.")
    try:
        small = squared(BytesIO(body), SIZE)
    except NoPicture as broken:
        raise Refused(f"This is no picture that can be shown: {broken}") from broken
    digest = crypto.digest(small.hex())
    if digest == known:
        return Photo("", digest)
    return Photo(storage.save(BytesIO(small), filename="photo.webp", limit_bytes=MAX_BYTES).key, digest)


def settle(wanted: Wanted, photo: Photo) -> None:
    contact = db.session.get(Contact, (wanted.account_id, wanted.contact_id), with_for_update=True)
    if contact is None:
        if photo.key:
            storage.delete(photo.key)
        return
    _note(contact, wanted.url, avatar_digest=photo.digest)
    if photo.key:
        contact.avatar_key = photo.key
        record("contact.updated", contact, by=SYSTEM, changed=["avatar_key"])
    # Another may have been named meanwhile.
    wish_avatar(contact)


def refuse(wanted: Wanted, reason: str) -> None:
    """The address is not tried again; the photo there is stays."""
    log.info("no photo for contact %s: %s", wanted.contact_id, reason)
    contact = db.session.get(Contact, (wanted.account_id, wanted.contact_id), with_for_update=True)
    if contact is not None:
        _note(contact, wanted.url)


def give_up(account_id: int, contact_id: int, reason: str) -> None:
    """Where the picture is, cannot be reached: as if it had been refused."""
    if wanted := prepare(account_id, contact_id):
        refuse(wanted, reason)


def _note(contact: Contact, url: str, **facts: str) -> None:
    contact.additional_attributes = {
        **contact.additional_attributes,
        "avatar_url_hash": crypto.digest(url),
        "last_avatar_sync_at": clock.now().isoformat(),
        **facts,
    }
