"""Keeps files under random names, on disk or in an S3 bucket, and knows what they are from their own bytes."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from app.config import settings
from app.errors import Invalid, NotFound, TooLarge
from app.lib import filetype
from app.lib.aside import aside
from app.lib.disk import Disk
from app.lib.filename import clean_filename
from app.lib.picture import NoPicture, measured, reduced

THUMBNAIL_SIZES = (192, 640)
THUMBNAIL_TYPE = "image/webp"
_CHUNK = 256 * 1024
_KEY = re.compile(r"[0-9a-f]{40}(?:-(?:192|640))?")


class Readable(Protocol):
    """What a request's file, an open file and `BytesIO` have in common."""

    def read(self, size: int, /) -> bytes: ...


class Backend(Protocol):
    """Where the bytes lie. Raises NotFound for a key that is not there, Unavailable when it cannot be reached."""

    def put(self, key: str, path: Path, content_type: str) -> None:
        """Keep the file at `path`, which may be moved away; it is safe when this returns."""

    def open(self, key: str, start: int, length: int | None) -> BinaryIO: ...
    def size(self, key: str) -> int: ...
    def delete(self, key: str) -> None: ...


@dataclass(frozen=True)
class Stored:
    """A kept file: `key` opens it, `kind` is image, audio, video or file, width and height are in pixels as seen."""

    key: str
    filename: str
    content_type: str
    byte_size: int
    kind: str
    width: int | None
    height: int | None
    sha256: str


def save(stream: Readable, *, filename: str | None, limit_bytes: int) -> Stored:
    """Keep what `stream` holds. Raises TooLarge beyond `limit_bytes`, keeping nothing."""
    with _incoming() as path:
        sha256 = _received(stream, path, limit_bytes)
        name = clean_filename(filename)
        with path.open("rb") as file:
            content_type = filetype.sniffed(file.read(filetype.HEAD_BYTES), name)
            width, height = None, None
            if content_type in filetype.IMAGES:
                try:
                    width, height = measured(file)
                except NoPicture:
                    content_type = "application/octet-stream"
        stored = Stored(
            key=secrets.token_hex(20),
            filename=name,
            content_type=content_type,
            byte_size=path.stat().st_size,
            kind=filetype.kind(content_type),
            width=width,
            height=height,
            sha256=sha256,
        )
        _backend().put(stored.key, path, content_type)
    return stored


def open(key: str, *, start: int = 0, length: int | None = None) -> BinaryIO:  # noqa: A001  # storage.open reads well
    """The bytes from `start`, `length` of them or all the rest, to be closed after use. Raises NotFound."""
    if length == 0:
        return BytesIO()
    return _backend().open(_checked(key), start, length)


def size(key: str) -> int:
    """Length in bytes. Raises NotFound."""
    return _backend().size(_checked(key))


def delete(key: str) -> None:
    """Forget a file and its thumbnails; nothing happens when it is gone already."""
    for each in (_checked(key), *(f"{key}-{each}" for each in THUMBNAIL_SIZES)):
        _backend().delete(each)


def thumbnail(key: str, size: int) -> str:
    """The key of a small WebP of the picture, made now if it is not there; `size` is one of THUMBNAIL_SIZES.

    Raises NotFound, and Invalid when the file is no picture.
    """
    if size not in THUMBNAIL_SIZES:
        raise ValueError(f"size must be one of {THUMBNAIL_SIZES}")
    small = f"{_checked(key)}-{size}"
    try:
        _backend().size(small)
        return small
    except NotFound:
        pass  # not made yet
    with _incoming() as source, _incoming() as target:
        with open(key) as kept, source.open("wb") as file:
            while chunk := kept.read(_CHUNK):
                file.write(chunk)
        try:
            with source.open("rb") as file:
                target.write_bytes(aside(reduced, file, size))
        except NoPicture as broken:
            raise Invalid({"file": f"This is not a picture: {broken}."}) from broken
        _backend().put(small, target, THUMBNAIL_TYPE)
    return small


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise NotFound
    return key


@contextmanager
def _incoming() -> Iterator[Path]:
    """A path for a file that is not kept yet, on the volume where the disk keeps its files."""
    folder = Path(settings().data_dir) / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _received(stream: Readable, path: Path, limit_bytes: int) -> str:
    sha256, received = hashlib.sha256(), 0
    with path.open("xb") as file:
        while chunk := stream.read(_CHUNK):
            received += len(chunk)
            if received > limit_bytes:
                raise TooLarge(f"Files may have {limit_bytes / 1024 / 1024:.3g} MB at most.")
            sha256.update(chunk)
            file.write(chunk)
    return sha256.hexdigest()


def _backend() -> Backend:
    if not settings().storage_url:
        return Disk(Path(settings().data_dir) / "files")
    return _bucket(os.getpid(), settings().storage_url)


@lru_cache(maxsize=4)
def _bucket(_process: int, url: str) -> Backend:
    # Imported at first use: its client takes 20 MB that a process without a bucket need not have.
    return cast("Backend", import_module("app.lib.s3").Bucket(url))
