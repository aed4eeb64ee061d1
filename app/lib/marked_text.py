"""What an agent wrote, in markdown, as a text and the marks on each of its characters: to be cut and said in any markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

Kind = Literal["bold", "italic", "strike", "code", "pre", "link", "quote"]


class Mark(NamedTuple):
    """`value` is a link's address, or the language of code."""

    kind: Kind
    value: str = ""


Marks = tuple[Mark, ...]
"""From the outside in."""

# The parser leaves out what lies deeper than a hundred levels.
_TOO_DEEP = re.compile(r"^(?:(?:[ \t]*>){40}|(?:[ \t]*(?:[*+-]|\d+[.)])[ \t]+){40})", re.MULTILINE)
INLINE: dict[str, Mark] = {"strong": Mark("bold"), "em": Mark("italic"), "s": Mark("strike")}
HEADING, QUOTE = Mark("bold"), Mark("quote")


@dataclass(frozen=True)
class MarkedText:
    """`marks[i]` are the marks of the character `text[i]`."""

    text: str
    marks: Sequence[Marks]

    def __len__(self) -> int:
        return len(self.text)

    def cut(self, begin: int, end: int) -> MarkedText:
        return MarkedText(self.text[begin:end], self.marks[begin:end])

    def stripped(self) -> MarkedText:
        """Without white space around it."""
        begin = len(self.text) - len(self.text.lstrip())
        return self.cut(begin, max(begin, len(self.text.rstrip())))

    def runs(self) -> Iterator[tuple[str, Marks]]:
        """Stretches of one and the same marks."""
        begin = 0
        for at in range(1, len(self.text) + 1):
            if at == len(self.text) or self.marks[at] != self.marks[begin]:
                yield self.text[begin:at], self.marks[begin]
                begin = at


def plainly(text: str) -> MarkedText:
    return MarkedText(text, [()] * len(text))


def joined(parts: Sequence[MarkedText], separator: str) -> MarkedText:
    text, marks = "", list[Marks]()
    for number, part in enumerate(part for part in parts if part.text):
        gap = separator if number else ""
        text += gap + part.text
        marks += [()] * len(gap)
        marks += part.marks
    return MarkedText(text, marks)


def marked_text(markdown: str, *, bullet: str = "- ", carries: Callable[[str], bool] = lambda _: False) -> MarkedText:
    """What `markdown` says. A link whose address a markup `carries` is a mark; any other address stands behind its words.

    Every line break that was typed stays one; pictures are their addresses.
    """
    written = _Written(bullet, carries)
    if not _TOO_DEEP.search(markdown):
        written.blocks(_parser().parse(markdown))
    said = MarkedText("".join(written.text), written.marks).stripped()
    # Marks around nothing are words, too.
    return said if said.text else plainly(markdown.strip())


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # HTML and definitions of references would vanish: here they are words like others.
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "maxNesting": 100})
    return parser.enable(["strikethrough", "linkify"]).disable("reference")


