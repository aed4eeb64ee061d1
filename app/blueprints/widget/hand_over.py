"""The visit goes on in a window of its own: its key changes hands under a secret that works once, for a minute."""

from __future__ import annotations

import json

from flask import Blueprint, Response, jsonify
from pydantic import Field
from redis.exceptions import RedisError

from app.blueprints.forms import Form
from app.blueprints.widget.visitor import Key, limit_address, limit_session, visiting
from app.errors import NotFound, Unavailable
from app.lib import crypto, redis

LASTS_SECONDS = 60
# 256 bits, in hex, made in the browser: the window has to open before any answer could come.
CODE = r"^[0-9a-f]{64}$"

blueprint = Blueprint("hand_over", __name__, url_prefix="/widget/api")


class SecretForm(Form):
    code: str = Field(pattern=CODE)


@blueprint.post("/hand-over")
def create() -> Response:
    """From now on, and for a minute, the secret stands for this visit. One that is taken keeps its meaning."""
    form, key = SecretForm.read(), Key.shown()
    limit_session(key, "widget-hand-over", limit=30, seconds=60)
    with visiting(key):
        said = json.dumps([key.account_id, key.inbox_id, key.source_id])
    try:
        redis.client().set(_place(form.code), said, ex=LASTS_SECONDS, nx=True)
    except (RedisError, OSError):
        raise Unavailable from None
    return Response(status=204)


@blueprint.post("/hand-over/redemption")
def redeem() -> Response:
    """The token of the visit that the secret stands for. Raises NotFound before it stands for one, and once it was used."""
    form = SecretForm.read()
    limit_address("widget-redemption", limit=1200, seconds=3600)
    try:
        said = redis.client().getdel(_place(form.code))
    except (RedisError, OSError):
        raise Unavailable from None
    if said is None:
        raise NotFound("This stands for no visit.")
    key = Key(*json.loads(said))
    with visiting(key):
        return jsonify(token=key.token)


def _place(code: str) -> str:
    return f"widget-hand-over:{crypto.digest(code)}"
