"""The words templates speak beyond Jinja's own: GLOBALS and FILTERS, by the names templates use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from app.lib.faces import hue, initials


def attributes(given: Mapping[str, object]) -> Markup:
    """
    Return ` name="value"` for each item, escaped, ready to stand behind a tag's name.

    Underscores become hyphens; True gives a bare name; None and False give nothing.
    """
    return Markup("").join(
        Markup(" {}").format(_written(name)) if value is True else Markup(' {}="{}"').format(_written(name), value)
        for name, value in given.items()
        if value is not None and value is not False
    )


def _written(name: str) -> str:
    return name.replace("_", "-")


GLOBALS: dict[str, Callable[..., Any]] = {"initials": initials, "hue": hue}
FILTERS: dict[str, Callable[..., Any]] = {"attributes": attributes}
