"""Whom a mail from the desk goes to: addresses as they were typed, checked one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from app.blueprints.forms import Email, Form
from app.errors import Invalid

MOST = 50

Addresses = Annotated[tuple[Email, ...], Field(max_length=4 * MOST)]


class Addressed(Form):
    """`addressed` says that whoever wrote was shown the addresses; without it, the mail goes where it would by itself."""

    addressed: bool = False
    to_emails: Addresses = ()
    cc_emails: Addresses = ()
    bcc_emails: Addresses = ()

    @property
    def recipients(self) -> dict[str, Sequence[str]]:
        """As they are kept with the message, each address once. Raises Invalid when there are none, or too many."""
        seen: set[str] = set()
        kept: dict[str, Sequence[str]] = {}
        for field in ("to_emails", "cc_emails", "bcc_emails"):
            fresh = [each for each in dict.fromkeys(getattr(self, field)) if each not in seen]
            seen.update(fresh)
            if fresh:
                kept[field] = fresh
        if len(seen) > MOST:
            raise Invalid({"to_emails": f"A mail goes to {MOST} people at the most."})
        if self.addressed and not seen:
            raise Invalid({"to_emails": "Say to whom it goes."})
        return kept
