"""Pages keep to their policy: no script, style or handler is written into a template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"""\sstyle\s*=\s*["']""", re.IGNORECASE),
    "an event handler": re.compile(r"""\son[a-z]+\s*=\s*["']""", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx-on\b|\bhx_on\b", re.IGNORECASE),
    "a script in a value": re.compile(r"""["'](?:js|javascript):""", re.IGNORECASE),
    "a filter in a trigger": re.compile(r"""hx[-_]trigger\s*=\s*["'][^"']*\["""),
    "a script by address from elsewhere": re.compile(
        r"""<(?:script|link)[^>]*(?:src|href)=["']https?:""", re.IGNORECASE
    ),
}
# The account's colours: the page's policy names this one style by its hash.
KNOWN_BY_HASH = "<style>{{ style }}</style>"
# Mails are read in mail programs, which know no other way to give words a look.
TEMPLATES = sorted(
    path
    for folder in (ROOT / "app" / "templates", ROOT / "widget")
    for path in folder.rglob("*.html")
    if "mail" not in path.relative_to(folder).parts
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no(path: Path) -> None:
    # A comment may name what is forbidden, and a page may show code to paste.
    text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    if path == ROOT / "app/templates/widget/show.html":
        text = text.replace(KNOWN_BY_HASH, "")
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_the_patterns_find_what_they_are_for() -> None:
    examples = {
        "an inline script": "<script>x</script>",
        "a style element": "<style>",
        "a style attribute": '<p style="x">',
        "an event handler": '<p onclick="x">',
        "hx-on": '<p hx-on:click="x">',
        "a script in a value": "hx-vals='js:{}'",
        "a filter in a trigger": 'hx-trigger="click[ctrlKey]"',
        "a script by address from elsewhere": '<script src="https://x">',
    }
    assert {what for what, text in examples.items() if FORBIDDEN[what].search(text)} == set(FORBIDDEN)
