"""Forms of messages that a provider approves beforehand, with blanks to be filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

HeaderKind = Literal["", "text", "image", "video", "document", "location"]


@dataclass(frozen=True)
class TemplateButton:
    """`text` is what it says; `value` its address, number or code, which may have blanks."""

    kind: Literal["quick_reply", "url", "phone_number", "copy_code", "other"]
    text: str
    value: str = ""


@dataclass(frozen=True)
class Template:
    """Blanks stand as `{{1}}` or `{{name}}` in `body`, `header` (a text) and the values of buttons.

    `key` is unique in the inbox and stays; `status` is `approved` where it may be sent. `payload` is the provider's own form.
    """

    key: str
    name: str
    language: str
    body: str
    status: Literal["approved", "pending", "rejected", "paused", "disabled"] = "approved"
    category: str = ""
    header_kind: HeaderKind = ""
    header: str = ""
    footer: str = ""
    buttons: Sequence[TemplateButton] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)
    hindrance: str = ""
    """Why it cannot be filled in here, though it is approved."""
