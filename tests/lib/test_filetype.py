"""A file is what its bytes say, and only what cannot carry a script is ever shown."""

from __future__ import annotations

import gzip
import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.filetype import disposition, kind, sniffed


def ftyp(brand: bytes, *others: bytes, rest: bytes = b"") -> bytes:
    box = b"ftyp" + brand + b"\0\0\0\0" + b"".join(others)
    return (len(box) + 4).to_bytes(4, "big") + box + rest


def zipped() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", "b")
    return out.getvalue()


SHOWN = [
    (b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png"),
    (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
    (b"GIF87a" + bytes(20), "image/gif"),
    (b"GIF89a" + bytes(20), "image/gif"),
    (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
    (ftyp(b"avif"), "image/avif"),
    (ftyp(b"mif2", b"miaf", b"avif"), "image/avif"),
    (b"%PDF-1.7\n", "application/pdf"),
    (b"ID3\x04" + bytes(20), "audio/mpeg"),
    (b"\xff\xfb\x90\x64" + bytes(40), "audio/mpeg"),
    (b"\xff\xf1\x50\x80" + bytes(40), "audio/aac"),
    (b"fLaC\0\0\0\x22", "audio/flac"),
    (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
    (b"OggS\0\x02" + bytes(22) + b"\x01\x13OpusHead", "audio/ogg"),
    (b"OggS\0\x02" + bytes(22) + b"\x01\x2a\x80theora", "video/ogg"),
    (ftyp(b"M4A "), "audio/mp4"),
    (ftyp(b"mp42", rest=b"moov....hdlr....soun"), "audio/mp4"),
    (ftyp(b"isom", b"mp41", rest=b"moov..vide..soun"), "video/mp4"),
    (ftyp(b"isom"), "video/mp4"),
    (ftyp(b"qt  "), "video/quicktime"),
    (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(40) + b"\x86\x85V_VP9\x86\x86A_OPUS", "video/webm"),
    (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(40) + b"\x86\x86A_OPUS", "audio/webm"),
]
DOWNLOADED = [
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "image/svg+xml"),
    (b"<?xml version='1.0'?>\n<!-- x --><svg onload='1'/>", "image/svg+xml"),
    (b"\xef\xbb\xbf  \n<SVG/onload=alert(1)>", "image/svg+xml"),
    (b"<!DOCTYPE html><p>hi", "text/html"),
    (b"  <html><script>alert(1)</script>", "text/html"),
    (b"<script>alert(1)</script>", "text/html"),
    (b"<img src=x onerror=alert(1)>", "text/html"),
    (b"<!-- a --><b>", "text/html"),
    (b"\xff\xfe" + "<html>".encode("utf-16-le"), "text/html"),
    (b"<?xml version='1.0'?><x/>", "text/xml"),
    (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "text/html"),
    (b"alert(1)", "text/plain"),
    (b"", "application/octet-stream"),
    (b"MZ\x90\0\3\0", "application/octet-stream"),
    (b"\x7fELF\x02\x01", "application/octet-stream"),
    (ftyp(b"heic"), "image/heic"),
    (b"II*\0" + bytes(20), "image/tiff"),
    (b"#!AMR\n", "audio/amr"),
    (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
    (gzip.compress(b"x", mtime=0), "application/gzip"),
    (zipped(), "application/zip"),
    (b"{\\rtf1}", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b" \x89PNG\r\n\x1a\n", "application/octet-stream"),
    (b" %PDF-1.7", "text/plain"),
]


@pytest.mark.parametrize(("head", "content_type"), SHOWN)
def test_plain_pictures_sounds_films_and_pdf_are_shown(head: bytes, content_type: str) -> None:
    assert sniffed(head, "evil.html") == content_type
    assert disposition(content_type) == "inline"


@pytest.mark.parametrize(("head", "content_type"), DOWNLOADED)
def test_all_else_is_downloaded(head: bytes, content_type: str) -> None:
    assert sniffed(head, "photo.png") == content_type
    assert disposition(content_type) == "attachment"
    assert kind(content_type) == "file"


@pytest.mark.parametrize(
    ("head", "name", "content_type"),
    [
        (zipped(), "a.DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b'{"a": 1}', "a.json", "application/json"),
        (b"alert(1)", "a.js", "text/plain"),
        (b"alert(1)", "a.svg", "text/plain"),
        ("größe".encode(), "a.txt", "text/plain"),
        ("größe".encode("latin-1"), "a.txt", "text/plain"),
        (b"\xff\xfe" + "hi".encode("utf-16-le"), "a.txt", "text/plain"),
        (b"a < b", "a.txt", "text/plain"),
    ],
)
def test_a_name_tells_kinds_apart_that_are_only_downloaded(head: bytes, name: str, content_type: str) -> None:
    assert sniffed(head, name) == content_type
    assert disposition(content_type) == "attachment"


@pytest.mark.parametrize(
    ("content_type", "what"),
    [
        ("image/png", "image"),
        ("audio/ogg", "audio"),
        ("video/mp4", "video"),
        ("application/pdf", "file"),
        ("text/plain", "file"),
    ],
)
def test_a_message_shows_a_file_by_its_kind(content_type: str, what: str) -> None:
    assert kind(content_type) == what


@pytest.mark.parametrize(
    "given_type",
    ["image/svg+xml", "image/svg+xml; x", "IMAGE/PNG", "image/png; x", "text/html", "", "*/*", "image/png\r\n"],
)
def test_a_type_that_is_not_exactly_a_plain_one_is_downloaded(given_type: str) -> None:
    assert disposition(given_type) == "attachment"


@given(head=st.binary(max_size=300), name=st.text(max_size=20))
def test_any_bytes_have_a_type(head: bytes, name: str) -> None:
    content_type = sniffed(head, name)
    assert content_type.count("/") == 1
    assert kind(content_type) in ("image", "audio", "video", "file")


@given(head=st.binary(max_size=60))
def test_what_begins_as_markup_is_never_shown(head: bytes) -> None:
    assert disposition(sniffed(b"<script>" + head)) == "attachment"
