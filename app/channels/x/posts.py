"""What is posted to a profile: mentions, answers and quotes are conversations, its own answers stand in them, reposts are none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.channels.incoming import Deleted, Echo, Edited, Fact, Inbound, Media
from app.channels.x import words
from app.channels.x.letters import moment
from app.lib.loose import a_dict, a_list, a_text

THREAD = "tweet:"
# The older format does not say which thread a post belongs to: then all posts of a person are one conversation.
ANY_THREAD = "tweet:any"
_LEADING = re.compile(r"(?:@\w{1,15}\s+)+(?=\S)", re.ASCII)


def posted(post: Mapping[str, Any], *, ours: str, is_blocked: bool = False) -> Sequence[Fact]:
    """A post that somebody wrote to the profile, or the profile to somebody. `ours` is the profile's own id."""
    post_id = a_text(post.get("id_str")) or a_text(post.get("id"))
    author = a_text(_user(post).get("id_str")) or a_text(post.get("author_id"))
    if not post_id or not author or is_blocked or _is_repost(post):
        return ()
    if first := _edited(post, post_id):
        return [Edited(first, _text(post)[0])]
    answered = a_text(post.get("in_reply_to_user_id_str")) or a_text(post.get("in_reply_to_user_id"))
    text, carried = _text(post)
    if author == ours:
        if not answered or answered == ours:
            return ()
        username = a_text(post.get("in_reply_to_screen_name"))
        to = words.person(answered, _included(post, answered) or {"screen_name": username})
        return [Echo(to, text, post_id, carried, moment(post), thread=_thread(post))]
    who = words.person(author, _user(post) or _included(post, author))
    place = words.link(post_id, a_text(who.attributes.get("username")))
    return [
        Inbound(
            text,
            source_id=post_id,
            content_attributes={"link": place},
            attachments=carried,
            reply_to_source=_referenced(post, "replied_to", "in_reply_to_status_id") or None,
            provider_at=moment(post),
            sender=who,
            begun_with={"type": "tweet", "tweet_id": post_id, "tweet_url": place},
            thread=_thread(post),
            is_odd=not text,
        )
    ]


def gone(event: Mapping[str, Any]) -> Sequence[Fact]:
    post_id = a_text(a_dict(event.get("status")).get("id")) or a_text(event.get("id"))
    return [Deleted(post_id)] if post_id else ()


def _user(post: Mapping[str, Any]) -> Mapping[str, Any]:
    return a_dict(post.get("user"))


def _included(post: Mapping[str, Any], user_id: str) -> Mapping[str, Any]:
    users = map(a_dict, a_list(a_dict(post.get("includes")).get("users")))
    return next((each for each in users if a_text((a_dict(each.get("data")) or each).get("id")) == user_id), {})


def _is_repost(post: Mapping[str, Any]) -> bool:
    return bool(a_dict(post.get("retweeted_status"))) or bool(_referenced(post, "retweeted", ""))


def _edited(post: Mapping[str, Any], post_id: str) -> str:
    """The id it had first, when it was written anew: X gives each version an id of its own."""
    history = a_list(post.get("edit_history_tweet_ids")) or a_list(
        a_dict(post.get("edit_history")).get("edit_tweet_ids")
    )
    first = a_text(history[0]) if history else a_text(a_dict(post.get("edit_history")).get("initial_tweet_id"))
    return first if first and first != post_id else ""


def _thread(post: Mapping[str, Any]) -> str:
    known = a_text(post.get("conversation_id_str")) or a_text(post.get("conversation_id"))
    return f"{THREAD}{known}" if known else ANY_THREAD


def _referenced(post: Mapping[str, Any], kind: str, older: str) -> str:
    for each in map(a_dict, a_list(post.get("referenced_tweets"))):
        if each.get("type") == kind:
            return a_text(each.get("id"))
    return (a_text(post.get(f"{older}_str")) or a_text(post.get(older))) if older else ""


def _text(post: Mapping[str, Any]) -> tuple[str, list[Media]]:
    """Its words without the names it begins with, which say whom it answers; and what it carries."""
    whole = a_dict(post.get("extended_tweet")) or a_dict(post.get("note_tweet")) or post
    text = a_text(whole.get("full_text")) or a_text(whole.get("text")) or a_text(post.get("text"))
    addresses = [a_dict(each) for each in a_list(a_dict(whole.get("entities")).get("urls"))]
    files = _files(post, whole)
    quoted = _quoted(post)
    short = [a_text(each.get("url")) for each in files if "media_url_https" in each]
    short += [a_text(each.get("url")) for each in addresses if each.get("media_key")]
    if quoted:
        short += [each for each, post_shared in words.shared(addresses) if _id_of(post_shared) == _id_of(quoted)]
    readable = words.readable(text, addresses, without=short)
    spoken = _LEADING.sub("", f"{readable} ", count=1).strip() if _LEADING.match(f"{readable} ") else readable
    carried = [media for each in files if (media := words.media(each))]
    return spoken, [*carried, *([quoted] if quoted else [])]


def _files(post: Mapping[str, Any], whole: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    for holder in (whole, post):
        older = a_dict(holder.get("extended_entities")) or a_dict(holder.get("entities"))
        if found := [a_dict(each) for each in a_list(older.get("media"))]:
            return found
    keys = {a_text(each) for each in a_list(a_dict(post.get("attachments")).get("media_keys"))}
    included = map(a_dict, a_list(a_dict(post.get("includes")).get("media")))
    return [each for each in included if a_text(each.get("media_key")) in keys]


def _quoted(post: Mapping[str, Any]) -> Media | None:
    post_id = _referenced(post, "quoted", "quoted_status_id")
    if not post_id:
        return None
    user = a_dict(a_dict(post.get("quoted_status")).get("user"))
    return Media(kind="share", external_url=words.link(post_id, a_text(user.get("screen_name"))), title="A post on X")


def _id_of(shared: Media) -> str:
    found = words.POST.match(shared.external_url or "")
    return found[1] if found else ""
