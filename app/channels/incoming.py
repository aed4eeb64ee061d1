"""What comes in through a channel: a knock at the door, the letters it brings, and what a letter says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from app.lib.storage import Stored

Status = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True)
class Knock:
    """A request at the webhook door: `path` is what follows the channel's kind, header names are lower-case, `url` is
    the whole address as the provider called it (with PUBLIC_URL), which some sign.
    """

    method: str
    path: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def form(self) -> dict[str, str]:
        """The body as fields of a form; empty when it is none."""
        try:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=1000))
        except ValueError:
            return {}


@dataclass(frozen=True)
class Answer:
    """What a knock is answered with, where a provider wants more than 200."""

    body: str = ""
    content_type: str = "text/plain"
    status: int = 200


@dataclass(frozen=True)
class Envelope:
    """One letter of a delivery. `address` is an inbox's address or token; letters of one `sender` are worked through
    one after another; `key` is unique in the inbox, so that a repeat is kept once. `raw` holds what is not JSON.
    """

    address: str
    sender: str
    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes | None = None
    provider_at: datetime | None = None


@dataclass(frozen=True)
class Person:
    """Who a channel says somebody is; `source_id` is how it calls them. `proof` says how sure e-mail and phone are:
    `verified` (by a signature), `reply` (they write from there), `typed` (anybody could have typed it).
    """

    source_id: str
    name: str = ""
    email: str = ""
    phone_number: str = ""
    identifier: str = ""
    avatar_url: str = ""
    """Where their picture is, for everybody."""
    avatar_ref: Mapping[str, Any] | None = None
    """What `Channel.fetch` brings their picture by, where it is not for everybody."""
    locale: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    proof: Literal["verified", "reply", "typed"] = "reply"


@dataclass(frozen=True)
class Media:
    """Something a message carries: fetched later by `Channel.fetch(ref, …)`, or, without `ref`, a place, contact or link.

    `inline_id` names it inside a mail's HTML (its Content-ID).
    """

    ref: Mapping[str, Any] | None = None
    kind: str = "file"
    filename: str = ""
    content_type: str = ""
    byte_size: int = 0
    external_url: str | None = None
    title: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    inline_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Mail:
    """How a mail hangs together: addresses are lower-case, ids have no angle brackets."""

    message_id: str = ""
    in_reply_to: Sequence[str] = ()
    references: Sequence[str] = ()
    subject: str = ""
    sender: str = ""
    """Who wrote it: the From address."""
    recipients: Sequence[str] = ()
    """Everybody in To and Cc."""
    delivered_to: Sequence[str] = ()
    """Addresses of ours that it came to, plus-addresses and reply tokens included."""
    is_automatic: bool = False
    is_list: bool = False


@dataclass(frozen=True)
class Inbound:
    """Something a customer said; `client_id` or `source_id` tells a repeat. `content` is markdown-free plain text."""

    content: str
    client_id: str | None = None
    source_id: str | None = None
    content_type: str = "text"
    content_attributes: Mapping[str, Any] = field(default_factory=dict)
    processed_content: str | None = None
    """Without quoted text, where that differs."""
    attachments: Sequence[Stored | Media] = ()
    reply_to: str | None = None
    """The client id of what is answered."""
    reply_to_source: str | None = None
    """The provider's id of what is answered."""
    provider_at: datetime | None = None
    is_odd: bool = False
    """There may be nothing in it to read: it stands for something that cannot be shown."""
    sender: Person | None = None
    mail: Mail | None = None
    begun_with: Mapping[str, Any] = field(default_factory=dict)
    """Kept with a conversation that begins with this."""
    thread: str = ""
    """The provider's id of the public thread or line it belongs to, where one person may have several at once."""


@dataclass(frozen=True)
class Receipt:
    """How far a message of ours has come. `source_id` names it, or, with `up_to`, all of `sender`'s until then: in one
    `thread` (empty: outside of any) where that is said.
    """

    status: Status
    source_id: str = ""
    sender: str = ""
    up_to: datetime | None = None
    error: str = ""
    at: datetime | None = None
    thread: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    """What else it tells of the message, kept with it: what it is charged as, for instance."""


@dataclass(frozen=True)
class Echo:
    """What was said to `recipient` through this inbox's address by another program than Parley."""

    recipient: Person
    content: str
    source_id: str
    attachments: Sequence[Media] = ()
    provider_at: datetime | None = None
    mail: Mail | None = None
    thread: str = ""
    """As in Inbound."""


@dataclass(frozen=True)
class Reaction:
    """`sender` put `emoji` to a message; empty takes it back."""

    source_id: str
    sender: str
    emoji: str


@dataclass(frozen=True)
class Edited:
    source_id: str
    content: str


@dataclass(frozen=True)
class Deleted:
    source_id: str


@dataclass(frozen=True)
class Unsupported:
    """Something was said that we cannot show; the letter keeps it, and the thread says so. `what` names it."""

    what: str
    sender: Person | None = None
    source_id: str | None = None
    provider_at: datetime | None = None


@dataclass(frozen=True)
class Call:
    """News of a phone call: what is known of it now, in any order and more than once. What is empty is not told of.

    `state`: it rings, both sides speak (`answered`), or it is over. Nobody spoke unless `answered` was ever said.
    """

    source_id: str
    """The provider's id of the call as a whole."""
    direction: Literal["inbound", "outbound"] = "inbound"
    customer: Person | None = None
    """Who is called, or calls; without them only a call that is known already is told of."""
    number: str = ""
    """Ours."""
    client_id: str = ""
    """Of the message that asked for the call."""
    state: Literal["", "ringing", "answered", "ended"] = ""
    outcome: Literal["", "no-answer", "busy", "failed", "canceled", "declined"] = ""
    """Why nobody spoke, when it is over."""
    reason: str = ""
    """In the provider's words."""
    at: datetime | None = None
    seconds: int | None = None
    """How long both sides spoke."""
    user_id: int | None = None
    """The colleague whose phone it was; in a call that rings, who was rung."""
    leg: str = ""
    """The provider's id of the call to that colleague's phone."""
    not_with: Sequence[int] = ()
    """Colleagues who were rung, and did not speak with the customer whatever they pressed: who called was gone by then."""
    recording: Media | None = None
    transcript: tuple[str, str] | None = None
    """The provider's id of a recording, and what is said in it."""


@dataclass(frozen=True)
class Renamed:
    """Whom the channel called `source_id` is `new_source_id` from now on; the numbers are theirs, where they are known."""

    source_id: str
    new_source_id: str
    phone_number: str = ""
    new_phone_number: str = ""


Fact = Inbound | Receipt | Echo | Reaction | Edited | Deleted | Unsupported | Call | Renamed
