"""The words templates speak beyond Jinja's own: GLOBALS and FILTERS, by the names templates use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.lib.faces import hue, initials


def attributes(given: Mapping[str, object]) -> Markup:
    """
    Return ` name="value"` for each item, escaped, ready to stand behind a tag's name.

    Underscores become hyphens; True gives a bare name; None and False give nothing.
    """
    written = (
        f" {_hyphens(name)}" if value is True else f' {_hyphens(name)}="{escape(value)}"'
        for name, value in given.items()
        if value is not None and value is not False
    )
    return Markup("".join(written))  # noqa: S704  # each part is escaped above


def _hyphens(name: str) -> Markup:
    return escape(name.replace("_", "-"))


def micros(moment: datetime | None) -> str:
    """Microseconds since 1970, for sorting in the browser; "" for no moment."""
    return str(int(moment.timestamp() * 1_000_000)) if moment else ""


class SharedTemplate(Template):
    """All our templates have the same globals. Jinja compares them anew at each import, which is a tenth of drawing a list."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module(None)


GLOBALS: dict[str, Callable[..., Any]] = {"initials": initials, "hue": hue}
FILTERS: dict[str, Callable[..., Any]] = {"attributes": attributes, "micros": micros}
