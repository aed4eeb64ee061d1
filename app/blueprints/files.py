"""Files that people sent: whole or in ranges, never trusted, only to whom they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy import select
from werkzeug.datastructures import ContentRange
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.blueprints.guards import Door, member, viewer
from app.errors import NotFound
from app.ledger.transaction import transaction
from app.lib import crypto, filetype, storage
from app.lib.database import db
from app.lib.picture import as_jpeg
from app.models.attachment import Attachment
from app.models.contact import Contact
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.models.message import Message
from app.models.user import User
from app.realtime.paths import PREVIEW, SIGNED_FILE

CHUNK = 256 * 1024
SMALL, LARGE = storage.THUMBNAIL_SIZES
# Nothing a stranger sent runs in our name. The browser's own PDF viewer does not start in a sandbox.
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self'; sandbox"
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf"

desk = Door("files", __name__, guard=member, url_prefix="/accounts/<int:account_id>")
signed = Blueprint("signed_files", __name__, url_prefix="/files")


@desk.get("/files/<uuid:uuid>/<string:name>")
def show(uuid: UUID, name: str) -> Response:
    return _original(_seen(uuid))


@desk.get("/files/<uuid:uuid>/thumbnail")
def thumbnail(uuid: UUID) -> Response:
    return _small(_seen(uuid).storage_key, LARGE)


@desk.get("/avatars/<string:key>")
def avatar(key: str) -> Response:
    """A photo of someone of this account."""
    is_colleague = select(User.id).join(Membership).where(User.avatar_key == key)
    is_customer = select(Contact.id).where(Contact.account_id == viewer().account.id, Contact.avatar_key == key)
    if not db.session.scalar(is_colleague) and not db.session.scalar(is_customer):
        raise NotFound
    return _small(key, SMALL)


@signed.get("/<string:token>/<string:name>")
def show_signed(token: str, name: str) -> Response:
    """Whoever holds a signed address, until it ends."""
    what = crypto.unsign(token, SIGNED_FILE)
    if "avatar" in what:
        return _small(what["avatar"], SMALL)
    if "card" in what:
        return _answer(what["card"], what["type"], name)
    with transaction(what["account"]):
        attachment = db.session.scalar(
            select(Attachment).where(
                Attachment.account_id == what["account"], Attachment.uuid == UUID(what["attachment"])
            )
        )
    if attachment is None:
        raise NotFound
    if what["thumbnail"] and name == PREVIEW:
        return _preview(attachment.storage_key)
    return _small(attachment.storage_key, LARGE) if what["thumbnail"] else _original(attachment)


def _seen(uuid: UUID) -> Attachment:
    found = db.session.scalar(
        select(Attachment)
        .join(Message, (Message.account_id == Attachment.account_id) & (Message.id == Attachment.message_id))
        .join(
            Conversation,
            (Conversation.account_id == Message.account_id) & (Conversation.id == Message.conversation_id),
        )
        .where(
            Attachment.account_id == viewer().account.id,
            Attachment.uuid == uuid,
            Conversation.visible_to(viewer().membership),
        )
    )
    if found is None:
        raise NotFound
    return found


def _small(key: str | None, size: int) -> Response:
    if key is None:
        raise NotFound
    return _answer(storage.thumbnail(key, size), storage.THUMBNAIL_TYPE, "thumbnail.webp")


def _preview(key: str | None) -> Response:
    if key is None:
        raise NotFound
    with storage.open(storage.thumbnail(key, LARGE)) as small:
        return Response(as_jpeg(small), content_type="image/jpeg", headers={"X-Content-Type-Options": "nosniff"})


def _original(attachment: Attachment) -> Response:
    if attachment.storage_key is None:
        raise NotFound
    return _answer(attachment.storage_key, attachment.content_type, attachment.filename)


def _answer(key: str, content_type: str, filename: str) -> Response:
    length = storage.size(key)
    start, stop, is_part = _range(length)
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(stop - start),
        "Content-Disposition": f"{filetype.disposition(content_type)}; filename*=UTF-8''{quote(filename, safe='')}",
        "Content-Security-Policy": PDF_POLICY if content_type == "application/pdf" else SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=86400, immutable",
        "Accept-Ranges": "bytes",
        "ETag": f'"{key}"',
    }
    if is_part:
        headers["Content-Range"] = str(ContentRange("bytes", start, stop, length))
    if request.method == "HEAD":
        return Response(status=200, headers=headers)
    body = _chunks(storage.open(key, start=start, length=stop - start))
    return Response(body, status=206 if is_part else 200, headers=headers, direct_passthrough=True)


def _range(length: int) -> tuple[int, int, bool]:
    """Where to begin and to end; the whole file when no single range is asked for."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, length, False
    found = asked.range_for_length(length)
    if found is None:
        raise RequestedRangeNotSatisfiable(length)
    return found[0], found[1], True


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
