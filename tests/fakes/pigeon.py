"""A channel for tests that can do all there is to do: its provider is a loft in memory, told how to behave."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, BinaryIO, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from app.channels import CHANNELS
from app.channels.base import (
    Abilities,
    Channel,
    Consent,
    Deleted,
    DeliveryFailed,
    Echo,
    Edited,
    Envelope,
    Fact,
    Health,
    Inbound,
    Knock,
    Line,
    Media,
    NotConnected,
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
    """What the provider has taken, by key, and how it behaves: `answers` are what it does with the next sends.

    `webhooks` are the ones it was told of, by the loft; `consents` are what the next consent lets in.
    """

    taken: dict[str, Outbound] = field(default_factory=dict)
    answers: list[Callable[[Outbound], None]] = field(default_factory=list)
    media: dict[str, bytes | DeliveryFailed] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_away: bool = False
    webhooks: dict[str, str] = field(default_factory=dict)
    consents: list[Line] = field(default_factory=list)
    is_set_up: bool = True
    meanwhile: Callable[[], None] = lambda: None

    def take(self, outbound: Outbound) -> str:
        if self.answers:
            self.answers.pop(0)(outbound)
        self.taken.setdefault(outbound.key, outbound)
        return f"p-{hashlib.sha256(outbound.key.encode()).hexdigest()[:16]}"


LOFT = Loft()


class Ring(BaseModel):
    """What proves a loft; `trained` is nobody's to type."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    loft: str = Field("", max_length=40, title="Loft", description="As it stands above its door.", examples=["fernway"])
    secret: str = Field(
        min_length=1, max_length=200, title="Ring", description="Behind the foot.", json_schema_extra={"secret": True}
    )
    trained: str = ""


class Flight(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    weather: Literal["any", "dry_only"] = Field(
        "any", title="Weather", json_schema_extra={"words": {"any": "In any weather", "dry_only": "When it is dry"}}
    )
    height: int | None = Field(None, ge=1, le=900, title="Height (m)")
    at_night: bool = Field(False, title="Fly at night", description="Owls are about.")
    stops: tuple[str, ...] = Field((), max_length=3, title="Stops")
    song: str = Field("", max_length=2000, title="Song", json_schema_extra={"long": True})


class Training:
    """Consent, as pigeons give it."""

    label = "the Loft"
    needs = "PIGEON_APP_ID and PIGEON_APP_SECRET"

    @property
    def is_set_up(self) -> bool:
        return LOFT.is_set_up

    def url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        challenge = hashlib.sha256(verifier.encode()).hexdigest()
        return f"https://loft.example/consent?{urlencode({'to': redirect_uri, 'state': state, 'challenge': challenge})}"

    def lines(self, query: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Sequence[Line]:
        if LOFT.is_away:
            raise Unreachable("The loft is closed.")
        if "error" in query:
            raise NotConnected({"form": f"The loft says: {query['error']}"})
        if query.get("code") != hashlib.sha256(verifier.encode()).hexdigest():
            raise NotConnected({"form": "The loft says: another bird."})
        return LOFT.consents


class Pigeon(Channel):
    kind = "pigeon"
    name = "Pigeon post"
    summary = "Letters by air."
    Credentials = Ring
    Settings = Flight
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

    @classmethod
    def consent(cls) -> Consent | None:
        return Training()

    def setup_facts(self, webhook_url: str) -> Mapping[str, str]:
        return {"Landing place": webhook_url, "Password of the loft": "coo"}

    def connect(self, webhook_url: str) -> Line:
        if LOFT.is_away:
            raise Unreachable("The loft is closed.")
        if self.credentials.secret == "wrong":
            raise NotConnected({"secret": "(#190) That ring is not ours."})
        address = self.credentials.loft or self.line.address or "fernway"
        LOFT.webhooks[address] = webhook_url
        LOFT.meanwhile()
        credentials = {**self.line.credentials, "trained": "well"}
        return replace(self.line, address=address, name=self.line.name or f"Loft {address}", credentials=credentials)

    def disconnect(self, webhook_url: str) -> None:
        if LOFT.is_away:
            raise Unreachable("The loft is closed.")
        LOFT.webhooks.pop(self.line.address, None)

    def probe(self, webhook_url: str) -> Health:
        return Health(LOFT.problems, facts={"Birds": "12"})

    def renew(self) -> Mapping[str, Any] | None:
        """A permit that has ended is given anew for the asking."""
        return {**self.line.credentials, "expires_at": time.time() + 3600} if self.is_stale else None


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
