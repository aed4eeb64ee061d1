"""Telegram: a bot that customers write to, by a webhook, or asked for news by ourselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field

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
    NotConnected,
    Outbound,
    Person,
    Polled,
    Problem,
    Sent,
    Unreachable,
)
from app.channels.telegram import polling, sending
from app.channels.telegram.api import TelegramError, bring, call
from app.channels.telegram.contents import largest
from app.channels.telegram.reading import full_name, moment, number, text, thing
from app.channels.telegram.updates import KINDS, facts_of, letter_of
from app.errors import NotAllowed
from app.lib import clock, crypto

TOO_LARGE = "Telegram gives bots files of up to 20 MB; this one is larger."
# A webhook that failed longer ago than this, and works now, is well.
RECENT_SECONDS = 600
MANY_WAITING = 100


class TelegramCredentials(BaseModel):
    """A bot's token is the one key to it."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    bot_token: str = Field(
        min_length=10,
        max_length=200,
        pattern=r"^\d+:[A-Za-z0-9_-]+$",
        title="Bot token",
        description="From @BotFather in Telegram: send it /newbot, or /token for a bot you have. It is shown in the answer.",
        examples=["110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"],
        json_schema_extra={"secret": True},
    )


class TelegramSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    polling: bool = Field(
        False,
        title="Fetch messages ourselves",
        description=(
            "For a desk that the internet cannot reach: Telegram is asked for new messages, which may then come up to a "
            "minute later. Otherwise Telegram brings them at once."
        ),
    )
    username: str = ""
    """Of the bot, without the @."""


class Telegram(Channel):
    kind = "telegram"
    name = "Telegram"
    summary = "A Telegram bot, and the chats of a Telegram Business account it is connected to."
    has_door = True
    abilities = Abilities(
        markup="telegram",
        # After Telegram has read the HTML.
        max_length=4096,
        length_in="utf16",
        max_attachment_bytes=50_000_000,
        attachments_per_message=10,
        rich=frozenset({"input_select", "cards", "article"}),
        most_choices=50,
        most_buttons=8,
        has_replies=True,
        has_profiles=True,
        is_polled=True,
        # 30 a second is what Telegram allows to all chats together.
        sends_per_minute=1500,
    )
    Credentials = TelegramCredentials
    Settings = TelegramSettings

    @classmethod
    def variant(cls, settings: Mapping[str, Any]) -> type[Channel]:
        return Telegram if settings.get("polling") else BroughtTelegram

    @property
    def token(self) -> str:
        return str(self.line.credentials.get("bot_token", ""))

    @property
    def place(self) -> str:
        name = str(self.line.settings.get("username") or "")
        return f"@{name}" if name else self.line.address

    def setup_facts(self, webhook_url: str) -> Mapping[str, str]:
        """Telegram is told by us."""
        return {}

    @property
    def secret(self) -> str:
        """What Telegram proves itself by: our own for each inbox, told when the webhook is registered."""
        return crypto.derived(f"the secret of the Telegram webhook {self.line.token}")

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        letter = letter_of(knock.path, knock.json())
        return [letter] if letter else ()

    @classmethod
    def receipt_of(cls, knock: Knock) -> Answer:
        """A button is told that it was pressed, else it looks busy for long."""
        pressed = thing(knock.json(), "callback_query")
        if not text(pressed.get("id")):
            return Answer()
        told = {"method": "answerCallbackQuery", "callback_query_id": text(pressed.get("id"))}
        return Answer(json.dumps(told), "application/json")

    def verify(self, knock: Knock) -> None:
        if not crypto.equal(knock.headers.get("x-telegram-bot-api-secret-token", ""), self.secret):
            raise NotAllowed("The secret token is not the one that Telegram was told.")

    @classmethod
    def arranged(cls, sends: Sequence[Outbound]) -> Sequence[Outbound]:
        return sending.arranged(sends)

    @classmethod
    def explain(cls, reason: str) -> str:
        words = reason.lower()
        for part, meaning in _EXPLAINED.items():
            if part in words:
                return meaning
        return ""

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        return facts_of(envelope.payload, bot=self.line.address)

    def send(self, outbound: Outbound) -> Sent:
        return sending.send(self.token, outbound)

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        try:
            file = thing(call(self.token, "getFile", {"file_id": text(ref.get("file_id"))}))
        except TelegramError as refused:
            if "file is too big" in refused.description:
                raise DeliveryFailed(TOO_LARGE, permanent=True) from None
            raise
        if number(file.get("file_size")) > limit_bytes:
            raise DeliveryFailed("The file is too large.", permanent=True)
        path = text(file.get("file_path"))
        if not path or ".." in path.split("/") or path.startswith("/"):
            raise DeliveryFailed("Telegram gives no place for this file.", permanent=True)
        return bring(self.token, path, into, limit_bytes)

    def profile(self, source_id: str) -> Person | None:
        """Their picture; their name comes with each message."""
        if not source_id.isdecimal():
            return None
        try:
            photos = thing(call(self.token, "getUserProfilePhotos", {"user_id": int(source_id), "limit": 1}))
        except TelegramError as refused:
            raise _trouble(refused) from refused
        sizes = photos.get("photos")
        file_id = text(largest(sizes[0] if isinstance(sizes, list) and sizes else None).get("file_id"))
        return Person(source_id, avatar_ref={"file_id": file_id}) if file_id else None

    def poll(self, cursor: Mapping[str, Any]) -> Polled:
        """Nothing where Telegram brings them."""
        if not self.settings.polling:
            return Polled((), cursor)
        try:
            return polling.poll(self.token, self.line.token, self.line.address, cursor)
        except TelegramError as refused:
            raise _trouble(refused) from refused

    def connect(self, webhook_url: str) -> Line:
        try:
            bot = thing(call(self.token, "getMe"))
        except TelegramError as refused:
            raise _not_connected(refused, "bot_token") from refused
        try:
            self._register(webhook_url)
        except TelegramError as refused:
            raise _not_connected(refused, "polling") from refused
        return Line(
            address=str(number(bot.get("id"))),
            token=self.line.token,
            name=self.line.name or full_name(bot) or text(bot.get("username")),
            credentials={"bot_token": self.token},
            settings={**self.line.settings, "username": text(bot.get("username"))},
        )

    def _register(self, webhook_url: str) -> None:
        if self.settings.polling:
            call(self.token, "deleteWebhook", {"drop_pending_updates": False})
        else:
            values = {"url": webhook_url, "secret_token": self.secret, "allowed_updates": list(KINDS)}
            call(self.token, "setWebhook", {**values, "drop_pending_updates": False})

    def disconnect(self, webhook_url: str) -> None:
        """Unless somebody else's webhook is registered by now."""
        try:
            if text(thing(call(self.token, "getWebhookInfo")).get("url")) == webhook_url:
                call(self.token, "deleteWebhook", {"drop_pending_updates": False})
        except TelegramError as refused:
            raise Unreachable(refused.reason) from refused

    def probe(self, webhook_url: str) -> Health:
        try:
            bot = thing(call(self.token, "getMe"))
            hook = thing(call(self.token, "getWebhookInfo"))
        except TelegramError as refused:
            if refused.is_about_the_token:
                return Health([Problem("credentials", _GONE, "reconnect")])
            return Health([Problem("unreachable", refused.reason, "settings")])
        waiting = number(hook.get("pending_update_count"))
        facts = {"Bot": f"@{text(bot.get('username'))}", "Waiting at Telegram": str(waiting)}
        return Health(list(self._problems(hook, webhook_url, waiting)), facts)

    def _problems(self, hook: Mapping[str, Any], webhook_url: str, waiting: int) -> list[Problem]:
        url = text(hook.get("url"))
        if self.settings.polling:
            words = "Another program has a webhook at this bot, which keeps its messages from us."
            return [Problem("webhook_elsewhere", words, "register")] if url else []
        if url != webhook_url:
            words = (
                "Telegram brings this bot's messages to another program." if url else "Telegram has no webhook of ours."
            )
            return [Problem("webhook_elsewhere", words, "register")]
        failed_at = moment(hook.get("last_error_date"))
        is_recent = failed_at is not None and (clock.now() - failed_at).total_seconds() < RECENT_SECONDS
        if is_recent and (waiting or not text(hook.get("last_error_message"))):
            words = text(hook.get("last_error_message")) or "no reason given"
            return [Problem("webhook_failing", f"Telegram cannot deliver: {words}", "register")]
        if set(KINDS) - set(_listed(hook.get("allowed_updates"))):
            return [Problem("webhook_narrow", "Telegram does not tell us all that happens.", "register")]
        return []


