"""What a channel is: a foreign tongue translated to and from a few dataclasses; it knows no tables."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from app.channels.incoming import (
    Answer,
    Call,
    Deleted,
    Echo,
    Edited,
    Envelope,
    Fact,
    Inbound,
    Knock,
    Mail,
    Media,
    Person,
    Reaction,
    Receipt,
    Unsupported,
)
from app.channels.outgoing import DeliveryFailed, File, MailOut, Outbound, Sent
from app.channels.standby import Colleague, Desk, Standby
from app.channels.standing import Consent, Health, Line, Listed, NotConnected, Polled, Problem, Unreachable
from app.channels.template import Template, TemplateButton
from app.errors import NotAllowed
from app.lib.channel_text import Unit

__all__ = [
    "Abilities",
    "Answer",
    "Call",
    "Channel",
    "Colleague",
    "Consent",
    "Deleted",
    "DeliveryFailed",
    "Desk",
    "Echo",
    "Edited",
    "Envelope",
    "Fact",
    "File",
    "Health",
    "Inbound",
    "Knock",
    "Line",
    "Listed",
    "Mail",
    "MailOut",
    "Media",
    "NotConnected",
    "Nothing",
    "Outbound",
    "Person",
    "Polled",
    "Problem",
    "Reaction",
    "Receipt",
    "Sent",
    "Standby",
    "Template",
    "TemplateButton",
    "Unreachable",
    "Unsupported",
]

Markup = Literal["markdown", "html", "plain", "whatsapp", "telegram", "messenger", "line"]


@dataclass(frozen=True)
class Abilities:
    """What a channel can carry. Lengths are in characters, sizes in bytes."""

    is_live: bool = False
    """Nothing is sent: what is broadcast to the customer's open page is the delivery."""
    is_mail: bool = False
    """Messages are mails: they have a subject, recipients, and thread by references."""
    has_one_thread: bool = False
    """A customer's next message always joins their last conversation."""
    markup: Markup = "markdown"
    max_length: int = 10_000
    """Of one message; what is longer is sent in several."""
    length_in: Unit = "characters"
    """What the provider counts."""
    max_attachment_bytes: int = 40 * 1024 * 1024
    attachments_per_message: int = 15
    """0: none can be carried, each goes as a link in the text. 1: each is a message of its own."""
    attachment_kinds: frozenset[str] = frozenset({"image", "audio", "video", "file"})
    """Files of other kinds go as a link in the text."""
    rich: frozenset[str] = frozenset()
    """Content types that the customer gets as more than their text."""
    most_choices: int = 10
    """Of one question: the composer offers no more."""
    longest_choice: int = 100
    most_cards: int = 10
    most_buttons: int = 3
    """Of one card."""
    reply_window: timedelta | None = None
    """How long after the customer's last message an answer is taken."""
    late_window: timedelta | None = None
    """As `reply_window`, for an answer marked as a human's (Meta's human agent tag)."""
    answers_privately: bool = False
    """An answer in a thread that everybody can read may go to the customer alone: `content_attributes["as_dm"]`."""
    public_length: int | None = None
    """As `max_length`, in such a thread."""
    has_calls: bool = False
    """Customers call, and are called: what is said is spoken, nothing can be written to them."""
    is_whole: bool = False
    """It hands the message on as the REST API shows it: `Outbound.event`."""
    has_receipts: bool = False
    has_typing: bool = False
    has_replies: bool = False
    has_profiles: bool = False
    """Who somebody is can be asked: `profile`."""
    has_templates: bool = False
    """Messages may follow forms that the provider has approved, outside the reply window too: `templates`."""
    is_idempotent: bool = False
    """A send may be repeated under its key."""
    can_look_up: bool = False
    """Whether a send arrived can be asked: `look_up`."""
    is_polled: bool = False
    """Letters are fetched with `poll`, each minute and when woken."""
    can_list: bool = False
    """What the provider has can be listed, to be compared with ours: `listed`."""
    retry_seconds: int = 24 * 3600
    """How long a send that fails for now is tried again."""
    sends_per_minute: int = 600


