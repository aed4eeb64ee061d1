"""Says what an agent wrote, in markdown, in a channel's own form: its markup, and no longer than it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from app.lib.marked_text import Mark, MarkedText, Marks, joined, marked_text, plainly

Unit = Literal["characters", "utf16", "bytes"]
"""What a provider counts: characters, UTF-16 code units (an emoji is two or more), or bytes of UTF-8."""

# A part is not cut shorter than this share of its length for the sake of a nicer place.
_LEAST = 0.5
_BREAKS = (
    re.compile(r"\n\n+"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…。！？])\s+"),
    re.compile(r"\s+"),
)  # full-width marks end sentences too
_JOINERS = re.compile("[\u200d\ufe0f\u0300-\u036f\U0001f3fb-\U0001f3ff]")


def length(text: str, unit: Unit = "characters") -> int:
    if unit == "characters" or text.isascii():
        return len(text)
    if unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(character > "\uffff" for character in text)


def marked_up(markdown: str, markup: str) -> str:
    """`markdown` in a channel's markup: `markdown` as it is, `plain` without marks, links as "text address"."""
    return _MARKUPS[markup].whole(markdown) if markup in _MARKUPS else markdown


def parts(markdown: str, markup: str, limit: int, *, unit: Unit = "characters", below: Sequence[str] = ()) -> list[str]:
    """`markdown` in a channel's markup, in parts of at most `limit`, each with its own marks closed; none for nothing.

    `below` are lines to stand under it as they are. Telegram counts what is left of its HTML, the others what is sent.
    """
    if markup not in _MARKUPS:
        text = "\n\n".join(filter(None, [markdown, *below]))
        return split(text, limit, unit=unit) if text else []
    way = _MARKUPS[markup]
    rest = joined([way.read(markdown), *map(plainly, below)], "\n\n")
    said: list[str] = []
    while rest.text:
        part, rest = _next_part(way, rest, limit, unit)
        said.append(part)
    return said


def split(text: str, limit: int, *, unit: Unit = "characters") -> list[str]:
    """`text` in parts of at most `limit`, cut between paragraphs, lines, sentences or words where it can be.

    Nothing but white space at the cuts is left out; an emoji or accent is not torn from its letter.
    """
    said: list[str] = []
    rest = text.strip()
    while (end := _cut(rest, _fitting(rest, limit, unit))) < len(rest):
        said.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*said, rest] if rest or not said else said


def _next_part(way: _Markup, text: MarkedText, limit: int, unit: Unit) -> tuple[str, MarkedText]:
    """As much as fits with its marks, and what is left."""
    room = limit
    while True:
        end = _cut(text.text, _fitting(text.text, room, unit))
        part = text.cut(0, end).stripped()
        said = way.say(part)
        excess = 0 if way.counts_words_only else length(said, unit) - limit
        if excess <= 0:
            return said, text.cut(end, len(text)).stripped()
        if room == 1:
            # Not even one letter has room for its marks.
            return part.text, text.cut(end, len(text)).stripped()
        room = max(1, min(room, length(part.text, unit)) - excess)


def _fitting(text: str, limit: int, unit: Unit) -> int:
    """How many characters of `text` have room; at least one, so that it goes on."""
    if unit == "characters" or len(text) * 4 <= limit:
        return min(len(text), limit)
    size = 0
    for at, character in enumerate(text):
        size += length(character, unit)
        if size > limit:
            return max(at, 1)
    return len(text)


def _cut(text: str, limit: int) -> int:
    """Where to cut so that at most `limit` characters stand before it."""
    if len(text) <= limit:
        return len(text)
    for place in _BREAKS:
        ends = [found.start() for found in place.finditer(text, int(limit * _LEAST), limit + 1)]
        if ends and ends[-1] and text[: ends[-1]].strip():
            return ends[-1]
    end = limit
    while end > limit // 2 and end > 1 and _JOINERS.match(text[end]):
        end -= 1
    while end > limit // 2 and end > 1 and text[end - 1] == "\u200d":
        end -= 1
    return end


@dataclass(frozen=True)
class _Markup:
    """`say` writes marked text; `carries` says which addresses a mark can hold; the others stand behind their words."""

    say: Callable[[MarkedText], str]
    bullet: str = "- "
    carries: Callable[[str], bool] = lambda _: False
    counts_words_only: bool = False

    def read(self, markdown: str) -> MarkedText:
        return marked_text(markdown, bullet=self.bullet, carries=self.carries)

    def whole(self, markdown: str) -> str:
        return self.say(self.read(markdown))


