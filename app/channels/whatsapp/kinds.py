"""What a message of WhatsApp's says and carries, kind by kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.channels.incoming import Media, Person, Unsupported
from app.channels.whatsapp.shape import listed, mapped, measured, number, worded

Item = Mapping[str, Any]
MEDIA = {"image": "image", "sticker": "image", "audio": "audio", "voice": "audio", "video": "video", "document": "file"}
MOST_CONTACTS = 50
DEEPEST_FORM = 20


@dataclass(frozen=True)
class Said:
    """The words, and what comes with them; `unsupported_as` names what cannot be shown."""

    content: str = ""
    media: list[Media] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    unsupported_as: str = ""

    @property
    def is_unsupported(self) -> bool:
        return bool(self.unsupported_as)

    def unsupported(self, sender: Person, source_id: str | None, at: datetime | None) -> Unsupported:
        return Unsupported(self.unsupported_as, sender, source_id, at)


def said(item: Item) -> Said:
    """Never raises, whatever it is."""
    kind = worded(item.get("type"))
    told = READ.get(kind, _unknown)(item)
    return Said(told.content, told.media, {**told.attributes, **_around(item)}, told.unsupported_as)


def _around(item: Item) -> dict[str, Any]:
    """What a message of any kind may come with: where it was forwarded from, the product or the ad it is about."""
    found: dict[str, Any] = {}
    context = mapped(item.get("context"))
    if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
        found["is_forwarded"] = True
    if product := _worded(mapped(context.get("referred_product")), "catalog_id", "product_retailer_id"):
        found["product"] = product
    if referral := _referral(mapped(item.get("referral"))):
        found["referral"] = referral
    return found


def _referral(ad: Item) -> dict[str, Any]:
    """The ad or post they came from."""
    told = {
        "source": worded(ad.get("source_type")),
        "source_id": worded(ad.get("source_id")),
        "url": worded(ad.get("source_url")),
        "headline": worded(ad.get("headline")),
        "body": worded(ad.get("body")),
        "media_type": worded(ad.get("media_type")),
        "image_url": worded(ad.get("image_url")) or worded(ad.get("thumbnail_url")),
        "video_url": worded(ad.get("video_url")),
        "click_id": worded(ad.get("ctwa_clid")),
    }
    return {name: value[:2048] for name, value in told.items() if value}


def _text(item: Item) -> Said:
    return Said(worded(mapped(item.get("text")).get("body")))


def _button(item: Item) -> Said:
    """A quick reply of a template was pressed."""
    button = mapped(item.get("button"))
    return Said(worded(button.get("text")), attributes=_payload(button.get("payload")))


def _interactive(item: Item) -> Said:
    interactive = mapped(item.get("interactive"))
    kind = worded(interactive.get("type"))
    answer = mapped(interactive.get(kind))
    if kind in ("button_reply", "list_reply"):
        return Said(worded(answer.get("title")), attributes=_payload(answer.get("id")))
    if kind == "nfm_reply":
        return _form(answer)
    return Said(unsupported_as=f"an answer of the kind {kind[:60] or 'that has no name'}")


def _form(answer: Item) -> Said:
    """A form (a Flow) was filled in; what is in it are fields that whoever made it has named."""
    try:
        filled = mapped(json.loads(worded(answer.get("response_json")) or "{}"))
    except (ValueError, RecursionError):
        filled = {}
    lines = [f"{name}: {_flat(value)}" for name, value in filled.items() if name != "flow_token"]
    body = worded(answer.get("body"))
    words = "\n".join(filter(None, ["" if body == "Sent" and lines else body, *lines]))
    return Said(words or "A form was sent back.", attributes={"form": dict(filled)})


def _flat(value: Any, depth: int = 0) -> str:
    if isinstance(value, list) and depth < DEEPEST_FORM:
        return ", ".join(_flat(each, depth + 1) for each in value)
    return worded(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else json.dumps(value)


def _payload(value: Any) -> dict[str, Any]:
    return {"payload": worded(value)} if worded(value) else {}


def _media(item: Item) -> Said:
    kind = worded(item.get("type"))
    file = mapped(item.get(kind))
    ref = worded(file.get("id"))
    if not ref:
        # An attachment that the phone could not upload comes without an id.
        return _unknown(item)
    mime = worded(file.get("mime_type")).partition(";")[0].strip()
    meta = {name: True for name in ("voice", "animated") if file.get(name) is True}
    media = Media(
        {"id": ref},
        MEDIA[kind],
        filename=worded(file.get("filename"))[:255],
        content_type=mime[:255],
        byte_size=max(0, number(file.get("file_size"))),
        meta={**meta, **({"sticker": True} if kind == "sticker" else {})},
    )
    return Said(worded(file.get("caption")), [media])


def _location(item: Item) -> Said:
    place = mapped(item.get("location"))
    latitude, longitude = measured(place.get("latitude")), measured(place.get("longitude"))
    named = ", ".join(filter(None, [worded(place.get("name")), worded(place.get("address"))]))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return Said(named, unsupported_as="" if named else "a place that is nowhere")
    url = worded(place.get("url")) or None
    return Said(
        media=[
            Media(
                kind="location",
                title=named[:500] or None,
                latitude=latitude,
                longitude=longitude,
                external_url=url,
                meta=_worded(place, "name", "address"),
            )
        ]
    )


def _contacts(item: Item) -> Said:
    cards = [mapped(each) for each in listed(item.get("contacts"))[:MOST_CONTACTS]]
    media = [_card(card) for card in cards if card]
    return Said(media=media, unsupported_as="" if media else "a contact without a name or number")


def _card(card: Item) -> Media:
    name = mapped(card.get("name"))
    phones = [worded(each.get("phone")) or worded(each.get("wa_id")) for each in _each(card, "phones")]
    emails = [worded(each.get("email")) for each in _each(card, "emails")]
    meta: dict[str, Any] = _worded(name, "first_name", "last_name")
    meta |= {"phones": [phone[:40] for phone in phones if phone][:10]}
    if any(emails):
        meta["email"] = next(filter(None, emails))[:320]
    if company := worded(mapped(card.get("org")).get("company")):
        meta["company"] = company[:255]
    title = worded(name.get("formatted_name")) or " ".join(_worded(name, "first_name", "last_name").values())
    return Media(kind="contact", title=title[:255] or None, meta=meta)


def _order(item: Item) -> Said:
    order = mapped(item.get("order"))
    items = [
        {
            "product_id": worded(each.get("product_retailer_id")),
            "quantity": number(each.get("quantity")),
            "price": measured(each.get("item_price")),
            "currency": worded(each.get("currency"))[:8],
        }
        for each in _each(order, "product_items")[:100]
    ]
    words = worded(order.get("text"))
    return Said(words, attributes={"order": {"items": items, "text": words, **_worded(order, "catalog_id")}})


def _system(item: Item) -> Said:
    """Such as that somebody has another number now; Meta's own words tell it."""
    system = mapped(item.get("system"))
    words = worded(system.get("body"))
    attributes = {"system": worded(system.get("type"))[:60], **_worded(system, "wa_id", "user_id")}
    return Said(words, attributes=attributes, unsupported_as="" if words else "a notice of WhatsApp’s")


def _unknown(item: Item) -> Said:
    """Meta says why it cannot tell what it was; or it is a kind of which we do not know."""
    kind = worded(item.get("type"))[:60] or "no kind"
    inner = worded(mapped(item.get("unsupported")).get("type"))[:60]
    error = mapped(next(iter(listed(item.get("errors"))), {}))
    details = worded(mapped(error.get("error_data")).get("details")) or worded(error.get("title"))
    what = inner if inner and inner != "unknown" else ("" if kind == "unsupported" else kind)
    named = f"a message of the kind {what}" if what else "a message that WhatsApp does not hand on"
    return Said(unsupported_as=f"{named} ({details.rstrip('.')[:200]})" if details else named)


def _each(item: Item, name: str) -> list[Item]:
    return [mapped(each) for each in listed(item.get(name))]


def _worded(item: Item, *names: str) -> dict[str, Any]:
    return {name: worded(item.get(name))[:500] for name in names if worded(item.get(name))}


READ: Mapping[str, Callable[[Item], Said]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    **dict.fromkeys(MEDIA, _media),
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "system": _system,
}
