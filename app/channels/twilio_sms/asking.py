"""Asks Twilio what it has: whether a send arrived, and what customers have written since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from app.channels.incoming import Envelope
from app.channels.outgoing import Outbound, Sent
from app.channels.standing import Listed, Polled
from app.channels.twilio import API, Account
from app.channels.twilio_sms.question import types_of
from app.channels.twilio_sms.sending import recipient, said, template_of
from app.channels.twilio_sms.settings import TwilioSmsSettings
from app.lib.clock import now

# Twilio lists the newest first; what we look for was sent minutes ago.
MOST_LOOKED_AT = 100
MOST_LISTED = 10_000
# Twilio tells seconds only, by its own clock.
CLOCKS_DIFFER = timedelta(seconds=2)
# Until then a message may still be brought by Twilio itself, which tells more of it than its list.
TO_BE_BROUGHT, OVERLAP = timedelta(minutes=2), timedelta(minutes=5)
LONGEST_AWAY = timedelta(days=7)
TRIAL = "Sent from your Twilio trial account - "


def look_up(account: Account, outbound: Outbound, settings: TwilioSmsSettings) -> Sent | None:
    """The message that is this one: to them, from us, with the same words, and none that is known as another's."""
    params = {"To": recipient(outbound.to, settings), "PageSize": str(MOST_LOOKED_AT)}
    if not settings.messaging_service_sid:
        params["From"] = settings.sender
    rows = account.pages(API, f"{account.home}/Messages.json", params, "messages")
    for row in islice(rows, MOST_LOOKED_AT):
        if _is_it(row, outbound, settings):
            return Sent(str(row["sid"]))
    return None


def _is_it(row: Mapping[str, Any], outbound: Outbound, settings: TwilioSmsSettings) -> bool:
    if not str(row.get("direction", "")).startswith("outbound") or row.get("sid") in outbound.others:
        return False
    if row.get("status") in ("failed", "undelivered", "canceled"):
        # An earlier try, whose end is known: it is being sent anew.
        return False
    if settings.messaging_service_sid and row.get("messaging_service_sid") != settings.messaging_service_sid:
        return False
    made = moment(row.get("date_created"))
    if outbound.since is not None and (made is None or made < outbound.since - CLOCKS_DIFFER):
        return False
    if template_of(outbound) or (settings.is_whatsapp and types_of(outbound)):
        # It was said by a content of Twilio's: that it is new and nobody else's is all there is to know it by.
        return True
    text, media = said(outbound, settings)
    return _plain(row.get("body")) == _plain(text) and str(row.get("num_media") or 0) == str(len(media))


def _plain(value: Any) -> str:
    return " ".join(str(value or "").removeprefix(TRIAL).split())


def received(account: Account, settings: TwilioSmsSettings, since: datetime) -> Iterator[Mapping[str, Any]]:
    """What customers have sent to us since then, newest first."""
    params = {"DateSent>": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "PageSize": "500"}
    if settings.sender:
        params["To"] = settings.sender
    rows = account.pages(API, f"{account.home}/Messages.json", params, "messages")
    for row in islice(rows, MOST_LISTED):
        is_ours = bool(settings.sender) or row.get("messaging_service_sid") == settings.messaging_service_sid
        at = moment(row.get("date_sent")) or moment(row.get("date_created"))
        if row.get("direction") == "inbound" and is_ours and (at is None or at >= since):
            yield row


def overlooked(account: Account, settings: TwilioSmsSettings, cursor: Mapping[str, Any]) -> Polled:
    """What came since the last look and should have been brought by now. Twilio brings a message once: what it could not
    bring, because we were away, is fetched here; what it did bring has the same key, and is not kept twice.
    """
    until = now() - TO_BE_BROUGHT
    since = _since(cursor)
    if since is None:
        return Polled((), {"since": until.isoformat()})
    rows = [row for row in received(account, settings, since) if (moment(row.get("date_sent")) or until) <= until]
    letters = [Envelope("", str(row.get("from") or ""), str(row.get("sid")), _form(row)) for row in reversed(rows)]
    # Twilio's clock and ours differ, and its list may lag behind: the end of this look is the beginning of the next.
    return Polled([each for each in letters if each.sender], {"since": max(since, until - OVERLAP).isoformat()})


def _since(cursor: Mapping[str, Any]) -> datetime | None:
    try:
        since = datetime.fromisoformat(str(cursor.get("since")))
    except ValueError:
        return None
    return max(since, now() - LONGEST_AWAY) if since.tzinfo else None


def _form(row: Mapping[str, Any]) -> dict[str, str]:
    """As Twilio would have brought it, as far as its list tells."""
    return {
        "MessageSid": str(row.get("sid") or ""),
        "SmsStatus": "received",
        "From": str(row.get("from") or ""),
        "To": str(row.get("to") or ""),
        "Body": str(row.get("body") or ""),
        "NumMedia": str(row.get("num_media") or "0"),
        "IsFetched": "true",
    }


def listed(account: Account, settings: TwilioSmsSettings, since: datetime) -> list[Listed]:
    return [_listed(row) for row in received(account, settings, since)]


def _listed(row: Mapping[str, Any]) -> Listed:
    words = " ".join(str(row.get("body") or "").split())[:100]
    return Listed(str(row.get("sid", "")), f"{row.get('from', '')}: {words}", moment(row.get("date_sent")))


def moment(value: Any) -> datetime | None:
    """RFC 2822, as the old API writes times."""
    try:
        at = parsedate_to_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)
