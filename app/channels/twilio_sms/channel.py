"""Twilio as a channel for what is written: SMS and MMS of a number or a messaging service, or WhatsApp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from app.channels import twilio
from app.channels.base import (
    Abilities,
    Answer,
    Channel,
    Envelope,
    Fact,
    Health,
    Knock,
    Line,
    Listed,
    Outbound,
    Polled,
    Sent,
    Template,
    Unreachable,
)
from app.channels.twilio import Account, TwilioError, not_connected
from app.channels.twilio_errors import explanation
from app.channels.twilio_sms import asking, connecting, content, media, parse, question, sending
from app.channels.twilio_sms.settings import WHATSAPP, TwilioSmsSettings
from app.config import settings as parley
from app.errors import NotAllowed

# What a long-code number in the USA may send, in segments, is far less; Twilio queues what is above that itself.
PER_MINUTE = 1200


class TwilioSms(Channel):
    """Of a number whose files go as links; see `variant` for the others."""

    kind = "twilio_sms"
    name = "Twilio SMS and WhatsApp"
    summary = "Text messages, MMS and WhatsApp of a Twilio number or messaging service."
    has_door = True
    abilities = Abilities(
        markup="plain",
        max_length=sending.LONGEST,
        attachments_per_message=0,
        has_receipts=True,
        can_look_up=True,
        is_polled=True,
        can_list=True,
        sends_per_minute=PER_MINUTE,
    )
    Credentials = twilio.TwilioCredentials
    Settings = TwilioSmsSettings

    @classmethod
    def variant(cls, settings: Mapping[str, Any]) -> type[Channel]:
        if settings.get("medium") == "whatsapp":
            return TwilioWhatsApp
        return TwilioMms if settings.get("can_mms") else TwilioSms

    @property
    def place(self) -> str:
        held = self.settings
        number = held.phone_number or held.service_name or held.messaging_service_sid
        return f"{number} (WhatsApp)" if held.is_whatsapp else number

    def setup_facts(self, webhook_url: str) -> Mapping[str, str]:
        return {"Webhook for incoming messages, HTTP POST (Parley enters it where Twilio lets it)": webhook_url}

    @classmethod
    def source_id_of(cls, phone_number: str) -> str:
        return phone_number

    @classmethod
    def explain(cls, reason: str) -> str:
        return explanation(reason)

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        form = _form(knock)
        address = knock.path.partition("/")[0]
        if not address or not parse.sid_of(form) or not parse.customer_of(form):
            return ()
        return [Envelope(address, parse.customer_of(form), parse.key_of(form), form)]

    @classmethod
    def receipt_of(cls, knock: Knock) -> Answer:
        return twilio.SILENCE

    def verify(self, knock: Knock) -> None:
        token, account = self.line.credentials.get("auth_token"), self.line.credentials.get("account_sid")
        if not token or not account:
            raise NotAllowed("There is no auth token to check the signature with.")
        twilio.verify(knock, str(token))
        form = _form(knock)
        if form.get("AccountSid") != account:
            raise NotAllowed("It is of another Twilio account.")
        if not self._is_ours(form):
            raise NotAllowed("It is for another number than this inbox's.")

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        return parse.facts(envelope.payload)

    def send(self, outbound: Outbound) -> Sent:
        account, held = self._account, self.settings
        types = question.types_of(outbound) if held.is_whatsapp and not outbound.files else None
        asked = question.content_of(account, types) if types else ""
        form = sending.form_of(outbound, held, self._webhook_url, asked)
        told = account.post("/Messages.json", form)
        return Sent(str(told.get("sid") or ""))

    def look_up(self, outbound: Outbound) -> Sent | None:
        try:
            return asking.look_up(self._account, outbound, self.settings)
        except TwilioError as away:
            raise Unreachable(away.reason) from None

    def poll(self, cursor: Mapping[str, Any]) -> Polled:
        try:
            return asking.overlooked(self._account, self.settings, cursor)
        except TwilioError as refused:
            raise not_connected(refused, "auth_token") from None

    def listed(self, since: datetime) -> Sequence[Listed]:
        try:
            return asking.listed(self._account, self.settings, since)
        except TwilioError as refused:
            raise not_connected(refused, "auth_token") from None

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        url = str(ref.get("url") or "")
        if ref.get("message"):
            url = media.address_of(self._account, str(ref["message"]), int(ref.get("number") or 0))
        return media.bring(self._account, url, into, limit_bytes)

    def templates(self) -> Sequence[Template]:
        try:
            return list(content.templates(self._account))
        except TwilioError as refused:
            raise not_connected(refused, "auth_token") from None

    def connect(self, webhook_url: str) -> Line:
        return connecting.connect(self._account, self.line, self.settings, webhook_url)

    def disconnect(self, webhook_url: str) -> None:
        connecting.disconnect(self._account, self.settings, webhook_url)

    def probe(self, webhook_url: str) -> Health:
        return connecting.probe(self._account, self.settings, webhook_url)

    @property
    def _account(self) -> Account:
        return Account(self.credentials)

    @property
    def _webhook_url(self) -> str:
        return f"{parley().public_url}/webhooks/{self.kind}/{self.line.token}"

    def _is_ours(self, form: Mapping[str, str]) -> bool:
        """A signature is of the whole account: this is whether it is of our number, or of our service."""
        held = self.settings
        service, ours = form.get("MessagingServiceSid"), form.get("From" if parse.is_status(form) else "To", "")
        if held.messaging_service_sid:
            return service in (None, "", held.messaging_service_sid)
        return bool(ours == held.sender)


class TwilioMms(TwilioSms):
    """Of a number that sends files, to countries where these go."""

    abilities = replace(
        TwilioSms.abilities,
        attachments_per_message=sending.MOST_MEDIA,
        max_attachment_bytes=sending.MOST_MMS_BYTES,
    )


class TwilioWhatsApp(TwilioSms):
    """WhatsApp takes one file a message, and answers for a day; after that, what Meta has approved."""

    abilities = replace(
        TwilioSms.abilities,
        markup="whatsapp",
        attachments_per_message=1,
        max_attachment_bytes=sending.MOST_WHATSAPP_BYTES,
        rich=frozenset({"input_select"}),
        most_choices=question.MOST_ROWS,
        longest_choice=question.LONGEST_ROW,
        reply_window=timedelta(hours=24),
        has_templates=True,
    )

    @classmethod
    def source_id_of(cls, phone_number: str) -> str:
        return f"{WHATSAPP}{phone_number}"

    @classmethod
    def arranged(cls, sends: Sequence[Outbound]) -> Sequence[Outbound]:
        return sending.captioned(sends)


def _form(knock: Knock) -> dict[str, str]:
    """What came, by POST or, where somebody has set it so, by GET."""
    return dict(knock.query) if knock.method == "GET" else dict(twilio.pairs(knock))
