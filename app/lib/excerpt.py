"""Shows where in a text the words are that were searched for."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

BEFORE, LENGTH = 40, 180


def around(text: str, words: str) -> Markup:
    """The part of `text` around the first of `words`, each beginning of them marked; accents and case make no difference."""
    folded, places = _folded(text)
    pattern = re.compile("|".join(re.escape(word) for word in sorted(_words(words), key=len, reverse=True)) or "(?!)")
    found = [
        match.span()
        for match in pattern.finditer(folded)
        if match.start() == 0 or not folded[match.start() - 1].isalnum()
    ]
    first = places[found[0][0]] if found else 0
    start = 0 if first <= BEFORE + 20 else max(text.rfind(" ", 0, first - BEFORE) + 1, first - 2 * BEFORE)
    end = min(len(text), start + LENGTH)
    parts = [escape("… " if start else "")]
    at = start
    for begin, stop in ((places[begin], places[stop - 1] + 1) for begin, stop in found):
        if at <= begin and stop <= end:
            parts += [escape(text[at:begin]), Markup("<mark>{}</mark>").format(text[begin:stop])]
            at = stop
    parts += [escape(text[at:end]), escape("…" if end < len(text) else "")]
    return Markup("").join(parts)


def _words(words: str) -> list[str]:
    return [word for word in re.findall(r"\w+", _folded(words)[0]) if word]


def _folded(text: str) -> tuple[str, list[int]]:
    """In lower case and without marks; the second value says which character of `text` each one comes from."""
    folded, places = [], []
    for place, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", character.lower()):
            if not unicodedata.combining(part):
                folded.append(part)
                places.append(place)
    return "".join(folded), places
