"""What a message brings beside its words (a story, an ad, an order, a form that was filled in), however a channel wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from app.models.attachment import Attachment
    from app.models.message import Message

MOST_LINES = 50
MOST_BUTTONS = 10
SHORT, LONG = 200, 2_000
STORIES = ("story_mention", "story_reply", "ig_story")
SHARES = {
    "share": "Shared post",
    "ig_post": "Instagram post",
    "ig_reel": "Reel",
    "embed": "Shared page",
    "fallback": "Shared link",
}
STORY_KINDS = {
    "story_reply": "Replied to your story",
    "story_mention": "Mentioned you in their story",
    "ig_story": "Shared a story",
}
# By what a channel says of a story.
TOLD = {"mention": "story_mention", "share": "ig_story"}
SOURCES = {
    **dict.fromkeys(("ad", "ads", ""), "From an ad"),
    **dict.fromkeys(("link", "shortlink", "short_link"), "By a link"),
    "post": "From a post",
}


@dataclass(frozen=True)
class Referral:
    """Where a conversation came from: an ad that was pressed, mostly."""

    source: str
    headline: str
    body: str
    url: str
    picture: str


@dataclass(frozen=True)
class OrderLine:
    name: str
    quantity: str
    price: str


@dataclass(frozen=True)
class Order:
    """`total` is empty where a price is missing, or the currencies differ; `more` are lines that are not shown."""

    lines: Sequence[OrderLine]
    total: str
    note: str
    more: int


@dataclass(frozen=True)
class Form:
    """A message after a form that the provider approved: what stands around its words, where these do not say it already."""

    name: str
    header: str
    media_kind: str
    media_url: str
    footer: str
    buttons: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Story:
    """`file` is what was kept of it; without one and without an address it can no longer be seen."""

    words: str
    url: str
    file: Attachment | None

    @property
    def is_gone(self) -> bool:
        if self.file is None:
            return not self.url
        # Where it could not be fetched, its address leads nowhere either.
        return not self.file.storage_key and (self.file.state == "failed" or not (self.url or self.file.ref))


@dataclass(frozen=True)
class Rich:
    is_forwarded: bool
    is_pressed: bool
    """It is the press of a button, not something that was typed."""
    notice: str
    """What its channel makes of it, in words."""
    product: str
    """Which one it is about."""
    link: str
    """Where it stands in public."""
    stories: Sequence[Story]
    referral: Referral | None
    order: Order | None
    form: Form | None


def rich_of(message: Message) -> Rich:
    said = message.content_attributes
    product = _mapping(said.get("product"))
    return Rich(
        is_forwarded=said.get("is_forwarded") is True or said.get("forwarded") is True,
        is_pressed=isinstance(said.get("payload"), str),
        notice=_text(said.get("notice"), SHORT),
        product=_text(product.get("name") or product.get("product_retailer_id"), SHORT),
        link=web_link(said.get("link")),
        stories=_stories(message),
        referral=_referral(_mapping(said.get("referral"))),
        order=_order(_mapping(said.get("order"))),
        form=_form(_mapping(said.get("template"))),
    )


def host_of(url: str) -> str:
    """Whose page an address leads to, for people to read."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")[:SHORT]
    except ValueError:
        return ""


def web_link(value: Any) -> str:
    """`value` where it is an address of the web; else nothing."""
    is_one = isinstance(value, str) and value.lower().startswith(("https://", "http://")) and len(value) <= 2 * LONG
    return value if is_one else ""


def pressable(value: Any) -> str:
    """`value` where it may stand behind something to press; else nothing."""
    is_call = isinstance(value, str) and value.lower().startswith(("mailto:", "tel:"))
    return str(value) if is_call else web_link(value)


def is_sticker(file: Attachment) -> bool:
    is_named_so = file.kind == "image" and file.filename in ("sticker", "emoji")
    return (
        file.kind == "sticker" or is_named_so or any(file.meta.get(name) is True for name in ("is_sticker", "sticker"))
    )


