"""Tells from a file's first bytes what it is (WHATWG MIME Sniffing, §6 and §7), and what a browser may show of it."""

from __future__ import annotations

import codecs
import re

from app.lib.filename import suffix

# How much of a file's beginning `sniffed` wants to see: enough to find the tracks of a recording.
HEAD_BYTES = 64 * 1024

IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
_SHOWN = IMAGES | {
    *("audio/mpeg", "audio/ogg", "audio/wav", "audio/aac", "audio/flac", "audio/mp4", "audio/webm"),
    *("video/mp4", "video/webm", "video/ogg", "video/quicktime"),
    "application/pdf",
}
_UNKNOWN = "application/octet-stream"

_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBPVP", re.DOTALL), "image/webp"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "image/tiff"),
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"ID3"), "audio/mpeg"),
    (re.compile(rb"fLaC"), "audio/flac"),
    (re.compile(rb"#!AMR"), "audio/amr"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"RIFF....AVI ", re.DOTALL), "video/x-msvideo"),
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), "audio/aiff"),
    (re.compile(rb"\x1f\x8b\x08"), "application/gzip"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "application/x-7z-compressed"),
    (re.compile(rb"Rar!\x1a\x07"), "application/vnd.rar"),
    (re.compile(rb"\{\\rtf"), "application/rtf"),
)
_BRANDS = {
    **dict.fromkeys((b"M4A ", b"M4B ", b"F4A ", b"F4B "), "audio/mp4"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "image/heic"),
    b"qt  ": "video/quicktime",
}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
# A name decides only between kinds of one container, none of which is ever shown by the browser.
_ZIPS = {
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "odt": f"{_OPEN}.text",
    "ods": f"{_OPEN}.spreadsheet",
    "odp": f"{_OPEN}.presentation",
    "epub": "application/epub+zip",
}
_COMPOUNDS = {"doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint"}
_TEXTS = {
    "csv": "text/csv",
    "md": "text/markdown",
    "json": "application/json",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "eml": "message/rfc822",
}
_MARKUP = re.compile(rb"<(?:!doctype|!--|\?xml|[a-z][a-z0-9:-]*[\s/>])", re.IGNORECASE)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def sniffed(head: bytes, filename: str = "") -> str:
    """The content type of a file that begins with `head`; `filename` refines what is only ever downloaded."""
    for signature, content_type in _SIGNATURES:
        if signature.match(head):
            return content_type
    if head.startswith(tuple(_WIDE)):
        return _text(head, filename)
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(head)
    if head.startswith(b"OggS\x00"):
        return "video/ogg" if b"\x80theora" in head[:512] else "audio/ogg"
    if _is_mpeg_audio(head):
        return "audio/aac" if head[1] & 0x06 == 0 else "audio/mpeg"
    if head.startswith(b"PK\x03\x04"):
        return _ZIPS.get(suffix(filename), "application/zip")
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _COMPOUNDS.get(suffix(filename), "application/x-ole-storage")
    return _text(head, filename)


def kind(content_type: str) -> str:
    """image, audio, video or file: how a message shows it."""
    family = content_type.partition("/")[0]
    if content_type in IMAGES or (family in ("audio", "video") and content_type in _SHOWN):
        return family
    return "file"


def disposition(content_type: str) -> str:
    """`inline` for a plain image, audio, video or PDF, else `attachment`: nothing that could carry a script is shown."""
    return "inline" if content_type in _SHOWN else "attachment"


def _iso_media(head: bytes) -> str:
    end = min(int.from_bytes(head[:4], "big"), 256, len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end, 4))]
    for brand in brands:
        if brand in _BRANDS:
            return _BRANDS[brand]
    if brands[0].startswith((b"3gp", b"3g2")):
        return "video/3gpp"
    # A voice recording of Safari is an ordinary MP4 that has a sound track alone (ISO 14496-12, handler types).
    return "audio/mp4" if b"soun" in head and b"vide" not in head else "video/mp4"


def _matroska(head: bytes) -> str:
    if b"webm" not in head[:64]:
        return "video/x-matroska"
    # A voice recording of Chrome or Firefox has a sound track alone; codecs of pictures begin with V_.
    return "audio/webm" if b"A_" in head and b"V_" not in head else "video/webm"


def _is_mpeg_audio(head: bytes) -> bool:
    """Whether a frame of MP3 or AAC (ADTS) begins here (ISO 11172-3, ISO 13818-7)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    if head[1] & 0xF6 == 0xF0:
        return head[2] >> 2 & 0x0F <= 12
    version, layer, bitrate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and bitrate not in (0, 15) and rate != 3


def _text(head: bytes, filename: str) -> str:
    for mark, encoding in _WIDE.items():
        if head.startswith(mark):
            head = head[2:].decode(encoding, "ignore").encode()
    if not head or _BINARY.search(head):
        return _UNKNOWN
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if _MARKUP.match(start):
        return _markup(start.lower())
    return _TEXTS.get(suffix(filename), "text/plain")


def _markup(start: bytes) -> str:
    if b"<svg" in start:
        return "image/svg+xml"
    return "text/xml" if start.startswith(b"<?xml") and b"<html" not in start else "text/html"
