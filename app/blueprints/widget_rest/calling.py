"""Who calls, and what they say: the visitor's token in `X-Auth-Token`, their website's in `website_token`, fields in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import request

from app.blueprints.widget.visitor import NO_CHAT, Key, Visitor, visiting
from app.errors import Invalid, NotFound, NotSignedIn
from app.models.contact import ContactInbox
from app.models.conversation import Conversation

_NESTED = re.compile(r"(\w{1,50})\[(\w{1,50})\](\[\])?")


def said() -> dict[str, Any]:
    """The body: a JSON object, or a form whose fields may be called `message[content]`. Nothing where there is none."""
    if not request.is_json:
        return _unfolded()
    try:
        values = request.get_json(silent=True)
    except RecursionError:
        raise Invalid(message="This is nested too deeply.") from None
    if values is not None and not isinstance(values, dict):
        raise Invalid(message="The body must be a JSON object.")
    return values or {}


def part(name: str) -> dict[str, Any]:
    """The fields that stand under `name`. Raises Invalid when it is no object."""
    found = said().get(name)
    if found is not None and not isinstance(found, dict):
        raise Invalid({name: "Give an object."})
    return found or {}


def website_token() -> str:
    found = request.args.get("website_token") or said().get("website_token")
    if not isinstance(found, str) or not found:
        raise NotFound(NO_CHAT)
    return found


@contextmanager
def calling(key: Key | None = None) -> Iterator[Visitor]:
    """The visitor, in a frame of their own. Raises NotSignedIn for a token that is none, expired, or of another website."""
    key, website = key or Key.shown(), website_token()
    with visiting(key) as visitor:
        if visitor.inbox.address != website:
            raise NotSignedIn("The visitor token is of another website.")
        yield visitor


def begun(visitor: Visitor) -> ContactInbox:
    """Raises NotFound for a visitor who has neither written nor been named."""
    session = visitor.session
    if session is None:
        raise NotFound
    return session


def talked(visitor: Visitor) -> Conversation:
    """Raises NotFound before there is a conversation."""
    conversation = visitor.conversation
    if conversation is None:
        raise NotFound
    return conversation


def _unfolded() -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, listed in request.form.lists():
        found = _NESTED.fullmatch(name)
        if found is None:
            values[name] = listed[0]
        elif isinstance(under := values.setdefault(found[1], {}), dict):
            under[found[2]] = listed if found[3] else listed[0]
    return values
