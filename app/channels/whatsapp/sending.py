"""Hands messages over to WhatsApp: files are brought to Meta first, where it takes them so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.channels.base import DeliveryFailed, File, Outbound, Sent
from app.channels.meta import GRAPH, GraphError, graph
from app.channels.whatsapp import interactive, templates
from app.channels.whatsapp.interactive import items_of, text_of
from app.channels.whatsapp.numbers import canonical, is_user_id
from app.channels.whatsapp.shape import listed, mapped, worded
from app.lib.storable import storable

MB = 1024 * 1024
CAPTION = 1024
RICH = frozenset({"input_select", "cards", "article"})
UPLOAD_SECONDS = 90.0
SEND_SECONDS = 20.0

# What Meta shows as what it is, and up to which size; everything else goes as a document.
SHOWN = {
    "image": ({"image/jpeg", "image/png"}, 5 * MB),
    "video": ({"video/mp4", "video/3gpp"}, 16 * MB),
    "audio": ({"audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"}, 16 * MB),
}
# What Meta's media endpoint takes; of other kinds it wants an address, and fetches it.
TAKEN = {
    "application/msword",
    "application/pdf",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "image/webp",
    "text/plain",
}.union(*(kinds for kinds, _ in SHOWN.values()))


def arranged(sends: Sequence[Outbound]) -> Sequence[Outbound]:
    """A text goes as the caption of its picture; each card is a message; what there is to choose from comes last."""
    offer = next((each for each in sends if each.content_type in RICH and items_of(each.content_attributes)), None)
    if offer is None:
        return _captioned(sends)
    said = [each for each in sends if each is not offer]
    if offer.text and (offer.content_type == "cards" or len(offer.text) > interactive.BUTTONS_BODY):
        texts = sum(not each.files for each in said)
        said.insert(texts, replace(offer, content_type="text", content_attributes={}, files=()))
        offer = replace(offer, text="")
    if offer.content_type != "cards":
        return [*said, offer]
    cards = items_of(offer.content_attributes)
    return [*said, *(replace(offer, content_attributes={"items": [card]}) for card in cards)]


def _captioned(sends: Sequence[Outbound]) -> Sequence[Outbound]:
    texts, files = [each for each in sends if not each.files], [each for each in sends if each.files]
    at = next((at for at, each in enumerate(files) if _kind(each.files[0]) != "audio"), None)
    if len(texts) != 1 or at is None or not texts[0].text or len(texts[0].text) > CAPTION:
        return sends
    return [replace(each, text=texts[0].text) if n == at else each for n, each in enumerate(files)]


def sent(outbound: Outbound, *, phone_number_id: str, token: str) -> Sent:
    """Raises DeliveryFailed."""
    way = Way(phone_number_id, token)
    body = {"messaging_product": "whatsapp", **_to(outbound), **_said(outbound, way)}
    if outbound.reply_to:
        body["context"] = {"message_id": outbound.reply_to}
    # Comes back with each status, so that a send whose answer was lost can be found in Meta's own lists.
    body["biz_opaque_callback_data"] = outbound.key[:512]
    answer = graph(
        GRAPH, "POST", f"/{phone_number_id}/messages", token=token, json=storable(body), timeout=SEND_SECONDS
    )
    return Sent(worded(mapped(next(iter(listed(answer.get("messages"))), {})).get("id")))


def _to(outbound: Outbound) -> dict[str, str]:
    if outbound.thread:
        return {"recipient_type": "group", "to": outbound.thread}
    named = "recipient" if is_user_id(outbound.to) else "to"
    return {"recipient_type": "individual", named: canonical(outbound.to) or outbound.to}


def _said(outbound: Outbound, way: Way) -> dict[str, Any]:
    told = mapped(outbound.content_attributes.get("template"))
    if told:
        media = _media(outbound.files[0], way) if outbound.files else None
        return templates.filled(told, media)
    if outbound.files:
        media = _media(outbound.files[0], way)
        if outbound.text and media["type"] != "audio":
            media[media["type"]]["caption"] = outbound.text[:CAPTION]
        return media
    items = items_of(outbound.content_attributes)
    if items and outbound.content_type == "input_select":
        return interactive.choices(outbound.text, items)
    if items and outbound.content_type == "cards":
        return interactive.card(items[0])
    if items and outbound.content_type == "article":
        return interactive.articles(outbound.text, items)
    if not outbound.text.replace("\0", "").strip():
        raise DeliveryFailed("There is nothing to send.", permanent=True)
    return text_of(outbound.text)


def _kind(file: File) -> str:
    """What Meta shows it as."""
    mime = _mime(file)
    fitting = (kind for kind, (types, most) in SHOWN.items() if mime in types and file.byte_size <= most)
    return next(fitting, "document")


def _mime(file: File) -> str:
    return file.content_type.partition(";")[0].strip().lower() or "application/octet-stream"


def _media(file: File, way: Way) -> dict[str, Any]:
    """`{"type": "image", "image": {…}}`: by the id of what was brought to Meta, or by its address."""
    kind = _kind(file)
    place = {"id": way.brought(file)} if _mime(file) in TAKEN else {"link": file.url}
    if kind == "document":
        place["filename"] = _filename(file)
    return {"type": kind, kind: place}


def _filename(file: File) -> str:
    words = "".join(sign if sign.isprintable() and sign not in '"\\/' else " " for sign in str(storable(file.filename)))
    return " ".join(words.split())[:240] or "file"


class Way:
    """To one number's place at Meta."""

    def __init__(self, phone_number_id: str, token: str) -> None:
        self.phone_number_id = phone_number_id
        self.token = token

    def brought(self, file: File) -> str:
        """Upload it; the id that Meta knows it by. A file that is there twice does no harm."""
        with file.open() as stream:
            files: Mapping[str, Any] = {"file": (_filename(file), stream, _mime(file))}
            data = {"messaging_product": "whatsapp", "type": _mime(file)}
            try:
                answer = graph(
                    GRAPH,
                    "POST",
                    f"/{self.phone_number_id}/media",
                    token=self.token,
                    files=files,
                    data=data,
                    timeout=UPLOAD_SECONDS,
                )
            except GraphError as failed:
                failed.is_unsure = False
                raise
        if not worded(answer.get("id")):
            raise DeliveryFailed("WhatsApp took the file, but gave no id for it.", permanent=False)
        return worded(answer["id"])
