"""Bandwidth as a channel: texts and MMS of one number."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO

from app.channels.base import (
    Abilities,
    Channel,
    DeliveryFailed,
    Envelope,
    Fact,
    File,
    Health,
    Knock,
    Line,
    Listed,
    Outbound,
    Problem,
    Sent,
    Unreachable,
)
from app.channels.sms import parse
from app.channels.sms.application import USER, Application, password
from app.channels.sms.bandwidth import (
    Account,
    BandwidthCredentials,
    BandwidthError,
    BandwidthSettings,
    explanation,
    not_connected,
)
from app.channels.spelled import spelled
from app.errors import NotAllowed
from app.lib import clock, crypto

# https://dev.bandwidth.com/docs/messaging/createMessage: of the text, and of an MMS with all its files.
LONGEST = 2048
MOST_MMS_BYTES = 3_500_000
MOST_MEDIA = 10
# MMS goes to North America alone.
MMS_COUNTRY = "+1"
MMS_KINDS = ("image/", "audio/", "video/", "text/vcard", "text/x-vcard", "text/calendar", "application/pdf")
# A message may not stand in the list yet when we ask for it.
LISTED_AFTER = timedelta(seconds=60)
MOST_LOOKED_AT = 200
BY_HAND = "Set it in the Bandwidth App, in the messaging application, with the user name and password beside it."


class Sms(Channel):
    kind = "sms"
    name = "SMS by Bandwidth"
    summary = "Text messages and MMS of a number at Bandwidth."
    has_door = True
    abilities = Abilities(
        markup="plain",
        max_length=LONGEST,
        attachments_per_message=MOST_MEDIA,
        max_attachment_bytes=MOST_MMS_BYTES,
        has_receipts=True,
        can_look_up=True,
        can_list=True,
        # Of a messaging account, unless agreed otherwise: 60 a minute for a long code would be less than it queues.
        sends_per_minute=900,
    )
    Credentials = BandwidthCredentials
    Settings = BandwidthSettings

    def setup_facts(self, webhook_url: str) -> Mapping[str, str]:
        return {
            "Inbound and status callback URL": webhook_url,
            "Callback user name": USER,
            "Callback password": password(self.line.token),
        }

    @classmethod
    def source_id_of(cls, phone_number: str) -> str:
        return phone_number

    @classmethod
    def explain(cls, reason: str) -> str:
        return explanation(reason)

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        address = knock.path.partition("/")[0]
        if not address:
            return ()
        return [
            Envelope(address, parse.customer(event), parse.key(event), event, provider_at=parse.at(event))
            for event in parse.events(knock.json())
        ]

    def verify(self, knock: Knock) -> None:
        """By the name and password that the application has for its events, and the number they are about."""
        scheme, _, given = knock.headers.get("authorization", "").partition(" ")
        try:
            user, _, brought = b64decode(given, validate=True).decode().partition(":")
        except ValueError:
            user, brought = "", ""
        is_known = crypto.equal(user, USER) and crypto.equal(brought, password(self.line.token))
        if scheme.lower() != "basic" or not self.line.token or not is_known:
            raise NotAllowed("The user name and password of the callbacks are missing or wrong.")
        ours = self.line.settings.get("phone_number")
        if any(parse.owner(event) != ours for event in parse.events(knock.json())):
            raise NotAllowed("It is for another number than this inbox's.")

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        return parse.facts(envelope.payload)

    def send(self, outbound: Outbound) -> Sent:
        text, media = self._said(outbound)
        if not text and not media:
            raise DeliveryFailed("There is nothing in the message.", permanent=True)
        if len(text) > LONGEST:
            words = f"The text and the links to its files are longer than {LONGEST:,} characters: send the files by themselves."
            raise DeliveryFailed(words, permanent=True)
        held = self.settings
        asked = {
            "applicationId": held.application_id,
            "from": held.phone_number,
            "to": [outbound.to],
            "text": text,
            # It comes back with what Bandwidth tells of the message.
            "tag": outbound.key,
            **({"media": media} if media else {}),
        }
        told = self._account.json("POST", "/messages", json=asked)
        return Sent(str(told.get("id") or ""))

    def look_up(self, outbound: Outbound) -> Sent | None:
        """Bandwidth keeps no texts: it is the one of its kind that went to them since then, and is none of the others."""
        since = outbound.since or clock.now() - timedelta(hours=1)
        params = {
            "sourceTn": self.settings.phone_number,
            "destinationTn": outbound.to,
            "messageDirection": "OUTBOUND",
            "fromDateTime": _written(since - timedelta(seconds=2)),
            "limit": "100",
        }
        try:
            for row in islice(self._account.messages(params), MOST_LOOKED_AT):
                if self._is_it(row, outbound):
                    return Sent(str(row["messageId"]))
        except BandwidthError as away:
            raise Unreachable(away.reason) from None
        if clock.now() - since < LISTED_AFTER:
            raise Unreachable("Bandwidth may not have listed it yet.")
        return None

    def listed(self, since: datetime) -> Sequence[Listed]:
        params = {
            "destinationTn": self.settings.phone_number,
            "messageDirection": "INBOUND",
            "fromDateTime": _written(since),
            "limit": "1000",
        }
        try:
            return [
                Listed(
                    str(row.get("messageId", "")), f"{row.get('sourceTn', '')}", parse.moment(row.get("receiveTime"))
                )
                for row in self._account.messages(params)
                if row.get("messageDirection") == "INBOUND" and row.get("messageId")
            ]
        except BandwidthError as refused:
            raise not_connected(refused, "account_id") from None

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        return self._account.bring(str(ref.get("url") or ""), into, limit_bytes)

    def connect(self, webhook_url: str) -> Line:
        account, held = self._account, self.settings
        try:
            next(iter(account.messages({"sourceTn": held.phone_number, "limit": "1"})), None)
        except BandwidthError as refused:
            raise not_connected(refused, "account_id") from None
        application = Application(account, held.application_id)
        try:
            if (seen := application.seen()) is not None:
                application.set(seen["AppName"] or "Parley", webhook_url, self.line.token)
        except BandwidthError as refused:
            raise not_connected(refused, "application_id") from None
        settings = {**self.line.settings, **held.model_dump()}
        return replace(
            self.line, address=held.phone_number, name=self.line.name or held.phone_number, settings=settings
        )

    def disconnect(self, webhook_url: str) -> None:
        """Bandwidth's applications must have an address: it stays, and what comes to it is refused."""

    def probe(self, webhook_url: str) -> Health:
        account, held = self._account, self.settings
        try:
            next(iter(account.messages({"sourceTn": held.phone_number, "limit": "1"})), None)
            seen = Application(account, held.application_id).seen()
        except BandwidthError as refused:
            return Health([_problem(refused)])
        if seen is None:
            return Health(facts={"Webhook": f"{webhook_url} ({BY_HAND})"})
        facts = {"Application": seen["AppName"], "Webhook": seen["InboundCallbackUrl"] or "none"}
        elsewhere = {seen["InboundCallbackUrl"], seen["OutboundCallbackUrl"]} - {webhook_url}
        if elsewhere:
            words = f"The application's events go to another address than ours: {min(elsewhere) or 'none'}"
            return Health([Problem("webhook_elsewhere", words, "register")], facts)
        return Health(facts=facts)

    @property
    def _account(self) -> Account:
        return Account(self.credentials)

    def _said(self, outbound: Outbound) -> tuple[str, list[str]]:
        """The text, with links to what cannot be carried, and the addresses of what can."""
        carried: list[File] = []
        for file in outbound.files:
            room = MOST_MMS_BYTES - sum(each.byte_size for each in carried)
            is_taken = outbound.to.startswith(MMS_COUNTRY) and file.content_type.startswith(MMS_KINDS)
            if is_taken and file.byte_size <= room and len(carried) < MOST_MEDIA:
                carried.append(file)
        linked = [f"{' '.join(file.filename.split())}: {file.url}" for file in outbound.files if file not in carried]
        text = "\n\n".join(filter(None, [spelled(outbound), *linked]))
        return text.encode("utf-8", "replace").decode().replace("\0", ""), [file.url for file in carried]

    def _is_it(self, row: Mapping[str, Any], outbound: Outbound) -> bool:
        if row.get("messageDirection") != "OUTBOUND" or not row.get("messageId"):
            return False
        if row["messageId"] in outbound.others or row.get("messageStatus") == "FAILED":
            return False
        text, media = self._said(outbound)
        length = row.get("messageLength")
        # How letters beyond ASCII are counted is not told.
        is_as_long = not isinstance(length, int) or not text.isascii() or length == len(text)
        return is_as_long and (row.get("messageType") == "mms") == bool(media)


def _problem(refused: BandwidthError) -> Problem:
    if not refused.permanent:
        return Problem("unreachable", refused.reason)
    if refused.is_about_credentials:
        return Problem("credentials", refused.reason, "reconnect")
    return Problem("application_gone", refused.reason, "settings")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
