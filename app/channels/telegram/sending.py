"""Hands our messages over to Telegram: words, pictures, films, sounds, files, albums, and what can be pressed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from html import unescape
from itertools import groupby
from typing import Any

from app.channels.outgoing import DeliveryFailed, File, Outbound, Sent
from app.channels.telegram import keyboards
from app.channels.telegram.api import TelegramError, call
from app.channels.telegram.reading import number, text, thing, things
from app.channels.telegram.updates import number_in, source_of
from app.lib.channel_text import length
from app.lib.filename import clean_filename
from app.lib.storable import storable

LONGEST_CAPTION = 1024
LARGEST_PHOTO = 10_000_000
MOST_IN_ALBUM = 10

# How each way of sending calls the file, by the method's name; `album` is what it may be together with.
_ALBUMS = {"photo": "pictures", "video": "pictures", "audio": "audio", "document": "document"}
_METHODS = {
    "photo": "sendPhoto",
    "video": "sendVideo",
    "animation": "sendAnimation",
    "audio": "sendAudio",
    "voice": "sendVoice",
    "document": "sendDocument",
}
_WAYS = {
    "image/jpeg": "photo",
    "image/png": "photo",
    "image/webp": "photo",
    "image/gif": "animation",
    "video/mp4": "video",
    "audio/mpeg": "audio",
    "audio/mp3": "audio",
    "audio/mp4": "audio",
    "audio/x-m4a": "audio",
    "audio/m4a": "audio",
    "audio/ogg": "voice",
    "audio/opus": "voice",
}
# What Telegram says of a file that is none of the kind it was sent as; as a document it takes any.
_NOT_THAT_KIND = re.compile(
    r"PHOTO_INVALID_DIMENSIONS|IMAGE_PROCESS_FAILED|PHOTO_SAVE_FILE_INVALID|PHOTO_EXT_INVALID|VOICE_MESSAGES_FORBIDDEN"
    r"|file must be|can't (?:parse|process)|wrong type"
)
_NOT_FOUND = re.compile(r"wrong file identifier|failed to get HTTP URL content|wrong type of the web page|WEBPAGE_")


def arranged(sends: Sequence[Outbound]) -> Sequence[Outbound]:
    """Files go in albums of what may be together, the words as their caption where they are short; each card by itself."""
    said: list[Outbound] = []
    for send in sends:
        bundles = [replace(send, text="", files=bundle, content_type="text") for bundle in _bundles(send.files)]
        alone = replace(send, files=())
        if send.content_type == "cards":
            said += [*bundles, *_cards(alone)]
        elif bundles and send.content_type == "text" and _is_caption(send.text):
            said += [replace(bundles[0], text=send.text), *bundles[1:]]
        elif send.content_type == "text":
            said += [alone, *bundles] if send.text or not bundles else bundles
        else:
            said += [*bundles, alone]
    return said


def send(token: str, outbound: Outbound) -> Sent:
    """Raises DeliveryFailed."""
    if not outbound.to.isdecimal():
        raise DeliveryFailed(f"“{outbound.to}” is no private chat of Telegram's.", permanent=True)
    files = list(outbound.files)
    if len(files) > 1:
        return _sent(_send_album(token, outbound, files))
    if files:
        return _sent(_send_file(token, outbound, files[0]))
    if outbound.content_type == "cards":
        return _sent(_send_card(token, outbound))
    words, keyboard = _words(outbound)
    if not words.strip():
        raise DeliveryFailed("There is nothing to send.", permanent=True)
    return _sent(call(token, "sendMessage", {**_to(outbound), **_marked("text", words), "reply_markup": keyboard}))


def _words(outbound: Outbound) -> tuple[str, keyboards.Keyboard | None]:
    items = outbound.content_attributes.get("items")
    if outbound.content_type == "input_select":
        return outbound.text or keyboards.titles(items), keyboards.choices(items)
    if outbound.content_type == "article":
        return "\n\n".join(filter(None, (outbound.text, keyboards.articles_text(items)))), None
    return outbound.text, None


def _send_card(token: str, outbound: Outbound) -> Any:
    card = next(iter(things(outbound.content_attributes.get("items"))), {})
    words, picture = keyboards.card_text(card), text(card.get("media_url"))
    values = {**_to(outbound), "reply_markup": keyboards.actions(card)}
    if picture and _is_caption(words):
        try:
            return call(token, "sendPhoto", {**values, "photo": picture, **_marked("caption", words)})
        except TelegramError as refused:
            if refused.code != 400 or not _NOT_FOUND.search(refused.description):
                raise
    # A picture that Telegram cannot have is no reason to say nothing.
    return call(token, "sendMessage", {**values, **_marked("text", words)})


def _send_file(token: str, outbound: Outbound, file: File) -> Any:
    way = _way(file)
    try:
        return _upload(token, outbound, file, way)
    except TelegramError as refused:
        if way == "document" or refused.code != 400 or not _NOT_THAT_KIND.search(refused.description):
            raise
    return _upload(token, outbound, file, "document")


def _upload(token: str, outbound: Outbound, file: File, way: str) -> Any:
    more: dict[str, Any] = {}
    if way == "video":
        more["supports_streaming"] = True
    if way == "document":
        more["disable_content_type_detection"] = True
    values = {**_to(outbound), **more, **(_marked("caption", outbound.text) if outbound.text else {})}
    with file.open() as content:
        return call(token, _METHODS[way], values, files={way: (clean_filename(file.filename), content, _type(file))})


def _send_album(token: str, outbound: Outbound, files: Sequence[File]) -> Any:
    media: list[dict[str, Any]] = []
    for at, file in enumerate(files):
        way = _way(file)
        words = _marked("caption", outbound.text) if outbound.text and not at else {}
        media.append({"type": way, "media": f"attach://file{at}", **words})
    with ExitStack() as opened:
        contents = {
            f"file{at}": (clean_filename(file.filename), opened.enter_context(file.open()), _type(file))
            for at, file in enumerate(files)
        }
        return call(token, "sendMediaGroup", {**_to(outbound), "media": media}, files=contents)


def _to(outbound: Outbound) -> dict[str, Any]:
    answered = number_in(outbound.reply_to or "")
    quoted = {"message_id": answered, "allow_sending_without_reply": True} if answered else None
    values = {
        "chat_id": int(outbound.to),
        "business_connection_id": outbound.thread or None,
        "reply_parameters": quoted,
    }
    return {name: value for name, value in values.items() if value is not None}


def _marked(name: str, words: str) -> dict[str, str]:
    return {name: str(storable(words)), "parse_mode": "HTML"}


def _sent(result: Any) -> Sent:
    """An album is called by its first message."""
    first = result[0] if isinstance(result, list) and result else result
    message = thing(first)
    return Sent(source_of(message) if number(message.get("message_id")) else "")


def _cards(outbound: Outbound) -> Iterator[Outbound]:
    if outbound.text.strip():
        yield replace(outbound, content_type="text", content_attributes={})
    for item in things(outbound.content_attributes.get("items")):
        yield replace(outbound, text="", content_attributes={"items": [item]})


def _bundles(files: Sequence[File]) -> Iterator[Sequence[File]]:
    """As they came, those that may be together in one."""
    for album, group in groupby(files, key=lambda file: _ALBUMS.get(_way(file), "")):
        found = list(group)
        most = MOST_IN_ALBUM if album else 1
        yield from (found[at : at + most] for at in range(0, len(found), most))


def _way(file: File) -> str:
    way = _WAYS.get(file.content_type.partition(";")[0].strip().lower(), "document")
    return "document" if way == "photo" and file.byte_size > LARGEST_PHOTO else way


def _type(file: File) -> str:
    return file.content_type if file.content_type.isascii() and file.content_type.isprintable() else ""


def _is_caption(words: str) -> bool:
    """Telegram counts what is left of its HTML."""
    return length(unescape(re.sub(r"<[^>]*>", "", words)), "utf16") <= LONGEST_CAPTION
