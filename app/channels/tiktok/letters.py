"""TikTok's webhook: its signature, its letters, and what they say."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.channels.incoming import Echo, Envelope, Fact, Inbound, Knock, Media, Person, Reaction, Receipt, Unsupported
from app.errors import NotAllowed
from app.lib import crypto
from app.lib.loose import a_dict, a_list, a_text, as_json

# TikTok's own example takes five seconds, which a clock that is a little off never keeps; repeats are told by their key.
CLOCK_SECONDS = 300
# An emoji that TikTok made of a face is a picture, not a letter.
DRAWN_EMOJI = "🖼️"


def verify(knock: Knock, secret: str) -> None:
    """Raises NotAllowed unless `Tiktok-Signature: t=…,s=…` is the secret's over "{t}.{body}", and of now."""
    pairs = (part.strip().partition("=") for part in knock.headers.get("tiktok-signature", "").split(","))
    given = {name.strip(): value.strip() for name, _, value in pairs}
    at, signature = given.get("t", ""), given.get("s", "")
    if not secret:
        raise NotAllowed("There is no app secret to check the signature with.")
    if not (at.isascii() and at.isdecimal() and len(at) <= 12):
        raise NotAllowed("There is no signature.")
    if not crypto.equal(signature, crypto.hmac_hex(secret, f"{at}.".encode() + knock.body)):
        raise NotAllowed("The signature does not fit.")
    if abs(time.time() - int(at)) > CLOCK_SECONDS:
        raise NotAllowed("The signature is not of now.")


def sort(knock: Knock) -> Sequence[Envelope]:
    """One letter a delivery. Who signed it does not matter for what it is: a repeat is signed anew."""
    body = a_dict(knock.json())
    address, event = a_text(body.get("user_openid")), a_text(body.get("event"))
    if not address or not event:
        return ()
    content = a_dict(as_json(body.get("content")))
    conversation, message = a_text(content.get("conversation_id")), a_text(content.get("message_id"))
    # A message may be both received and told of as sent, by an account that writes to itself.
    key = f"{event}:{message}" if message else f"{event}:{crypto.digest(repr((conversation, body.get('content'))))}"
    payload = {"event": event, "business": address, "create_time": body.get("create_time"), "content": content}
    return [Envelope(address, conversation or address, key[:500], payload, provider_at=_moment(content))]


def parse(envelope: Envelope) -> Sequence[Fact]:
    event = a_text(envelope.payload.get("event"))
    content = a_dict(envelope.payload.get("content"))
    conversation = a_text(content.get("conversation_id"))
    if not conversation:
        # What comes from Europe comes without words, sender and conversation: there is nothing to be shown.
        return ()
    is_ours = a_text(a_dict(content.get("from_user")).get("id")) == a_text(envelope.payload.get("business"))
    if event == "im_mark_read_msg":
        return [] if is_ours else _read(content, conversation)
    if event == "im_referral_msg":
        return _referred(content, conversation)
    if event not in ("im_receive_msg", "im_send_msg"):
        return ()
    if content.get("type") == "reaction":
        return [] if is_ours else _reactions(content, conversation)
    return [_echo(content, conversation) if is_ours or event == "im_send_msg" else _said(content, conversation)]


def _read(content: Mapping[str, Any], conversation: str) -> list[Fact]:
    until = _moment(a_dict(content.get("read")), "last_read_timestamp") or _moment(content)
    return [Receipt("read", sender=conversation, up_to=until, at=until)] if until else []


def _referred(content: Mapping[str, Any], conversation: str) -> list[Fact]:
    """They came by an advertisement or a link, and have said nothing yet."""
    referral = a_dict(content.get("referral"))
    ad, link = a_dict(referral.get("ad")), a_dict(referral.get("short_link"))
    told = {
        "source": a_text(referral.get("source")) or "ad",
        "headline": a_text(ad.get("ad_name")),
        "url": _web(ad.get("embed_url")),
        "id": a_text(ad.get("ad_id")),
        "ref": a_text(link.get("ref")),
    }
    told = {name: value for name, value in told.items() if value}
    person = _customer(content, conversation, "from")
    return [
        Inbound("", content_attributes={"referral": told}, provider_at=_moment(content), sender=person, is_odd=True)
    ]


