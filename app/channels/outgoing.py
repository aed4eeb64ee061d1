"""What goes out through a channel, and how it can fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from app.channels.standby import Standby

if TYPE_CHECKING:
    from app.lib.http import HttpFailed


@dataclass(frozen=True)
class File:
    """A file that goes along; `url` is signed and lasts for days; `open()` gives the bytes, to be closed."""

    filename: str
    content_type: str
    byte_size: int
    kind: str
    url: str
    open: Callable[[], BinaryIO]
    inline_id: str | None = None
    preview_url: str = ""
    """Of a picture: a small JPEG of it, under an address like `url`."""


@dataclass(frozen=True)
class MailOut:
    """What an outgoing mail has beside its text; ids have no angle brackets, addresses may carry a name."""

    message_id: str
    subject: str
    from_name: str
    to: Sequence[str]
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    in_reply_to: str = ""
    references: Sequence[str] = ()
    reply_to: str = ""
    html: str = ""
    signature: str = ""
    """What stands below the text; the HTML has it already."""
    is_automatic: bool = False


@dataclass(frozen=True)
class Outbound:
    """One send. `text` is in the channel's markup; `key` is the same at every attempt of the same send, and no other's."""

    key: str
    to: str
    text: str = ""
    files: Sequence[File] = ()
    content_type: str = "text"
    content_attributes: Mapping[str, Any] = field(default_factory=dict)
    reply_to: str | None = None
    answered: Mapping[str, Any] = field(default_factory=dict)
    """What is kept with the message that is answered: its `content_attributes`."""
    mail: MailOut | None = None
    event: Mapping[str, Any] = field(default_factory=dict)
    """The message as the REST API shows it, for channels that hand it on whole."""
    thread: str = ""
    """The provider's id of the thread it belongs to: see `Inbound.thread`."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """What was kept with the conversation when it began: `Inbound.begun_with`."""
    follows: str = ""
    """The provider's id of what it follows in its thread: the part before it, else the customer's newest message."""
    standby: Standby | None = None
    """Who is to speak with whom, where it is a call."""
    is_late: bool = False
    """The reply window is over, the one for a person's own answers is not: `Abilities.late_window`."""
    since: datetime | None = None
    """To look one up: it was not sent before this."""
    others: frozenset[str] = frozenset()
    """To look one up: the provider's ids of what else has gone to them since then."""


@dataclass(frozen=True)
class Sent:
    """`source_id` is the provider's id of it, empty when it gives none; `refused` names recipients that were not taken, and why."""

    source_id: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)


class DeliveryFailed(Exception):
    """A send was not taken. `reason` is in the provider's words; `permanent`: trying again is of no use.

    `retry_after`: seconds the provider asks to wait. `is_unsure`: no answer came, yet it may have arrived.
    """

    def __init__(
        self, reason: str, *, permanent: bool, retry_after: float | None = None, is_unsure: bool = False
    ) -> None:
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.is_unsure = is_unsure
        super().__init__(reason)

    @classmethod
    def by_http(cls, failed: HttpFailed) -> DeliveryFailed:
        return cls(
            failed.reason, permanent=failed.permanent, retry_after=failed.retry_after, is_unsure=failed.is_unsure
        )
