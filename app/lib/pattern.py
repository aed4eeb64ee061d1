"""Patterns that people type: matched by RE2, whose time grows with the text alone, so that none can hang a process."""

from __future__ import annotations

from typing import Any

import re2


def usable(value: str) -> str:
    """The pattern, as pydantic checks a value. Raises ValueError for one that RE2 does not understand."""
    try:
        compiled(value)
    except re2.error:
        raise ValueError("This pattern cannot be used: look-arounds and back-references are not understood.") from None
    return value


def compiled(pattern: str) -> Any:
    """`pattern` in at most 1 MB. Raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(pattern, options)
