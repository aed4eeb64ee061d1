"""Colours that people choose: read from hex, and kept readable (WCAG 2.2 §1.4.3)."""

from __future__ import annotations

import re

from app.errors import Invalid

READABLE = 4.5
WHITE, BLACK = "#ffffff", "#000000"
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")


def hex_colour(text: str, *, field: str = "color") -> str:
    """`text` as `#rrggbb`. Raises Invalid for `field` when it is no such colour."""
    typed = text.strip().lower()
    typed = typed if typed.startswith("#") else f"#{typed}"
    if not _HEX.fullmatch(typed):
        raise Invalid({field: "Give a colour as in #1f6f4f."})
    return typed if len(typed) == 7 else "#" + "".join(sign * 2 for sign in typed[1:])


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def words_on(ground: str) -> str | None:
    """White where it can be read on `ground`, else black, else None."""
    return next((words for words in (WHITE, BLACK) if contrast(words, ground) >= READABLE), None)


def readable_on(ground: str, colour: str) -> str:
    """`colour`, moved towards black or white until words in it can be read on `ground`."""
    end = max((WHITE, BLACK), key=lambda each: contrast(each, ground))
    for step in range(21):
        mixed = mix(colour, end, step / 20)
        if contrast(mixed, ground) >= READABLE:
            return mixed
    return end


def mix(one: str, other: str, share: float) -> str:
    """`one` with `share` (0 to 1) of `other` in it."""
    parts = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, 0 to 1."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