class Nothing(BaseModel):
    """No credentials, or no settings."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Channel:
    """The base of all channels: one inbox's line to its provider. Classmethods are for before the inbox is known.

    `Credentials` and `Settings` are pydantic models; their fields' titles and descriptions draw the connect form: one
    without a title is not drawn, as `connect` or consent fills it in. `json_schema_extra` may have `secret` (never shown
    again), `long` (several lines) and `words` (what the values of a choice are called).
    """

    kind: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str] = ""
    """One line for whoever chooses a channel: what it is good for, or what is needed."""
    has_own_page: ClassVar[bool] = False
    """Whether it is connected on a page made for it; else `Credentials` and `Settings` draw one."""
    abilities: ClassVar[Abilities]
    Credentials: ClassVar[type[BaseModel]] = Nothing
    Settings: ClassVar[type[BaseModel]] = Nothing
    has_door: ClassVar[bool] = False
    """Whether its provider knocks at `/webhooks/<kind>/…`."""
    is_addressed: ClassVar[bool] = False
    """Whether an envelope's address is the inbox's own, known to strangers; else it is the token in the webhook's URL."""
    is_movable: ClassVar[bool] = False
    """Whether an inbox may be given another address and keep its conversations."""
    waits_seconds: ClassVar[float | None] = None
    """For how long a delivery may be kept, where somebody waits for the answer; else for as long as it takes."""
    max_body: ClassVar[int] = 5_000_000
    """The largest delivery that is taken, in bytes."""

    def __init__(self, line: Line) -> None:
        self.line = line

    @classmethod
    def variant(cls, settings: Mapping[str, Any]) -> type[Channel]:
        """What an inbox of these settings is a line of, where one provider carries several kinds that differ in what they can."""
        return cls

    @property
    def credentials(self) -> Any:
        """As `Credentials`. Raises pydantic's ValidationError when what is kept does not fit (any more)."""
        return self.Credentials.model_validate(dict(self.line.credentials))

    @property
    def settings(self) -> Any:
        return self.Settings.model_validate(dict(self.line.settings))

    @property
    def place(self) -> str:
        """What people recognise it by in a list of inboxes: a number, a page, a name of the provider's."""
        return self.line.address

    def setup_facts(self, webhook_url: str) -> Mapping[str, str]:
        """What is copied into the provider's console, by what it is called there. The line may be blank yet."""
        return {"Webhook URL": webhook_url} if self.has_door else {}

    @classmethod
    def greet(cls, knock: Knock) -> Answer | None:
        """The answer to a knock that brings no letters (a challenge); None when it may bring some.

        Raises NotAllowed where even a greeting must be proven.
        """
        return None

    @classmethod
    def sort(cls, knock: Knock) -> Sequence[Envelope]:
        """The letters of a delivery; none when it is nonsense. Never raises on odd input."""
        return ()

    @classmethod
    def receipt_of(cls, knock: Knock) -> Answer:
        """What a delivery that was kept is answered with."""
        return Answer()

    def answer(self, knock: Knock, desk: Desk) -> Answer:
        """What a delivery that was kept is answered with, where that depends on who is there: a call, for instance."""
        return self.receipt_of(knock)

    def answer_unkept(self, knock: Knock) -> Answer | None:
        """What to do where a delivery cannot be kept, and its provider does not bring it again; None: it is told to (503)."""
        return None

    def verify(self, knock: Knock) -> None:
        """Raises NotAllowed unless the knock proves that it comes from this inbox's provider."""
        raise NotAllowed(f"{self.name} has no webhook.")

    @classmethod
    def source_id_of(cls, phone_number: str) -> str:
        """How it calls whoever has that number (E.164); empty where people are not called by their numbers."""
        return ""

    @classmethod
    def explain(cls, reason: str) -> str:
        """What a refusal in the provider's words means, and what to do; empty where it knows no better than everybody."""
        return ""

    @classmethod
    def arranged(cls, sends: Sequence[Outbound]) -> Sequence[Outbound]:
        """The sends of one message, put together or taken apart as the provider wants them; always the same for the same."""
        return sends

    def parse(self, envelope: Envelope) -> Sequence[Fact]:
        """What a letter says; nothing when it is of no interest. Pure; never raises on odd input."""
        return ()

    def send(self, outbound: Outbound) -> Sent:
        """Hand over to the provider. Raises DeliveryFailed."""
        raise DeliveryFailed(f"{self.name} sends nothing.", permanent=True)

    def look_up(self, outbound: Outbound) -> Sent | None:
        """What became of a send whose answer we never heard: its result, or None when it did not arrive. Raises Unreachable."""
        raise Unreachable(f"{self.name} cannot be asked.")

    def fetch(self, ref: Mapping[str, Any], envelope: Envelope | None, into: BinaryIO, limit_bytes: int) -> str:
        """Write a media's bytes `into` a file; returns the type it claims. Raises DeliveryFailed (`permanent`: gone for good)."""
        raise DeliveryFailed("There is nothing to fetch.", permanent=True)

    def call_now(self, source_id: str) -> Sequence[Call]:
        """How a call stands, of which no news has come. Raises Unreachable."""
        return ()

    def keeps(self, ref: Mapping[str, Any]) -> bool:
        """Whether the provider may keep what we have fetched by `ref`; else it is taken from there: `let_go`."""
        return True

    def let_go(self, ref: Mapping[str, Any]) -> None:
        """Delete it at the provider; what is gone already is well. Raises DeliveryFailed."""

    def profile(self, source_id: str) -> Person | None:
        """Who the provider says that is; None when it does not tell. Raises Unreachable, NotConnected."""
        return None

    def templates(self) -> Sequence[Template]:
        """The forms of messages there are, whatever their state. Raises Unreachable, NotConnected."""
        return ()

    @classmethod
    def consent(cls) -> Consent | None:
        """How an administrator lets us in at the provider itself; None where it is by a form, or is not set up."""
        return None

    def poll(self, cursor: Mapping[str, Any]) -> Polled:
        """What is new since `cursor`. Raises Unreachable, NotConnected."""
        return Polled((), cursor)

    def listed(self, since: datetime) -> Sequence[Listed]:
        """What the provider has received since then, to be compared with the letters. Raises Unreachable, NotConnected."""
        return ()

    def connect(self, webhook_url: str) -> Line:
        """Check the credentials live and register our webhook; returns the line as it is to be kept. Raises NotConnected."""
        return self.line

    def disconnect(self, webhook_url: str) -> None:
        """Take our webhook back. Raises Unreachable."""

    def probe(self, webhook_url: str) -> Health:
        """How the line stands. Never raises for what is wrong with it: that is what it tells."""
        return Health()

    def renew(self) -> Mapping[str, Any] | None:
        """New credentials, when these are about to expire; else None. Raises Unreachable, NotConnected."""
        return None

    @property
    def is_stale(self) -> bool:
        """Its access has ended and is to be renewed first: credentials with a numeric `expires_at`, seconds since 1970."""
        ends = self.line.credentials.get("expires_at")
        can_renew = type(self).renew is not Channel.renew
        return can_renew and isinstance(ends, int | float) and 0 < ends < time.time()

    @property
    def way_back(self) -> Literal["reconnect", "settings"]:
        """How an administrator lets us in again when the credentials do not work any more."""
        consent = self.consent()
        return "reconnect" if consent is not None and consent.is_set_up else "settings"
