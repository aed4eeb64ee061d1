"""Finds, in a mail's HTML, the mail that it answers: as the common mail programs mark it."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.channels.email.html_text import text_of
from app.channels.email.tangle import is_tangled

MOST = 30
LONGEST = 1_000_000

# Holds the answered mail, and nothing else.
_HOLDERS = (
    ".gmail_quote_container, .gmail_quote, blockquote[type=cite], .yahoo_quoted, .protonmail_quote, .zmail_extra,"
    " .tutanota_quote, #mail-editor-reference-message-container, .ms-outlook-mobile-reference-message, .moz-cite-prefix,"
    " #OLK_SRC_BODY_SECTION, .mailcow_quote, .mail_quote, #isReplyContent, .wps_quotion, .ntes-mailmaster-quote, #ymail_android_signature"
)
# Stands where it begins; it goes on to the end.
_BEGINNINGS = "#divRplyFwdMsg, #appendonsend, hr#stopSpelling, #x_divRplyFwdMsg, div[style*=border-top], #reply-intro"
_OUTLOOK_RULE = re.compile(
    r"border-top:\s*solid\s+#(?:e1e1e1|b5c4df)|border:none;\s*border-top:\s*solid", re.IGNORECASE
)
_TABLES = frozenset({"table", "tbody", "thead", "tfoot", "tr", "colgroup", "html", "head"})
_FORWARDED = re.compile(r"-{5,}\s*forwarded message|begin forwarded message", re.IGNORECASE)
_ATTRIBUTED = re.compile(r"[:：]\s*$")


def quoted(tree: LexborHTMLParser) -> list[list[LexborNode]]:
    """Runs of neighbours that are the answered mail; empty when there is none, or nothing beside it."""
    body = tree.body
    if body is None:
        return []
    beginning = next((node for node in body.css(_BEGINNINGS)[:MOST] if _begins(node)), None)
    if beginning is not None:
        return [_to_the_end(beginning, body)]
    runs: list[list[LexborNode]] = []
    for holder in body.css(_HOLDERS)[:MOST]:
        if _is_within(holder, runs) or (holder.parent is not None and holder.parent.tag in _TABLES):
            continue
        if holder.tag == "blockquote" or "gmail_quote" in (holder.attributes.get("class") or ""):
            runs.append([*_attribution(holder), holder])
        else:
            runs.append([holder])
    return runs


def without_quotes(html: str) -> str | None:
    """`html` without the mail that it answers; nothing when there is none in it, or nothing else."""
    if is_tangled(html):
        return None
    tree = LexborHTMLParser(html[:LONGEST])
    runs = quoted(tree)
    if not runs or any(_FORWARDED.search((run[0].text() or "")[:500]) for run in runs):
        return None
    for node in (node for run in runs for node in run):
        node.decompose()
    rest = (tree.body.inner_html if tree.body else "") or ""
    return rest if text_of(rest).strip() else None


def _begins(node: LexborNode) -> bool:
    if node.tag == "div" and not node.id:
        style, words = node.attributes.get("style") or "", (node.text() or "")[:2000]
        return bool(_OUTLOOK_RULE.search(style)) and words.count(":") >= 3 and "@" in words + "@"
    return True


def _to_the_end(node: LexborNode, body: LexborNode) -> list[LexborNode]:
    """From here, and from as far up as nothing stands before it, all neighbours that follow."""
    at = node
    while at.parent is not None and at.parent.mem_id != body.mem_id and not _has_before(at):
        at = at.parent
    if at.parent is not None and at.parent.tag in _TABLES:
        at = node
    run: list[LexborNode] = []
    following: LexborNode | None = at
    while following is not None:
        run.append(following)
        following = following.next
    return run


def _has_before(node: LexborNode) -> bool:
    before = node.prev
    while before is not None:
        if (before.text() or "").strip():
            return True
        before = before.prev
    return False


def _is_within(node: LexborNode, runs: list[list[LexborNode]]) -> bool:
    known = {each.mem_id for run in runs for each in run}
    above: LexborNode | None = node
    for _ in range(1000):
        if above is None:
            return False
        if above.mem_id in known:
            return True
        above = above.parent
    return True


def _attribution(holder: LexborNode) -> list[LexborNode]:
    """The line above a quote that says who wrote it, where it stands alone."""
    before = holder.prev
    blank: list[LexborNode] = []
    while before is not None and not (before.text() or "").strip() and before.tag in ("-text", "br"):
        blank.insert(0, before)
        before = before.prev
    words = (before.text() or "").strip() if before is not None else ""
    if before is not None and len(words) < 300 and _ATTRIBUTED.search(words) and any(sign.isdigit() for sign in words):
        return [before, *blank]
    return []
