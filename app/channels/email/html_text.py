"""Reads a mail's HTML as plain text: paragraphs, lists, quotes as `> `, links with their address."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.channels.email.tangle import is_tangled, without_tags

LONGEST = 2_000_000

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_APART = frozenset(["blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "ul"])
_UNSEEN = frozenset(
    [
        "head",
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "iframe",
        "object",
        "svg",
        "math",
        "textarea",
        "select",
    ]
)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def text_of(html: str) -> str:
    """What a reader of `html` sees, as text; never raises. What is hidden, as newsletters' previews are, is left out."""
    html = html[:LONGEST]
    if is_tangled(html):
        return _SPACES.sub(" ", without_tags(html)).strip()
    tree = LexborHTMLParser(html)
    body = tree.body or tree.root
    if body is None:
        return ""
    writer = _Writer()
    writer.write(body)
    return writer.text


class _Writer:
    """Walks a tree without recursion, since a mail can be nested deeper than Python's stack."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.quotes = self.quotes_above = 0
        self.gap = False
        self.preformatted = 0
        self.links: list[tuple[int, int]] = []

    @property
    def text(self) -> str:
        self.end_line()
        return _BLANK_LINES.sub("\n\n", "\n".join(self.lines)).strip("\n")

    def write(self, root: LexborNode) -> None:
        waiting: list[tuple[LexborNode, bool]] = [(root, False)]
        while waiting:
            node, is_done = waiting.pop()
            if is_done:
                self.leave(node)
            elif node.tag == "-text":
                self.say(node.text_content or "")
            elif self.enter(node):
                waiting.append((node, True))
                child = node.last_child
                while child is not None:
                    waiting.append((child, False))
                    child = child.prev

    def enter(self, node: LexborNode) -> bool:
        """Whether what is in it is to be read."""
        tag = node.tag or ""
        attributes = node.attributes
        if tag in _UNSEEN or tag.startswith(("-", "!", "_")) or _HIDDEN.search(attributes.get("style") or ""):
            return False
        if tag == "br":
            self.end_line(is_forced=True)
        elif tag == "img":
            self.say(_image(attributes))
        elif tag == "hr":
            self.end_line()
            self.lines.append(self.prefix + "—" * 10)
        elif tag in ("td", "th") and self.line.strip():
            self.line += "  "
        if tag in _BLOCKS:
            self.end_line()
            self.gap = self.gap or tag in _APART
        self.quotes += tag == "blockquote"
        self.preformatted += tag == "pre"
        if tag == "li":
            self.line = "- "
        if tag == "a":
            self.links.append((len(self.lines), len(self.line)))
        return True

    def leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "a" and self.links:
            begun, at = self.links.pop()
            self.say(_address(node, self.line[at:] if begun == len(self.lines) else "…"))
        if tag in _BLOCKS:
            self.end_line()
            self.gap = self.gap or tag in _APART
        self.quotes -= tag == "blockquote"
        self.preformatted -= tag == "pre"

    @property
    def prefix(self) -> str:
        return "> " * min(self.quotes, 20)

    def say(self, text: str) -> None:
        if self.preformatted:
            first, *others = text.split("\n")
            self.line += first
            for each in others:
                self.end_line(is_forced=True)
                self.line = each
            return
        words = _SPACES.sub(" ", text)
        self.line += words.lstrip(" ") if not self.line or self.line.endswith(" ") else words

    def end_line(self, *, is_forced: bool = False) -> None:
        line = self.line.replace("\xa0", " ").rstrip()
        self.line = ""
        if line.strip() in ("", "-") and not is_forced:
            return
        if self.gap and self.lines:
            self.lines.append("> ".join([""] * (min(self.quotes, self.quotes_above) + 1)).rstrip())
        self.gap, self.quotes_above = False, self.quotes
        self.lines.append((self.prefix + line).rstrip())


def _image(attributes: dict[str, str | None]) -> str:
    source, words = attributes.get("src") or "", (attributes.get("alt") or "").strip()
    if source.lower().startswith("cid:"):
        return f"[image: {words or source[4:].partition('@')[0]}]"[:200]
    return words[:200]


def _address(node: LexborNode, words: str) -> str:
    """A link's address behind its words, where they do not tell it."""
    href = (node.attributes.get("href") or "").strip()
    if not href.lower().startswith(("http://", "https://")) or len(href) > 500:
        return ""
    bare = href.partition("://")[2].rstrip("/")
    return "" if not words.strip() or bare.lower() in words.lower() else f" ({href})"
