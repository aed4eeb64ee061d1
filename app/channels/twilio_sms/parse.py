"""What Twilio's deliveries say: messages of customers, and how far ours have come."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.channels.incoming import Fact, Inbound, Media, Person, Receipt, Status, Unsupported
from app.channels.twilio_errors import words_of
from app.channels.whatsapp import numbers

MOST_MEDIA = 10
_NUMBER = re.compile(r"\+\d{4,15}")

# https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
STATUSES: dict[str, Status] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
KINDS = {"image": "image", "audio": "audio", "video": "video"}
# What Twilio itself understands, as the whole text and in any case.
STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START = frozenset({"start", "unstop"})
OPT_OUTS = {
    "stop": "They opted out: Twilio lets nothing through to them until they send START.",
    "start": "They opted in again.",
    "help": "They asked for help; Twilio may have answered by itself.",
}
REFERRAL = {
    "source_type": "ReferralSourceType",
    "source_id": "ReferralSourceId",
    "url": "ReferralSourceUrl",
    "headline": "ReferralHeadline",
    "body": "ReferralBody",
    "picture": "ReferralMediaUrl",
    "ctwa_clid": "ReferralCtwaClid",
}
PLACE = {"city": "FromCity", "state": "FromState", "zip_code": "FromZip", "country_code": "FromCountry"}


def sid_of(form: Mapping[str, Any]) -> str:
    """The message's id, by its new name or its old ones."""
    return next((_text(form, name) for name in ("MessageSid", "SmsSid", "SmsMessageSid") if form.get(name)), "")


def is_status(form: Mapping[str, Any]) -> bool:
    """Whether a delivery tells of a message of ours; Twilio calls what came in "received"."""
    status = _status(form)
    return bool(status) and status not in ("received", "receiving")


def key_of(form: Mapping[str, Any]) -> str:
    """What a repeat has too: a message has one, and each step of ours another."""
    return f"{sid_of(form)} {_status(form)}" if is_status(form) else sid_of(form)


def customer_of(form: Mapping[str, Any]) -> str:
    return _text(form, "To" if is_status(form) else "From")


def facts(form: Mapping[str, Any]) -> Sequence[Fact]:
    if not sid_of(form) or not customer_of(form):
        return ()
    return _receipt(form) if is_status(form) else (_said(form),)


def _receipt(form: Mapping[str, Any]) -> Sequence[Fact]:
    status = STATUSES.get(_status(form))
    if status is None:
        return ()
    error = ""
    if status == "failed":
        code = _text(form, "ErrorCode")
        said = _text(form, "ErrorMessage") or _text(form, "ChannelStatusMessage") or f"Twilio says: {_status(form)}"
        error = words_of(int(code) if code.isascii() and code.isdecimal() and len(code) < 9 else 0, said)
    return (Receipt(status, source_id=sid_of(form), sender=_text(form, "To"), error=error),)


def _said(form: Mapping[str, Any]) -> Fact:
    content = _text(form, "ButtonText") or _text(form, "ListTitle") or _text(form, "Body")
    media = [*_media(form), *_place(form)]
    sender = person(form)
    if not content.strip() and not media:
        kind = _text(form, "MessageType")
        what = f"a message of the kind {kind}" if kind and kind != "text" else "an empty message"
        return Unsupported(what, sender=sender, source_id=sid_of(form))
    return Inbound(
        content,
        source_id=sid_of(form),
        content_attributes=_attributes(form),
        attachments=media,
        reply_to_source=_text(form, "OriginalRepliedMessageSid") or None,
        sender=sender,
    )


def person(form: Mapping[str, Any]) -> Person:
    """Who writes. Short codes and senders with a name of letters are people without a number."""
    source_id = _text(form, "From")
    medium, _, number = source_id.rpartition(":")
    if not _NUMBER.fullmatch(number):
        number = ""
    return Person(
        source_id=source_id,
        name=_text(form, "ProfileName"),
        # WhatsApp writes the numbers of some countries in a form of its own.
        phone_number=numbers.phone_number(number) if medium == "whatsapp" and number else number,
        attributes={key: told for key, name in PLACE.items() if (told := _text(form, name))},
    )


def _attributes(form: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if payload := _text(form, "ButtonPayload") or _text(form, "ListId"):
        told["payload"] = payload
    if _text(form, "Forwarded") == "true" or _text(form, "FrequentlyForwarded") == "true":
        told["is_forwarded"] = True
    if referral := {key: value for key, name in REFERRAL.items() if (value := _text(form, name))}:
        told["referral"] = referral
    if opted := _opted(form):
        told |= {"opt_out": opted, "notice": OPT_OUTS[opted]}
    return told


def _opted(form: Mapping[str, Any]) -> str:
    """Advanced opt-out says what it made of the words; without it, Twilio acts on its own list all the same."""
    told = _text(form, "OptOutType").lower()
    if told in OPT_OUTS:
        return told
    words = _text(form, "Body").strip().lower()
    if ":" in _text(form, "From"):
        return ""
    return "stop" if words in STOP else "start" if words in START else ""


def _media(form: Mapping[str, Any]) -> list[Media]:
    counted = _text(form, "NumMedia")
    sid = sid_of(form)
    count = min(int(counted), MOST_MEDIA) if counted.isascii() and counted.isdecimal() and len(counted) < 6 else 0
    if _text(form, "IsFetched"):
        # Its list does not tell where they are: that is asked when they are fetched.
        return [Media(ref={"message": sid, "number": n}, filename=f"{sid}-{n + 1}") for n in range(count)]
    addresses = [(n, _text(form, f"MediaUrl{n}")) for n in range(count)]
    return [media(sid, n, url, _text(form, f"MediaContentType{n}")) for n, url in addresses if url]


def media(sid: str, number: int, url: str, content_type: str) -> Media:
    content_type = content_type.partition(";")[0].strip().lower()
    extension = mimetypes.guess_extension(content_type) or ""
    return Media(
        ref={"url": url},
        kind=KINDS.get(content_type.partition("/")[0], "file"),
        filename=f"{sid}-{number + 1}{extension}",
        content_type=content_type,
    )


def _place(form: Mapping[str, Any]) -> list[Media]:
    try:
        latitude, longitude = float(_text(form, "Latitude")), float(_text(form, "Longitude"))
    except ValueError:
        return []
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return []
    title = ", ".join(filter(None, (_text(form, "Label"), _text(form, "Address"))))
    return [Media(kind="location", latitude=latitude, longitude=longitude, title=title or None)]


def _status(form: Mapping[str, Any]) -> str:
    return (_text(form, "MessageStatus") or _text(form, "SmsStatus")).lower()


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
