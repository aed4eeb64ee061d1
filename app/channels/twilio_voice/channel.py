"""The line of one phone number at Twilio."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from pydantic import ValidationError

from app.channels.base import (
    Abilities,
    Answer,
    Call,
    Channel,
    DeliveryFailed,
    Desk,
    Envelope,
    Fact,
    Health,
    Knock,
    Line,
    NotConnected,
    Outbound,
    Problem,
    Sent,
    Standby,
    Unreachable,
)
from app.channels.provider import MEDIA_SECONDS
from app.channels.twilio import API, SILENCE, Account, TwilioCredentials, TwilioError, not_connected, segment, verify
from app.channels.twilio_errors import explanation
from app.channels.twilio_voice.dialogue import Dialogue
from app.channels.twilio_voice.news import standing, told_by
from app.channels.twilio_voice.settings import VoiceSettings
from app.channels.twilio_voice.steps import Home, Step, step_of
from app.config import settings as parley
from app.errors import NotAllowed
from app.lib import clock
from app.lib.http import HttpFailed

# A call that was asked for and could not be placed is not placed hours later, when nobody expects it.
STALE = timedelta(minutes=3)
AGENT_RINGS_SECONDS = 30


class TwilioVoice(Channel):
    kind = "twilio_voice"
    name = "Phone calls"
    summary = "Calls by a Twilio number: answered on your own phones, or taken as voice messages."
    abilities = Abilities(
        has_one_thread=True,
        has_calls=True,
        markup="plain",
        attachments_per_message=0,
        rich=frozenset({"voice_call"}),
        retry_seconds=90,
        sends_per_minute=60,
    )
    Credentials = TwilioCredentials
    Settings = VoiceSettings
    has_door = True
    waits_seconds = 4.0
    max_body = 200_000

    @property
    def spoken(self) -> VoiceSettings:
        """What is set; our own words and rules where that does not fit (any more): whoever calls must hear something."""
        try:
            return VoiceSettings.model_validate({"phone_number": self.line.address, **self.line.settings})
        except ValidationError:
            return VoiceSettings.model_construct(phone_number=self.line.address)

    @property
    def account(self) -> Account:
        """Raises DeliveryFailed when what is kept is no credentials."""
        try:
            return Account(self.credentials)
        except ValidationError:
            raise DeliveryFailed("The Twilio account is not set up: connect the inbox again.", permanent=True) from None

    @property
    def dialogue(self) -> Dialogue:
        home = Home(f"{parley().public_url}/webhooks/{self.kind}/{self.line.token}")
        return Dialogue(self.line.address, self.line.name, self.spoken, home)

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        """One letter each, under the call it belongs to; the same words of the same step are the same letter."""
        step, form = step_of(knock.path), knock.form()
        call = knock.query.get("call", "") or form.get("CallSid", "")
        if knock.method != "POST" or step is None or not call:
            return ()
        payload = {"step": step.value, "query": dict(knock.query), "form": form}
        written = hashlib.sha256(json.dumps(payload, sort_keys=True).encode("utf-8", "replace")).hexdigest()
        return [
            Envelope(knock.path.partition("/")[0], call[:100], f"{call[:100]} {step.value} {written[:32]}", payload)
        ]

    @classmethod
    def receipt_of(cls, knock: Knock) -> Answer:
        return SILENCE

    @classmethod
    def explain(cls, reason: str) -> str:
        return explanation(reason)

    @classmethod
    def source_id_of(cls, phone_number: str) -> str:
        return phone_number

    def verify(self, knock: Knock) -> None:
        """Signed, and of this account: a token that leaked leads to no other account's calls."""
        try:
            held: TwilioCredentials = self.credentials
        except ValidationError:
            raise NotAllowed("This inbox has no credentials.") from None
        verify(knock, held.auth_token)
        if knock.form().get("AccountSid", held.account_sid) != held.account_sid:
            raise NotAllowed("It is signed for another account.")
        if step_of(knock.path) in (Step.CALL, Step.FALLBACK) and knock.form().get("To") != self.line.address:
            raise NotAllowed("It is a call to another number.")

    def answer(self, knock: Knock, desk: Desk) -> Answer:
        step = step_of(knock.path)
        return SILENCE if step is None else self.dialogue.answer(step, knock.form(), knock.query, desk)

    def answer_unkept(self, knock: Knock) -> Answer | None:
        """Asked a second time, we lead the caller to a voice message: what they leave is told of once more, and kept then."""
        if step_of(knock.path) is not Step.FALLBACK:
            return None
        return self.dialogue.answer(Step.FALLBACK, knock.form(), knock.query, lambda _: Standby())

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        return told_by(envelope)

    def send(self, outbound: Outbound) -> Sent:
        """Ring the colleague's phone; what they hear there leads on to the customer."""
        if outbound.content_type != "voice_call":
            raise DeliveryFailed("Nothing can be written to a phone: call, or leave a private note.", permanent=True)
        colleague = outbound.standby.colleagues[0] if outbound.standby and outbound.standby.colleagues else None
        if colleague is None:
            raise DeliveryFailed("Whoever calls has no phone number in their profile.", permanent=True)
        if _is_stale(outbound):
            raise DeliveryFailed("It could not be placed in time. Call again.", permanent=True)
        client_id = outbound.key.rpartition("-")[0]
        dialogue = self.dialogue
        spoken = dialogue.prompt(
            who=outbound.standby.caller[:100] if outbound.standby else "", to=outbound.to, client_id=client_id
        )
        call = self.account.post(
            "/Calls.json",
            {
                "To": colleague.phone,
                "From": self.line.address,
                "Twiml": spoken,
                "Timeout": str(AGENT_RINGS_SECONDS),
                "StatusCallback": dialogue.home.to(Step.AGENT, of=client_id, to=outbound.to),
                "StatusCallbackMethod": "POST",
                "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
            },
        )
        return Sent(str(call.get("sid") or ""))

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        """A recording, at an address that we write ourselves. It may take Twilio a moment until it is there."""
        account = self.account
        path = f"{account.home}/Recordings/{segment(str(ref.get('recording', '')))}.mp3"
        try:
            answer = API.get(
                path, into=into, max_bytes=limit_bytes, headers=account.authorization, timeout=MEDIA_SECONDS
            )
        except HttpFailed as failed:
            raise DeliveryFailed(
                failed.reason, permanent=failed.permanent and failed.status != 404, retry_after=failed.retry_after
            ) from None
        return answer.headers.get("content-type", "")

    def call_now(self, source_id: str) -> Sequence[Call]:
        try:
            account = self.account
            whole = account.get(f"/Calls/{segment(source_id)}.json")
            legs = account.get("/Calls.json", {"ParentCallSid": source_id}).get("calls")
        except DeliveryFailed as failed:
            if isinstance(failed, TwilioError) and failed.status == 404:
                return [Call(source_id, state="ended")]
            raise Unreachable(failed.reason) from None
        return standing(source_id, whole, legs if isinstance(legs, list) else [])

    def keeps(self, ref: Mapping[str, Any]) -> bool:
        return not (self.spoken.deletes_recordings and ref.get("recording"))

    def let_go(self, ref: Mapping[str, Any]) -> None:
        account = self.account
        try:
            account.call(API, "DELETE", f"{account.home}/Recordings/{segment(str(ref.get('recording', '')))}.json")
        except TwilioError as refused:
            if refused.status != 404:
                raise

    def connect(self, webhook_url: str) -> Line:
        account, number = Account(self.credentials), self.settings.phone_number
        account.check()
        try:
            held = account.number(number)
            if held is None:
                raise NotConnected({"phone_number": "This Twilio account holds no such number."})
            if not _takes_calls(held):
                raise NotConnected({"phone_number": "Twilio says that this number takes no calls."})
            if held.get("trunk_sid"):
                raise NotConnected(
                    {"phone_number": "The number belongs to a SIP trunk: take it off the trunk in the Console first."}
                )
            account.post(f"/IncomingPhoneNumbers/{segment(str(held.get('sid', '')))}.json", _registered(webhook_url))
        except TwilioError as refused:
            raise not_connected(refused, "phone_number") from None
        return replace(self.line, address=number, name=self.line.name or str(held.get("friendly_name") or number))

    def disconnect(self, webhook_url: str) -> None:
        try:
            account = self.account
            held = account.number(self.line.address)
            if held and held.get("voice_url") == webhook_url:
                nothing = dict.fromkeys(("VoiceUrl", "VoiceFallbackUrl", "StatusCallback"), "")
                account.post(f"/IncomingPhoneNumbers/{segment(str(held.get('sid', '')))}.json", nothing)
        except DeliveryFailed as failed:
            raise Unreachable(failed.reason) from None

    def probe(self, webhook_url: str) -> Health:
        try:
            account = self.account
            status = account.check().get("status")
            held = account.number(self.line.address)
        except Unreachable as away:
            return Health([Problem("unreachable", f"Twilio does not answer: {away}")])
        except (NotConnected, DeliveryFailed) as refused:
            return Health([Problem("credentials", str(refused), "settings")])
        facts = {"Account": str(status or "")}
        if held is None:
            return Health([Problem("number_gone", "The Twilio account does not hold the number any more.")], facts)
        if held.get("voice_url") != webhook_url:
            return Health([Problem("webhook_moved", "Calls to the number are sent elsewhere.", "register")], facts)
        return Health((), facts)


def _registered(webhook_url: str) -> dict[str, str]:
    """Where Twilio asks what to do with a call, and tells that it is over. An application would win over our address."""
    home = Home(webhook_url)
    return {
        "VoiceUrl": webhook_url,
        "VoiceMethod": "POST",
        "VoiceFallbackUrl": home.to(Step.FALLBACK),
        "VoiceFallbackMethod": "POST",
        "StatusCallback": home.to(Step.STATUS),
        "StatusCallbackMethod": "POST",
        "VoiceApplicationSid": "",
    }


def _takes_calls(held: Mapping[str, Any]) -> bool:
    can = held.get("capabilities")
    return bool(can.get("voice", True)) if isinstance(can, dict) else True


def _is_stale(outbound: Outbound) -> bool:
    data = outbound.content_attributes.get("data")
    try:
        asked_at = datetime.fromisoformat(str(data["requested_at"])) if isinstance(data, dict) else None
        return asked_at is not None and clock.now() - asked_at > STALE
    except (KeyError, ValueError, TypeError):
        return False
