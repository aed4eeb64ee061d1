"""X: a profile's direct messages, and what is posted to it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from app.channels.base import (
    Abilities,
    Answer,
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
    Problem,
    Sent,
    Unreachable,
)
from app.channels.x import api, direct, hearing, letters, media, posts, weighted
from app.channels.x.access import RENEW_BEFORE_SECONDS, XCredentials, app_only, renewed
from app.channels.x.consent import XConsent
from app.config import settings
from app.lib.loose import a_dict, a_list, a_text
from app.lib.storable import storable

PICTURES_A_POST = 4


class XSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    tweets: bool = Field(
        True,
        title="Posts as conversations",
        description="Posts that mention, answer or quote the profile come in, and are answered in public. Off: direct messages only.",
    )


class XProfile(Channel):
    kind = "x"
    name = "X"
    summary = "Direct messages, and posts that mention you."
    abilities = Abilities(
        markup="plain",
        max_length=10_000,
        max_attachment_bytes=512 * 1024 * 1024,
        attachments_per_message=1,
        attachment_kinds=frozenset({"image", "video"}),
        rich=frozenset({"input_select"}),
        answers_privately=True,
        public_length=weighted.MOST,
        has_receipts=True,
        has_replies=True,
        # 100 posts and 15 direct messages in a quarter of an hour are taken for sure; what is more waits as X says.
        sends_per_minute=60,
    )
    Credentials = XCredentials
    Settings = XSettings
    has_door = True
    is_addressed = True

    @property
    def place(self) -> str:
        username = self.line.settings.get("username")
        return f"@{username}" if username else self.line.address

    def setup_facts(self, webhook_url: str) -> Mapping[str, str]:
        return {"Webhook URL, registered for you": webhook_url}

    @classmethod
    def greet(cls, knock: Knock) -> Answer | None:
        known = settings()
        return letters.challenged(knock, known.x_consumer_secret, known.x_client_secret)

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        return letters.sort(knock)

    def verify(self, knock: Knock) -> None:
        letters.verify(knock, self.credentials.webhook_secrets)

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        told, ours = envelope.payload, self.line.address
        kind, event = told.get("is"), a_dict(told.get("event"))
        if kind == letters.DIRECT:
            return direct.message(event, a_dict(told.get("users")), ours=ours)
        if kind == letters.READ:
            return direct.read(event, ours=ours)
        if kind == letters.ENCRYPTED:
            return direct.sealed(event, ours=ours)
        if not self.settings.tweets:
            return ()
        if kind == letters.POSTED:
            return posts.posted(event, ours=ours, is_blocked=told.get("is_blocked") is True)
        return posts.gone(event) if kind == letters.GONE else ()

    @classmethod
    def explain(cls, reason: str) -> str:
        return api.explain(reason)

    @classmethod
    def arranged(cls, sends: Sequence[Outbound]) -> Sequence[Outbound]:
        """Words as long as a post may be, with the files in the last ones: four pictures, or one film; else one file each."""
        if not sends:
            return sends
        first, files = sends[0], [file for each in sends for file in each.files]
        texts = [_with_choices(each) for each in sends if each.text]
        if linked := _links(file for file in files if not media.is_taken(file)):
            texts = [*texts[:-1], "\n\n".join([*texts[-1:], linked])]
        if is_public(first):
            texts = [piece for text in texts for piece in weighted.posts(text)]
        most = PICTURES_A_POST if is_public(first) else 1
        bundles = _bundles([file for file in files if media.is_taken(file)], most=most)
        made = [replace(first, text=text, content_type="text", files=()) for text in texts]
        if made and bundles:
            made[-1] = replace(made[-1], files=bundles.pop(0))
        made += [replace(first, text="", content_type="text", files=bundle) for bundle in bundles]
        # Nothing at all is one send as well, for X to refuse.
        return [replace(each, reply_to=first.reply_to if not n else None) for n, each in enumerate(made or [first])]

    def send(self, outbound: Outbound) -> Sent:
        files = [file for file in outbound.files if media.is_taken(file)]
        linked = _links(file for file in outbound.files if not media.is_taken(file))
        text = storable("\n\n".join(filter(None, [_with_choices(outbound), linked]))).strip()
        if not text and not files:
            raise DeliveryFailed("There is nothing to send.", permanent=True)
        user = self.credentials.user
        use = "tweet" if is_public(outbound) else "dm"
        ids = [media.upload(file, use, user) for file in files]
        return self._post(outbound, text, ids) if is_public(outbound) else self._write(outbound, text, ids)

    def _post(self, outbound: Outbound, text: str, media_ids: list[str]) -> Sent:
        answered = outbound.reply_to or outbound.follows or a_text(outbound.context.get("tweet_id"))
        if not answered:
            raise DeliveryFailed("There is no post to answer.", permanent=True)
        # X puts the names of those who are answered before the words itself.
        body: dict[str, Any] = {"text": text, "reply": {"in_reply_to_tweet_id": answered}}
        if media_ids:
            body["media"] = {"media_ids": media_ids}
        given = api.call("POST", "/2/tweets", self.credentials.user, json=body)
        return Sent(a_text(a_dict(given.get("data")).get("id")))

    def _write(self, outbound: Outbound, text: str, media_ids: list[str]) -> Sent:
        body: dict[str, Any] = {"text": text[: self.abilities.max_length]} if text else {}
        if media_ids:
            body["attachments"] = [{"media_id": media_ids[0]}]
        if not outbound.to.isascii() or not outbound.to.isalnum():
            raise DeliveryFailed("This is nobody’s id at X.", permanent=True)
        place = f"/2/dm_conversations/with/{outbound.to}/messages"
        given = api.call("POST", place, self.credentials.user, json=body)
        return Sent(a_text(a_dict(given.get("data")).get("dm_event_id")))

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        return media.fetch(a_text(ref.get("url")), self.credentials.user, into, limit_bytes)

    @classmethod
    def consent(cls) -> Consent | None:
        return XConsent()

    def connect(self, webhook_url: str) -> Line:
        known: XCredentials = self.credentials
        if not known.has_keys and not known.bearer_token:
            raise NotConnected(
                {"access_token_secret": "All four are needed: API key and secret, access token and secret."}
            )
        try:
            me = self._me()
            hearing.begin(known, a_text(me.get("id")), webhook_url)
        except Unreachable as away:
            raise NotConnected({"access_token": str(away)}) from None
        kept = {**self.line.settings, "username": a_text(me.get("username"))}
        name = self.line.name or a_text(me.get("name"))
        return Line(a_text(me.get("id")), self.line.token, name, self.line.credentials, kept)

    def disconnect(self, webhook_url: str) -> None:
        try:
            hearing.end(self.credentials, self.line.address, webhook_url)
        except NotConnected as refused:
            raise Unreachable(str(refused)) from None

    def probe(self, webhook_url: str) -> Health:
        """Asks only what X charges nothing for: it is asked often."""
        facts = {"Profile": self.place}
        problems: list[Problem] = []
        try:
            problems += self._deafness(webhook_url)
        except NotConnected as refused:
            is_profiles = "access_token" in refused.fields
            problems.append(Problem("credentials", str(refused), "reconnect" if is_profiles else "settings"))
        except Unreachable as away:
            problems.append(Problem("unreachable", str(away)))
        return Health(problems, facts)

    def renew(self) -> Mapping[str, Any] | None:
        known: XCredentials = self.credentials
        if known.has_keys or time.time() < known.expires_at - RENEW_BEFORE_SECONDS:
            return None
        try:
            return renewed(self.line.credentials)
        except Unreachable:
            if time.time() < known.expires_at:
                return None
            raise

    def _me(self) -> Mapping[str, Any]:
        me = a_dict(api.asked("GET", "/2/users/me", "access_token", self.credentials.user).get("data"))
        if not a_text(me.get("id")):
            raise NotConnected({"access_token": "X does not say whose access this is."})
        return me

    def _deafness(self, webhook_url: str) -> list[Problem]:
        """Why X would not tell us, if so. A webhook that X found wanting is tried again at once."""
        known: XCredentials = self.credentials
        app = app_only(known.app)
        webhook = hearing.registered(app, known, webhook_url)
        if webhook is None:
            return [Problem("webhook", "X has no webhook of ours any more.", "register")]
        webhook_id = a_text(webhook.get("id"))
        if webhook.get("valid") is not True:
            try:
                api.asked("PUT", f"/2/webhooks/{webhook_id}", hearing.FIELD, app)
            except NotConnected as refused:
                return [Problem("webhook", f"X does not reach our webhook. {refused}", "register")]
        is_heard = hearing.is_subscribed(webhook_id, known.user)
        return [] if is_heard else [Problem("subscription", "X does not tell us of this profile any more.", "register")]


def is_public(outbound: Outbound) -> bool:
    """An answer in a thread of posts is a post, unless whoever wrote it chose to write to them directly."""
    return outbound.thread.startswith(posts.THREAD) and outbound.content_attributes.get("as_dm") is not True


def _bundles(files: Sequence[File], *, most: int) -> list[list[File]]:
    """Pictures together, everything else by itself."""
    made: list[list[File]] = []
    for file in files:
        is_picture = media.kind_of(file) == "image"
        beside = made[-1] if made else []
        if is_picture and 0 < len(beside) < most and all(media.kind_of(each) == "image" for each in beside):
            beside.append(file)
        else:
            made.append([file])
    return made


def _links(files: Iterable[File]) -> str:
    return "\n".join(f"{file.filename}: {file.url}" for file in files)


def _with_choices(outbound: Outbound) -> str:
    """X’s API has no buttons: choices stand below the question, to be answered in words."""
    if outbound.content_type != "input_select":
        return outbound.text
    titles = [a_text(a_dict(each).get("title")) for each in a_list(outbound.content_attributes.get("items"))]
    return "\n".join([outbound.text, *(f"{number}. {title}" for number, title in enumerate(filter(None, titles), 1))])