@dataclass
class _Written:
    """What has been said so far."""

    bullet: str
    carries: Callable[[str], bool]
    text: list[str] = field(default_factory=list)
    marks: list[Marks] = field(default_factory=list)
    around: list[Mark] = field(default_factory=list)
    counters: list[int | None] = field(default_factory=list)
    line: int = 0
    """Of the source, behind what was said last."""
    marker: str = ""
    """Of a list's item whose words are still to come."""
    is_placed: bool = False
    """The line breaks before the next block have been said."""
    quotes: int = 0

    def say(self, text: str, marks: Sequence[Mark] | None = None) -> None:
        self.text.append(text)
        self.marks += [tuple(dict.fromkeys(self.around if marks is None else marks))] * len(text)

    def blocks(self, tokens: list[Token]) -> None:
        heading: list[Mark] = []
        for token in tokens:
            if token.type in ("heading_open", "heading_close"):
                heading = [HEADING] if token.nesting > 0 else []
            if token.type in ("paragraph_open", "heading_open"):
                self._begin(token)
            elif token.type == "inline":
                _Line(self, [*self.around, *heading]).say(token.children or [])
            elif token.type in ("fence", "code_block"):
                self._begin(token)
                words = token.info.split()
                self.say(token.content.rstrip("\n"), [*self.around, Mark("pre", words[0] if words else "")])
            elif token.type == "hr":
                self._begin(token)
                self.say("---")
            else:
                self._around(token)

    def _around(self, token: Token) -> None:
        """What blocks are in: lists and quotes."""
        if token.type in ("bullet_list_open", "ordered_list_open"):
            self.counters.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self.counters.pop()
        elif token.type == "list_item_open":
            self._begin_item(token)
        elif token.type == "list_item_close" and self.marker:
            self._say_marker()
            self.line += 1
        elif token.type == "blockquote_open":
            self._begin_quote(token)
        elif token.type == "blockquote_close":
            self.quotes -= 1
            if not self.quotes:
                self.around = []

    def _begin_item(self, token: Token) -> None:
        number = self.counters[-1]
        words = self.bullet if number is None else f"{number}. "
        self.counters[-1] = None if number is None else number + 1
        if self.marker:
            self.marker += words
            return
        self._place(token)
        self.marker = "  " * (len(self.counters) - 1) + words

    def _begin_quote(self, token: Token) -> None:
        self.quotes += 1
        if self.quotes == 1:
            if self.marker:
                self._say_marker()
            else:
                self._place(token)
            self.is_placed = True
            self.around = [QUOTE]

    def _begin(self, token: Token) -> None:
        """A block of words, on its line, or behind its marker."""
        if self.marker:
            self._say_marker()
        elif not self.is_placed:
            self._place(token)
        self.is_placed = False
        self.line = token.map[1] if token.map else self.line

    def _say_marker(self) -> None:
        self.say(self.marker)
        self.marker = ""

    def _place(self, token: Token) -> None:
        """As many line breaks as were typed."""
        begin = token.map[0] if token.map else self.line
        if self.text:
            self.say("\n" * (max(begin - self.line, 0) + 1))
        self.line = begin


@dataclass
class _Line:
    """The inline pieces of one block."""

    written: _Written
    open: list[Mark]
    links: list[tuple[str, int, bool]] = field(default_factory=list)

    def say(self, tokens: list[Token]) -> None:
        for token in tokens:
            kind, _, edge = token.type.rpartition("_")
            if token.type in ("text", "text_special", "html_inline"):
                self._words(token.content)
            elif token.type == "code_inline":
                self.written.say(token.content, [*self._outside_links(), Mark("code")])
            elif token.type in ("softbreak", "hardbreak"):
                self.written.say("\n", self.open)
            elif token.type == "image":
                self._words(str(token.attrGet("src") or "") or token.content)
            elif kind == "link":
                self._link(token, begins=edge == "open")
            elif kind in INLINE:
                self._turn(INLINE[kind], begins=edge == "open")

    def _words(self, text: str) -> None:
        self.written.say(text, self.open)

    def _outside_links(self) -> list[Mark]:
        return [mark for mark in self.open if mark.kind != "link"]

    def _turn(self, mark: Mark, *, begins: bool) -> None:
        if begins:
            self.open.append(mark)
        else:
            # The innermost of them: markdown closes what it opened.
            del self.open[len(self.open) - 1 - self.open[::-1].index(mark)]

    def _link(self, token: Token, *, begins: bool) -> None:
        if begins:
            address = str(token.attrGet("href") or "")
            is_carried = token.markup not in ("linkify", "autolink") and self.written.carries(address)
            self.links.append((address, len(self.written.text), is_carried))
            if is_carried:
                self.open.append(Mark("link", address))
            return
        address, began, is_carried = self.links.pop()
        words = "".join(self.written.text[began:])
        if is_carried:
            self._turn(Mark("link", address), begins=False)
        elif token.markup not in ("linkify", "autolink") and words not in (
            address,
            address.removeprefix("mailto:"),
            address.removeprefix("tel:"),
        ):
            shown = address.removeprefix("mailto:").removeprefix("tel:")
            self._words(f" {shown}" if words else shown)
