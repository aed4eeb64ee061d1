"""The client API: customers, and programs that speak for them, by the identifier of an inbox and a session's source id."""

from __future__ import annotations

from flask import Blueprint, Response

from app.blueprints.api import answers
from app.blueprints.public import contacts, conversations, inbox, messages

blueprint = Blueprint("public_api", __name__, url_prefix="/public/api/v1/inboxes/<string:identifier>")
answers.install(blueprint)

for door in (inbox.door, contacts.door, conversations.door, messages.door):
    blueprint.register_blueprint(door)


@blueprint.after_request
def open_to_browsers(response: Response) -> Response:
    """Pages of any site may call: what proves the caller stands in the address and the body, cookies are never looked at."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, PATCH, PUT"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    response.headers["Access-Control-Max-Age"] = "7200"
    return response
