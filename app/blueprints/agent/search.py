"""One box for conversations by number, contacts by name and reach, and messages by words."""

from __future__ import annotations

from flask import render_template, request
from pydantic import Field

from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.queries.search import Found, glance, search

door = Door("search", __name__, guard=member, url_prefix="/accounts/<int:account_id>/search")

LONGEST = 400


class Asked(Form):
    q: str = ""
    before: int | None = Field(None, ge=0, lt=2**63)


@door.get("")
def index() -> str:
    """A whole page, its next page of messages, or, while someone types in the palette, the first few rows."""
    asked, membership = Asked.read_query(), viewer().membership
    words = asked.q[:LONGEST]
    if "Parley-Palette" in request.headers:
        return render_template("search/palette.html", found=glance(words, membership), words=words)
    found = search(words, membership, before=asked.before) if words else Found(None, [], [])
    screen = "search/_messages.html" if asked.before is not None else "search/index.html"
    return render_template(screen, found=found, words=words)
