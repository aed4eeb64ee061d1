"""Asks Meta what became of an answer that nobody confirmed: it stands in the conversation there, or it does not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.channels.meta import GraphError
from app.channels.meta_messaging import answers
from app.channels.meta_messaging.events import mapping, mappings, text, word
from app.channels.meta_messaging.graph_access import Access
from app.channels.outgoing import Outbound, Sent
from app.channels.standing import Unreachable
from app.lib import clock

# Graph tells of no more than these in one conversation.
MOST_LOOKED_AT = 20
CLOCKS_DIFFER = timedelta(seconds=5)
# What was taken a moment ago may not be listed yet: that it is missing says nothing so soon.
APPEARS_WITHIN = timedelta(seconds=90)


def look_up(access: Access, whose: str, platform: str, outbound: Outbound) -> Sent | None:
    """https://developers.facebook.com/docs/messenger-platform/conversations. Raises Unreachable."""
    asked = {
        "platform": platform,
        "user_id": outbound.to,
        "fields": f"messages.limit({MOST_LOOKED_AT}){{id,created_time,from,message}}",
    }
    try:
        answer = access.ask("GET", f"/{whose}/conversations", params=asked)
    except GraphError as refused:
        raise Unreachable(refused.reason) from None
    for talk in mappings(answer.get("data")):
        for each in mappings(mapping(talk.get("messages")).get("data")):
            if _is_it(each, outbound):
                return Sent(word(each.get("id")))
    if outbound.since is not None and clock.now() - outbound.since < APPEARS_WITHIN:
        raise Unreachable("It is too soon to tell that it did not arrive.")
    return None


def _is_it(listed: Mapping[str, Any], outbound: Outbound) -> bool:
    """By us, new, nobody else's, with the same words."""
    mid = word(listed.get("id"))
    by = word(mapping(listed.get("from")).get("id"))
    made = _moment(listed.get("created_time"))
    if not mid or mid in outbound.others or by in ("", outbound.to) or made is None:
        return False
    if outbound.since is not None and made < outbound.since - CLOCKS_DIFFER:
        return False
    if outbound.files:
        return not text(listed.get("message"))
    message = answers.message(outbound) or {}
    # Cards are listed without what stands on them.
    return "attachment" in message or _plain(listed.get("message")) == _plain(message.get("text"))


def _plain(value: Any) -> str:
    return " ".join(text(value).split())


def _moment(value: Any) -> datetime | None:
    """As in 2026-11-22T21:58:00+0000."""
    try:
        moment = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
