"""Makes a stranger's file name fit to be shown, stored and downloaded."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 200
_LONGEST_SUFFIX = 20
# Other (control, format: bidi overrides and zero widths, surrogates, private, unassigned) and line separators.
_UNSEEN = ("C", "Zl", "Zp")


def clean_filename(given: str | None) -> str:
    """The last part of the name without what cannot be seen, at most 200 characters, never empty, never hidden."""
    # A bound first: normalising is slow for what is long and strange. The end is what a browser's path leads to.
    name = unicodedata.normalize("NFC", (given or "")[-1000:])
    name = "".join(c for c in name if c in "/\\" or not unicodedata.category(c).startswith(_UNSEEN))
    name = re.split(r"[/\\]", name)[-1]
    name = " ".join(name.split()).strip(". ")
    return _shortened(name) or "file"


def suffix(name: str) -> str:
    """What follows the last dot, in lower case and without it; empty where there is none."""
    stem, dot, end = name.rpartition(".")
    return end.lower() if dot and stem else ""


def _shortened(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    end = suffix(name)
    if not end or len(end) > _LONGEST_SUFFIX:
        return name[:_LONGEST].rstrip(". ")
    return name[: _LONGEST - len(end) - 1].rstrip(". ") + "." + name[-len(end) :]
