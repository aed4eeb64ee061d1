"""A channel for tests that can do all there is to do: its provider is a loft in memory, told how to behave."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, BinaryIO

from app.channels import CHANNELS
from app.channels.base import (
    Abilities,
    Channel,
    Deleted,
    DeliveryFailed,
    Echo,
    Edited,
    Envelope,
    Fact,
    Health,
    Inbound,
    Knock,
    Media,
    Outbound,
    Person,
    Problem,
    Reaction,
    Receipt,
    Sent,
    Unreachable,
    Unsupported,
)
from app.errors import NotAllowed
from app.lib import crypto


@dataclass
class Loft:
    """What the provider has taken, by key, and how it behaves: `answers` are what it does with the next sends."""

    taken: dict[str, Outbound] = field(default_factory=dict)
    answers: list[Callable[[Outbound], None]] = field(default_factory=list)
    media: dict[str, bytes | DeliveryFailed] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_away: bool = False

    def take(self, outbound: Outbound) -> str:
        if self.answers:
            self.answers.pop(0)(outbound)
        self.taken.setdefault(outbound.key, outbound)
        return f"p-{hashlib.sha256(outbound.key.encode()).hexdigest()[:16]}"


LOFT = Loft()


class Pigeon(Channel):
    kind = "pigeon"
    name = "Pigeon post"
    has_door = True
    is_addressed = True
    abilities = Abilities(
        markup="plain", max_length=200, attachments_per_message=1, has_receipts=True, can_look_up=True
    )

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        letters = knock.json()
        return [
            Envelope(str(each.get("loft")), str(each.get("from", "")), str(each.get("id")), each)
            for each in (letters if isinstance(letters, list) else [])
            if isinstance(each, dict)
        ]

    def verify(self, knock: Knock) -> None:
        if not crypto.equal(knock.headers.get("x-ring", ""), ring(self.line.credentials["secret"], knock.body)):
            raise NotAllowed("The ring is wrong.")

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        said = dict(envelope.payload)
        return [_fact(envelope.sender, each) for each in said.get("facts", [said])]

    def send(self, outbound: Outbound) -> Sent:
        return Sent(LOFT.take(outbound))

    def look_up(self, outbound: Outbound) -> Sent | None:
        if LOFT.is_away:
            raise Unreachable("The loft is closed.")
        return (
            Sent(f"p-{hashlib.sha256(outbound.key.encode()).hexdigest()[:16]}") if outbound.key in LOFT.taken else None
        )

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        held = LOFT.media[ref["name"]]
        if isinstance(held, DeliveryFailed):
            raise held
        into.write(held)
        return "application/octet-stream"

    def probe(self, webhook_url: str) -> Health:
        return Health(LOFT.problems)


def ring(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(letters: Any) -> bytes:
    return json.dumps(letters).encode()


def _fact(sender: str, said: dict[str, Any]) -> Fact:
    kind = said.get("kind", "said")
    if kind == "explodes":
        raise ValueError("a channel that stumbles")
    if kind == "receipt":
        return Receipt(said["status"], source_id=said.get("about", ""), error=said.get("error", ""))
    if kind == "read":
        return Receipt("read", sender=sender, up_to=datetime.now(UTC))
    if kind == "reaction":
        return Reaction(said["about"], sender, said["emoji"])
    if kind == "edited":
        return Edited(said["about"], said["text"])
    if kind == "deleted":
        return Deleted(said["about"])
    if kind == "echo":
        return Echo(Person(said["to"]), said["text"], said["source"])
    if kind == "riddle":
        return Unsupported("a riddle", sender=Person(sender))
    return Inbound(
        said.get("text", ""),
        source_id=said.get("source"),
        attachments=[Media({"name": name}, filename=name) for name in said.get("media", [])],
        sender=Person(
            sender, name=said.get("name", ""), email=said.get("email", ""), phone_number=said.get("phone", "")
        ),
    )


@contextmanager
def pigeons(**abilities: Any) -> Iterator[Loft]:
    """Pigeon post is a channel meanwhile; its abilities may be others than usual."""
    global LOFT
    LOFT = Loft()
    before, was_there = Pigeon.abilities, "pigeon" in CHANNELS
    Pigeon.abilities = replace(before, **abilities)
    CHANNELS["pigeon"] = Pigeon
    try:
        yield LOFT
    finally:
        Pigeon.abilities = before
        if not was_there:
            del CHANNELS["pigeon"]
