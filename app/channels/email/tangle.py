"""Tells HTML that no browser would read in reasonable time: thousands of elements opened within each other."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

DEEPEST = 500

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})")
_MARKUP = re.compile(r"<[^<>]{0,10000}>")
# What mail programs open and do not close, and what closes by itself.
_CLOSES_ITSELF = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "tr",
        "tbody",
        "thead",
        "tfoot",
        "option",
        "dt",
        "dd",
        "br",
        "img",
        "hr",
        "meta",
        "link",
        "input",
        "col",
        "area",
        "base",
        "wbr",
        "source",
        "o:p",
        "html",
        "body",
    ]
)


def is_tangled(html: str) -> bool:
    """Whether more elements are left open than any mail program writes."""
    still_open: Counter[str] = Counter()
    for closes, name in _TAG.findall(html):
        still_open[name.lower()] += -1 if closes else 1
    return sum(count for name, count in still_open.items() if count > 0 and name not in _CLOSES_ITSELF) > DEEPEST


def without_tags(html: str) -> str:
    """The words of tangled HTML, in the order in which they stand."""
    return unescape(_MARKUP.sub(" ", html))
