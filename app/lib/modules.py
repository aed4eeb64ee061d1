"""Joins JavaScript modules into one, so that a page asks for a single file and no build step is needed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

IMPORT = re.compile(r'^import\s+(?:\{([^}]*)\}\s+from\s+)?"(\.{1,2}/[^"]+)";?[ \t]*\n', re.MULTILINE)
EXPORT = re.compile(r"^export\s+(?=(?:async\s+)?(?:function\*?|class|const|let)\s+([A-Za-z_$][\w$]*))", re.MULTILINE)
UNKNOWN = re.compile(r"^(?:import\b[^(]|export\b).*$", re.MULTILINE)


def join_modules(names: Sequence[str], read: Callable[[str], str]) -> str:
    """
    Return one module that runs `names` in order, each once and after what it imports.

    `read(name)` gives a module's text. Modules keep to `import { a, b } from "./relative.js"`, `import "./relative.js"`
    and `export` in front of a function, class or const; raises ValueError for any other form. Each becomes a function's
    body, so that names at the top of two files do not meet.
    """
    order: list[str] = []
    texts: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in texts:
            return
        texts[name] = read(name)
        for wanted in IMPORT.finditer(texts[name]):
            visit(_resolve(name, wanted[2]))
        order.append(name)

    for name in names:
        visit(name)
    place = {name: f"m{number}" for number, name in enumerate(order)}
    return "\n".join(_wrap(name, texts[name], place) for name in order)


def _wrap(name: str, text: str, place: dict[str, str]) -> str:
    exported = EXPORT.findall(text)
    body = IMPORT.sub(lambda found: _take(found, name, place), text)
    body = EXPORT.sub("", body)
    if odd := UNKNOWN.search(body):
        raise ValueError(f"{name}: this form of import or export cannot be joined: {odd[0]}")
    return f"// {name}\nconst {place[name]} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _take(found: re.Match[str], name: str, place: dict[str, str]) -> str:
    if found[1] is None:
        return ""
    wanted = re.sub(r"\s+as\s+", ": ", found[1].strip())
    return f"const {{ {wanted} }} = {place[_resolve(name, found[2])]};\n"


def _resolve(name: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
