"""Hands our messages over to Twilio, each file as it can be carried: along with the text, or as a link in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.channels.outgoing import DeliveryFailed, File, Outbound
from app.channels.spelled import spelled
from app.channels.twilio_sms.settings import WHATSAPP, TwilioSmsSettings

LONGEST = 1600
"""Of one message, SMS or WhatsApp: https://www.twilio.com/docs/errors/21617. Twilio cuts an SMS into segments itself."""

LONGEST_CAPTION = 1024
MOST_MEDIA = 10
MOST_MMS_BYTES = 5_000_000
MOST_WHATSAPP_BYTES = 16_000_000
# Twilio makes these smaller where a carrier wants it; everything else goes as it is.
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})
MOST_OTHER_BYTES = 500_000
# https://www.twilio.com/docs/messaging/guides/accepted-mime-types, without what phones cannot show.
MMS_TYPES = frozenset(
    {
        "audio/basic",
        "audio/L24",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/vnd.wave",
        "audio/webm",
        "audio/amr",
        "audio/amr-nb",
        "audio/3gpp",
        "audio/3gpp2",
        "audio/ac3",
        "video/mpeg",
        "video/mp4",
        "video/quicktime",
        "video/webm",
        "video/3gpp",
        "video/3gpp2",
        "image/bmp",
        "image/tiff",
        "text/vcard",
        "text/x-vcard",
        "text/csv",
        "text/rtf",
        "text/calendar",
        "application/pdf",
        "application/vcard",
    }
)
# https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages
WHATSAPP_TYPES = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/webp",
        "audio/ogg",
        "audio/amr",
        "audio/3gpp",
        "audio/aac",
        "audio/mpeg",
        "audio/mp4",
        "video/mp4",
        "video/3gpp",
        "application/pdf",
        "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "text/vcard",
        "text/x-vcard",
        "text/plain",
    }
)
# Numbers that MMS goes to and from: the USA, Canada and their neighbours under +1, and Australia among itself.
MMS_COUNTRIES = ("+1", "+61")


def form_of(outbound: Outbound, settings: TwilioSmsSettings, callback: str, content_sid: str = "") -> dict[str, Any]:
    """As Messages.create takes it; `content_sid` says it in place of the text. Raises DeliveryFailed for what cannot be said."""
    form: dict[str, Any] = {"To": recipient(outbound.to, settings), "StatusCallback": callback}
    if settings.messaging_service_sid:
        form["MessagingServiceSid"] = settings.messaging_service_sid
    else:
        form["From"] = settings.sender
    if template := template_of(outbound):
        return {**form, **template}
    if content_sid:
        return {**form, "ContentSid": content_sid}
    text, media = said(outbound, settings)
    if len(text) > LONGEST:
        words = (
            f"The text and the links to its files are longer than {LONGEST:,} characters: send the files by themselves."
        )
        raise DeliveryFailed(words, permanent=True)
    if text:
        form["Body"] = text
    if media:
        form["MediaUrl"] = media
    if not text and not media:
        raise DeliveryFailed("There is nothing in the message.", permanent=True)
    return form


def captioned(sends: Sequence[Outbound]) -> Sequence[Outbound]:
    """In WhatsApp a text goes along with its picture or film, where it is one, and short enough."""
    texts, files = [each for each in sends if not each.files], [each for each in sends if each.files]
    at = next((at for at, each in enumerate(files) if each.files[0].kind in ("image", "video")), None)
    if len(texts) != 1 or at is None or texts[0].content_type != "text" or len(texts[0].text) > LONGEST_CAPTION:
        return sends
    return [replace(each, text=texts[0].text) if n == at else each for n, each in enumerate(files)]


def recipient(to: str, settings: TwilioSmsSettings) -> str:
    """As Twilio writes them in this medium, whichever form a program has kept."""
    if settings.is_whatsapp and ":" not in to:
        return f"{WHATSAPP}{to}"
    return to


def said(outbound: Outbound, settings: TwilioSmsSettings) -> tuple[str, list[str]]:
    """The text, with links to what cannot be carried, and the addresses of what can."""
    carried: list[File] = []
    for file in outbound.files:
        if rides(file, carried, outbound.to, settings):
            carried.append(file)
    linked = [file for file in outbound.files if file not in carried]
    text = "\n\n".join(filter(None, [spelled(outbound), *(f"{name_of(file)}: {file.url}" for file in linked)]))
    return _sendable(text), [file.url for file in carried]


def rides(file: File, others: Sequence[File], to: str, settings: TwilioSmsSettings) -> bool:
    """Whether it can go along with the others."""
    if settings.is_whatsapp:
        return not others and file.byte_size <= MOST_WHATSAPP_BYTES and file.content_type in WHATSAPP_TYPES
    if not settings.can_mms or not mms_goes(settings.phone_number, to) or len(others) >= MOST_MEDIA:
        return False
    if sum(each.byte_size for each in others) + file.byte_size > MOST_MMS_BYTES:
        return False
    return file.content_type in PICTURES or (file.content_type in MMS_TYPES and file.byte_size <= MOST_OTHER_BYTES)


def mms_goes(sender: str, to: str) -> bool:
    """Only within a country, or North America; a service chooses a number that fits."""
    return any(to.startswith(code) and (sender.startswith(code) or not sender) for code in MMS_COUNTRIES)


def template_of(outbound: Outbound) -> dict[str, str]:
    """What a template goes as: https://www.twilio.com/docs/content/send-templates-created-with-the-content-template-builder."""
    template = outbound.content_attributes.get("template")
    if not isinstance(template, Mapping) or not isinstance(template.get("key"), str):
        return {}
    form = {"ContentSid": template["key"]}
    if variables := variables_of(template.get("params")):
        form["ContentVariables"] = json.dumps(variables, ensure_ascii=False)
    return form


def variables_of(params: Any) -> dict[str, str]:
    """Twilio's blanks are one list, wherever in the template they stand."""
    parts = params if isinstance(params, Mapping) else {}
    found: dict[str, str] = {}
    for part in ("header", "body"):
        given = parts.get(part)
        for name, value in given.items() if isinstance(given, Mapping) else ():
            if not str(name).startswith("media_"):
                found[str(name)] = _sendable(str(value))
    buttons = parts.get("buttons")
    for button in buttons if isinstance(buttons, list) else ():
        if isinstance(button, Mapping) and button.get("blank"):
            found[str(button["blank"])] = _sendable(str(button.get("parameter") or ""))
    return found


def name_of(file: File) -> str:
    return " ".join(file.filename.split())


def _sendable(text: str) -> str:
    """Without what no form can hold: halves of characters, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
