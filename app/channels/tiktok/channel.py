"""TikTok: what a business account's inbox there hears, says, and needs to stand."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from app.channels.base import (
    Abilities,
    Channel,
    Consent,
    DeliveryFailed,
    Envelope,
    Fact,
    File,
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
from app.channels.tiktok import letters
from app.channels.tiktok.api import MEANINGS, TIKTOK, asked, call
from app.channels.tiktok.consent import TikTokConsent
from app.channels.tiktok.tokens import TikTokCredentials, as_credentials, renewed
from app.lib.loose import a_dict, a_list, a_text
from app.lib.storable import storable

PICTURES = {"image/jpeg": "picture.jpg", "image/png": "picture.png"}
# A question card: https://business-api.tiktok.com/portal/docs?id=1832184403754242
CARD_TITLE, CARD_BUTTONS, BUTTON, LINK, BUTTON_ID = 40, 3, 20, 40, 40
WEBHOOK = "DIRECT_MESSAGE"


class TikTok(Channel):
    kind = "tiktok"
    name = "TikTok"
    summary = "Direct messages to a business account."
    abilities = Abilities(
        has_one_thread=True,
        markup="plain",
        max_length=6000,
        max_attachment_bytes=3 * 1024 * 1024,
        attachments_per_message=1,
        attachment_kinds=frozenset({"image"}),
        rich=frozenset({"input_select"}),
        most_choices=CARD_BUTTONS,
        longest_choice=BUTTON,
        reply_window=timedelta(hours=48),
        has_receipts=True,
        has_replies=True,
        has_profiles=True,
        # 10 calls a second are taken; an answer with a picture is three.
        sends_per_minute=200,
    )
    Credentials = TikTokCredentials
    has_door = True
    is_addressed = True

    @property
    def place(self) -> str:
        username = self.line.settings.get("username")
        return f"@{username}" if username else self.line.address

    def setup_facts(self, webhook_url: str) -> Mapping[str, str]:
        return {"Webhook callback URL, registered for you": webhook_url}

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        return letters.sort(knock)

    def verify(self, knock: Knock) -> None:
        letters.verify(knock, self.credentials.app[1])

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        return letters.parse(envelope)

    @classmethod
    def explain(cls, reason: str) -> str:
        code = reason.removeprefix("[").partition("]")[0]
        return MEANINGS.get(int(code), "") if code.isdecimal() and len(code) < 10 else ""

    def send(self, outbound: Outbound) -> Sent:
        said = self._content(outbound)
        body = {
            "business_id": self.line.address,
            "recipient_type": "CONVERSATION",
            "recipient": outbound.to,
            **storable(said),
        }
        given = call("POST", "/business/message/send/", token=self._token, json=body)
        return Sent(a_text(a_dict(given.get("message")).get("message_id")))

    def _content(self, outbound: Outbound) -> dict[str, Any]:
        if outbound.files:
            file = outbound.files[0]
            if file.content_type in PICTURES:
                return {"message_type": "IMAGE", "image": {"media_id": self._upload(file)}}
            return {"message_type": "TEXT", "text": {"body": f"{file.filename}: {file.url}"}}
        if card := _card(outbound):
            return {"message_type": "TEMPLATE", "template": card}
        text = storable(_with_choices(outbound)).strip()
        if not text:
            raise DeliveryFailed("There is nothing to send.", permanent=True)
        quoted = {"referenced_message_info": {"referenced_message_id": outbound.reply_to}} if outbound.reply_to else {}
        return {"message_type": "TEXT", "text": {"body": text[: self.abilities.max_length]}, **quoted}

    def _upload(self, file: File) -> str:
        with file.open() as opened:
            content = opened.read()
        files = {"file": (PICTURES[file.content_type], content, file.content_type)}
        data = {"business_id": self.line.address, "media_type": "IMAGE"}
        try:
            given = call("POST", "/business/message/media/upload/", token=self._token, data=data, files=files)
        except DeliveryFailed as failed:
            # Whatever became of the picture, nobody was sent anything.
            failed.is_unsure = False
            raise
        return a_text(given.get("media_id"))

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        if url := a_text(ref.get("url")):
            return TIKTOK.bring(url, into, limit_bytes)
        names = ("conversation_id", "message_id", "media_id", "media_type")
        body = {"business_id": self.line.address, **{name: a_text(ref.get(name)) for name in names}}
        given = call("POST", "/business/message/media/download/", token=self._token, json=body)
        return TIKTOK.bring(a_text(given.get("download_url")), into, limit_bytes, headers={"x-user": self._token})

    def profile(self, source_id: str) -> Person | None:
        """TikTok names the people of a conversation beside its newest messages."""
        asks = {"business_id": self.line.address, "conversation_id": source_id}
        given = asked("GET", "/business/message/content/list/", "refresh_token", token=self._token, params=asks)
        for person in map(a_dict, a_list(given.get("participants"))):
            if person.get("role") == "PERSONAL_ACCOUNT":
                return Person(
                    source_id, a_text(person.get("display_name")), avatar_url=a_text(person.get("profile_image"))
                )
        return None

    @classmethod
    def consent(cls) -> Consent | None:
        return TikTokConsent()

    def connect(self, webhook_url: str) -> Line:
        try:
            return self._connected(webhook_url)
        except Unreachable as away:
            raise NotConnected({"refresh_token": str(away)}) from None

    def _connected(self, webhook_url: str) -> Line:
        known: TikTokCredentials = self.credentials
        kept, address = dict(self.line.credentials), self.line.address
        if not known.is_current or not address:
            given = renewed(known)
            kept, address = as_credentials(given, before=kept), str(given["open_id"])
        account = _account(address, str(kept["access_token"]))
        _register(known.app, webhook_url)
        username = a_text(account.get("username"))
        name = self.line.name or a_text(account.get("display_name")) or username
        return Line(address, self.line.token, name, kept, {**self.line.settings, "username": username})

    def probe(self, webhook_url: str) -> Health:
        known: TikTokCredentials = self.credentials
        facts: dict[str, str] = {}
        problems: list[Problem] = []
        try:
            account = _account(self.line.address, known.access_token)
            facts["Account"] = f"@{a_text(account.get('username'))}"
            registered = _registered(known.app)
            if registered != webhook_url:
                words = f"TikTok sends messages to {registered or 'nowhere'}, not to {webhook_url}."
                problems.append(Problem("webhook", words, "register"))
        except NotConnected as refused:
            problems.append(Problem("credentials", str(refused), "reconnect"))
        except Unreachable as away:
            problems.append(Problem("unreachable", str(away)))
        ends = known.refresh_expires_at
        return Health(problems, facts, datetime.fromtimestamp(ends, UTC) if 0 < ends < 9e9 else None)

    def renew(self) -> Mapping[str, Any] | None:
        known: TikTokCredentials = self.credentials
        if not known.refresh_token or known.is_current:
            return None
        try:
            return as_credentials(renewed(known), before=self.line.credentials)
        except Unreachable:
            if time.time() < known.expires_at:
                return None
            raise

    @property
    def _token(self) -> str:
        return str(self.credentials.access_token)


def _card(outbound: Outbound) -> dict[str, Any] | None:
    """A question with buttons, where question and choices are short enough for one."""
    items = _choices(outbound)
    longest = max((len(title) for title, _ in items), default=0)
    if not (1 <= len(items) <= CARD_BUTTONS and longest <= LINK and 0 < len(outbound.text) <= CARD_TITLE):
        return None
    return {
        "type": "QA_BUTTON_CARD" if longest <= BUTTON else "QA_LINK_CARD",
        "title": outbound.text,
        "buttons": [{"type": "REPLY", "title": title, "id": value[:BUTTON_ID]} for title, value in items],
    }


def _with_choices(outbound: Outbound) -> str:
    lines = [f"{number}. {title}" for number, (title, _) in enumerate(_choices(outbound), 1)]
    return "\n".join([outbound.text, *lines])


def _choices(outbound: Outbound) -> list[tuple[str, str]]:
    if outbound.content_type != "input_select":
        return []
    items = map(a_dict, a_list(outbound.content_attributes.get("items")))
    return [
        (title, a_text(each.get("value")) or title) for each in items if (title := a_text(each.get("title")).strip())
    ]


def _account(address: str, token: str) -> dict[str, Any]:
    fields = json.dumps(["username", "display_name", "profile_image"])
    asks = {"business_id": address, "fields": fields}
    return asked("GET", "/business/get/", "refresh_token", token=token, params=asks)


def _register(app: tuple[str, str], webhook_url: str) -> None:
    """One address for all accounts of an app."""
    body = {"app_id": app[0], "secret": app[1], "event_type": WEBHOOK, "callback_url": webhook_url}
    asked("POST", "/business/webhook/update/", "app_id", json=body)


def _registered(app: tuple[str, str]) -> str:
    asks = {"app_id": app[0], "secret": app[1], "event_type": WEBHOOK}
    with suppress(NotConnected):
        return a_text(asked("GET", "/business/webhook/list/", "app_id", params=asks).get("callback_url"))
    return ""
