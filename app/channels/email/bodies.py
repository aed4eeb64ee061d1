"""Finds which parts of a mail are its words, in text and in HTML, and which are files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from app.channels.email import tnef
from app.channels.email.charsets import decoded
from app.channels.email.html_text import text_of
from app.channels.email.parts import Node, Part

LONGEST = 2_000_000
_TEXTS = frozenset({"text/plain", "text/html", "text/enriched", "text/markdown"})


@dataclass
class Fragment:
    """A piece of the body, in one form or in both."""

    text: str | None = None
    html: str | None = None


@dataclass
class Body:
    """`text` and `html` of the whole, empty where there is none; `used` are the numbers of the parts they are made of."""

    text: str = ""
    html: str = ""
    used: set[int] = field(default_factory=set)
    packed: dict[int, tnef.Packed] = field(default_factory=dict)


def body_of(root: Node, parts: Sequence[Part]) -> Body:
    body = Body()
    numbered = {id(part.node): part for part in parts}
    fragments = _fragments(root, numbered, body, is_only=len(parts) == 1)
    for part in parts:
        if part.number not in body.used and (packed := tnef.unpacked(part.content)):
            body.packed[part.number] = packed
            if not fragments and (packed.text or packed.html):
                fragments = [Fragment(packed.text or None, packed.html or None)]
    _compose(body, fragments)
    return body


def _compose(body: Body, fragments: Sequence[Fragment]) -> None:
    texts = [each.text if _has_words(each.text) else text_of(each.html or "") for each in fragments]
    body.text = "\n\n".join(text.strip("\n") for text in texts if text and text.strip())[:LONGEST]
    if any(each.html for each in fragments):
        body.html = "\n".join(each.html or _as_html(each.text or "") for each in fragments)[:LONGEST]


def _has_words(text: str | None) -> bool:
    return bool(text and text.strip())


def _as_html(text: str) -> str:
    return f"<div>{escape(text).replace(chr(10), '<br>')}</div>" if text.strip() else ""


def _fragments(node: Node, numbered: dict[int, Part], body: Body, *, is_only: bool) -> list[Fragment]:
    if not node.children:
        part = numbered[id(node)]
        if not _is_words(part, is_only=is_only):
            return []
        body.used.add(part.number)
        text = decoded(part.content[:LONGEST], part.charset)
        return [Fragment(html=text) if part.kind == "text/html" else Fragment(text=_reflowed(text, part))]
    below = [_fragments(child, numbered, body, is_only=False) for child in node.children]
    if node.kind == "multipart/alternative":
        return _alternative(below)
    return [fragment for fragments in below for fragment in fragments]


def _alternative(below: Sequence[Sequence[Fragment]]) -> list[Fragment]:
    """The same in several forms: the plainest text and the richest HTML (RFC 2046 §5.1.4)."""
    texts = ["\n\n".join(each.text or "" for each in some) for some in below if some and not any(f.html for f in some)]
    htmls = [
        "\n".join(each.html or _as_html(each.text or "") for each in some)
        for some in below
        if any(each.html for each in some)
    ]
    text, html = next(filter(_has_words, texts), None), htmls[-1] if htmls else None
    return [Fragment(text, html)] if text or html else []


def _is_words(part: Part, *, is_only: bool) -> bool:
    if part.disposition == "attachment":
        return False
    # What has no type, or a boundary that is nowhere, is text to whoever reads it.
    is_text = part.kind in _TEXTS or part.kind.startswith("multipart/")
    return is_text and (is_only or not part.given_name)


def _reflowed(text: str, part: Part) -> str:
    """Paragraphs that were folded for travelling are joined again (RFC 3676)."""
    flowed = part.node.get_param("format")
    if not isinstance(flowed, str) or flowed.lower() != "flowed":
        return text
    delsp = str(part.node.get_param("delsp") or "").lower() == "yes"
    lines: list[str] = []
    is_open = False
    for line in text.split("\n"):
        plain = line.removeprefix(" ") if not line.startswith(">") else line
        if is_open and lines and not line.startswith(">") and line != "-- ":
            lines[-1] += plain
        else:
            lines.append(plain)
        is_open = plain.endswith(" ") and plain != "-- " and not plain.startswith(">")
        if is_open and delsp:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)
