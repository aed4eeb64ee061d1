"""Files come back as they were given, from a disk and from a bucket alike, and nothing half done is kept."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app.errors import Invalid, NotFound, TooLarge, Unavailable
from app.lib import storage
from tests.fakes.s3 import S3, signature

if TYPE_CHECKING:
    from tests.lib.conftest import Bare

LIMIT = 40 * 1024 * 1024


def png(size: tuple[int, int] = (900, 450)) -> BytesIO:
    out = BytesIO()
    Image.effect_noise(size, 50).save(out, "PNG")
    out.seek(0)
    return out


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def s3(bare: Bare) -> Iterator[S3]:
    server = S3()
    bare(storage_url=server.url)
    yield server
    server.close()


@pytest.fixture(params=["disk", "bucket"])
def anywhere(request: pytest.FixtureRequest, bare: Bare) -> None:
    if request.param == "bucket":
        request.getfixturevalue("s3")


@pytest.mark.usefixtures("anywhere")
def test_a_file_comes_back_as_it_was_given(bare: Bare) -> None:
    content = bytes(range(256)) * 5000
    stored = storage.save(BytesIO(content), filename="../a b.bin", limit_bytes=LIMIT)
    assert (stored.filename, stored.content_type, stored.kind) == ("a b.bin", "application/octet-stream", "file")
    assert (stored.byte_size, stored.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert re.fullmatch(r"[0-9a-f]{40}", stored.key)
    with storage.open(stored.key) as file:
        assert file.read() == content
    assert storage.size(stored.key) == len(content)
    assert not kept(bare.data_dir / "incoming")


@pytest.mark.usefixtures("anywhere")
@pytest.mark.parametrize(
    ("start", "length", "part"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (3, 4, b"3456"),
        (8, 10, b"89"),
        (0, 1, b"0"),
        (0, 0, b""),
        (10, None, b""),
        (99, 5, b""),
    ],
)
def test_a_part_of_a_file_can_be_read(bare: Bare, start: int, length: int | None, part: bytes) -> None:
    stored = storage.save(BytesIO(b"0123456789"), filename="a", limit_bytes=LIMIT)
    with storage.open(stored.key, start=start, length=length) as file:
        assert file.read() == part


@pytest.mark.usefixtures("anywhere")
def test_an_empty_file_is_a_file(bare: Bare) -> None:
    stored = storage.save(BytesIO(), filename="empty.txt", limit_bytes=LIMIT)
    assert stored.byte_size == storage.size(stored.key) == 0
    with storage.open(stored.key) as file:
        assert file.read() == b""


@pytest.mark.usefixtures("anywhere")
def test_a_picture_is_measured_and_has_thumbnails(bare: Bare) -> None:
    stored = storage.save(png(), filename="a.jpg", limit_bytes=LIMIT)
    assert (stored.content_type, stored.kind, stored.width, stored.height) == ("image/png", "image", 900, 450)
    for size in storage.THUMBNAIL_SIZES:
        key = storage.thumbnail(stored.key, size)
        assert storage.thumbnail(stored.key, size) == key
        with storage.open(key) as file:
            image = Image.open(BytesIO(file.read()))
        assert (image.format, image.size) == ("WEBP", (size, size // 2))


@pytest.mark.usefixtures("anywhere")
def test_a_deleted_file_is_gone_with_its_thumbnails(bare: Bare) -> None:
    stored = storage.save(png(), filename="a.png", limit_bytes=LIMIT)
    key = storage.thumbnail(stored.key, 192)
    storage.delete(stored.key)
    storage.delete(stored.key)
    for gone in (stored.key, key):
        with pytest.raises(NotFound):
            storage.open(gone)
        with pytest.raises(NotFound):
            storage.size(gone)
    with pytest.raises(NotFound):
        storage.thumbnail(stored.key, 192)


@pytest.mark.usefixtures("anywhere")
@pytest.mark.parametrize(
    "key",
    [
        "",
        "a",
        "../../etc/passwd",
        "0" * 40,
        "0" * 39 + "/",
        "0" * 40 + "-192",
        "0" * 40 + "-7",
        "0" * 40 + "\n",
        "A" * 40,
    ],
)
def test_a_key_that_was_never_given_out_opens_nothing(bare: Bare, key: str) -> None:
    for ask in (storage.open, storage.size):
        with pytest.raises(NotFound):
            ask(key)


def test_what_is_no_picture_has_no_thumbnail(bare: Bare) -> None:
    stored = storage.save(BytesIO(b"hello"), filename="a.png", limit_bytes=LIMIT)
    with pytest.raises(Invalid):
        storage.thumbnail(stored.key, 192)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", b"\xff\xd8\xff<html>", b"GIF89a/*<svg>*/=1;alert(1)"]
)
def test_what_only_pretends_to_be_a_picture_is_a_file(bare: Bare, content: bytes) -> None:
    stored = storage.save(BytesIO(content), filename="a.png", limit_bytes=LIMIT)
    assert (stored.content_type, stored.kind, stored.width) == ("application/octet-stream", "file", None)


class Endless:
    """A stream without end, that counts what was read of it."""

    read_so_far = 0

    def read(self, size: int, /) -> bytes:
        self.read_so_far += size
        return b"x" * size


@pytest.mark.usefixtures("anywhere")
def test_a_file_beyond_its_limit_is_left_early_and_not_kept(bare: Bare) -> None:
    stream = Endless()
    with pytest.raises(TooLarge, match="1 MB"):
        storage.save(stream, filename="a", limit_bytes=1024 * 1024)
    assert stream.read_so_far < 2 * 1024 * 1024
    assert not kept(bare.data_dir)


def test_a_file_of_just_the_limit_is_taken(bare: Bare) -> None:
    assert storage.save(BytesIO(b"x" * 1000), filename="a", limit_bytes=1000).byte_size == 1000


class Broken:
    """A visitor who goes away in the middle of the upload."""

    pieces = 3

    def read(self, size: int, /) -> bytes:
        self.pieces -= 1
        if not self.pieces:
            raise ConnectionResetError
        return b"x" * size


def test_of_an_upload_that_breaks_off_nothing_is_kept(bare: Bare) -> None:
    with pytest.raises(ConnectionResetError):
        storage.save(Broken(), filename="a", limit_bytes=LIMIT)
    assert not kept(bare.data_dir)


def test_on_disk_a_file_lies_two_folders_deep_under_its_random_name(bare: Bare) -> None:
    stored = storage.save(BytesIO(b"<?php"), filename="shell.php", limit_bytes=LIMIT)
    path = bare.data_dir / "files" / stored.key[:2] / stored.key[2:4] / stored.key
    assert kept(bare.data_dir) == [path]
    assert path.stat().st_mode & 0o111 == 0


def test_the_same_file_twice_is_two_files(bare: Bare) -> None:
    first, second = (storage.save(BytesIO(b"x"), filename="a", limit_bytes=LIMIT) for _ in range(2))
    storage.delete(first.key)
    assert storage.size(second.key) == 1


def test_a_large_file_goes_to_the_bucket_in_parts(s3: S3) -> None:
    content = bytes(12 * 1024 * 1024)
    stored = storage.save(BytesIO(content), filename="a", limit_bytes=LIMIT)
    assert s3.objects[stored.key][0] == content
    assert not s3.uploads
    assert len([asked for asked in s3.asked if "partNumber" in asked]) == 3


def test_the_bucket_is_told_the_type(s3: S3) -> None:
    stored = storage.save(png(), filename="a.png", limit_bytes=LIMIT)
    assert s3.objects[stored.key][1] == "image/png"


@pytest.mark.parametrize(
    "broken", [{"secret": "wrong"}, {"access_key": "stranger"}, {"region": "us-east-1"}, {"bucket": "others"}]
)
def test_a_bucket_that_does_not_know_us_is_unavailable(bare: Bare, s3: S3, broken: dict[str, str]) -> None:
    for name, value in broken.items():
        setattr(s3, name, value)
    with pytest.raises(Unavailable):
        storage.save(BytesIO(b"x"), filename="a", limit_bytes=LIMIT)
    assert not s3.objects
    assert not kept(bare.data_dir)


@pytest.mark.parametrize("status", [500, 503, 0])
def test_a_bucket_that_stumbles_is_asked_again(s3: S3, status: int) -> None:
    s3.fail_next, s3.fail_with = 2, status
    stored = storage.save(BytesIO(b"x"), filename="a", limit_bytes=LIMIT)
    s3.fail_next = 1
    assert storage.size(stored.key) == 1


@pytest.mark.parametrize("status", [403, 500, 503, 0])
def test_a_bucket_that_stays_down_is_unavailable(bare: Bare, s3: S3, status: int) -> None:
    stored = storage.save(BytesIO(b"x"), filename="a", limit_bytes=LIMIT)
    s3.fail_next, s3.fail_with = 100, status
    with pytest.raises(Unavailable):
        storage.save(BytesIO(b"x"), filename="a", limit_bytes=LIMIT)
    for ask in (storage.open, storage.size, storage.delete):
        with pytest.raises(Unavailable):
            ask(stored.key)
    assert not kept(bare.data_dir)


def test_a_bucket_that_is_not_there_is_unavailable_soon(bare: Bare) -> None:
    bare(storage_url="s3://a:b@127.0.0.1:1/files?tls=0")
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        storage.save(BytesIO(b"x"), filename="a", limit_bytes=LIMIT)
    assert time.monotonic() - begun < 5


def test_the_stand_in_checks_signatures_as_amazon_publishes_them() -> None:
    # "Signature Calculations for the Authorization Header", example: GET object.
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-amz-date": "20130524T000000Z",
    }
    assert (
        signature(
            secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            method="GET",
            path="/test.txt",
            query="",
            headers=headers,
            signed="host;range;x-amz-content-sha256;x-amz-date",
            scope="20130524/us-east-1/s3/aws4_request",
        )
        == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
