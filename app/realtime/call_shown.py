"""A phone call as it is shown: what it was, how it went, who spoke, for how long."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from app.models.message import Message

# What became of a call that nobody spoke in, in our words.
OUTCOMES = {
    "busy": "Busy",
    "no-answer": "No answer",
    "canceled": "Hung up before it was answered",
    "declined": "Not picked up on our side",
    "failed": "Could not be reached",
}


class CallShown(NamedTuple):
    """`look` is live, well, missed or failed; `since` is when both began to speak, while they still do."""

    icon: str
    title: str
    words: str
    look: str
    who: str = ""
    who_id: int = 0
    length: str = ""
    since: datetime | None = None
    reason: str = ""
    may_call_back: bool = False


def call_of(message: Message) -> CallShown:
    data = message.content_attributes.get("data")
    call: dict[str, Any] = data if isinstance(data, dict) else {}
    is_in = call.get("call_direction") != "outbound"
    status = call.get("status")
    if not is_in and message.status in ("queued", "sending", "unsure", "failed"):
        return _ordered(message)
    spoken: dict[str, Any] = {
        "who": str(call.get("answered_by_name") or "") if is_in else message.sender_name,
        "who_id": _whole(call.get("answered_by")) if is_in else message.sender_user_id or 0,
    }
    title = "Incoming call" if is_in else "Outgoing call"
    sign = "phone-in" if is_in else "phone-out"
    if status == "in-progress":
        return CallShown("phone", title, "In progress", "live", since=_moment(call.get("answered_at")), **spoken)
    if status == "completed":
        return CallShown(sign, title, "", "well", length=length_of(_whole(call.get("duration"))), **spoken)
    if status in ("no-answer", "failed"):
        return _missed(call, is_in=is_in, reason=str(call.get("reason") or "")[:300])
    # Our own side is rung first: whether the customer's phone rings yet, the colleague hears.
    return CallShown(sign, title, "Ringing", "live")


def length_of(seconds: int) -> str:
    """As 1:05 or 1:02:45."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _missed(call: dict[str, Any], *, is_in: bool, reason: str) -> CallShown:
    if is_in:
        words = "Left a voice message" if call.get("has_message") else "Left no message"
        return CallShown("phone-missed", "Missed call", words, "missed", reason=reason, may_call_back=True)
    words = OUTCOMES.get(str(call.get("outcome")), "Not connected")
    return CallShown("phone-off", "Outgoing call", words, "failed", reason=reason, may_call_back=True)


def _ordered(message: Message) -> CallShown:
    """How far our order to call has come."""
    if message.status == "failed":
        why = (message.external_error or "").strip()
        return CallShown("phone-off", "Call not placed", "", "failed", reason=why, may_call_back=True)
    if message.status == "unsure":
        words = "It may have been placed: no answer came."
        return CallShown("phone-out", "Outgoing call", words, "missed", may_call_back=True)
    return CallShown("phone-out", "Outgoing call", "Being placed", "live")


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else 0


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
