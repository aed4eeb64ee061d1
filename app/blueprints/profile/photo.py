"""One's photo: cut to a square and written anew, so that nothing else travels with it."""

from __future__ import annotations

from io import BytesIO

from flask import Response, flash, make_response, request

from app.blueprints.guards import Door, myself, viewer
from app.errors import Invalid, TooLarge
from app.lib import storage
from app.lib.picture import NoPicture, squared

blueprint = Door("profile_photo", __name__, guard=myself, url_prefix="/profile/photo")

MAX_BYTES = 10 * 1024 * 1024
SIZE = 384


@blueprint.post("")
def create() -> Response:
    given = request.files.get("photo")
    content = given.stream.read(MAX_BYTES + 1) if given else b""
    if not content:
        raise Invalid({"photo": "Choose a picture first."})
    if len(content) > MAX_BYTES:
        raise TooLarge("A photo may have 10 MB at most.")
    try:
        small = squared(BytesIO(content), SIZE)
    except NoPicture:
        raise Invalid({"photo": "This is not a picture that can be shown: take a JPEG, PNG, GIF or WebP."}) from None
    stored = storage.save(BytesIO(small), filename="photo.webp", limit_bytes=MAX_BYTES)
    return replaced(stored.key, "Your photo was changed")


@blueprint.delete("")
def destroy() -> Response:
    return replaced(None, "Your photo was removed")


def replaced(key: str | None, words: str) -> Response:
    # The old file stays: messages that were sent by mail still show it.
    viewer().user.avatar_key = key
    flash(words)
    response = make_response("")
    response.headers["HX-Refresh"] = "true"
    return response
