"""What a letter of Messenger's or Instagram's says: messages, presses of buttons, reactions, edits, receipts, echoes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.channels.incoming import (
    Deleted,
    Echo,
    Edited,
    Envelope,
    Fact,
    Inbound,
    Person,
    Reaction,
    Receipt,
    Unsupported,
)
from app.channels.meta_messaging.attachments import Carried, carried, file_of, web_address
from app.channels.meta_messaging.events import customer_of, kind_of, mapping, moment, text, word

LONGEST_EMOJI = 32
MOST_RECEIPTS = 500
# Where only the name of a reaction comes along.
EMOJIS = {
    "love": "❤️",
    "like": "👍",
    "dislike": "👎",
    "smile": "😆",
    "laugh": "😆",
    "wow": "😮",
    "sad": "😢",
    "angry": "😠",
}


@dataclass(frozen=True)
class Happened:
    """One event: `own_apps` are the ids of the apps that we send with, whose echoes are no news."""

    address: str
    customer: str
    at: datetime | None
    event: Mapping[str, Any]
    own_apps: Collection[str] = field(default_factory=tuple)

    @property
    def person(self) -> Person:
        return Person(self.customer)


def facts(envelope: Envelope, own_apps: Collection[str]) -> Sequence[Fact]:
    event = mapping(envelope.payload.get("event"))
    address = word(envelope.address)
    customer = customer_of(address, event)
    kind = kind_of(event)
    if not kind or not (customer or kind == "message_edit"):
        return ()
    at = moment(event.get("timestamp")) or envelope.provider_at
    return READERS[kind](Happened(address, customer, at, event, own_apps), mapping(event.get(kind)))


def _message(happened: Happened, message: Mapping[str, Any]) -> Sequence[Fact]:
    mid = word(message.get("mid"))
    if message.get("is_deleted") is True:
        return [Deleted(mid)] if mid else ()
    found = carried(message.get("attachments"))
    content = "\n".join(filter(None, [text(message.get("text")), *found.words]))
    if message.get("is_echo") is True:
        return _echo(happened, message, mid, content, found)
    attributes = _attributes(happened, message, found)
    replied = mapping(mapping(message.get("reply_to")).get("story"))
    if picture := file_of(replied.get("url"), "story_reply"):
        found.media.insert(0, picture)
    if not content and not found.media and not attributes:
        what = found.lost[0] if found.lost else "a message of a kind that Meta does not hand on"
        return [Unsupported(what, sender=happened.person, source_id=mid or None, provider_at=happened.at)]
    return [
        Inbound(
            content,
            source_id=mid or None,
            content_attributes=attributes,
            attachments=found.media,
            reply_to_source=word(mapping(message.get("reply_to")).get("mid")) or None,
            provider_at=happened.at,
            is_odd=not content,
            sender=happened.person,
        )
    ]


def _echo(happened: Happened, message: Mapping[str, Any], mid: str, content: str, found: Carried) -> Sequence[Fact]:
    if not mid or word(message.get("app_id")) in happened.own_apps or not (content or found.media):
        return ()
    return [Echo(happened.person, content, mid, attachments=found.media, provider_at=happened.at)]


def _attributes(happened: Happened, message: Mapping[str, Any], found: Carried) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    if payload := text(mapping(message.get("quick_reply")).get("payload")):
        attributes["payload"] = payload
    story = mapping(mapping(message.get("reply_to")).get("story"))
    if story:
        attributes["story"] = {
            "kind": "reply",
            "sender": happened.address,
            "id": word(story.get("id")),
            "url": web_address(story.get("url")),
        }
    elif found.story:
        attributes["story"] = {**found.story, "sender": happened.customer}
    if referral := referral_of(message.get("referral")):
        attributes["referral"] = referral
    return attributes


def referral_of(given: Any) -> dict[str, str]:
    """Where they come from, in the names all channels have for it; empty where nothing is told."""
    told = mapping(given)
    ad, product = mapping(told.get("ads_context_data")), mapping(told.get("product"))
    found = {
        "source": text(told.get("source")),
        "ref": text(told.get("ref")),
        "headline": text(ad.get("ad_title")),
        "url": web_address(told.get("referer_uri")),
        "image_url": web_address(ad.get("photo_url") or ad.get("video_url")),
        "ad_id": word(told.get("ad_id")),
        "post_id": word(ad.get("post_id")),
        "product_id": word(product.get("id") or ad.get("product_id")),
    }
    if product and not found["source"]:
        found["source"] = "product"
    return {name: value[:1000] for name, value in found.items() if value}


def _postback(happened: Happened, postback: Mapping[str, Any]) -> Sequence[Fact]:
    """A button was pressed: of a card, the menu, the first questions, or Get started."""
    payload, referral = text(postback.get("payload")), referral_of(postback.get("referral"))
    content = text(postback.get("title")) or payload
    attributes = {"payload": payload} if payload else {}
    return [
        Inbound(
            content,
            source_id=word(postback.get("mid")) or None,
            content_attributes=attributes | ({"referral": referral} if referral else {}),
            provider_at=happened.at,
            is_odd=not content,
            sender=happened.person,
        )
    ]


def _referral(happened: Happened, referral: Mapping[str, Any]) -> Sequence[Fact]:
    """They came back by a link or an ad, and have said nothing yet; they may be answered from now on."""
    told = referral_of(referral)
    if not told:
        return ()
    return [
        Inbound("", content_attributes={"referral": told}, provider_at=happened.at, is_odd=True, sender=happened.person)
    ]


def _reaction(happened: Happened, reaction: Mapping[str, Any]) -> Sequence[Fact]:
    if word(mapping(happened.event.get("sender")).get("id")) == happened.address:
        # A colleague put it there in Meta's own inbox: it is not the customer's.
        return ()
    mid, name = word(reaction.get("mid")), text(reaction.get("reaction"))
    is_taken_back = reaction.get("action") == "unreact"
    emoji = "" if is_taken_back else text(reaction.get("emoji"))[:LONGEST_EMOJI] or EMOJIS.get(name, "❔")
    return [Reaction(mid, happened.customer, emoji)] if mid else ()


def _edit(happened: Happened, edit: Mapping[str, Any]) -> Sequence[Fact]:
    """Instagram tells of new messages, too, as edited no times."""
    mid, words = word(edit.get("mid")), text(edit.get("text"))
    return [Edited(mid, words)] if mid and words and str(edit.get("num_edit")) != "0" else ()


def _delivery(happened: Happened, delivery: Mapping[str, Any]) -> Sequence[Fact]:
    given = delivery.get("mids")
    mids = [mid for each in given[:MOST_RECEIPTS] if (mid := word(each))] if isinstance(given, list) else []
    if mids:
        return [Receipt("delivered", mid, at=happened.at) for mid in mids]
    until = moment(delivery.get("watermark"))
    return [Receipt("delivered", sender=happened.customer, up_to=until, at=until)] if until else ()


def _read(happened: Happened, read: Mapping[str, Any]) -> Sequence[Fact]:
    """Messenger says until when they have read, Instagram what was the last; either way all before it is read."""
    mid, until = word(read.get("mid")), moment(read.get("watermark")) or happened.at
    told: list[Fact] = [Receipt("read", sender=happened.customer, up_to=until, at=until)] if until else []
    return [*told, Receipt("read", mid, at=happened.at)] if mid else told


READERS = {
    "message": _message,
    "postback": _postback,
    "reaction": _reaction,
    "read": _read,
    "delivery": _delivery,
    "message_edit": _edit,
    "referral": _referral,
}
