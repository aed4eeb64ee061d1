"""Content templates of Twilio's, as Parley lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from app.channels.template import HeaderKind, Template, TemplateButton
from app.channels.twilio import CONTENT, Account
from app.channels.twilio_sms.question import OWN_NAME

PATH = "/v1/ContentAndApprovals"
PAGE = 500

Status = Literal["approved", "pending", "rejected", "paused", "disabled"]
# https://www.twilio.com/docs/content/content-api-resources#fetch-an-approval-status-request
STATUSES: dict[str, Status] = {
    "approved": "approved",
    "rejected": "rejected",
    "paused": "paused",
    "disabled": "disabled",
}
# The first of a template's forms that says the most; WhatsApp's own before Twilio's.
FORMS = (
    "whatsapp/card",
    "whatsapp/authentication",
    "whatsapp/flows",
    "twilio/card",
    "twilio/call-to-action",
    "twilio/quick-reply",
    "twilio/list-picker",
    "twilio/media",
    "twilio/text",
)
BUTTONS: dict[str, Literal["quick_reply", "url", "phone_number", "copy_code", "other"]] = {
    "QUICK_REPLY": "quick_reply",
    "URL": "url",
    "PHONE_NUMBER": "phone_number",
    "COPY_CODE": "copy_code",
    "COPY_CODE_BUTTON": "copy_code",
}


def templates(account: Account) -> Iterator[Template]:
    for row in account.pages(CONTENT, PATH, {"PageSize": str(PAGE)}, "contents"):
        if template := template_from(row):
            yield template


def template_from(row: Mapping[str, Any]) -> Template | None:
    """One of the list; None for what has no words we could show."""
    types, sid = row.get("types"), row.get("sid")
    if not isinstance(types, Mapping) or not isinstance(sid, str) or _text(row, "friendly_name").startswith(OWN_NAME):
        return None
    kind = next((each for each in FORMS if isinstance(types.get(each), Mapping)), "")
    if not kind:
        return None
    form: Mapping[str, Any] = types[kind]
    approval = row.get("approval_requests")
    told: Mapping[str, Any] = approval if isinstance(approval, Mapping) else {}
    header_kind, header = _header(form)
    return Template(
        key=sid,
        name=_text(told, "name") or _text(row, "friendly_name") or sid,
        language=_text(row, "language"),
        body=_text(form, "body") or _text(form, "title"),
        # A template that was never handed in may only be sent where no template is needed.
        status=STATUSES.get(_text(told, "status"), "pending"),
        category=_text(told, "category").lower(),
        header_kind=header_kind,
        header=header,
        footer=_text(form, "footer") or _text(form, "subtitle"),
        buttons=_buttons(form),
        payload={
            "types": types,
            "variables": row.get("variables"),
            "rejection_reason": _text(told, "rejection_reason"),
        },
    )


def _header(form: Mapping[str, Any]) -> tuple[HeaderKind, str]:
    """What stands above the text. A file's address may have a blank, which is asked for as words; else it is the template's own."""
    media = form.get("media")
    first = media[0] if isinstance(media, list) and media else media
    if isinstance(first, str) and "{{" in first:
        return "text", first
    header = _text(form, "header_text") or (_text(form, "title") if form.get("body") else "")
    return ("text", header) if header else ("", "")


def _buttons(form: Mapping[str, Any]) -> Sequence[TemplateButton]:
    given = form.get("actions") or form.get("items")
    rows = given if isinstance(given, list) else []
    return [_button(row) for row in rows if isinstance(row, Mapping)]


def _button(row: Mapping[str, Any]) -> TemplateButton:
    kind = BUTTONS.get(_text(row, "type").upper(), "other") if row.get("type") else "quick_reply"
    words = _text(row, "title") or _text(row, "item") or _text(row, "copy_code_text")
    return TemplateButton(
        kind, words, next((_text(row, name) for name in ("url", "phone", "code", "id") if row.get(name)), "")
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""
