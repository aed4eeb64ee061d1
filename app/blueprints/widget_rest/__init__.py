"""The widget's REST doors in the names of the contract, for widgets that customers' programs make themselves: the same verbs."""

from __future__ import annotations

from flask import Blueprint

from app.blueprints.api import answers
from app.blueprints.widget_rest import contact, conversations, inbox, messages

blueprint = Blueprint("widget_rest", __name__, url_prefix="/api/v1/widget")
answers.install(blueprint)

for part in (inbox, contact, conversations, messages):
    blueprint.register_blueprint(part.blueprint)
