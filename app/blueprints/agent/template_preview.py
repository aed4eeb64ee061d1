"""How a template will look as a message, with its blanks marked, so that they can be filled in on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from app.models.filled_template import BLANK
from app.models.message_template import MessageTemplate

# What people write around words, and what it looks like.
_MARKS = tuple(
    (re.compile(rf"(?<![{sign}\w]){sign}(\S(?:[^{sign}\n]*\S)?){sign}(?![{sign}\w])"), tag)
    for sign, tag in ((r"\*", "b"), ("_", "i"), ("~", "s"))
)


@dataclass(frozen=True)
class Preview:
    header: Markup
    body: Markup
    footer: Markup


def previewed(template: MessageTemplate) -> Preview:
    header, body, footer = template.header, template.body, template.footer
    return Preview(_words(header, "header"), _words(body, "body"), _words(footer, "footer"))


def _words(words: str, part: str) -> Markup:
    """A blank is a mark that knows its name; its sign must survive what dresses the words around it."""
    pieces: list[str] = []
    at = 0
    for blank in BLANK.finditer(words):
        pieces.append(str(escape(words[at : blank.start()])))
        pieces.append(f"\0{part}.{blank[1]}\0")
        at = blank.end()
    pieces.append(str(escape(words[at:])))
    dressed = _dressed("".join(pieces))
    marked = re.sub(r"\0(\w+)\.(\w+)\0", _mark, dressed)
    return Markup(marked)  # noqa: S704  # every piece is escaped, the rest are our own tags


def _mark(found: re.Match[str]) -> str:
    return f'<mark class="blank" data-blank="{found[1]}.{found[2]}" data-sign="{{{{{found[2]}}}}}">{{{{{found[2]}}}}}</mark>'


def _dressed(words: str) -> str:
    for pattern, tag in _MARKS:
        words = pattern.sub(rf"<{tag}>\1</{tag}>", words)
    return words
