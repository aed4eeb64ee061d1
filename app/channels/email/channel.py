"""E-mail: a mailbox that is read and written from, or mails that a relay hands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import compat32
from typing import Any, BinaryIO, Literal

from app.channels.base import (
    Abilities,
    Answer,
    Channel,
    DeliveryFailed,
    Envelope,
    Fact,
    Health,
    Knock,
    Line,
    Listed,
    NotConnected,
    Outbound,
    Person,
    Polled,
    Sent,
    Unsupported,
)
from app.channels.email import arrivals, connecting, headers, oauth, parts, relay, sending
from app.channels.email.arrivals import Arrival, Cursor, Look
from app.channels.email.letter_key import letter_key
from app.channels.email.parse import UNKNOWN, parse
from app.channels.email.settings import Begun, EmailCredentials, EmailSettings
from app.channels.email.way import Denied

# One look at a mailbox, all its folders together.
LOOK_SECONDS = 240.0
# What `listed` compares at most.
MOST_LISTED = 5_000
_HEAD = 256 * 1024


class Email(Channel):
    kind = "email"
    name = "E-mail"
    summary = "A mailbox of yours: what is written there is answered from here."
    has_own_page = True
    has_door = True
    max_body = relay.LARGEST_KNOCK
    abilities = Abilities(
        is_mail=True,
        markup="plain",
        max_length=150_000,
        # What does not fit into a mail goes as a link in it, which only the mail as a whole can tell: mime.MOST_ATTACHED.
        max_attachment_bytes=2**40,
        attachments_per_message=100,
        is_polled=True,
        can_list=True,
        retry_seconds=2 * 24 * 3600,
        sends_per_minute=300,
    )
    Credentials = EmailCredentials
    Settings = EmailSettings

    @property
    def own_addresses(self) -> list[str]:
        """All addresses that mean this inbox, in lower case."""
        return [self.line.address.lower(), *self.settings.aliases]

    @classmethod
    def greet(cls, knock: Knock) -> Answer | None:
        return relay.greet(knock)

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        return [_relayed(knock.path.partition("/")[0], delivery) for delivery in relay.sort(knock)]

    def verify(self, knock: Knock) -> None:
        relay.verify(knock, self.credentials)

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        if not envelope.raw:
            words = str(envelope.payload.get("words") or "a mail whose content did not come along")
            return [
                Unsupported(words, sender=Person(envelope.sender or UNKNOWN, proof="typed"), source_id=envelope.key)
            ]
        to = envelope.payload.get("envelope_to")
        return parse(
            envelope.raw,
            own=self.own_addresses,
            envelope_to=[str(each) for each in to] if isinstance(to, list) else (),
            is_whole=not envelope.payload.get("too_large"),
        )

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        """A part of the kept mail."""
        if envelope is None or envelope.raw is None:
            raise DeliveryFailed("The mail is not kept any more.", permanent=True)
        try:
            content, kind = parts.part_of(envelope.raw, ref)
        except LookupError as gone:
            raise DeliveryFailed(str(gone), permanent=True) from gone
        if len(content) > limit_bytes:
            raise DeliveryFailed("The file is too large.", permanent=True)
        into.write(content)
        return kind

    def send(self, outbound: Outbound) -> Sent:
        return sending.send(self.line, self.credentials, self.settings, outbound)

    def poll(self, cursor: Mapping[str, Any]) -> Polled:
        way = self.credentials.imap
        if way is None:
            return Polled((), cursor)
        settings: EmailSettings = self.settings
        with connecting.mailbox(self.credentials, seconds=LOOK_SECONDS) as mailbox:
            look = Look(mailbox, Cursor.read(cursor), settings.begun, settings.import_days, settings.mark_seen)
            more = look.take(settings.folders)
        return look.polled(more=more, letters=self._letters)

    def _letters(self, came: Iterable[Arrival]) -> list[Envelope]:
        return [_letter(self.line.token, arrival) for arrival in came]

    def listed(self, since: datetime) -> Sequence[Listed]:
        """Mails of the read folders that have arrived since then: each is read, for its key is made of its words."""
        if self.credentials.imap is None:
            return ()
        found: list[Listed] = []
        with connecting.mailbox(self.credentials, seconds=LOOK_SECONDS) as mailbox:
            for name, begun in self.settings.begun.items():
                if name in self.settings.folders:
                    found += arrivals.listed(mailbox, name, since, begun, MOST_LISTED - len(found))
        return found

    def connect(self, webhook_url: str) -> Line:
        seen = connecting.checked(self.credentials, self.settings.folders)
        settings = self.settings
        # What arrives from this moment on is ours, even before the first look; a folder that is read already goes on.
        now = datetime.now(UTC)
        begun = {
            folder.name: settings.begun.get(folder.name)
            or Begun(at=now, validity=folder.validity, next_uid=folder.next_uid)
            for folder in seen.opened
        }
        fresh = settings.model_copy(update={"begun": begun, "known_folders": tuple(seen.known)})
        return replace(self.line, settings=fresh.model_dump(mode="json"))

    def probe(self, webhook_url: str) -> Health:
        return connecting.probed(self.credentials, self.settings.folders)

    @property
    def way_back(self) -> Literal["reconnect", "settings"]:
        return "reconnect" if self.credentials.consent else "settings"

    def renew(self) -> Mapping[str, Any] | None:
        kept: EmailCredentials = self.credentials
        asked = oauth.provider(kept.consent)
        if asked is None or kept.expires_at > datetime.now(UTC).timestamp() + oauth.RENEW_BEFORE_SECONDS:
            return None
        try:
            tokens = oauth.renewed(asked, kept.refresh_token)
        except Denied as revoked:
            raise NotConnected({"consent": revoked.words}) from revoked
        return {
            **self.line.credentials,
            "access_token": tokens.access,
            "refresh_token": tokens.refresh,
            "expires_at": tokens.expires_at,
        }


def _letter(token: str, arrival: Arrival) -> Envelope:
    where = {"folder": arrival.folder, "uidvalidity": arrival.validity, "uid": arrival.uid, "via": "imap"}
    payload = {**where, "size": arrival.size, "arrived_at": arrival.arrived.isoformat()}
    if arrival.raw is None:
        return Envelope(
            token,
            UNKNOWN,
            f"imap:{arrival.folder}/{arrival.validity}/{arrival.uid}",
            {**payload, "words": f"a mail that the mail server would not give: {arrival.reason}"},
            provider_at=arrival.at,
        )
    if not arrival.is_whole:
        payload["too_large"] = True
    return Envelope(token, sender_of(arrival.raw), letter_key(arrival.raw), payload, arrival.raw, arrival.at)


def _relayed(token: str, delivery: relay.Delivery) -> Envelope:
    payload = {"via": delivery.via, "envelope_to": list(delivery.envelope_to)}
    if delivery.raw is None:
        return Envelope(token, UNKNOWN, delivery.key, {**payload, "words": delivery.words})
    return Envelope(token, sender_of(delivery.raw), letter_key(delivery.raw), payload, delivery.raw)


def sender_of(raw: bytes) -> str:
    """Who wrote a mail, by its head alone."""
    head = raw[:_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    person = headers.person(message_from_bytes(head + b"\n\n", policy=compat32), "From")
    return person.email[:254] if person else UNKNOWN
