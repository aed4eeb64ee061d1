"""What stands for a person without a picture: initials, and a hue that stays theirs."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache

HUES = 8


@lru_cache(maxsize=4096)
def initials(name: str | None) -> str:
    """
    Return one or two capitals for a name: of its first and last words, or "" when it holds no letter.

    A telephone number or an address of digits has none; its avatar shows a sign instead.
    """
    words = [letters for word in (name or "").split("@")[0].replace(".", " ").split() if (letters := _letters(word))]
    chosen = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper()[:2]


def hue(key: object) -> int:
    """Return 1 to 8 for an id or name: the same for the same key, in every process and for ever."""
    return _hue(str(key))


@lru_cache(maxsize=4096)
def _hue(key: str) -> int:
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") % HUES + 1


def _letters(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFC", word) if sign.isalpha())
