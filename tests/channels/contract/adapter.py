"""How a channel is put to the test: its line, its knocks, and a stand-in for its provider that can be told to misbehave."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from app.channels import CHANNELS
from app.channels.base import Channel, Envelope, File, Line, Outbound
from app.models import Inbox


@dataclass(frozen=True)
class Call:
    """A request to a door of Parley's, as the client of the tests takes it."""

    path: str
    request: dict[str, Any] = field(default_factory=dict)


class StandIn:
    """A provider on the loopback."""

    line: Line
    says_when: bool = True
    """Whether its protocol can ask for patience in seconds."""

    @property
    def taken(self) -> int:
        """How many sends it has taken."""
        raise NotImplementedError

    def ask_patience(self, seconds: int) -> None:
        """The next send comes too soon."""
        raise NotImplementedError

    def refuse(self) -> None:
        """The next send is refused for good."""
        raise NotImplementedError


class Adapter:
    """The base of all: a channel that sends nothing need not say how."""

    kind: str
    has_own_form: bool = False
    """Its connect form has words of its own, in a template; else the fields' titles and descriptions draw it."""

    @property
    def channel(self) -> type[Channel]:
        return CHANNELS[self.kind]

    def open_inbox(self, account_id: int) -> Inbox:
        """In a frame: an inbox that can be written to."""
        raise NotImplementedError

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        """A customer's words, proven as they must be; posted again it is the same delivery."""
        raise NotImplementedError

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        """Deliveries that prove nothing, prove it wrongly, or are for nobody."""
        raise NotImplementedError

    def recorded(self) -> Sequence[Envelope]:
        """Letters as the provider brings them, to be broken."""
        return ()

    def stand_in(self) -> AbstractContextManager[StandIn]:
        raise NotImplementedError

    def nobody(self) -> Line:
        """A line to a provider that is not there."""
        raise NotImplementedError

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        return Outbound(key="contract-0", to="dana", text=text, files=files)


def adapter_of(kind: str) -> Adapter:
    adapter: Adapter = importlib.import_module(f"tests.channels.contract.{kind}").ADAPTER
    return adapter
