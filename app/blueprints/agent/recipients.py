"""Whom the answer to a mail would go to, for the composer that shows it."""

from __future__ import annotations

from flask import render_template
from pydantic import Field

from app.blueprints.agent.opened import PREFIX, opened
from app.blueprints.agent.suggested import suggested
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member

door = Door("recipients", __name__, guard=member, url_prefix=f"{PREFIX}/recipients")


class Wanted(Form):
    """`answer` is the client id of the mail that is answered; without it, it is the latest."""

    answer: str = Field("", max_length=64)


@door.get("")
def show(number: int) -> str:
    wanted, conversation = Wanted.read_query(), opened(number)
    answered = conversation.message(wanted.answer) if wanted.answer else None
    path = f"/accounts/{conversation.account_id}/conversations/{conversation.display_id}"
    return render_template(
        "conversations/show/_recipients.html",
        conversation=conversation,
        path=path,
        recipients=suggested(conversation, answered),
    )