# https://core.telegram.org/bots/api#html-style
_TAGS = {"bold": "b", "italic": "i", "strike": "s", "code": "code", "quote": "blockquote"}


def _telegram(text: MarkedText) -> str:
    said: list[str] = []
    open_: Marks = ()
    for run, marks in text.runs():
        shared = _shared(open_, marks)
        said += [_tag(mark)[1] for mark in reversed(open_[shared:])]
        said += [_tag(mark)[0] for mark in marks[shared:]]
        said.append(escape(run, quote=False))
        open_ = marks
    return "".join([*said, *(_tag(mark)[1] for mark in reversed(open_))])


def _tag(mark: Mark) -> tuple[str, str]:
    if mark.kind == "link":
        return f'<a href="{escape(mark.value)}">', "</a>"
    if mark.kind == "pre":
        language = f' class="language-{escape(mark.value)}"' if mark.value else ""
        return (f"<pre><code{language}>", "</code></pre>") if language else ("<pre>", "</pre>")
    return f"<{_TAGS[mark.kind]}>", f"</{_TAGS[mark.kind]}>"


def _is_for_telegram(address: str) -> bool:
    return address.lower().startswith(("https://", "http://"))


# https://faq.whatsapp.com/539178204879377; Messenger shows no code, and what it does not show as bold is still read as stress.
_WHATSAPP = {"bold": "*", "italic": "_", "strike": "~", "code": "`"}
_MESSENGER = {"bold": "*", "italic": "_", "strike": "~"}


def _by_signs(signs: dict[str, str], *, fence: str = "", quote: str = "> ") -> Callable[[MarkedText], str]:
    """Signs on both sides of words, line by line; `fence` around code, `quote` before each line of what is quoted."""

    def say(text: MarkedText) -> str:
        said: list[str] = []
        begin, in_code = 0, False
        while begin <= len(text):
            end = text.text.find("\n", begin)
            end = len(text) if end < 0 else end
            kinds = {mark.kind for marks in text.marks[begin : end + 1] for mark in marks}
            if fence and ("pre" in kinds) != in_code:
                in_code = not in_code
                said.append(fence)
            line = text.cut(begin, end)
            words = line.text if "pre" in kinds else _signed(line, signs)
            said.append(quote + words if "quote" in kinds and not in_code else words)
            begin = end + 1
        return "\n".join([*said, *([fence] if in_code else [])])

    return say


def _signed(line: MarkedText, signs: dict[str, str], depth: int = 0, before: str = "", after: str = "") -> str:
    """The words of a line, or of a stretch of it between `before` and `after`, whose marks are said up to `depth`."""
    said: list[str] = []
    begin = 0
    for end in range(1, len(line) + 1):
        mark = _at(line, begin, depth)
        if end < len(line) and _at(line, end, depth) == mark:
            continue
        stretch = line.cut(begin, end)
        left, right = line.text[begin - 1] if begin else before, line.text[end] if end < len(line) else after
        said.append(stretch.text if mark is None else _between(stretch, signs, depth, left, right))
        begin = end
    return "".join(said)


def _between(stretch: MarkedText, signs: dict[str, str], depth: int, before: str, after: str) -> str:
    """Signs hug words, and stand apart from other words: where they cannot, nobody would understand them."""
    mark = _at(stretch, 0, depth)
    sign = signs.get(mark.kind, "") if mark else ""
    words = stretch.stripped()
    gap_before, _, gap_after = stretch.text.partition(words.text) if words.text else ("", "", "")
    if (
        not sign
        or not words.text
        or sign in words.text
        or (before.isalnum() and not gap_before)
        or (after.isalnum() and not gap_after)
    ):
        return _signed(stretch, signs, depth + 1, before, after)
    return f"{gap_before}{sign}{_signed(words, signs, depth + 1)}{sign}{gap_after}"


def _at(text: MarkedText, at: int, depth: int) -> Mark | None:
    marks = text.marks[at]
    return marks[depth] if depth < len(marks) else None


def _shared(one: Marks, other: Marks) -> int:
    """How many of the outer marks are the same."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


_MARKUPS = {
    "plain": _Markup(lambda text: text.text),
    "telegram": _Markup(_telegram, bullet="• ", carries=_is_for_telegram, counts_words_only=True),
    "whatsapp": _Markup(_by_signs(_WHATSAPP, fence="```")),
    "messenger": _Markup(_by_signs(_MESSENGER)),
    # LINE decorates nothing in a text message, and would show the signs themselves (Messaging API, message types).
    "line": _Markup(_by_signs({})),
}
