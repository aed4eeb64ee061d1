"""The files that come with a message: kept while it is said, given up when it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from flask import request
from werkzeug.datastructures import FileStorage

from app.config import settings
from app.errors import Invalid
from app.lib import storage
from app.lib.storage import Stored
from app.models.message import MAX_ATTACHMENTS, Message

# The last is how the contract's widget calls them.
NAMES = ("attachments", "attachments[]", "message[attachments][]")


def given_files() -> list[FileStorage]:
    """This request's files. Raises Invalid when there are more than a message carries."""
    given = [file for name in NAMES for file in request.files.getlist(name) if file.filename]
    if len(given) > MAX_ATTACHMENTS:
        raise Invalid({"attachments": f"Attach {MAX_ATTACHMENTS} files at the most."})
    return given


@contextmanager
def kept_files() -> Iterator[list[Stored]]:
    """This request's files, kept; and forgotten again when what they came with fails."""
    kept: list[Stored] = []
    try:
        for file in given_files():
            kept.append(storage.save(file.stream, filename=file.filename, limit_bytes=settings().max_upload_bytes))
        yield kept
    except BaseException:
        for stored in kept:
            storage.delete(stored.key)
        raise


def forget_unused(files: Sequence[Stored], message: Message) -> None:
    """A repeat brings its files once more: those that came first stay."""
    used = {attachment.storage_key for attachment in message.attachments}
    for stored in files:
        if stored.key not in used:
            storage.delete(stored.key)
