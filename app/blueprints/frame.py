"""The frame around every door: addresses, origins, sizes, errors and headers, in one place."""

from __future__ import annotations

import logging
from urllib.parse import SplitResult, urlencode, urlsplit

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, UnicodeConverter, ValidationError

from app.config import settings
from app.errors import Invalid, NotAllowed, NotSignedIn, ParleyError, TooLarge, TooMany, Unavailable

log = logging.getLogger(__name__)

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
MAX_BODY = 1_500_000
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)


class IdConverter(IntegerConverter):
    """An id as the database can hold it; anything else is not found."""

    def __init__(self, url_map: object, *args: object, **kwargs: object) -> None:
        super().__init__(url_map, max=2**63 - 1)  # type: ignore[arg-type]


class TextConverter(UnicodeConverter):
    """A part of a path; NUL, which the database cannot hold, is not found."""

    def to_python(self, value: str) -> str:
        if "\0" in value:
            raise ValidationError
        return str(super().to_python(value))


def install(app: Flask) -> None:
    """Put the frame around an application, before its doors are mounted."""
    app.url_map.converters.update(int=IdConverter, id=IdConverter, string=TextConverter, default=TextConverter)
    app.before_request(check_origin)
    app.before_request(check_size)
    app.after_request(add_headers)
    app.register_error_handler(ParleyError, answer_error)
    app.register_error_handler(NotSignedIn, lead_to_sign_in)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(DataError, answer_data_error)
    app.register_error_handler(OperationalError, answer_away)
    app.register_error_handler(NoConnection, answer_away)
    app.register_error_handler(Exception, answer_crash)


def check_origin() -> None:
    """Writes, and socket handshakes, that a cookie authenticates come from our own pages only.

    Doors with a proof of their own (an access token, a visitor's token, a signature) do not look at cookies.
    """
    if request.blueprint and request.blueprint.split(".")[0] in PROVEN_DOORS:
        return
    is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
    if request.method in SAFE_METHODS and not is_socket:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site in ("same-origin", "none") and not is_socket:
        return
    origin = request.headers.get("Origin")
    if origin is None and site is None and not is_socket:
        # No browser of today: it holds no cookie that another site could make use of.
        return
    if origin not in (None, "null") and _parts(origin).netloc in (
        request.host,
        urlsplit(settings().public_url).netloc,
    ):
        return
    raise NotAllowed("This came from another site.")


def _parts(url: str) -> SplitResult:
    """The parts of an address that anybody may have sent; empty where it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


PROVEN_DOORS = {"api", "public_api", "widget", "widget_rest", "hooks", "assets"}


def check_size() -> None:
    """Only forms with files may be large; the providers' door has a limit of its own."""
    if request.blueprint == "hooks":
        return
    if (request.content_length or 0) > MAX_BODY and request.mimetype != "multipart/form-data":
        raise TooLarge


def add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Content-Security-Policy", CSP)
    if settings().is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype in ("text/html", "application/json"):
        headers.setdefault("Cache-Control", "no-store")
    return response


def answer_error(error: ParleyError) -> ResponseReturnValue:
    """Tell an error in the words and the form of whoever asked: JSON, fragment or page."""
    # What the viewer had loaded went with its transaction; the page of an error asks for nothing more.
    g.pop("viewer", None)
    response = make_response(_body(error), error.status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def lead_to_sign_in(error: NotSignedIn) -> ResponseReturnValue:
    """A page leads to the sign-in, and from there back; a fragment takes its whole page there."""
    is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
    if wants_json() or is_socket:
        return answer_error(error)
    if "HX-Request" in request.headers:
        current = _parts(request.headers.get("HX-Current-URL", ""))
        response = make_response(answer_error(error))
        response.headers["HX-Redirect"] = sign_in_path(f"{current.path}?{current.query}".rstrip("?"))
        return response
    return redirect(sign_in_path(request.full_path.rstrip("?") if request.method == "GET" else ""), 303)


def sign_in_path(back: str = "") -> str:
    return f"/login?{urlencode({'next': back})}" if back.strip("/") else "/login"


def answer_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 500) < 400:
        return error
    words = {404: "There is nothing here.", 405: "This cannot be done here.", 413: TooLarge.default}
    told = ParleyError(words.get(error.code or 500, error.description))
    told.status = error.code or 500
    return answer_error(told)


def answer_data_error(error: DataError) -> ResponseReturnValue:
    log.warning("the database could not take a value: %s", error.orig)
    return answer_error(Invalid())


def answer_away(error: Exception) -> ResponseReturnValue:
    """The database is away, or has no connection left."""
    log.error("the database could not be asked: %s", error)
    return answer_error(Unavailable())


def answer_crash(error: Exception) -> ResponseReturnValue:
    log.exception("a request failed: %s %s", request.method, request.path)
    told = ParleyError("Something went wrong on our side. It has been noted.")
    told.status = 500
    return answer_error(told)


def _body(error: ParleyError) -> Response:
    if wants_json():
        body: dict[str, object] = {"error": error.message, "message": error.message}
        if isinstance(error, Invalid):
            body["attributes"] = list(error.fields)
            body["fields"] = error.fields
        return jsonify(body)
    if "HX-Request" in request.headers:
        return make_response(render_template("errors/_fragment.html", error=error))
    page = error.status if error.status in (401, 403, 404, 413, 429) else 500 if error.status >= 500 else 404
    return make_response(render_template([f"errors/{page}.html"], error=error))


def wants_json() -> bool:
    return request.path.startswith(("/api/", "/public/api/", "/platform/", "/widget/api/", "/webhooks/"))
