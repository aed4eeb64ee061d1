"""What each webhook of a call tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from app.channels.incoming import Call, Envelope, Media
from app.channels.twilio_voice.callers import called, caller
from app.channels.twilio_voice.dialogue import TAKES_IT, was_bridged
from app.channels.twilio_voice.steps import OUTGOING, Step

Outcome = Literal["", "no-answer", "busy", "failed", "canceled", "declined"]

# https://www.twilio.com/docs/voice/api/call-resource#call-status-values
UNDER_WAY = ("queued", "initiated", "ringing")
OUTCOMES: dict[str, Outcome] = {"no-answer": "no-answer", "busy": "busy", "failed": "failed", "canceled": "canceled"}
A_DAY = 24 * 3600


def told_by(envelope: Envelope) -> list[Call]:
    """Never raises on odd input."""
    step, form, query = _strings(envelope.payload)
    known = _known(step, form, query)
    if known is None:
        return []
    if step in (Step.CALL, Step.FALLBACK):
        return [replace(known, state="ringing")]
    if step is Step.STATUS:
        return [_over(known, form)]
    if step is Step.TAKEN:
        return [replace(known, state="answered")] if form.get("Digits") == TAKES_IT else []
    if step in (Step.DIALLED, Step.CALLED):
        return [_dialled(known, form, query, outgoing=step is Step.CALLED)]
    if step in (Step.RECORDING, Step.MESSAGE):
        return _recorded(known, form, query, step)
    if step is Step.TRANSCRIPT:
        return _written_down(known, form)
    if step is Step.AGENT:
        return [_at_our_side(known, form)]
    if step is Step.CALLEE:
        return [_at_their_side(known, form)]
    return [replace(known, state="ringing")]


def standing(source_id: str, whole: Mapping[str, Any], legs: Sequence[Any]) -> list[Call]:
    """A call as the API has it, when its news was lost. Of a call that came in, a leg may have been a mailbox: it proves nothing."""
    at, told = _moment(str(whole.get("end_time") or "")), []
    if whole.get("direction") == "outbound-api":
        for leg in (each for each in legs if isinstance(each, dict)):
            form = {"CallStatus": str(leg.get("status", "")), "CallDuration": str(leg.get("duration") or "")}
            at_theirs = Call(source_id, "outbound", at=_moment(str(leg.get("end_time") or leg.get("start_time") or "")))
            told.append(_at_their_side(at_theirs, form))
    status = str(whole.get("status", ""))
    if status in OUTCOMES or status == "completed":
        outcome: Outcome = OUTCOMES.get(status, "")
        is_ours = whole.get("direction") == "outbound-api"
        told.append(Call(source_id, state="ended", outcome="declined" if outcome and is_ours else outcome, at=at))
    return told


def _known(step: Step, form: Mapping[str, str], query: Mapping[str, str]) -> Call | None:
    """Which call it is, and whose. Of a call to a phone, our address says to which call it belongs."""
    source_id = query.get("call", "") or form.get("CallSid", "")
    if not source_id:
        return None
    at, user_id = _moment(form.get("Timestamp", "")), _number(query.get("user", ""))
    leg = form.get("CallSid", "") if query.get("call") else ""
    client_id = query.get("of", "")
    if step in OUTGOING or client_id:
        to = query.get("to", "")
        customer = called(to) if to else None
        return Call(source_id, "outbound", customer=customer, client_id=client_id, at=at)
    if query.get("call"):
        return Call(source_id, at=at, user_id=user_id, leg=leg)
    if "From" not in form or form.get("Direction", "inbound") != "inbound":
        # News of a recording name nobody.
        return Call(source_id, at=at)
    return Call(source_id, customer=caller(form), number=form.get("To", ""), at=at)


def _over(known: Call, form: Mapping[str, str]) -> Call:
    status = form.get("CallStatus", "")
    if status in OUTCOMES:
        return replace(known, state="ended", outcome=OUTCOMES[status], reason=_reason(form))
    return replace(known, state="ended") if status == "completed" else replace(known, state="ringing")


def _dialled(known: Call, form: Mapping[str, str], query: Mapping[str, str], *, outgoing: bool) -> Call:
    """How a round of ringing ended. Of a caller nobody answered we know no more than before: they may leave a message."""
    if was_bridged(form):
        seconds = _number(form.get("DialCallDuration", ""))
        return replace(known, state="ended", seconds=seconds or 0, leg=form.get("DialCallSid", ""))
    if outgoing:
        return replace(known, state="ended", outcome=OUTCOMES.get(form.get("DialCallStatus", ""), "no-answer"))
    tried = [_number(part) for part in query.get("tried", "").split(".")[:100]]
    return replace(known, state="ringing", not_with=tuple(user_id for user_id in tried if user_id))


def _recorded(known: Call, form: Mapping[str, str], query: Mapping[str, str], step: Step) -> list[Call]:
    sid, status = form.get("RecordingSid", ""), form.get("RecordingStatus", "completed")
    if not sid:
        # The address of a recording ends with its id.
        sid = form.get("RecordingUrl", "").rpartition("/")[2]
    if not sid.startswith("RE") or not sid.isalnum() or status != "completed":
        return []
    what = "message" if step is Step.MESSAGE or query.get("kind") == "message" else "call"
    seconds = _number(form.get("RecordingDuration", ""))
    media = Media(
        ref={"recording": sid},
        kind="audio",
        filename=f"{'voice-message' if what == 'message' else 'call'}.mp3",
        content_type="audio/mpeg",
        meta={"duration": seconds, "of": what} if seconds else {"of": what},
    )
    return [replace(known, recording=media)]


def _written_down(known: Call, form: Mapping[str, str]) -> list[Call]:
    words = form.get("TranscriptionText", "").strip()
    if form.get("TranscriptionStatus", "completed") != "completed" or not words:
        return []
    return [replace(known, transcript=(form.get("RecordingSid", ""), words[:20_000]))]


def _at_our_side(known: Call, form: Mapping[str, str]) -> Call:
    """The colleague's phone, which is rung first."""
    status = form.get("CallStatus", "")
    if status in OUTCOMES:
        return replace(known, state="ended", outcome="declined", reason=_reason(form))
    return replace(known, state="ended" if status == "completed" else "ringing")


def _at_their_side(known: Call, form: Mapping[str, str]) -> Call:
    status = form.get("CallStatus", "")
    if status in OUTCOMES:
        return replace(known, state="ended", outcome=OUTCOMES[status], reason=_reason(form))
    if status == "completed":
        return replace(known, state="ended", seconds=_number(form.get("CallDuration", "")) or 0)
    return replace(known, state="answered" if status == "in-progress" else "ringing")


def _reason(form: Mapping[str, str]) -> str:
    code, words = form.get("ErrorCode", ""), form.get("ErrorMessage", "")
    return f"{words} ({code})"[:300] if words and code else (words or code)[:300]


def _moment(text: str) -> datetime | None:
    """RFC 2822, in UTC."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _number(text: str) -> int | None:
    return min(int(text), A_DAY) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _strings(payload: Mapping[str, Any]) -> tuple[Step, dict[str, str], dict[str, str]]:
    step, form, query = payload.get("step"), payload.get("form"), payload.get("query")
    known = Step(step) if isinstance(step, str) and step in set(Step) else Step.CALL
    return known, _texts(form), _texts(query)


def _texts(given: Any) -> dict[str, str]:
    return {name: value for name, value in given.items() if isinstance(value, str)} if isinstance(given, dict) else {}
