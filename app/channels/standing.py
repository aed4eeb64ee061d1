"""How an inbox stands with its provider: its line, its health, and what the provider has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from app.channels.incoming import Envelope


class Unreachable(Exception):
    """The provider cannot be asked now; it says nothing about what it would answer."""


class NotConnected(Exception):
    """The credentials do not work: `fields` has words for each that is wrong, in the provider's own where it gave some."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(fields.values()))


@dataclass(frozen=True)
class Problem:
    """What is wrong with an inbox's line. `code` is stable; `repair` names what one click can do about it, if anything:
    `reconnect` (sign in again), `register` (the webhook anew), `settings` (go and change them).
    """

    code: str
    words: str
    repair: Literal["", "reconnect", "register", "settings"] = ""


@dataclass(frozen=True)
class Health:
    """What a probe found; `facts` are names and values to read (quota, what is registered); empty `problems` is well."""

    problems: Sequence[Problem] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Polled:
    """Letters and the cursor after them, committed together; `more`: poll again at once."""

    envelopes: Sequence[Envelope]
    cursor: Mapping[str, Any]
    more: bool = False


@dataclass(frozen=True)
class Listed:
    """One thing the provider has: our `key` of it, and words to recognise it by."""

    key: str
    words: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """What a channel needs to know of an inbox: plain values, as they are kept."""

    address: str
    token: str = ""
    name: str = ""
    credentials: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


class Consent(Protocol):
    """How an administrator lets us in at a provider: they go to `url`, and come back with what `lines` makes lines of."""

    @property
    def label(self) -> str:
        """What stands on the button: the provider's name."""

    @property
    def is_set_up(self) -> bool:
        """Whether the settings have our app's id and secret."""

    @property
    def needs(self) -> str:
        """The environment names that are missing where it is not, for whoever runs Parley."""

    def url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Where they consent; `verifier` is for PKCE (S256), where the provider knows it."""

    def lines(self, query: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Sequence[Line]:
        """What they came back with: one line for each address (page, number, profile) they let us in to, credentials and all.

        Raises NotConnected in the provider's words, and Unreachable.
        """
