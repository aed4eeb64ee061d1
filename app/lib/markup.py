"""The words templates speak beyond Jinja's own: GLOBALS and FILTERS, by the names templates use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup, escape

from app.lib.faces import hue, initials


def attributes(given: Mapping[str, object]) -> Markup:
    """
    Return ` name="value"` for each item, escaped, ready to stand behind a tag's name.

    Underscores become hyphens; True gives a bare name; None and False give nothing.
    """
    parts = []
    for name, value in given.items():
        if value is None or value is False:
            continue
        shown = escape(name.replace("_", "-"))
        parts.append(f" {shown}" if value is True else f' {shown}="{escape(value)}"')
    return Markup("".join(parts))


GLOBALS: dict[str, Callable[..., Any]] = {"initials": initials, "hue": hue}
FILTERS: dict[str, Callable[..., Any]] = {"attributes": attributes}
