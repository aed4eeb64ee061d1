"""A template with its blanks filled in: what is asked for, whether it is all there, and what the customer reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.errors import Invalid
from app.models.message_template import MessageTemplate

BLANK = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,60})\s*\}\}")
MEDIA = ("image", "video", "document")
LONGEST = 1024
LONGEST_URL = 2048
# What people write between stars and tildes, as the desk's own markdown has it.
_BOLD, _STRUCK = (
    re.compile(r"(?<![*\w])\*(\S(?:[^*\n]*\S)?)\*(?![*\w])"),
    re.compile(r"(?<![~\w])~(\S(?:[^~\n]*\S)?)~(?![~\w])"),
)


@dataclass(frozen=True)
class Blank:
    """`name` is as in a form: `body.1`, `header.name`, `header.media`, `buttons.0`; `label` says what it is."""

    name: str
    label: str
    kind: str = "text"


@dataclass(frozen=True)
class Filled:
    """`content` is what the customer reads, in markdown; `told` is kept with the message, for the channel to send by."""

    content: str
    told: Mapping[str, Any]


def blanks(template: MessageTemplate) -> list[Blank]:
    """What is to be filled in, in the order of reading."""
    found = [Blank(f"header.{name}", _label(name, "Header")) for name in _names(template.header)]
    if template.header_kind in MEDIA:
        found.append(Blank("header.media", template.header_kind.capitalize(), "media"))
    if template.header_kind == "location":
        found += [Blank(f"header.{name}", f"Place: {name}") for name in ("latitude", "longitude", "name", "address")]
    found += [Blank(f"body.{name}", _label(name, "Text")) for name in _names(template.body)]
    for at, button in enumerate(template.buttons):
        if _wants(button):
            label = "Code to copy" if button["kind"] == "copy_code" else f"End of the link of “{button['text']}”"
            found.append(Blank(f"buttons.{at}", label))
    return found


def _names(words: str) -> list[str]:
    return list(dict.fromkeys(BLANK.findall(words)))


def _label(name: str, part: str) -> str:
    return f"{part} {name}" if name.isdecimal() else name.replace("_", " ").capitalize()


def _wants(button: Mapping[str, Any]) -> bool:
    return bool(BLANK.search(str(button.get("value", ""))))


def fill(template: MessageTemplate, given: Mapping[str, Any], *, file_kind: str = "") -> Filled:
    """`given` is `{"header": {…}, "body": {…}, "buttons": […]}`, or, as of old, the blanks of the body alone.

    `file_kind` is that of a file which goes along for the header. Raises Invalid for each blank that is left open.
    """
    parts = given if {"header", "body", "buttons", "footer"} & set(given) else {"body": given}
    wrong: dict[str, str] = {}
    header = _header(template, _mapped(parts.get("header")), file_kind, wrong)
    body = _texts("body", template.body, _mapped(parts.get("body")), wrong)
    buttons = _buttons(template, parts.get("buttons"), wrong, body)
    if wrong:
        raise Invalid(wrong)
    title = _said(template.header, header)
    words = [f"**{title}**" if title else "", marked(_said(template.body, body))]
    told = {
        "key": template.key,
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "footer": template.footer,
        "params": {"header": header, "body": body, "buttons": buttons},
        "buttons": [{"kind": each["kind"], "text": each["text"]} for each in template.buttons],
    }
    return Filled("\n\n".join(filter(None, words)), told)


def marked(words: str) -> str:
    """A provider's stars and tildes as markdown; what they mean there, they mean here."""
    return _STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", words))


def _said(words: str, values: Mapping[str, Any]) -> str:
    return BLANK.sub(lambda blank: str(values.get(blank[1], blank[0])), words)


def _texts(part: str, words: str, given: Mapping[str, Any], wrong: dict[str, str]) -> dict[str, str]:
    """Values by the names of their blanks. Line breaks and tabs are no part of a blank, at any provider."""
    found = {name: " ".join(_worded(given.get(name)).split()) for name in _names(words)}
    for name, value in found.items():
        if not value:
            wrong[f"{part}.{name}"] = "Fill this in."
        elif len(value) > LONGEST:
            wrong[f"{part}.{name}"] = f"This is too long: {LONGEST:,} characters fit."
    return found


def _header(
    template: MessageTemplate, given: Mapping[str, Any], file_kind: str, wrong: dict[str, str]
) -> dict[str, Any]:
    if template.header_kind in MEDIA:
        return _media(template.header_kind, given, file_kind, wrong)
    if template.header_kind == "location":
        return _place(given, wrong)
    return dict(_texts("header", template.header, given, wrong))


def _media(kind: str, given: Mapping[str, Any], file_kind: str, wrong: dict[str, str]) -> dict[str, Any]:
    """The file that goes along, or the address of one."""
    if file_kind:
        if kind != "document" and file_kind != kind:
            wrong["header.media"] = f"This template wants {'an image' if kind == 'image' else 'a video'}."
        return {"media_type": kind}
    url = _worded(given.get("media_url")).strip()
    if not _is_web(url):
        wrong["header.media"] = f"Choose a file, or give the address of {'an' if kind == 'image' else 'a'} {kind}."
    name = " ".join(_worded(given.get("media_name")).split())[:240]
    return {"media_type": kind, "media_url": url, **({"media_name": name} if name else {})}


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and len(url) <= LONGEST_URL and " " not in url


def _place(given: Mapping[str, Any], wrong: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: _worded(given.get(name)).strip()[:LONGEST] for name in ("name", "address")}
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = _worded(given.get(name)).strip()
        if not re.fullmatch(r"-?\d{1,3}(\.\d{1,15})?", value) or abs(float(value)) > most:
            wrong[f"header.{name}"] = f"Give degrees between -{most} and {most}."
        found[name] = value
    return found


def _buttons(
    template: MessageTemplate, given: Any, wrong: dict[str, str], body: Mapping[str, str]
) -> list[dict[str, Any] | None]:
    """One for each button of the template, None where nothing is to be filled in."""
    told = [_mapped(each) for each in given] if isinstance(given, Sequence) and not isinstance(given, str) else []
    wanting = [at for at, each in enumerate(template.buttons) if _wants(each)]
    if len(told) != len(template.buttons):
        # Only those that want something may have been given, in their order.
        told = [each for each in told if each]
        told = [
            told[wanting.index(at)] if at in wanting and wanting.index(at) < len(told) else {}
            for at in range(len(template.buttons))
        ]
    found: list[dict[str, Any] | None] = []
    for at, button in enumerate(template.buttons):
        value = "".join(_worded(told[at].get("parameter")).split())
        if not _wants(button):
            found.append(None)
            continue
        if button["kind"] == "copy_code" and template.category == "authentication":
            value = next(iter(body.values()), value)
        if not value or len(value) > LONGEST:
            wrong[f"buttons.{at}"] = "Fill this in." if not value else f"This is too long: {LONGEST:,} characters fit."
        # Where a template's blanks are one list, it is the name that tells this one.
        found.append({"type": button["kind"], "parameter": value, "blank": _names(button["value"])[0]})
    return found if any(found) else []


def _mapped(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _worded(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
