"""Turns bytes of a mail into text, whatever their label says."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

# What mailers write, and what they mean by it (WHATWG Encoding, §4.2, and names of old Outlooks).
_MEANT = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "big5": "big5hkscs",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac-roman",
    "cp-850": "cp850",
}
# Python calls these text encodings too, but they are none of a mail's, and some are slow or raise oddly.
_NO_CHARSET = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
_ASKED = 16_000
_TELLING = 12  # with fewer strange letters any guess is as good as another
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def decoded(data: bytes, label: str | None = None) -> str:
    """`data` as text: by its label, where that holds, else by what it looks like; never raises. Newlines are `\\n`."""
    return tidied(_decoded(data, label))


def tidied(text: str) -> str:
    """`text` without what no database and no page can hold: control characters and lone surrogates."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _decoded(data: bytes, label: str | None) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return data.decode("utf-8-sig", "replace")
    name = _python_name(label)
    is_vague = name is None or name == "cp1252"
    # Much that is labelled as western, or as nothing, is UTF-8: its patterns do not occur by chance.
    for each in ("utf-8", name) if is_vague and _is_eight_bit(data) else (name,):
        try:
            if each:
                return data.decode(each)
        except (UnicodeError, ValueError):
            continue
    if is_vague and not _is_eight_bit(data) and b"\x1b$" not in data:
        return data.decode("ascii", "replace")
    return data.decode(_guess(data) if label is None or name is None else name, "replace")


def _is_eight_bit(data: bytes) -> bool:
    return not data.isascii()


def _python_name(label: str | None) -> str | None:
    wanted = (label or "").strip().strip("\"'").lower()
    if not wanted or len(wanted) > 40 or not wanted.isascii():
        return None
    try:
        info = codecs.lookup(_MEANT.get(wanted, wanted))
    except (LookupError, ValueError):
        return None
    return info.name if info._is_text_encoding and info.name not in _NO_CHARSET else None


def _guess(data: bytes) -> str:
    if b"\x1b$" in data or b"\x1b(J" in data:
        return "iso2022_jp_ext"
    if sum(byte > 127 for byte in data[:_ASKED]) < _TELLING:
        return "cp1252"
    # The part with the strange letters tells the most.
    first = next((at for at, byte in enumerate(data[:1_000_000]) if byte > 127), 0)
    sample = data[max(0, first - 500) : first + _ASKED]
    best = from_bytes(sample, steps=5, chunk_size=512, enable_fallback=False).best()
    return best.encoding if best and best.encoding not in _NO_CHARSET else "cp1252"
