"""What Telegram tells: its updates as letters, and what each letter says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.channels.incoming import Deleted, Echo, Edited, Envelope, Fact, Inbound, Person, Reaction, Unsupported
from app.channels.telegram.contents import contents_of, story_url
from app.channels.telegram.reading import full_name, moment, number, text, thing, things

# All that we ask Telegram for; reactions come only where they are asked for.
KINDS = (
    "message",
    "edited_message",
    "callback_query",
    "message_reaction",
    "my_chat_member",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
)
# Where a kind of update says which chat it is of.
_CHATS = {"callback_query": ("message", "chat"), "business_connection": ("user",)}
_LONGEST_PAYLOAD = 64


def letter_of(address: str, update: Any) -> Envelope | None:
    """The letter of one update; of a group or channel only that something came, as nobody there writes to us."""
    which = number(update.get("update_id")) if isinstance(update, dict) else 0
    if not address or which <= 0:
        return None
    kind = next((name for name in KINDS if isinstance(update.get(name), dict)), "")
    body = thing(update, kind)
    chat = thing(body, *_CHATS.get(kind, ("chat",)))
    is_private = chat.get("type", "private") == "private" and number(chat.get("id")) > 0
    said = thing(body, "message") if kind == "callback_query" else body
    return Envelope(
        address=address,
        sender=str(number(chat.get("id"))) if is_private else "",
        key=f"update-{which}",
        payload={kind: body} if kind and is_private else {"left_out": kind or "unknown"},
        provider_at=moment(said.get("edit_date")) or moment(said.get("date")),
    )


def facts_of(payload: Mapping[str, Any], *, bot: str) -> Sequence[Fact]:
    """What a letter says. `bot` is the id of our own, whose messages are told of in the chats of business accounts."""
    for kind in ("message", "business_message"):
        if said := thing(payload, kind):
            return _said(said, bot)
    for kind in ("edited_message", "edited_business_message"):
        if edited := thing(payload, kind):
            return _edited(edited)
    if pressed := thing(payload, "callback_query"):
        return _pressed(pressed)
    if reacted := thing(payload, "message_reaction"):
        return _reacted(reacted)
    return _deleted(thing(payload, "deleted_business_messages"))


def source_of(message: Mapping[str, Any], which: int = 0) -> str:
    """How we call a message: its number means something only in its chat, and in the account the chat is in."""
    chat, which = number(thing(message, "chat").get("id")), which or number(message.get("message_id"))
    account = text(message.get("business_connection_id"))
    return f"{account}/{chat}/{which}" if account else f"{chat}/{which}"


def number_in(source_id: str) -> int:
    """The number of a message, out of what we call it."""
    last = source_id.rpartition("/")[2]
    return int(last) if last.isdecimal() and len(last) < 18 else 0


def person_of(user: Mapping[str, Any]) -> Person:
    """Of a user, or of the private chat with one."""
    which, name = str(number(user.get("id"))), text(user.get("username"))
    attributes = {
        "social_telegram_user_id": which,
        "social_telegram_user_name": name,
        "username": name,
        "language_code": text(user.get("language_code")),
        "social_profiles": {"telegram": name} if name else {},
    }
    return Person(
        which,
        name=full_name(user) or name,
        locale=text(user.get("language_code"))[:20],
        attributes={key: value for key, value in attributes.items() if value},
    )


def _said(message: Mapping[str, Any], bot: str) -> Sequence[Fact]:
    chat, author = thing(message, "chat"), thing(message, "from")
    account = text(message.get("business_connection_id"))
    if not number(chat.get("id")) or not number(message.get("message_id")):
        return ()
    if account and number(author.get("id")) != number(chat.get("id")):
        return _echoed(message, chat, account, bot)
    contents = contents_of(message)
    if contents.is_empty:
        return ()
    source, at = source_of(message), moment(message.get("date"))
    person = person_of({**chat, **author})
    if contents.unsupported:
        return [Unsupported(contents.unsupported, sender=person, source_id=source, provider_at=at)]
    begun_with = _begun_with(message)
    return [
        Inbound(
            contents.words,
            source_id=source,
            content_attributes={**_attributes(message), **contents.attributes, **begun_with},
            attachments=contents.media,
            reply_to_source=_answered(message),
            provider_at=at,
            sender=person,
            begun_with=begun_with,
            thread=account,
        )
    ]


def _echoed(message: Mapping[str, Any], chat: Mapping[str, Any], account: str, bot: str) -> Sequence[Fact]:
    """What the owner of a business account wrote there, by hand or by another program."""
    contents = contents_of(message)
    if contents.is_empty or str(number(thing(message, "sender_business_bot").get("id"))) == bot:
        return ()
    return [
        Echo(
            person_of(chat),
            contents.words or (f"({contents.unsupported})" if contents.unsupported else ""),
            source_of(message),
            attachments=contents.media,
            provider_at=moment(message.get("date")),
            thread=account,
        )
    ]


def _attributes(message: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if origin := thing(message, "forward_origin") or thing(message, "forward_from"):
        told["is_forwarded"] = True
        whose = thing(origin, "sender_user") or thing(origin, "sender_chat") or thing(origin, "chat")
        name = full_name(whose) or text(whose.get("title")) or text(origin.get("sender_user_name"))
        if name:
            told["forwarded_from"] = name
    if album := text(message.get("media_group_id")):
        told["album"] = album
    if quoted := text(thing(message, "quote").get("text")):
        told["quote"] = quoted
    if story := thing(message, "reply_to_story"):
        told["story"] = {"id": str(number(story.get("id"))), "url": story_url(story)}
    return told


def _begun_with(message: Mapping[str, Any]) -> dict[str, Any]:
    """The word behind a link t.me/<bot>?start=<word>: where they come from."""
    command, _, word = text(message.get("text")).partition(" ")
    if command != "/start" or not word.strip():
        return {}
    word = word.strip()[:_LONGEST_PAYLOAD]
    return {"referral": {"source": "link", "headline": f"By the link with “{word}”", "ref": word}}


def _answered(message: Mapping[str, Any]) -> str | None:
    answered = thing(message, "reply_to_message")
    if not number(answered.get("message_id")):
        return None
    return source_of({**message, "message_id": answered["message_id"]})


def _edited(message: Mapping[str, Any]) -> Sequence[Fact]:
    """New words; a place that moves, or another picture, is no news of them."""
    contents = contents_of(message)
    if not contents.words or not ({"text", "caption", "poll", "checklist"} & message.keys()):
        return ()
    return [Edited(source_of(message), contents.words)]


def _pressed(pressed: Mapping[str, Any]) -> Sequence[Fact]:
    """A button below a message of ours; its words are in that message, as long as Telegram still has it."""
    message, payload = thing(pressed, "message"), text(pressed.get("data"))
    if not message or not text(pressed.get("id")) or not payload:
        return ()
    rows = thing(message, "reply_markup").get("inline_keyboard")
    buttons = (
        [button for row in rows if isinstance(row, list) for button in things(row)] if isinstance(rows, list) else []
    )
    words = next((text(button.get("text")) for button in buttons if button.get("callback_data") == payload), "")
    return [
        Inbound(
            words or payload,
            source_id=f"pressed/{text(pressed.get('id'))}",
            content_attributes={"payload": payload},
            reply_to_source=source_of(message),
            sender=person_of({**thing(message, "chat"), **thing(pressed, "from")}),
            thread=text(message.get("business_connection_id")),
        )
    ]


def _reacted(reacted: Mapping[str, Any]) -> Sequence[Fact]:
    who = number(thing(reacted, "user").get("id"))
    if not who or not number(reacted.get("message_id")):
        return ()
    kinds = things(reacted.get("new_reaction"))
    # Emoji of somebody's own making have no letter.
    shown = [text(each.get("emoji")) or {"paid": "⭐"}.get(text(each.get("type")), "✨") for each in kinds]
    return [Reaction(source_of(reacted), str(who), shown[0] if shown else "")]


def _deleted(deleted: Mapping[str, Any]) -> Sequence[Fact]:
    numbers = deleted.get("message_ids")
    if not isinstance(numbers, list):
        return ()
    return [Deleted(source_of(deleted, number(which))) for which in numbers[:1000] if number(which)]
