"""Where a sign-in leads back to: only ever to a page of our own."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Browsers take a backslash for a slash, and pass over control characters and spaces.
ODD = re.compile(r"[\\\x00-\x20\x7f-\x9f\u2028\u2029]")
NOT_BACK = ("/login", "/logout", "/welcome")


def own_path(given: str) -> str:
    """`given` if it is a path on this site that one may be sent to after signing in; else the front door."""
    try:
        parts = urlsplit(given)
    except ValueError:
        return "/"
    is_own = given.startswith("/") and not given.startswith("//") and not parts.scheme and not parts.netloc
    if not is_own or ODD.search(given) or parts.path.startswith(NOT_BACK):
        return "/"
    return given
