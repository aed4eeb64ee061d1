"""What a message of Telegram's says and carries: words, files, places, people, and what stands for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.channels.incoming import Media
from app.channels.telegram.reading import coordinate, full_name, number, text, thing, things
from app.lib.filename import clean_filename

Said = Mapping[str, Any]

# What may be in a message that nobody said: the program's own notes, or parts of what is said.
_ABOUT = frozenset(
    {
        *("message_id", "from", "chat", "date", "edit_date", "text", "entities", "caption", "caption_entities"),
        *("media_group_id", "reply_to_message", "external_reply", "quote", "reply_to_story", "reply_markup", "via_bot"),
        *("forward_origin", "is_automatic_forward", "author_signature", "sender_chat", "has_protected_content"),
        *("has_media_spoiler", "show_caption_above_media", "link_preview_options", "effect_id", "is_topic_message"),
        *(
            "message_thread_id",
            "business_connection_id",
            "sender_business_bot",
            "is_from_offline",
            "sender_boost_count",
        ),
        *("forward_from", "forward_from_chat", "forward_from_message_id", "forward_signature", "forward_sender_name"),
        *("forward_date", "paid_star_count", "direct_messages_topic", "is_paid_post", "sender_tag"),
    }
)
_NOTES = frozenset(
    {
        *("pinned_message", "message_auto_delete_timer_changed", "write_access_allowed", "connected_website"),
        *("chat_background_set", "boost_added", "new_chat_members", "left_chat_member", "new_chat_title"),
        *("new_chat_photo", "delete_chat_photo", "group_chat_created", "supergroup_chat_created"),
        *("channel_chat_created", "migrate_to_chat_id", "migrate_from_chat_id", "proximity_alert_triggered"),
        *("forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened"),
        *("general_forum_topic_hidden", "general_forum_topic_unhidden", "video_chat_scheduled", "video_chat_started"),
        *("video_chat_ended", "video_chat_participants_invited", "giveaway_created", "giveaway_completed"),
        *(
            "checklist_tasks_done",
            "checklist_tasks_added",
            "direct_message_price_changed",
            "users_shared",
            "chat_shared",
        ),
        *("paid_message_price_changed", "chat_owner_left", "chat_owner_changed", "managed_bot_created"),
        *("poll_option_added", "poll_option_deleted", "refunded_payment"),
    }
)
# What we cannot show, as people call it.
_NAMES = {
    "giveaway": "a giveaway",
    "giveaway_winners": "the winners of a giveaway",
    "paid_media": "media that are paid for",
    "successful_payment": "a payment",
    "passport_data": "passport data",
    "story": "a story",
    "gift": "a gift",
    "unique_gift": "a gift",
    "gift_upgrade_sent": "a gift",
    "sticker": "a sticker",
}


@dataclass(frozen=True)
class Contents:
    """`unsupported` names what cannot be shown; a message that is only a note of the program's has nothing at all."""

    words: str = ""
    media: tuple[Media, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    unsupported: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.words.strip() or self.media or self.unsupported)


def contents_of(message: Said) -> Contents:
    words = spelled_out(text(message.get("text")), message.get("entities")) or spelled_out(
        text(message.get("caption")), message.get("caption_entities")
    )
    for name, read in _READERS.items():
        # An animation is told of as a document, too; a venue as a location: the first that fits is meant.
        if found := message.get(name):
            # A picture is a list of its sizes.
            media, more, attributes = read(found if isinstance(found, dict) else {"sizes": found})
            if media or more:
                return Contents("\n".join(filter(None, (words, more))), media, attributes)
    if words.strip():
        return Contents(words)
    kinds = [name for name in message if name not in _ABOUT and name not in _NOTES]
    if not kinds:
        return Contents()
    return Contents(unsupported=next((_NAMES[kind] for kind in kinds if kind in _NAMES), "a message of a new kind"))


def spelled_out(words: str, entities: Any) -> str:
    """Plain text: a link that hides behind words stands behind them. Telegram counts in UTF-16."""
    links = [each for each in things(entities) if each.get("type") == "text_link" and text(each.get("url"))]
    if not links:
        return words
    units = words.encode("utf-16-le", "surrogatepass")
    for link in sorted(links, key=lambda each: number(each.get("offset")), reverse=True):
        begin = 2 * number(link.get("offset"))
        end = begin + 2 * number(link.get("length"))
        url = text(link.get("url"))
        if not 0 <= begin < end <= len(units) or _decoded(units[begin:end]).strip() in (url, url.rstrip("/")):
            continue
        units = units[:end] + f" ({url})".encode("utf-16-le", "surrogatepass") + units[end:]
    return _decoded(units)


def _decoded(units: bytes) -> str:
    return units.decode("utf-16-le", "replace")


Read = tuple[tuple[Media, ...], str, Mapping[str, Any]]


def _file(
    found: Said, kind: str, filename: str = "", content_type: str = "", *, title: str = "", **meta: Any
) -> tuple[Media, ...]:
    file_id = text(found.get("file_id"))
    if not file_id:
        return ()
    return (
        Media(
            {"file_id": file_id},
            kind,
            clean_filename(text(found.get("file_name")) or filename),
            text(found.get("mime_type")) or content_type,
            max(number(found.get("file_size")), 0),
            title=title or None,
            meta=meta,
        ),
    )