def _reactions(content: Mapping[str, Any], conversation: str) -> list[Fact]:
    facts: list[Fact] = []
    for each in map(a_dict, a_list(content.get("reaction"))):
        source_id = a_text(each.get("original_msg_id"))
        emoji = a_text(each.get("emoji")) or DRAWN_EMOJI
        if source_id:
            facts.append(Reaction(source_id, conversation, "" if each.get("operation") == "REMOVE" else emoji))
    return facts


def _said(content: Mapping[str, Any], conversation: str) -> Fact:
    person, source_id = _customer(content, conversation, "from"), a_text(content.get("message_id")) or None
    words, media = _words(content), _media(content)
    if not words and not media:
        kind = a_text(content.get("type")) or "message"
        return Unsupported(f"a TikTok {kind}"[:200], person, source_id, _moment(content))
    pressed = a_dict(content.get("reply_source_payload"))
    payload = a_text(pressed.get("reply_source_unique_id"))
    answered = a_text(a_dict(content.get("referenced_message_info")).get("referenced_message_id"))
    return Inbound(
        words,
        source_id=source_id,
        content_attributes={"payload": payload} if payload else {},
        attachments=media,
        reply_to_source=a_text(pressed.get("reply_source_msg_id")) or answered or None,
        provider_at=_moment(content),
        sender=person,
    )


def _echo(content: Mapping[str, Any], conversation: str) -> Fact:
    words, media = _words(content), _media(content)
    return Echo(
        _customer(content, conversation, "to"),
        words or ("" if media else "A message that cannot be shown here."),
        a_text(content.get("message_id")),
        media,
        _moment(content),
    )


def _customer(content: Mapping[str, Any], conversation: str, side: str) -> Person:
    """A conversation is all of one customer's, and what answers are addressed to; TikTok tells no more than a name here."""
    name = a_text(content.get(side))
    told = {
        "username": name,
        "tiktok_user_id": a_text(a_dict(content.get(f"{side}_user")).get("id")),
        "social_profiles": {"tiktok": name} if name else {},
    }
    return Person(conversation, name, attributes={key: value for key, value in told.items() if value})


def _words(content: Mapping[str, Any]) -> str:
    if content.get("type") == "text":
        return a_text(a_dict(content.get("text")).get("body"))
    if content.get("type") != "template":
        return ""
    lines: list[str] = []
    for card in map(a_dict, a_list(a_dict(content.get("template")).get("elements"))):
        lines.append(a_text(card.get("title")))
        lines += [f"• {a_text(button.get('text'))}" for button in map(a_dict, a_list(card.get("buttons")))]
    return "\n".join(filter(None, lines))


def _media(content: Mapping[str, Any]) -> list[Media]:
    kind = a_text(content.get("type"))
    within = a_dict(content.get(kind))
    if kind in ("image", "video") and (media_id := a_text(within.get("media_id"))):
        names = ("conversation_id", "message_id")
        ref = {"media_id": media_id, "media_type": kind.upper(), **{name: a_text(content.get(name)) for name in names}}
        return [Media(ref, kind, kind)]
    if kind in ("sticker", "emoji") and (url := _web(within.get("url"))):
        return [Media({"url": url}, "image", kind)]
    if kind == "share_post" and (url := _web(within.get("embed_url"))):
        return [Media(kind="embed", external_url=url, title="A post on TikTok")]
    return []


def _web(value: Any) -> str:
    address = a_text(value)
    return address if address.startswith(("https://", "http://")) else ""


def _moment(content: Mapping[str, Any], name: str = "timestamp") -> datetime | None:
    """Milliseconds since 1970; none when it is not of our times."""
    try:
        seconds = float(content.get(name) or 0) / 1000
        return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 9e9 else None
    except (TypeError, ValueError, OverflowError):
        return None
