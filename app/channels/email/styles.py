"""Keeps of a style attribute what only looks: nothing that fetches, moves over other things or could run."""

from __future__ import annotations

import re

LONGEST = 4_000

_PROPERTIES = re.compile(
    r"(?:color|background|background-color|opacity|direction|unicode-bidi|vertical-align|white-space|display|float|clear"
    r"|width|height|(?:min|max)-(?:width|height)|line-height|letter-spacing|word-spacing|word-break|word-wrap|overflow-wrap"
    r"|text-(?:align|decoration|indent|transform|shadow|overflow)(?:-[a-z]+)?|font(?:-(?:family|size|style|weight|variant|stretch))?"
    r"|(?:margin|padding)(?:-(?:top|right|bottom|left))?|list-style(?:-type|-position)?|table-layout|caption-side|empty-cells"
    r"|border(?:-(?:top|right|bottom|left))?(?:-(?:color|style|width))?|border-(?:collapse|spacing|radius)"
    r"|border-(?:top|bottom)-(?:left|right)-radius|box-sizing|page-break-(?:before|after|inside))"
)
_VALUE = re.compile(r"[\w\s#%.,()'\"!+\-/&]{1,300}")
_CALLED = re.compile(r"([\w-]*)\s*\(")
_FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla", "calc"})


def safe_style(style: str) -> str:
    """The declarations of `style` that may stay. What has an escape, a comment or a function that fetches is left out."""
    if len(style) > LONGEST:
        return ""
    return ";".join(f"{name}:{value}" for name, value in map(_declaration, style.split(";")) if name)


def _declaration(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    name, value = name.strip().lower(), value.strip()
    is_safe = (
        _PROPERTIES.fullmatch(name)
        and value.isprintable()
        and _VALUE.fullmatch(value)
        and value.count("'") % 2 == value.count('"') % 2 == 0
        and value.count("(") == value.count(")")
        and "/*" not in value
        and all(function.lower() in _FUNCTIONS for function in _CALLED.findall(value))
    )
    return (name, value) if is_safe else ("", "")
