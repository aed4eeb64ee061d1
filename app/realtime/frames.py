"""Frames: what goes down a socket, and how it is published to every process that holds sockets."""

from __future__ import annotations

import json
from collections.abc import Collection
from enum import StrEnum
from typing import Any

from flask import current_app

from app.lib import pubsub


class Verb(StrEnum):
    """How a piece of HTML is put on a page, in htmx's words."""

    APPEND = "beforeend"
    REPLACE = "outerMorph"
    REMOVE = "delete"


# The first character of what is published tells the hub what it is.
SHOW, RECHECK, CLOSE = "=", "?", "!"


def heard(streams: Collection[str]) -> set[str]:
    """Those that somebody listens to: nothing need be rendered for the others."""
    return pubsub.listened_to(streams) if streams else set()


def render(partial: str, **context: Any) -> str:
    """A partial as every viewer gets it: no viewer, no request."""
    return current_app.jinja_env.get_template(partial).render(**context)


def piece(verb: Verb, target: str, html: str = "") -> str:
    """One region of a frame. A target that is not on the page is passed over."""
    return f'<hx-partial hx-target="{target}" hx-swap="{verb}">{html}</hx-partial>'


def show(stream: str, html: str, *, head: int = 0) -> None:
    """Publish HTML pieces; `head` is the newest event they tell of."""
    mark = f'<hx-partial hx-target="#live-head" hx-swap="textContent">{head}</hx-partial>' if head else ""
    pubsub.publish(stream, SHOW + html + mark)


def tell(stream: str, event: str, **data: Any) -> None:
    """Publish a passing fact, such as typing, as JSON that elements listen for."""
    pubsub.publish(stream, SHOW + json.dumps({"event": event, **data}))


def recheck(stream: str) -> None:
    """Have every socket on `stream` ask again what it may hear."""
    pubsub.publish(stream, RECHECK)


def close(stream: str) -> None:
    """Close every socket on `stream` for good."""
    pubsub.publish(stream, CLOSE)
