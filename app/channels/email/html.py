"""Makes a mail's HTML fit to be shown in a sandboxed frame: nothing runs, nothing is fetched, quotes can be folded."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote

import nh3
from selectolax.lexbor import LexborHTMLParser

from app.channels.email import html_quotes
from app.channels.email.html_text import text_of
from app.channels.email.styles import safe_style
from app.channels.email.tangle import is_tangled

LONGEST = 2_000_000

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
_DROPPED_WHOLE = frozenset(
    [
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "iframe",
        "frame",
        "frameset",
        "noframes",
        "object",
        "embed",
        "applet",
        "svg",
        "math",
        "select",
        "textarea",
        "audio",
        "video",
        "canvas",
        "xmp",
        "plaintext",
        "noembed",
        "portal",
    ]
)
_EVERYWHERE = frozenset(["align", "bgcolor", "class", "dir", "height", "lang", "style", "title", "valign", "width"])
_ATTRIBUTES = {
    "a": {"href", "name"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "table": {"border", "cellpadding", "cellspacing", "background"},
    "td": {"colspan", "rowspan", "nowrap", "background"},
    "th": {"colspan", "rowspan", "nowrap"},
    "tr": {"background"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "li": {"value", "type"},
    "ul": {"type"},
    "hr": {"size", "color", "noshade"},
    "time": {"datetime"},
}
_PICTURE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[a-z0-9+/=\s]+", re.IGNORECASE)
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_LINKS = ("http://", "https://", "mailto:", "tel:")


@dataclass(frozen=True)
class Shown:
    """Safe HTML of a body, and how many pictures elsewhere it names, whether they are shown or not."""

    html: str
    remote_images: int


def html_for_show(raw_html: str, inline: Mapping[str, str], allow_remote: bool) -> Shown:
    """`raw_html` as a frame without scripts may show it: `inline` has the URLs of what came along, by Content-ID.

    Pictures from elsewhere would tell the sender that, when and where the mail was read: they stay away unless
    `allow_remote`. The mail that is answered stands in `<details class="quote">`.
    """
    if is_tangled(raw_html):
        return Shown(f"<div>{escape(text_of(raw_html))}</div>", 0)
    filter_ = _Filter({key.lower(): url for key, url in inline.items()}, allow_remote)
    clean = nh3.clean(
        _folded(raw_html[:LONGEST]),
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes={**{tag: set(names) for tag, names in _ATTRIBUTES.items()}, "*": set(_EVERYWHERE)},
        attribute_filter=filter_,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )
    return Shown(clean, filter_.remote)


class _Filter:
    """Decides on each attribute: its value as it may stand, or nothing."""

    def __init__(self, inline: Mapping[str, str], allow_remote: bool) -> None:
        self.inline = inline
        self.allow_remote = allow_remote
        self.remote = 0

    def __call__(self, tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return safe_style(value) or None
        if name == "class":
            return "quote" if tag == "details" and value == "quote" else None
        if name == "href":
            return value if _BLANKS.sub("", value).lower().startswith(_LINKS) else None
        if name in ("src", "background"):
            return self._picture(tag, _BLANKS.sub("", value) if not value.startswith("data:") else value)
        return value if len(value) <= 1000 else None

    def _picture(self, tag: str, source: str) -> str | None:
        lower = source[:12].lower()
        if lower.startswith("cid:"):
            found = source[4:].strip("<>").lower()
            return self.inline.get(found) or self.inline.get(unquote(found))
        if lower.startswith(("http://", "https://", "//")):
            self.remote += 1
            return source if self.allow_remote and not source.startswith("//") else None
        return source if tag == "img" and _PICTURE.fullmatch(source) else None


def _folded(html: str) -> str:
    """`html` with what it quotes in elements that can be opened. What comes out is not safe yet."""
    tree = LexborHTMLParser(html)
    if tree.body is None:
        return html
    begin, end = secrets.token_hex(16), secrets.token_hex(16)
    if html_quotes.without_quotes(html) is not None:
        for run in html_quotes.quoted(tree):
            run[0].insert_before(begin)
            run[-1].insert_after(end)
    body = tree.body.inner_html or ""
    return body.replace(begin, '<details class="quote"><summary>•••</summary>').replace(end, "</details>")
