"""WhatsApp's message templates: as Meta lists them, and as they are filled in and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from app.channels.template import HeaderKind, Template, TemplateButton
from app.channels.whatsapp.shape import listed, mapped, number, worded

ButtonKind = Literal["quick_reply", "url", "phone_number", "copy_code", "other"]
State = Literal["approved", "pending", "rejected", "paused", "disabled"]

STATES: Mapping[str, State] = {
    "APPROVED": "approved",
    "PENDING": "pending",
    "IN_APPEAL": "pending",
    "REJECTED": "rejected",
    "PAUSED": "paused",
}
HEADERS: Mapping[str, HeaderKind] = {
    "TEXT": "text",
    "IMAGE": "image",
    "VIDEO": "video",
    "DOCUMENT": "document",
    "LOCATION": "location",
}
BUTTONS: Mapping[str, ButtonKind] = {
    "QUICK_REPLY": "quick_reply",
    "URL": "url",
    "PHONE_NUMBER": "phone_number",
    "COPY_CODE": "copy_code",
    "OTP": "copy_code",
}
# What would have to be filled in is more than blanks.
BEYOND = {
    "CAROUSEL": "a carousel",
    "LIMITED_TIME_OFFER": "an offer for a limited time",
    "CALL_PERMISSION_REQUEST": "a request to call",
}
BEYOND_BUTTONS = {
    "CATALOG": "a catalogue",
    "MPM": "products",
    "SPM": "a product",
    "FLOW": "a form",
    "ORDER_DETAILS": "an order",
}
CODE = "{{1}}"


def template(told: Any) -> Template | None:
    """One of Meta's list; None for what is none."""
    known = mapped(told)
    name, language = worded(known.get("name")), worded(known.get("language"))
    if not name or not language:
        return None
    parts = {worded(part.get("type")).upper(): part for part in map(mapped, listed(known.get("components")))}
    header = parts.get("HEADER", {})
    kind = HEADERS.get(worded(header.get("format")).upper(), "")
    buttons = [mapped(each) for each in listed(parts.get("BUTTONS", {}).get("buttons"))]
    return Template(
        key=f"{name}:{language}"[:600],
        name=name,
        language=language,
        body=worded(parts.get("BODY", {}).get("text")),
        status=STATES.get(worded(known.get("status")).upper(), "disabled"),
        category=worded(known.get("category")).lower(),
        header_kind=kind,
        header=worded(header.get("text")) if kind == "text" else "",
        footer=worded(parts.get("FOOTER", {}).get("text")),
        buttons=[_button(each) for each in buttons],
        payload=dict(known),
        hindrance=_hindrance(parts, buttons),
    )


def _button(button: Mapping[str, Any]) -> TemplateButton:
    kind = BUTTONS.get(worded(button.get("type")).upper(), "other")
    value = worded(button.get("url")) or worded(button.get("phone_number"))
    if kind == "copy_code":
        # The code is filled in, and copied when the button is pressed.
        value = CODE
    return TemplateButton(kind, worded(button.get("text")), value)


def _hindrance(parts: Mapping[str, Any], buttons: Sequence[Mapping[str, Any]]) -> str:
    kinds = [worded(each.get("type")).upper() for each in buttons]
    found = [words for name, words in BEYOND.items() if name in parts]
    found += [words for name, words in BEYOND_BUTTONS.items() if name in kinds]
    return f"It has {' and '.join(found)}, which cannot be filled in here." if found else ""


def filled(told: Mapping[str, Any], header_media: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body of a message by a template: `told` as a message keeps it; `header_media` is the file that goes with it."""
    params = mapped(told.get("params"))
    components = [
        *_header(mapped(params.get("header")), header_media),
        *_body(mapped(params.get("body"))),
        *_buttons(listed(params.get("buttons")), told),
    ]
    language = {"policy": "deterministic", "code": worded(told.get("language"))}
    body: dict[str, Any] = {"name": worded(told.get("name")), "language": language}
    if components:
        body["components"] = components
    return {"type": "template", "template": body}


def _header(params: Mapping[str, Any], media: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if media:
        return [{"type": "header", "parameters": [dict(media)]}]
    kind = worded(params.get("media_type")).lower()
    if url := worded(params.get("media_url")):
        file = {"link": url}
        if kind == "document":
            file["filename"] = worded(params.get("media_name")) or "document"
        kind = kind if kind in ("image", "video", "document") else "image"
        return [{"type": "header", "parameters": [{"type": kind, kind: file}]}]
    if "latitude" in params and "longitude" in params:
        place = {name: worded(params[name]) for name in ("latitude", "longitude", "name", "address") if name in params}
        return [{"type": "header", "parameters": [{"type": "location", "location": place}]}]
    blanks = {name: value for name, value in params.items() if not name.startswith("media_")}
    return [{"type": "header", "parameters": _texts(blanks)}] if blanks else []


def _body(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "body", "parameters": _texts(params)}] if params else []


def _texts(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Blanks with numbers by their order, those with names under them."""
    if all(number(name) for name in params):
        return [{"type": "text", "text": worded(params[name])} for name in sorted(params, key=number)]
    return [{"type": "text", "parameter_name": name, "text": worded(value)} for name, value in params.items()]


def _buttons(params: Sequence[Any], told: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = [
        _pressable(at, mapped(each), is_code=worded(told.get("category")).lower() == "authentication")
        for at, each in enumerate(params)
        if worded(mapped(each).get("parameter"))
    ]
    code = next(iter(mapped(mapped(told.get("params")).get("body")).values()), "")
    if worded(told.get("category")).lower() == "authentication" and not found and worded(code):
        # The code stands in the text, and once more behind the button that copies it.
        return [_pressable(0, {"type": "url", "parameter": code}, is_code=True)]
    return found


def _pressable(at: int, given: Mapping[str, Any], *, is_code: bool) -> dict[str, Any]:
    kind, value = worded(given.get("type")).lower(), worded(given.get("parameter"))
    if kind == "copy_code" and not is_code:
        parameter, kind = {"type": "coupon_code", "coupon_code": value}, "copy_code"
    elif kind == "quick_reply":
        parameter = {"type": "payload", "payload": value}
    else:
        parameter, kind = {"type": "text", "text": value}, "url"
    return {"type": "button", "sub_type": kind, "index": str(at), "parameters": [parameter]}