def largest(sizes: Any) -> dict[str, Any]:
    """The largest of the sizes that a picture is kept in."""
    return max(things(sizes), key=lambda each: number(each.get("width")) * number(each.get("height")), default={})


def _photo(found: Said) -> Read:
    return _file(largest(found.get("sizes")), "image", "photo.jpg", "image/jpeg"), "", {}


def _live_photo(found: Said) -> Read:
    return _file(found, "video", "live-photo.mp4", "video/mp4"), "", {}


def _animation(found: Said) -> Read:
    return _file(found, "video", "animation.mp4", "video/mp4"), "", {}


def _video(found: Said) -> Read:
    return _file(found, "video", "video.mp4", "video/mp4"), "", {}


def _video_note(found: Said) -> Read:
    return _file(found, "video", "video-note.mp4", "video/mp4"), "", {}


def _voice(found: Said) -> Read:
    return _file(found, "audio", "voice.ogg", "audio/ogg"), "", {}


def _audio(found: Said) -> Read:
    title = " – ".join(filter(None, (text(found.get("performer")), text(found.get("title")))))
    return _file(found, "audio", f"{title or 'audio'}.mp3", "audio/mpeg"), "", {}


def _document(found: Said) -> Read:
    kind = text(found.get("mime_type")).partition("/")[0]
    return _file(found, kind if kind in ("image", "audio", "video") else "file", "document"), "", {}


def _sticker(found: Said) -> Read:
    """One that moves is shown by its still picture: browsers cannot draw Telegram's own form."""
    emoji = text(found.get("emoji"))
    moves = found.get("is_animated") or found.get("is_video")
    picture = (thing(found, "thumbnail") or thing(found, "thumb")) if moves else found
    still = _file(picture, "image", "sticker.webp", "image/webp", title=emoji, is_sticker=True)
    return still, "" if still else emoji, {}


def _venue(found: Said) -> Read:
    title = ", ".join(filter(None, (text(found.get("title")), text(found.get("address")))))
    return _place(thing(found, "location"), title), "", {}


def _location(found: Said) -> Read:
    return _place(found, "Live location" if number(found.get("live_period")) else ""), "", {}


def _place(found: Said, title: str) -> tuple[Media, ...]:
    latitude, longitude = coordinate(found.get("latitude"), 90), coordinate(found.get("longitude"), 180)
    if latitude is None or longitude is None:
        return ()
    return (Media(kind="location", latitude=latitude, longitude=longitude, title=title or None),)


def _contact(found: Said) -> Read:
    phone = text(found.get("phone_number"))
    name = full_name(found)
    if not phone and not name:
        return (), "", {}
    # Telegram leaves out the plus of whole numbers.
    whole = f"+{phone}" if phone.isdecimal() and not phone.startswith("0") and len(phone) > 7 else phone
    meta = {
        "phones": [whole] if whole else [],
        "first_name": text(found.get("first_name")),
        "last_name": text(found.get("last_name")),
    }
    return (Media(kind="contact", title=name or whole, meta=meta),), "", {}


def _dice(found: Said) -> Read:
    return (), f"{text(found.get('emoji')) or '🎲'} {number(found.get('value'))}", {}


def _poll(found: Said) -> Read:
    options = [text(each.get("text")) for each in things(found.get("options"))]
    return (), "\n".join([f"📊 {text(found.get('question'))}", *(f"- {option}" for option in options)]), {}


def _checklist(found: Said) -> Read:
    tasks = [
        f"- [{'x' if each.get('completion_date') else ' '}] {text(each.get('text'))}"
        for each in things(found.get("tasks"))
    ]
    return (), "\n".join([f"☑ {text(found.get('title'))}", *tasks]), {}


def _game(found: Said) -> Read:
    return (), "\n".join(filter(None, (f"🎮 {text(found.get('title'))}", text(found.get("description"))))), {}


def _invoice(found: Said) -> Read:
    return (), "\n".join(filter(None, (f"🧾 {text(found.get('title'))}", text(found.get("description"))))), {}


def _web_app_data(found: Said) -> Read:
    return (), text(found.get("button_text")) or text(found.get("data")), {"payload": text(found.get("data"))}


def _story(found: Said) -> Read:
    if address := story_url(found):
        return (Media(kind="share", external_url=address, title="A story"),), "", {}
    return (), "", {}


def story_url(story: Said) -> str:
    """Where a story is seen; empty where its author has no public name."""
    name, which = text(thing(story, "chat").get("username")), number(story.get("id"))
    return f"https://t.me/{name}/s/{which}" if name.isidentifier() and which > 0 else ""


_READERS: dict[str, Callable[[Said], Read]] = {
    "photo": _photo,
    "animation": _animation,
    "live_photo": _live_photo,
    "video": _video,
    "video_note": _video_note,
    "voice": _voice,
    "audio": _audio,
    "document": _document,
    "sticker": _sticker,
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "dice": _dice,
    "poll": _poll,
    "checklist": _checklist,
    "game": _game,
    "invoice": _invoice,
    "web_app_data": _web_app_data,
    "story": _story,
}