class BroughtTelegram(Telegram):
    """Where Telegram brings what is new: there is nothing to ask for."""

    abilities = replace(Telegram.abilities, is_polled=False)


_GONE = "Telegram does not know this bot token any more: make a new one with @BotFather, and put it in."
_EXPLAINED = {
    "bot was blocked by the user": "The customer has blocked this bot: they can only be reached when they unblock it.",
    "user is deactivated": "The customer's Telegram account is deleted.",
    "bot can't initiate conversation": "A bot cannot write first: the customer has to write to it once.",
    "chat not found": "The customer has to write to this bot once before it can answer.",
    "unauthorized": _GONE,
    "too many requests": "Telegram asks to wait; it is sent by itself then.",
    "business_connection_invalid": "The business account has taken its connection to this bot away.",
    "business_peer_usage_missing": "The business account has not written in this chat for a day: Telegram lets bots answer no more.",
    "file is too big": "Telegram takes files of up to 50 MB from bots.",
    "request entity too large": "Telegram takes files of up to 50 MB from bots.",
}


def _trouble(refused: TelegramError) -> Unreachable | NotConnected:
    return NotConnected({"bot_token": _GONE}) if refused.is_about_the_token else Unreachable(refused.reason)


def _not_connected(refused: TelegramError, field: str) -> NotConnected:
    if refused.is_about_the_token:
        words = f"Telegram does not know this token: {refused.description}."
        return NotConnected({"bot_token": words})
    if field == "polling":
        words = (
            f"Telegram does not take our webhook: {refused.description}. Without one, let us fetch messages ourselves."
        )
        return NotConnected({"polling": words})
    return NotConnected({field: f"Telegram answers: {refused.description}"})


def _listed(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
