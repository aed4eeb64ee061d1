"""An answer as the customer will read it, before it is sent."""

from __future__ import annotations

from flask import render_template

from app.blueprints.agent.opened import PREFIX, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member
from app.lib import channel_text
from app.lib.text import clean
from app.models.message import MAX_CONTENT

door = Door("preview", __name__, guard=member, url_prefix=f"{PREFIX}/preview")

# What is drawn by the channel's own apps as it is drawn here.
MARKED = {"markdown", "html", "whatsapp", "telegram", "messenger"}


class Written(Form):
    content: str = ""


@door.post("")
def show(number: int) -> str:
    """Changes nothing; it is posted because it may be long."""
    conversation = opened(number)
    abilities = conversation.inbox.abilities
    content = clean(Written.read().content, MAX_CONTENT)
    parts = channel_text.parts(content, abilities.markup, abilities.max_length, unit=abilities.length_in)
    is_marked = abilities.markup in MARKED or abilities.is_mail
    return render_template(
        "conversations/preview.stream.html",
        conversation=conversation,
        content=content,
        parts=parts,
        is_marked=is_marked,
        count=1 if abilities.is_live or abilities.is_mail else len(parts),
    )
