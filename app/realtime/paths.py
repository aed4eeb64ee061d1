"""Where things are found: plain paths, the same for whoever looks, so that a page and a pushed piece are equal."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from app.config import settings
from app.lib import clock, crypto
from app.lib.storage import Stored
from app.models.attachment import Attachment

SIGNED_FILE = "file"
LINKED_PICTURE = "linked picture"
SIGNED_DAYS = 7
PREVIEW = "preview.jpg"


def attachment_path(attachment: Attachment) -> str:
    """On the desk: allowed by the session."""
    return f"{_files(attachment)}/{_name(attachment.filename)}"


def thumbnail_path(attachment: Attachment) -> str:
    return f"{_files(attachment)}/thumbnail"


def signed_path(attachment: Attachment, *, thumbnail: bool = False) -> str:
    """In the widget, in mails and in the API: whoever has the address may fetch it for a week or a day more."""
    signed = sign_file({"account": attachment.account_id, "attachment": str(attachment.uuid), "thumbnail": thumbnail})
    return f"/files/{signed}/{'thumbnail.webp' if thumbnail else _name(attachment.filename)}"


def preview_path(attachment: Attachment) -> str:
    """The thumbnail as a JPEG, for providers that read nothing else."""
    signed = sign_file({"account": attachment.account_id, "attachment": str(attachment.uuid), "thumbnail": True})
    return f"/files/{signed}/{PREVIEW}"


def avatar_path(account_id: int, key: str) -> str:
    """A person's photo, on the desk."""
    return f"/accounts/{account_id}/avatars/{key}"


def signed_avatar_path(key: str) -> str:
    """A colleague's photo, as customers see it."""
    return f"/files/{sign_file({'avatar': key})}/photo.webp"


def picture_of_a_card(stored: Stored) -> str:
    """For as long as the card is shown anywhere: providers fetch it when they please."""
    return (
        f"/files/{crypto.sign({'card': stored.key, 'type': stored.content_type}, SIGNED_FILE)}/{_name(stored.filename)}"
    )


def picture_path(url: str) -> str:
    """A picture that stands elsewhere, fetched by us; one of ours stands where it is."""
    if url.startswith(f"{settings().public_url}/files/"):
        return url.removeprefix(settings().public_url)
    return f"/pictures/{crypto.sign({'url': url}, LINKED_PICTURE)}"


def sign_file(payload: dict[str, Any]) -> str:
    """Ends at the end of a day, so that the address stays equal all day long."""
    midnight = datetime.combine(clock.now().date() + timedelta(days=SIGNED_DAYS + 1), time(), clock.now().tzinfo)
    return crypto.sign(payload, SIGNED_FILE, expires_at=midnight)


def _files(attachment: Attachment) -> str:
    return f"/accounts/{attachment.account_id}/files/{attachment.uuid}"


def _name(filename: str) -> str:
    return quote(filename or "file", safe="")