def _stories(message: Message) -> Sequence[Story]:
    """Those that were kept, and the one that is only spoken of."""
    told = _mapping(message.content_attributes.get("story"))
    url = web_link(told.get("url"))
    files = [file for file in message.attachments if file.kind in STORIES]
    if not files and not told:
        return ()
    kind = TOLD.get(_text(told.get("kind"), 20), "story_reply")
    if not files:
        return (Story(STORY_KINDS[kind], url, None),)
    return tuple(Story(STORY_KINDS.get(file.kind, "Story"), file.link or url, file) for file in files)


def _referral(told: Mapping[str, Any]) -> Referral | None:
    if not told:
        return None
    source = _text(told.get("source_type") or told.get("source"), SHORT).lower()
    pictures = (told.get(name) for name in ("picture", "image_url", "thumbnail_url", "photo_url"))
    return Referral(
        source=SOURCES.get(source, "From an ad" if "ad" in source.split("_") else "From elsewhere"),
        headline=_text(told.get("headline") or told.get("title"), SHORT),
        body=_text(told.get("body"), LONG),
        url=web_link(told.get("url") or told.get("source_url")),
        picture=next((link for each in pictures if (link := web_link(each))), ""),
    )


def _order(told: Mapping[str, Any]) -> Order | None:
    given = told.get("items", told.get("product_items"))
    items = [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []
    if not items:
        return None
    lines = [_line(item) for item in items[:MOST_LINES]]
    return Order(lines, _total(items), _text(told.get("text"), LONG), len(items) - len(lines))


def _line(item: Mapping[str, Any]) -> OrderLine:
    name = next((item[key] for key in ("name", "title", "product_id", "product_retailer_id") if item.get(key)), "")
    price = _number(item.get("price", item.get("item_price")))
    return OrderLine(
        name=_text(name, SHORT) or "Something",
        quantity=_written(quantity) if (quantity := _number(item.get("quantity"))) is not None else "",
        price=_money(price, _text(item.get("currency"), 10)) if price is not None else "",
    )


def _total(items: Sequence[Mapping[str, Any]]) -> str:
    currencies = {_text(item.get("currency"), 10) for item in items}
    total = Decimal(0)
    for item in items:
        price = _number(item.get("price", item.get("item_price")))
        quantity = _number(item.get("quantity", 1))
        if price is None or quantity is None:
            return ""
        total += price * quantity
    return _money(total, currencies.pop()) if len(currencies) == 1 else ""


def _form(told: Mapping[str, Any]) -> Form | None:
    if not told:
        return None
    params = _mapping(told.get("params"))
    head = params.get("header", told.get("header"))
    given = _mapping(head) if not isinstance(head, str) else {"text": head}
    kind = _text(given.get("media_type") or given.get("kind") or given.get("type"), 20).lower()
    kind = kind or ("location" if given.get("latitude") else "")
    buttons = told.get("buttons")
    return Form(
        name=_text(told.get("name"), SHORT),
        header=_text(given.get("text"), SHORT),
        media_kind=kind if kind in ("image", "video", "document", "location") else "",
        media_url=web_link(given.get("media_url") or given.get("url") or given.get("link")),
        footer=_text(told.get("footer"), SHORT),
        buttons=[
            (_text(each.get("kind") or each.get("type"), 20).lower(), _text(each.get("text"), SHORT))
            for each in (buttons if isinstance(buttons, list) else ())[:MOST_BUTTONS]
            if isinstance(each, Mapping) and _text(each.get("text"), SHORT)
        ],
    )


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value)[:30].strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < Decimal(10) ** 15 else None


def _money(amount: Decimal, currency: str) -> str:
    return f"{currency} {amount:,.2f}".strip()


def _written(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any, longest: int) -> str:
    """`value` as people read it, cut where it is too long; nothing where it is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    words = str(value).strip()
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"
