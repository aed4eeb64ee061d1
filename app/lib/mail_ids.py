"""The Message-IDs of our own mails: they say to which conversation a mail answers, and nobody else can make them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from app.config import settings
from app.lib import crypto

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_OURS = re.compile(rf"conversation/({_UUID})/messages/(\d{{1,18}})\.([0-9a-f]{{32}})@[^\s@<>]{{1,253}}", re.IGNORECASE)
_PLUS = re.compile(rf"[^\s@+]{{1,64}}\+({_UUID})@[^\s@]{{1,253}}", re.IGNORECASE)


@dataclass(frozen=True)
class Ours:
    """What one of our Message-IDs names: `message_id` is 0 for a conversation as a whole."""

    conversation_uuid: UUID
    message_id: int


def made(conversation_uuid: UUID, message_id: int, domain: str) -> str:
    """The Message-ID of a message of ours, without angle brackets."""
    key = settings().secret_key
    return (
        f"conversation/{conversation_uuid}/messages/{message_id}.{_seal(key, conversation_uuid, message_id)}@{domain}"
    )


def read(header_id: str) -> Ours | None:
    """What `header_id` names, if we made it; nothing for any other, forged ones too."""
    found = _OURS.fullmatch(header_id.strip().strip("<>"))
    if found is None:
        return None
    uuid, number, seal = UUID(found[1]), int(found[2]), found[3].lower()
    keys = (settings().secret_key, *settings().previous_secret_keys)
    is_ours = [crypto.equal(_seal(key, uuid, number), seal) for key in keys]
    return Ours(uuid, number) if any(is_ours) else None


def found_in(text: str) -> list[str]:
    """All of our Message-IDs in a text, in their order."""
    return [found[0] for found in _OURS.finditer(text) if read(found[0])]


def plus_address(address: str, conversation_uuid: UUID) -> str:
    """`address` as it is written to from one conversation: `support+<uuid>@shop.example`."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}+{conversation_uuid}@{domain}"


def conversation_in(address: str) -> UUID | None:
    """The conversation that a plus-address names; nothing where it names none."""
    found = _PLUS.fullmatch(address.strip())
    return UUID(found[1]) if found else None


def _seal(key: str, conversation_uuid: UUID, message_id: int) -> str:
    # 128 of its bits: as many as nobody can guess, in an id that mailers do not fold.
    text = f"parley:mail-id:{conversation_uuid}:{message_id}"
    return crypto.hmac_hex(key, text)[:32]
