"""The widget's doors, on customers' pages; a visitor's token proves who asks, cookies are never looked at."""

from __future__ import annotations

from flask import Blueprint

from app.blueprints.widget import (
    answers,
    conversations,
    hand_over,
    labels,
    live,
    loader,
    messages,
    page,
    person,
    session,
    transcript,
)

blueprint = Blueprint("widget", __name__)
for part in (loader, page, session, messages, conversations, answers, transcript, person, labels, hand_over, live):
    blueprint.register_blueprint(part.blueprint)
