"""What a mail's bubble shows: its subject, who it came from and went to, its words with and without what they quote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.models.message import Message

MOST_PARTIES = 500
_REMOTE_IMAGE = re.compile(
    r"<img\b[^>]*?\bsrc\s*=\s*[\"']?\s*(?:https?:)?//|background\s*=\s*[\"']?\s*https?://", re.IGNORECASE
)


@dataclass(frozen=True)
class Party:
    address: str
    name: str = ""

    @property
    def label(self) -> str:
        return self.name or self.address


@dataclass(frozen=True)
class MailShown:
    """`text` is without what it quotes where `has_quote`; `whole` is all of it."""

    subject: str
    sender: Party
    to: Sequence[Party]
    cc: Sequence[Party]
    text: str
    whole: str
    html: str
    is_automatic: bool
    count: int
    """How many it went to: of thousands only the first are in `to` and `cc`."""
    parts: Sequence[str]

    @property
    def has_quote(self) -> bool:
        return bool(self.text) and self.text.strip() != self.whole.strip()

    @property
    def quote(self) -> str:
        """What it quotes; all of it where its own words do not stand at its beginning."""
        own, whole = self.text.strip(), self.whole.strip()
        return whole.removeprefix(own).strip("\n")

    @property
    def others(self) -> int:
        """How many besides the first it went to."""
        return max(self.count - 1, 0)

    @property
    def remote_images(self) -> int:
        """How many pictures it would fetch from elsewhere."""
        return len(_REMOTE_IMAGE.findall(self.html))


def mail_of(message: Message) -> MailShown:
    """Of a message that came as a mail; what a channel left out, or wrote oddly, is shown as empty."""
    kept = _mapping(message.content_attributes.get("email"))
    text, html = _mapping(kept.get("text_content")), _mapping(kept.get("html_content"))
    whole = _text(text.get("full")) or message.content
    contact, names = message.sender_contact, _mapping(kept.get("names"))
    senders, to, cc = (_parties(kept.get(field), names) for field in ("from", "to", "cc"))
    count = kept.get("recipient_count")
    return MailShown(
        subject=_text(kept.get("subject")),
        sender=senders[0] if senders else Party((contact.email if contact else "") or "", message.sender_name),
        to=to,
        cc=cc,
        text=message.processed_content if message.processed_content is not None else whole,
        whole=whole,
        html=_text(html.get("full")),
        is_automatic=bool(kept.get("auto_reply")),
        count=count if isinstance(count, int) else len(to) + len(cc),
        parts=_parts(kept.get("parts")),
    )


def _parties(given: Any, names: Mapping[str, Any]) -> list[Party]:
    """From addresses, whose names stand in `names`, or from `Name <address>`; one or several."""
    several = given if isinstance(given, list | tuple) else [given]
    found = [_party(_text(each), names) for each in several[:MOST_PARTIES]]
    return [party for party in found if party.address]


def _party(given: str, names: Mapping[str, Any]) -> Party:
    name, address = parseaddr(given)
    return Party(address or given, name or _text(names.get(given)))


def _parts(given: Any) -> list[str]:
    """What the mail is made of, in words."""
    found = [_mapping(each) for each in given[:50]] if isinstance(given, list) else []
    return [" ".join(filter(None, (_text(each.get("content_type")), _text(each.get("filename"))))) for each in found]


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _text(given: Any) -> str:
    return given if isinstance(given, str) else ""
