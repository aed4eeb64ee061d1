"""X's webhook: its challenges, its signature, and the letters of its deliveries, as both of its APIs for events write them.

https://docs.x.com/x-api/account-activity (`for_user_id`, several kinds at once) and
https://docs.x.com/x-api/activity (`data`, one event each).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.channels.incoming import Answer, Envelope, Knock
from app.errors import NotAllowed
from app.lib import crypto
from app.lib.loose import a_dict, a_list, a_text

# X answers its own challenge with the same secret that it signs deliveries with: what is no token of X's, such as the
# body of a delivery, must never be signed for a stranger.
_CHALLENGE = re.compile(r"[\w+/=.~-]{1,200}", re.ASCII)
DIRECT = "direct_message_events"
READ = "direct_message_mark_read_events"
POSTED = "tweet_create_events"
GONE = "tweet_delete_events"
ENCRYPTED = "chat.received"
KNOWN = (DIRECT, READ, POSTED, GONE)
# What the newer API calls the same.
TYPES = {
    "dm.received": DIRECT,
    "dm.sent": DIRECT,
    "dm.read": READ,
    "post.create": POSTED,
    "post.mention.create": POSTED,
    "post.reply.create": POSTED,
    "post.quote.create": POSTED,
    "post.delete": GONE,
}


def sealed(secret: str) -> str:
    """An app's secret as it stands in the webhook's address: X asks there before there is an inbox to look it up in."""
    return crypto.encrypt(secret)


def unsealed(path: str) -> str:
    """Empty where the address holds no secret. Raises NotAllowed when it holds something else."""
    if not path:
        return ""
    try:
        return crypto.decrypt(path)
    except crypto.WrongKey:
        raise NotAllowed("This is no address that was given to X.") from None


def challenged(knock: Knock, *secrets: str) -> Answer | None:
    """The answer to X's challenge (CRC), by the app whose secret stands in the address, else by the first of `secrets`."""
    token = knock.query.get("crc_token")
    if knock.method != "GET" or token is None:
        return None
    secret = unsealed(knock.path) or next(filter(None, secrets), "")
    if not secret or not _CHALLENGE.fullmatch(token):
        raise NotAllowed("This is no challenge of X’s.")
    return Answer(json.dumps({"response_token": signature(secret, token.encode())}), "application/json")


def verify(knock: Knock, secrets: Sequence[str]) -> None:
    """Raises NotAllowed unless one of the app's secrets signed the body."""
    if not any(secrets):
        raise NotAllowed("There is no secret to check the signature with.")
    names = ("x-twitter-webhooks-signature-oauth2", "x-twitter-webhooks-signature")
    given = [knock.headers[name] for name in names if knock.headers.get(name)]
    if not any(crypto.equal(each, signature(secret, knock.body)) for each in given for secret in secrets if secret):
        raise NotAllowed("The signature does not fit.")


def signature(secret: str, text: bytes) -> str:
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def sort(knock: Knock) -> Sequence[Envelope]:
    body = a_dict(knock.json())
    if revoked := a_text(a_dict(a_dict(a_dict(body.get("user_event")).get("revoke")).get("source")).get("user_id")):
        return [Envelope(revoked, revoked, f"revoke:{_digest(body)}", {"is": "revoke"})]
    if "data" in body:
        return list(_by_activity(a_dict(body.get("data"))))
    return list(_by_account(body))


def _by_account(body: Mapping[str, Any]) -> Iterator[Envelope]:
    address = a_text(body.get("for_user_id"))
    if not address:
        return
    users = a_dict(body.get("users"))
    is_blocked = str(body.get("user_has_blocked", "")).lower() == "true"
    for name, events in body.items():
        # Likes, follows, blocks, typing and what X may think of next are of no interest, and are told that we have them.
        for event in map(a_dict, a_list(events)):
            payload = {"is": name, "event": event, "users": users} if name in KNOWN else {"is": name}
            yield _letter(address, name, event, {**payload, **({"is_blocked": True} if is_blocked else {})})


def _by_activity(data: Mapping[str, Any]) -> Iterator[Envelope]:
    address = a_text(a_dict(data.get("filter")).get("user_id"))
    kind, told = a_text(data.get("event_type")), a_dict(data.get("payload"))
    if not address or not kind:
        return
    name = TYPES.get(kind, "")
    if name in (DIRECT, READ):
        for event in map(a_dict, a_list(told.get(name))):
            yield _letter(address, name, event, {"is": name, "event": event, "users": a_dict(told.get("users"))})
    elif kind == ENCRYPTED:
        sender = a_text(told.get("sender_id")) or address
        key = f"{kind}:{a_text(told.get('id')) or _digest(data)}"
        yield Envelope(address, sender, key[:500], {"is": kind, "event": told}, provider_at=moment(told))
    elif name:
        event = {**told, "includes": a_dict(data.get("includes"))}
        yield _letter(address, name, event, {"is": name, "event": event})
    else:
        yield Envelope(address, address, f"{kind}:{_digest(data)}"[:500], {"is": kind})


def _letter(address: str, name: str, event: Mapping[str, Any], payload: Mapping[str, Any]) -> Envelope:
    """All about one other person goes through one lane, ours to them too."""
    status = a_dict(event.get("status"))
    ids = {
        DIRECT: a_text(event.get("id")),
        POSTED: a_text(event.get("id_str")) or a_text(event.get("id")),
        GONE: a_text(status.get("id")) or a_text(event.get("id")),
    }
    named = ids.get(name) or _digest(event)
    return Envelope(address, _other(address, name, event), f"{name}:{named}"[:500], payload, provider_at=moment(event))


def _other(address: str, name: str, event: Mapping[str, Any]) -> str:
    said = a_dict(event.get("message_create"))
    author = a_text(a_dict(event.get("user")).get("id_str")) or a_text(event.get("author_id"))
    if name == DIRECT:
        people = [a_text(said.get("sender_id")), a_text(a_dict(said.get("target")).get("recipient_id"))]
    elif name == READ:
        people = [a_text(event.get("sender_id"))]
    else:
        answered = a_text(event.get("in_reply_to_user_id_str")) or a_text(event.get("in_reply_to_user_id"))
        people = [author, answered]
    return next((who for who in people if who and who != address), address)


def moment(event: Mapping[str, Any]) -> datetime | None:
    """When it happened, however X writes it; none when it is not of our times."""
    for name in ("created_timestamp", "timestamp_ms", "created_at_msec"):
        written = a_text(event.get(name))
        if written.isascii() and written.isdecimal() and len(written) < 14:
            return datetime.fromtimestamp(int(written) / 1000, UTC)
    written = a_text(event.get("created_at"))
    for form in ("%a %b %d %H:%M:%S %z %Y", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"):
        try:
            return datetime.strptime(written, form).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _digest(told: Any) -> str:
    return crypto.digest(json.dumps(told, sort_keys=True, default=str))
