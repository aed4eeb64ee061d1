"""What the visitor answers to what was asked of them inside a message."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import Field

from app.actions.answer import answer
from app.blueprints.forms import Form
from app.blueprints.widget.messages import drawn
from app.blueprints.widget.visitor import Key, limit_session, visiting
from app.errors import NotFound
from app.queries import visitor_conversations

blueprint = Blueprint("answers", __name__, url_prefix="/widget/api")


class AnswerForm(Form):
    """`submitted_values` is a list of `{"name": …, "value": …}`, for choices and buttons `{"title": …, "value": …}`."""

    submitted_email: str | None = Field(None, max_length=300)
    submitted_values: list[dict[str, Any]] | None = Field(None, max_length=100)


@blueprint.patch("/messages/<string(maxlength=64):client_id>")
def update(client_id: str) -> Response:
    key = Key.shown()
    limit_session(key, "widget-answer", limit=60, seconds=60)
    form = AnswerForm.read()
    with visiting(key) as visitor:
        session = visitor.session
        message = visitor_conversations.holding(session, client_id) if session else None
        if session is None or message is None:
            raise NotFound
        return jsonify(html=drawn([answer(session, message, form.model_dump(exclude_none=True))]))
