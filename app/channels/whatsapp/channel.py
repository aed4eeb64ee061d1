"""The WhatsApp channel: one business number at Meta's Cloud API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, BinaryIO

from pydantic import ValidationError

from app.channels import meta
from app.channels.base import (
    Abilities,
    Answer,
    Channel,
    Consent,
    DeliveryFailed,
    Envelope,
    Fact,
    Health,
    Knock,
    Line,
    NotConnected,
    Outbound,
    Problem,
    Sent,
    Template,
    Unreachable,
)
from app.channels.meta import GRAPH, graph
from app.channels.whatsapp import arrivals, connecting, sending
from app.channels.whatsapp.explained import explain
from app.channels.whatsapp.interactive import MOST_BUTTONS, MOST_ROWS, ROW_TITLE
from app.channels.whatsapp.numbers import canonical
from app.channels.whatsapp.settings import WhatsappCredentials, WhatsappSettings
from app.channels.whatsapp.shape import number, worded
from app.channels.whatsapp.signup import Signup

WINDOW = timedelta(hours=24)


class Whatsapp(Channel):
    kind = "whatsapp"
    name = "WhatsApp"
    summary = "Your business number on WhatsApp, by Meta’s own Cloud API."
    abilities = Abilities(
        markup="whatsapp",
        max_length=4096,
        max_attachment_bytes=100 * 1024 * 1024,
        attachments_per_message=1,
        rich=sending.RICH,
        most_choices=MOST_ROWS,
        longest_choice=ROW_TITLE,
        most_buttons=MOST_BUTTONS,
        reply_window=WINDOW,
        has_receipts=True,
        has_replies=True,
        has_templates=True,
        # The Cloud API's own limit is 80 a second.
        sends_per_minute=2400,
    )
    Credentials = WhatsappCredentials
    Settings = WhatsappSettings
    has_door = True
    is_addressed = True

    @classmethod
    def greet(cls, knock: Knock) -> Answer | None:
        if challenged := meta.challenge(knock):
            return challenged
        # News of templates and accounts come to the same place; Meta would repeat for days what is not taken.
        body = knock.json()
        return Answer() if arrivals.is_of_meta(body) and not arrivals.letters(body) else None

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        return arrivals.letters(knock.json())

    @classmethod
    def source_id_of(cls, phone_number: str) -> str:
        return canonical(phone_number)

    @classmethod
    def explain(cls, reason: str) -> str:
        return explain(reason)

    @classmethod
    def arranged(cls, sends: Sequence[Outbound]) -> Sequence[Outbound]:
        return sending.arranged(sends)

    @classmethod
    def consent(cls) -> Consent | None:
        return Signup()

    def verify(self, knock: Knock) -> None:
        meta.verify(knock, worded(self.line.credentials.get("app_secret")) or meta.app_secret())

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        return arrivals.facts(envelope.payload)

    def send(self, outbound: Outbound) -> Sent:
        return sending.sent(outbound, phone_number_id=self.phone_number_id, token=self.token)

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        """Two steps: the id leads to an address that is good for five minutes, and that wants the token, too."""
        media_id = number(ref.get("id"))
        if not media_id:
            raise DeliveryFailed("This was never something to fetch.", permanent=True)
        told = graph(GRAPH, "GET", f"/{media_id}", token=self.token, params={"phone_number_id": self.phone_number_id})
        if number(told.get("file_size")) > limit_bytes:
            raise DeliveryFailed("It is larger than files may be here.", permanent=True)
        headers = {"authorization": f"Bearer {self.token}"}
        return GRAPH.bring(worded(told.get("url")), into, limit_bytes, headers=headers)

    def templates(self) -> Sequence[Template]:
        return connecting.templates(self.known)

    def connect(self, webhook_url: str) -> Line:
        return connecting.connect(self.line, self.known, webhook_url)

    def disconnect(self, webhook_url: str) -> None:
        try:
            connecting.disconnect(self.known)
        except NotConnected as refused:
            raise Unreachable(str(refused)) from None

    def probe(self, webhook_url: str) -> Health:
        try:
            return connecting.probe(self.known, webhook_url)
        except NotConnected as refused:
            return Health([Problem("credentials", str(refused), repair="reconnect")])

    @property
    def known(self) -> WhatsappCredentials:
        """Raises NotConnected where what is kept does not fit (any more)."""
        try:
            return WhatsappCredentials.model_validate(dict(self.line.credentials))
        except ValidationError as wrong:
            told = {str(each["loc"][0]): each["msg"] for each in wrong.errors() if each["loc"]}
            raise NotConnected(told or {"form": "What is kept of this number does not fit any more."}) from None

    @property
    def place(self) -> str:
        return worded(self.line.settings.get("phone_number")) or self.line.address

    def setup_facts(self, webhook_url: str) -> Mapping[str, str]:
        return {"Callback URL": webhook_url, "Verify token": meta.verify_token()}

    @property
    def phone_number_id(self) -> str:
        return worded(self.line.credentials.get("phone_number_id")) or self.line.address

    @property
    def token(self) -> str:
        return worded(self.line.credentials.get("access_token"))
