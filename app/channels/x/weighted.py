"""How long a post is as X counts it, and how a longer text is posted in several."""

from __future__ import annotations

import re
import unicodedata

from app.lib import channel_text

MOST = 280
# https://docs.x.com/fundamentals/counting-characters: letters of these count once, all others twice, an address 23 times.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_ADDRESS_WEIGHT = 23
_ADDRESS = re.compile(r"https?://[^\s]+|(?<![\w@.])(?:[\w-]+\.)+[a-z]{2,}(?:/[^\s]*)?", re.IGNORECASE)
_BASE = "[\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_TONE = "[\ufe0f\U0001f3fb-\U0001f3ff]*"
# An emoji counts twice, of however many signs it is put together: flags, keys, tones, families.
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[#*0-9]\ufe0f?\u20e3|{_BASE}{_TONE}(?:\u200d{_BASE}{_TONE})*(?:[\U000e0020-\U000e007f]+)?"
)
_PIECE = re.compile(f"(?P<address>{_ADDRESS.pattern})|(?P<emoji>{_EMOJI.pattern})|(?P<letter>.)", re.I | re.S)


def weight(text: str) -> int:
    return sum(_weight(piece) for piece in _PIECE.finditer(unicodedata.normalize("NFC", text)))


def posts(text: str, most: int = MOST) -> list[str]:
    """`text` in posts of at most `most`, cut where it reads well; none for nothing."""
    rest = unicodedata.normalize("NFC", text).strip()
    said: list[str] = []
    while rest:
        part = channel_text.split(rest, _fitting(rest, most))[0]
        said.append(part)
        rest = rest[len(part) :].lstrip()
    return said


def _fitting(text: str, most: int) -> int:
    """How many letters of it have room; one at the least."""
    used = 0
    for piece in _PIECE.finditer(text):
        used += _weight(piece)
        if used > most:
            return max(piece.start(), 1)
    return len(text)


def _weight(piece: re.Match[str]) -> int:
    if piece["address"]:
        letters = sum(map(_letter, piece[0]))
        # What only looks like an address is counted as the longer of both.
        return (
            _ADDRESS_WEIGHT
            if piece[0].lower().startswith("http") and "." in piece[0]
            else max(letters, _ADDRESS_WEIGHT)
        )
    return 2 if piece["emoji"] else _letter(piece[0])


def _letter(letter: str) -> int:
    return 1 if any(first <= ord(letter) <= last for first, last in _LIGHT) else 2
