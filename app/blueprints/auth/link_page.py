"""Pages whose address holds a secret: it is told to nobody, and a link that does not work says why."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue

from app.blueprints import signing_in
from app.errors import NotFound
from app.lib.throttle import throttle

View = Callable[[str], ResponseReturnValue]


def link_page(view: View) -> Callable[[str], Response]:
    @wraps(view)
    def shown(secret: str) -> Response:
        throttle(f"link-from:{signing_in.address_range()}", limit=100, seconds=300)
        try:
            response = make_response(view(secret))
        except NotFound:
            response = make_response(render_template("auth/link_over.html"), 404)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return shown
