"""What a channel is: a foreign tongue translated to and from a few dataclasses; it knows no tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from app.lib.storage import Stored


@dataclass(frozen=True)
class Abilities:
    """What a channel can carry. Lengths are in characters, sizes in bytes."""

    is_live: bool = False
    """Nothing is sent: what is broadcast to the customer's open page is the delivery."""
    has_one_thread: bool = False
    """A customer's next message always joins their last conversation."""
    max_length: int = 10_000
    max_attachment_bytes: int = 40 * 1024 * 1024
    has_receipts: bool = False
    has_typing: bool = False
    is_idempotent: bool = False
    can_look_up: bool = False


@dataclass(frozen=True)
class Inbound:
    """Something a customer said; `client_id` or `source_id` tells a repeat."""

    content: str
    client_id: str | None = None
    source_id: str | None = None
    content_type: str = "text"
    content_attributes: Mapping[str, Any] = field(default_factory=dict)
    attachments: Sequence[Stored] = ()
    reply_to: str | None = None
    provider_at: datetime | None = None


class Channel:
    """The base of all channels; each one declares its kind, name and abilities."""

    kind: ClassVar[str]
    name: ClassVar[str]
    abilities: ClassVar[Abilities]
