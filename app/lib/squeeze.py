"""Compresses pages on their way out, for browsers that say they can read it."""

from __future__ import annotations

import gzip

from flask import Response, request

WORTH_IT = 1_000
KINDS = {"text/html", "application/json", "text/plain", "text/css", "text/javascript", "image/svg+xml"}


def squeeze(response: Response) -> Response:
    """Return the response, its body compressed where that helps; streams and what is compressed already are left alone."""
    if response.direct_passthrough or response.is_streamed or response.mimetype not in KINDS:
        return response
    if "Content-Encoding" in response.headers or response.status_code in (204, 206, 304):
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) < WORTH_IT or request.accept_encodings.quality("gzip") <= 0:
        return response
    # Level 5 is where the time begins to grow faster than the gain.
    response.set_data(gzip.compress(body, 5, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    if (tag := response.headers.get("ETag", "")).startswith('"'):
        response.headers["ETag"] = f"W/{tag}"
    return response
