"""The steps of a call: what each address below the webhook stands for, and how one is written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

# Asked again when we cannot be reached or stumble: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
# The fragment is Twilio's alone: it is neither sent nor signed.
TRY_AGAIN = "#rc=4&rp=all"


class Step(StrEnum):
    CALL = ""
    """Somebody calls the number."""
    FALLBACK = "fallback"
    """The same, after we could not answer."""
    STATUS = "status"
    """Their call is over."""
    TAKE = "take"
    """A colleague picked up: asked whether they take it, so that no mailbox of theirs does."""
    TAKEN = "taken"
    """They pressed a key."""
    LEG = "leg"
    """The call to a colleague's phone has moved on."""
    DIALLED = "dialled"
    """No phone rings any more: somebody spoke, or nobody took it."""
    MESSAGE = "message"
    """The caller has left a message."""
    RECORDING = "recording"
    """A recording is ready."""
    TRANSCRIPT = "transcript"
    """It was written down, or could not be."""
    AGENT = "agent"
    """A call we made, to the colleague's phone first, has moved on."""
    CONNECT = "connect"
    """The colleague pressed a key to be connected."""
    ANNOUNCE = "announce"
    """The customer picked up."""
    CALLEE = "callee"
    """The call to the customer has moved on."""
    CALLED = "called"
    """The call to the customer is over."""


OUTGOING = frozenset({Step.AGENT, Step.CONNECT, Step.ANNOUNCE, Step.CALLEE, Step.CALLED})


@dataclass(frozen=True)
class Home:
    """The webhook's address."""

    url: str

    def to(self, step: Step, **query: str | int) -> str:
        """Where Twilio asks at that step; `query` is signed with the rest of the address."""
        asked = urlencode({name: str(value) for name, value in query.items() if value not in ("", None)})
        return f"{self.url}/{step.value}{'?' if asked else ''}{asked}{TRY_AGAIN}"


def step_of(path: str) -> Step | None:
    """Of a knock's path: `<token>/<step>`; None when it is none of ours."""
    name = path.partition("/")[2]
    return Step(name) if name in set(Step) else None
