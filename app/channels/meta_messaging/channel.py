"""What a channel of Meta's messengers does alike: hears, proves, sends, fetches."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, BinaryIO, ClassVar, Unpack
from urllib.parse import quote

from app.channels import meta
from app.channels.base import Abilities, Answer, Channel, DeliveryFailed, Envelope, Fact, File, Knock, Outbound, Sent
from app.channels.meta import GRAPH, GraphError
from app.channels.meta_messaging import answers, arrivals, asking, events
from app.channels.meta_messaging.attachments import web_address
from app.channels.meta_messaging.events import mapping, mappings, text, word
from app.channels.meta_messaging.graph_access import INVALID_PARAMETER, Access
from app.lib.http import Options
from app.lib.storable import storable

SEND_SECONDS = 30.0
NO_SUCH_PERSON = 2018001
# "Another app is controlling this thread now."
NOT_IN_CONTROL = 2018300
STORY_GONE = "This story is no longer available."
MEANINGS = (
    ("2018278", "The time for answers is over: they have to write first."),
    ("outside of allowed window", "The time for answers is over: they have to write first."),
    ("(#551)", "They have blocked you, left, or do not take messages."),
    ("(#190)", "Meta does not let us in any more: an administrator has to connect this inbox again."),
    ("(#613)", "Too many messages were sent in a short time."),
    ("(#200)", "Meta’s app lacks a permission, or has not been approved for it yet."),
)

ABILITIES = Abilities(
    markup="messenger",
    max_length=2000,
    max_attachment_bytes=25_000_000,
    attachments_per_message=1,
    rich=answers.RICH,
    most_choices=answers.MOST_CHOICES,
    longest_choice=answers.LONGEST_CHOICE,
    most_cards=answers.MOST_CARDS,
    most_buttons=answers.MOST_BUTTONS,
    reply_window=timedelta(hours=24),
    late_window=timedelta(days=7),
    has_receipts=True,
    has_replies=True,
    has_profiles=True,
    can_look_up=True,
)


class MetaMessaging(Channel):
    has_door = True
    is_addressed = True
    kind_of_thing: ClassVar[str]
    """What Meta's webhooks call what is written to."""
    platform: ClassVar[str]
    """What its list of conversations calls the messenger."""

    @property
    @abstractmethod
    def access(self) -> Access: ...

    @property
    @abstractmethod
    def secrets(self) -> Sequence[str]:
        """Any of which proves a delivery."""

    @property
    @abstractmethod
    def own_apps(self) -> Collection[str]:
        """What is sent by these is ours."""

    @property
    @abstractmethod
    def sender(self) -> str:
        """Whose messages are sent, in the paths of Graph."""

    def setup_facts(self, webhook_url: str) -> Mapping[str, str]:
        return {"Callback URL": webhook_url, "Verify token": meta.verify_token()}

    @classmethod
    def greet(cls, knock: Knock) -> Answer | None:
        return meta.challenge(knock)

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        return events.envelopes(knock, cls.kind_of_thing)

    @classmethod
    def explain(cls, reason: str) -> str:
        return next((meaning for sign, meaning in MEANINGS if sign in reason), "")

    @classmethod
    def arranged(cls, sends: Sequence[Outbound]) -> Sequence[Outbound]:
        return answers.arranged(sends, cls.abilities.max_length, cls.abilities.length_in)

    def verify(self, knock: Knock) -> None:
        meta.verify(knock, *self.secrets)

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        return arrivals.facts(envelope, self.own_apps)

    def send(self, outbound: Outbound) -> Sent:
        said = {"recipient": {"id": outbound.to}, **_window(outbound)}
        if outbound.reply_to:
            said["reply_to"] = {"mid": outbound.reply_to}
        if outbound.files:
            return self._send_file(said, outbound.files[0])
        message = answers.message(outbound)
        if message is None:
            raise DeliveryFailed("There is nothing to send.", permanent=True)
        return self._hand_over(said | {"message": message})

    def look_up(self, outbound: Outbound) -> Sent | None:
        return asking.look_up(self.access, self.sender, self.platform, outbound)

    @abstractmethod
    def _send_file(self, said: dict[str, Any], file: File) -> Sent: ...

    def _hand_over(self, said: dict[str, Any], **options: Unpack[Options]) -> Sent:
        try:
            return self._post(said, **options)
        except GraphError as refused:
            if "reply_to" in said and refused.code == INVALID_PARAMETER and refused.subcode != NO_SUCH_PERSON:
                # What is answered is too old to be shown above, or gone: the answer itself is not.
                return self._hand_over({name: value for name, value in said.items() if name != "reply_to"}, **options)
            if refused.subcode == NOT_IN_CONTROL and self._takes_control(said["recipient"]):
                return self._post(said, **options)
            raise

    def _post(self, said: Mapping[str, Any], **options: Unpack[Options]) -> Sent:
        options.setdefault("timeout", SEND_SECONDS)
        if "files" in options:
            options["data"] = {name: each if isinstance(each, str) else json.dumps(each) for name, each in said.items()}
        else:
            options["json"] = said
        try:
            answer = self.access.ask("POST", f"/{self.sender}/messages", **options)
        except GraphError as refused:
            if 200 <= refused.status < 300:
                # It was taken; only what was said of it could not be read.
                raise DeliveryFailed(refused.reason, permanent=False, is_unsure=True) from None
            raise
        return Sent(word(answer.get("message_id")))

    def _takes_control(self, recipient: Mapping[str, str]) -> bool:
        """A bot or another desk has the thread: a person's answer takes it over, where Meta lets us."""
        try:
            self.access.ask("POST", f"/{self.sender}/take_thread_control", json={"recipient": dict(recipient)})
        except GraphError:
            return False
        return True

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        url = text(ref.get("url"))
        if not url:
            raise DeliveryFailed("Meta gave no address for it.", permanent=True)
        try:
            return GRAPH.bring(url, into, limit_bytes)
        except DeliveryFailed as failed:
            if ref.get("is_story") and failed.permanent:
                raise DeliveryFailed(STORY_GONE, permanent=True) from None
            anew = self._address_anew(ref, envelope) if failed.permanent else ""
            if not anew or anew == url:
                raise
        return GRAPH.bring(anew, into, limit_bytes)

    def _address_anew(self, ref: Mapping[str, Any], envelope: Envelope | None) -> str:
        """Addresses of files end after some days: Graph gives others, for as long as there is the message."""
        event = mapping(envelope.payload.get("event")) if envelope else {}
        mid, at = word(mapping(event.get("message")).get("mid")), ref.get("at")
        if not mid or not isinstance(at, int):
            return ""
        try:
            answer = self.access.read(f"/{quote(mid, safe='')}", ["attachments"])
        except GraphError:
            return ""
        files = mappings(mapping(answer.get("attachments")).get("data"))
        file = files[at] if at < len(files) else {}
        kinds = (mapping(file.get(name)).get("url") for name in ("image_data", "video_data"))
        return web_address(next(filter(None, [*kinds, file.get("file_url")]), ""))


def _window(outbound: Outbound) -> dict[str, Any]:
    """Within a day everything is an answer; for seven days a person's own answer is still taken."""
    if outbound.is_late:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return {"messaging_type": "RESPONSE"}


def safe_name(name: str) -> str:
    """A file's name as it can stand in a form's head."""
    words: str = storable(name)
    return "".join("_" if sign in '"\\/' or not sign.isprintable() else sign for sign in words)[-150:] or "file"
