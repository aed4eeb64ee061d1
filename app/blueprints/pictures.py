"""Pictures that stand elsewhere, shown through us: their hosts never learn who looks, and pages load from one place only."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, request

from app.blueprints.signing_in import address_range
from app.errors import NotFound
from app.lib import crypto, http, picture, throttle
from app.realtime.paths import LINKED_PICTURE

LARGEST = 10 * 1024 * 1024
SIZE = 640
PER_MINUTE = 240

blueprint = Blueprint("pictures", __name__, url_prefix="/pictures")


@blueprint.get("/<string:signed>")
def show(signed: str) -> Response:
    """Only addresses that we signed ourselves, made small and free of everything that is no picture."""
    url = crypto.unsign(signed, LINKED_PICTURE)["url"]
    throttle.throttle(f"linked-picture:{address_range()}", limit=PER_MINUTE, seconds=60)
    try:
        small = picture.reduced(BytesIO(http.get(url, max_bytes=LARGEST).body), SIZE)
    except (http.HttpFailed, picture.NoPicture):
        raise NotFound from None
    response = Response(small, mimetype="image/webp")
    response.headers["Cache-Control"] = "private, max-age=604800, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.set_etag(crypto.digest(url)[:32])
    response.make_conditional(request)
    return response
