"""LINE: an official account's one-to-one chats, by the Messaging API."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.channels.base import (
    Abilities,
    Channel,
    DeliveryFailed,
    Envelope,
    Fact,
    Health,
    Knock,
    Line,
    NotConnected,
    Outbound,
    Person,
    Problem,
    Sent,
    Unreachable,
)
from app.channels.line import buttons, sending
from app.channels.line.api import API, MONTHLY_LIMIT, STICKERS, LineError, bring, call, check_secret, is_ready, issued
from app.channels.line.events import facts_of, letters_of, person_of
from app.errors import NotAllowed
from app.lib import clock, crypto

SECRET: JsonDict = {"secret": True}
# Between looks at a film that LINE is still making ready.
WAIT_SECONDS = 10.0
ENDPOINT = "/v2/bot/channel/webhook/endpoint"
# What is left of the month's messages when it is said to be running out.
SCARCE = 0.05


class LineCredentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    channel_id: str = Field(
        min_length=5,
        max_length=20,
        pattern=r"^\d+$",
        title="Channel ID",
        description="LINE Developers console, your Messaging API channel, tab “Basic settings”.",
        examples=["1234567890"],
    )
    channel_secret: str = Field(
        min_length=8,
        max_length=100,
        title="Channel secret",
        description="In the same tab, “Basic settings”, further down. LINE signs with it what it brings us.",
        json_schema_extra=SECRET,
    )
    access_token: str = Field(
        min_length=20,
        max_length=1000,
        title="Channel access token",
        description="Tab “Messaging API”, at its end: “Channel access token (long-lived)”. Press “Issue” if it is empty.",
        json_schema_extra=SECRET,
    )


class LineSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    basic_id: str = ""
    """How people find the account, with its @."""


class LineMessenger(Channel):
    kind = "line"
    name = "LINE"
    summary = "A LINE official account, by the Messaging API."
    has_door = True
    abilities = Abilities(
        has_one_thread=True,
        markup="line",
        max_length=sending.LONGEST_TEXT,
        length_in="utf16",
        # LINE fetches files from us; what is larger than it takes goes as a link.
        max_attachment_bytes=sending.LARGEST_FILM,
        attachments_per_message=sending.MOST_OBJECTS,
        attachment_kinds=frozenset({"image", "audio", "video"}),
        rich=frozenset({"input_select", "cards", "article"}),
        most_choices=buttons.MOST_QUICK,
        longest_choice=buttons.LABEL,
        most_cards=buttons.MOST_COLUMNS,
        most_buttons=buttons.MOST_ON_COLUMN,
        has_replies=True,
        has_profiles=True,
        is_idempotent=True,
        # A retry key is good for a day.
        retry_seconds=23 * 3600,
    )
    Credentials = LineCredentials
    Settings = LineSettings

    @property
    def token(self) -> str:
        return str(self.line.credentials.get("access_token", ""))

    @property
    def place(self) -> str:
        return str(self.line.settings.get("basic_id") or self.line.address)

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        return letters_of(knock.path, knock.json())

    def verify(self, knock: Knock) -> None:
        """The signature is the channel's, and what it is for is this account."""
        secret = str(self.line.credentials.get("channel_secret", ""))
        wanted = b64encode(hmac.new(secret.encode(), knock.body, hashlib.sha256).digest()).decode()
        if not secret or not crypto.equal(knock.headers.get("x-line-signature", ""), wanted):
            raise NotAllowed("The signature does not fit.")
        told = knock.json()
        if not isinstance(told, dict) or told.get("destination") != self.line.address:
            raise NotAllowed("It is for another account.")

    @classmethod
    def arranged(cls, sends: Sequence[Outbound]) -> Sequence[Outbound]:
        return sending.arranged(sends)

    @classmethod
    def explain(cls, reason: str) -> str:
        words = reason.lower()
        return next((meaning for part, meaning in _EXPLAINED.items() if part in words), "")

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        return facts_of(envelope.payload)

    def send(self, outbound: Outbound) -> Sent:
        return sending.send(self.token, outbound)

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        if sticker := str(ref.get("sticker") or ""):
            path = f"/stickershop/v1/sticker/{sticker}/android/sticker.png"
            return STICKERS.bring(f"{STICKERS.url}{path}", into, limit_bytes)
        if url := str(ref.get("url") or ""):
            return API.bring(url, into, limit_bytes)
        which = str(ref.get("message") or "")
        if not which:
            raise DeliveryFailed("There is nothing to fetch.", permanent=True)
        if ref.get("kind") in ("video", "audio") and not is_ready(self.token, which):
            raise DeliveryFailed("LINE is still making it ready.", permanent=False, retry_after=WAIT_SECONDS)
        return bring(self.token, which, into, limit_bytes)

    def profile(self, source_id: str) -> Person | None:
        """None of whom LINE does not tell: who has blocked the account, or never agreed to be told of."""
        try:
            told = call(self.token, "GET", f"/v2/bot/profile/{source_id}")
        except LineError as refused:
            if refused.status in (400, 403, 404):
                return None
            raise _trouble(refused) from refused
        picture = str(told.get("pictureUrl") or "")
        person = person_of(source_id)
        return Person(
            source_id,
            name=str(told.get("displayName") or ""),
            avatar_url=picture if picture.startswith("https://") else "",
            locale=str(told.get("language") or "")[:20],
            attributes={
                **person.attributes,
                **({"description": told["statusMessage"]} if isinstance(told.get("statusMessage"), str) else {}),
            },
        )

    def connect(self, webhook_url: str) -> Line:
        credentials: LineCredentials = self.credentials
        try:
            check_secret(credentials.channel_id, credentials.channel_secret)
        except LineError as refused:
            raise NotConnected({"channel_secret": f"LINE answers: {refused.reason}"}) from refused
        try:
            bot = call(self.token, "GET", "/v2/bot/info")
            owner = issued(self.token).channel_id
        except LineError as refused:
            raise NotConnected({"access_token": f"LINE answers: {refused.reason}"}) from refused
        if owner and owner != credentials.channel_id:
            raise NotConnected({"access_token": f"This token is of another channel: {owner}."})
        try:
            call(self.token, "PUT", ENDPOINT, json={"endpoint": webhook_url})
        except LineError as refused:
            words = f"LINE does not take our webhook at {webhook_url}: {refused.reason}"
            raise NotConnected({"channel_id": words}) from refused
        return Line(
            address=str(bot.get("userId") or ""),
            token=self.line.token,
            name=self.line.name or str(bot.get("displayName") or ""),
            credentials=credentials.model_dump(),
            settings={"basic_id": str(bot.get("premiumId") or bot.get("basicId") or "")},
        )

    def probe(self, webhook_url: str) -> Health:
        try:
            hook = call(self.token, "GET", ENDPOINT)
            problems = self._hook_problems(hook, webhook_url)
            quota = call(self.token, "GET", "/v2/bot/message/quota")
            left = issued(self.token).seconds
            used = _whole(call(self.token, "GET", "/v2/bot/message/quota/consumption").get("totalUsage"))
        except LineError as refused:
            if refused.status == 401:
                return Health(
                    [Problem("credentials", f"LINE does not take the access token: {refused.reason}", "reconnect")]
                )
            if refused.status == 404:
                return Health([Problem("webhook_elsewhere", "LINE has no webhook of ours.", "register")])
            return Health([Problem("unreachable", refused.reason, "settings")])
        most = _whole(quota.get("value")) if quota.get("type") == "limited" else 0
        if most and used >= most:
            words = f"This month's {most:,} messages are used up: LINE takes no more until the next month, or a larger plan."
            problems.append(Problem("quota", words))
        elif most and most - used < most * SCARCE:
            problems.append(Problem("quota_low", f"Of this month's {most:,} messages only {most - used:,} are left."))
        facts = {"Account": self.place, "Messages this month": f"{used:,} of {most:,}" if most else f"{used:,}"}
        return Health(problems, facts, clock.now() + timedelta(seconds=left) if left else None)

    def _hook_problems(self, hook: Mapping[str, Any], webhook_url: str) -> list[Problem]:
        if hook.get("endpoint") != webhook_url:
            return [Problem("webhook_elsewhere", "LINE brings this account's messages to another address.", "register")]
        if hook.get("active") is not True:
            words = "“Use webhook” is off: switch it on in the LINE Developers console, tab “Messaging API”."
            return [Problem("webhook_off", words)]
        tried = call(self.token, "POST", "/v2/bot/channel/webhook/test", json={"endpoint": webhook_url})
        if tried.get("success") is False:
            said = " ".join(filter(None, (str(tried.get("reason") or ""), str(tried.get("detail") or ""))))
            return [Problem("webhook_failing", f"LINE cannot deliver: {said or 'no reason given'}", "settings")]
        return []


_EXPLAINED = {
    MONTHLY_LIMIT: "The messages of this LINE plan are used up for the month: wait for the next, or take a larger plan.",
    "failed to send messages": "LINE does not know this person, or they are no friend of the account.",
    "authentication failed": "LINE does not take the access token any more: issue a new one, and put it in the settings.",
    "not available for your account": "This LINE account's plan does not allow it.",
    "exceeded": "LINE asks to wait; it is sent by itself then.",
}


def _trouble(refused: LineError) -> Unreachable | NotConnected:
    return NotConnected({"access_token": refused.reason}) if refused.status == 401 else Unreachable(refused.reason)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
