"""Says what an agent wrote, in markdown, in a channel's own form: its markup, and no longer than it takes."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

# A part is not cut shorter than this share of its length for the sake of a nicer place.
_LEAST = 0.5
_BREAKS = (
    re.compile(r"\n\n+"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…。！？])\s+"),
    re.compile(r"\s+"),
)  # full-width marks end sentences too
_JOINERS = re.compile("[\u200d\ufe0f\u0300-\u036f\U0001f3fb-\U0001f3ff]")


def marked_up(markdown: str, markup: str) -> str:
    """`markdown` in a channel's markup: `markdown` as it is, `plain` without marks, links as "text address"."""
    return _plain(markdown) if markup == "plain" else markdown


def split(text: str, limit: int) -> list[str]:
    """`text` in parts of at most `limit` characters, cut between paragraphs, lines, sentences or words where it can be.

    Nothing but white space at the cuts is left out; an emoji or accent is not torn from its letter.
    """
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        end = _cut(rest, limit)
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*parts, rest] if rest or not parts else parts


def _cut(text: str, limit: int) -> int:
    for place in _BREAKS:
        ends = [found.start() for found in place.finditer(text, int(limit * _LEAST), limit + 1)]
        if ends and text[: ends[-1]].strip():
            return ends[-1]
    end = limit
    while end > limit // 2 and _JOINERS.match(text[end]):
        end -= 1
    while end > limit // 2 and text[end - 1] == "\u200d":
        end -= 1
    return end


def _plain(markdown: str) -> str:
    return re.sub(
        r"\n{3,}", "\n\n", "".join(_blocks(MarkdownIt("commonmark").enable("strikethrough").parse(markdown)))
    ).strip()


def _blocks(tokens: list[Token]) -> list[str]:
    said: list[str] = []
    counters: list[int | None] = []
    for token in tokens:
        if token.type == "inline":
            said.append(_inline(token.children or []))
        elif token.type in ("fence", "code_block"):
            said.append(f"{token.content}\n")
        elif token.type == "hr":
            said.append("---\n\n")
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            counters.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            counters.pop()
            said.append("" if counters else "\n")
        elif token.type == "list_item_open":
            number = counters[-1]
            said.append("  " * (len(counters) - 1) + ("- " if number is None else f"{number}. "))
            counters[-1] = None if number is None else number + 1
        elif token.type in ("paragraph_close", "heading_close"):
            said.append("\n" if counters else "\n\n")
    return said


def _inline(tokens: list[Token]) -> str:
    said: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            said.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            said.append("\n")
        elif token.type == "image":
            said.append(str(token.attrGet("src") or ""))
        elif token.type == "link_open":
            links.append((str(token.attrGet("href") or ""), len(said)))
        elif token.type == "link_close":
            address, began = links.pop()
            words = "".join(said[began:])
            if words not in (address, address.removeprefix("mailto:")):
                said.append(f" {address}" if words else address)
    return "".join(said)
