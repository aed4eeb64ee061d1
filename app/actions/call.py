"""Phone calls in the thread: what is told of one, in whatever order, becomes the message that it is shown as."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from app.actions.meet import meet_person, session_of
from app.actions.unknown import Unknown
from app.channels.base import Call, Inbound, Media
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue, later
from app.lib.storable import storable
from app.models.attachment import Attachment
from app.models.conversation import Conversation
from app.models.event import record
from app.models.inbox import Inbox
from app.models.membership import Membership
from app.models.message import MAX_CONTENT, Message
from app.models.message_part import MessagePart

VOICE_CALL = "voice_call"
# What stands for a call where only words can: in programs, in searches.
WORDS = "Voice call"
ASKED_AFTER = timedelta(minutes=6)
CALLS = UUID("0c7c2f0e-6a0c-4f0e-8a53-0d1c7a6f3b52")


def note_call(inbox: Inbox, news: Call) -> Message:
    """Take one piece of news; returns the message of its call. Raises Unknown for a call nobody has heard of."""
    message = _found(inbox, news) or _begun(inbox, news)
    conversation = message.conversation
    conversation.lock()
    db.session.refresh(message)
    _note_ringing(inbox, news)
    if message.status in ("queued", "sending", "unsure"):
        # It rings: so the order to call has arrived, whether we have heard that or not.
        conversation.note_sent(message, 0, news.source_id, is_last=True)
    before = dict(message.content_attributes.get("data", {}))
    data = _with_name(inbox, _after(before, news))
    has_more = _attach(inbox, message, news)
    if data == before and not has_more:
        return message
    conversation.changed()
    message.content_attributes = {**message.content_attributes, "data": data}
    message.version = conversation.version
    if "answered_at" in data and "answered_at" not in before:
        _note_spoken(conversation, message, data)
    elif "answered_at" in before and "answered_at" not in data:
        _note_unspoken(conversation, message)
    conversation.additional_attributes = {
        **conversation.additional_attributes,
        "call_status": data["status"],
        "call_direction": data["call_direction"],
    }
    record("message.updated", message, by=conversation.contact.actor, call_status=data["status"])
    return message


def begun(source_id: str, direction: str, *, ours: str, theirs: str, at: datetime) -> dict[str, Any]:
    """What a call is known by when it begins; the names are those that programs know."""
    from_number, to_number = (theirs, ours) if direction == "inbound" else (ours, theirs)
    return {
        "call_sid": source_id,
        "status": "ringing",
        "call_direction": direction,
        "from_number": from_number,
        "to_number": to_number,
        "started_at": at.isoformat(),
    }


def wish_to_ask(message: Message, *, after: timedelta = ASKED_AFTER) -> None:
    """Have the provider asked how the call stands, where no news of its end has come by then."""
    later(
        "ask_after_call",
        message.account_id,
        message.id,
        queue=Queue.OUTBOUND,
        run_at=clock.now() + after,
        share=f"{message.account_id}:{message.inbox_id}",
    )


def _found(inbox: Inbox, news: Call) -> Message | None:
    """By the provider's id; or, where its answer to us has not come yet, by what we asked for."""
    part = select(MessagePart.message_id).where(
        MessagePart.account_id == inbox.account_id,
        MessagePart.inbox_id == inbox.id,
        MessagePart.source_id == news.source_id,
    )
    message_id = db.session.scalar(part)
    named = Message.id == message_id if message_id else Message.source_id == news.source_id
    found = db.session.scalar(
        select(Message).where(Message.account_id == inbox.account_id, Message.inbox_id == inbox.id, named)
    )
    return found or _asked_for(inbox, news)


def _asked_for(inbox: Inbox, news: Call) -> Message | None:
    if not news.client_id or news.customer is None:
        return None
    session = session_of(inbox, news.customer.source_id)
    if session is None:
        return None
    return db.session.scalar(
        select(Message)
        .join(
            Conversation,
            (Conversation.account_id == Message.account_id) & (Conversation.id == Message.conversation_id),
        )
        .where(
            Conversation.account_id == inbox.account_id,
            Conversation.contact_inbox_id == session.id,
            Message.client_id == news.client_id,
            Message.content_type == VOICE_CALL,
        )
    )


def _begun(inbox: Inbox, news: Call) -> Message:
    if news.direction != "inbound" or news.customer is None:
        raise Unknown(f"There is no call of the id {news.source_id[:200]}.")
    session = meet_person(inbox, news.customer)
    data = begun(
        news.source_id,
        news.direction,
        ours=news.number or inbox.address,
        theirs=session.source_id,
        at=news.at or clock.now(),
    )
    inbound = Inbound(
        WORDS,
        client_id=str(uuid5(CALLS, f"{inbox.id} {news.source_id}")),
        source_id=news.source_id,
        content_type=VOICE_CALL,
        content_attributes={"data": storable(data)},
        provider_at=news.at,
    )
    message = Conversation.continue_or_start(session).receive(inbound, contact=session.contact)
    wish_to_ask(message)
    return message


def _note_ringing(inbox: Inbox, news: Call) -> None:
    """Whose phone rang is the last to be rung next time."""
    if news.user_id and (membership := db.session.get(Membership, (inbox.account_id, news.user_id))):
        membership.rung_at = clock.now()


def _after(before: dict[str, Any], news: Call) -> dict[str, Any]:
    """What is known of the call now. What came late changes only what it knows better."""
    at = news.at or clock.now()
    data = _spoken({**before, "call_sid": news.source_id}, news, at)
    if news.state == "ended":
        data.setdefault("ended_at", at.isoformat())
        if news.outcome and data.get("outcome", "declined") == "declined":
            data["outcome"] = news.outcome
        if news.reason:
            data["reason"] = news.reason
    if news.seconds is not None:
        data["duration"] = news.seconds
    elif "answered_at" in data and "ended_at" in data and "duration" not in data:
        data["duration"] = _seconds_between(data["answered_at"], data["ended_at"])
    if news.recording and news.recording.meta.get("of") == "message":
        data["has_message"] = True
    data["status"] = _status(data)
    return dict(storable(data))


def _spoken(data: dict[str, Any], news: Call, at: datetime) -> dict[str, Any]:
    """Whether anybody spoke with the customer, and who. That they spoke for so long proves it; that a key was pressed does not."""
    if news.leg and news.user_id:
        data["legs"] = {**data.get("legs", {}), news.leg: news.user_id}
    if news.not_with:
        data["not_with"] = sorted({*data.get("not_with", ()), *news.not_with})
    not_with, is_proof = data.get("not_with", ()), news.seconds is not None
    if data.get("answered_by") in not_with and not (is_proof or data.get("is_proven")):
        # Who pressed the key found nobody on the line any more.
        data = {name: value for name, value in data.items() if not name.startswith(("answered_", "duration"))}
    if is_proof:
        data |= {"is_proven": True, "bridged_leg": news.leg}
    if is_proof or (news.state == "answered" and news.user_id not in not_with):
        data.setdefault("answered_at", (at - timedelta(seconds=news.seconds or 0)).isoformat())
        # Of several who pressed the key at once, one was bridged.
        bridged = data.get("legs", {}).get(data.get("bridged_leg", ""))
        who = bridged or data.get("answered_by") or news.user_id
        if who:
            data["answered_by"] = who
    return data


def _with_name(inbox: Inbox, data: dict[str, Any]) -> dict[str, Any]:
    """As whoever took the call was called then."""
    who = db.session.get(Membership, (inbox.account_id, data.get("answered_by", 0)))
    return {**data, "answered_by_name": who.user.available_name} if who else data


def _status(data: dict[str, Any]) -> str:
    """ringing, in-progress, completed, no-answer or failed."""
    if "answered_at" in data:
        return "completed" if "ended_at" in data else "in-progress"
    if "ended_at" not in data:
        return "ringing"
    outcome = data.get("outcome", "")
    if data.get("call_direction") == "inbound":
        return "failed" if outcome == "failed" else "no-answer"
    return "no-answer" if outcome in ("no-answer", "busy") else "failed"


def _seconds_between(begin: str, end: str) -> int:
    return max(0, round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()))


def _note_spoken(conversation: Conversation, message: Message, data: dict[str, Any]) -> None:
    """The customer does not wait any more, and whoever spoke with them goes on."""
    spoken_at = datetime.fromisoformat(data["answered_at"])
    if conversation.waiting_since and conversation.waiting_since <= max(spoken_at, message.created_at):
        conversation.waiting_since = None
    conversation.first_reply_created_at = conversation.first_reply_created_at or spoken_at
    if message.is_incoming:
        conversation.unread_count = max(0, conversation.unread_count - 1)
    who = db.session.get(Membership, (conversation.account_id, data.get("answered_by", 0)))
    if who and conversation.assignee_id is None and conversation.can_be_assigned_to(who):
        conversation.assign(who, by=who.actor)


def _note_unspoken(conversation: Conversation, message: Message) -> None:
    """It looked as if somebody had taken the call, and nobody had."""
    if message.is_incoming:
        conversation.waiting_since = conversation.waiting_since or message.created_at
        conversation.unread_count += 1


def _attach(inbox: Inbox, message: Message, news: Call) -> bool:
    """The recording, and what is said in it, whichever is told of first; True when there is something new."""
    kept = db.session.scalars(
        select(Attachment).where(Attachment.account_id == message.account_id, Attachment.message_id == message.id)
    ).all()
    by_id = {str((each.ref or {}).get("recording", "")): each for each in kept}
    has_more = False
    if news.recording and _id_of(news.recording) not in by_id:
        made = Attachment.made_of(news.recording, message)
        db.session.add(made)
        db.session.flush()
        made.wish_fetch(inbox.id)
        by_id[_id_of(news.recording)] = made
        db.session.expire(message, ["attachments"])
        has_more = True
    written: dict[str, str] = message.additional_attributes.get("transcripts", {})
    if news.transcript and written.get(news.transcript[0]) != news.transcript[1]:
        recording, words = news.transcript
        written = {**written, recording: storable(words)}
        message.additional_attributes = {**message.additional_attributes, "transcripts": written}
        message.content = storable(words)[:MAX_CONTENT]
        has_more = True
    for recording, words in written.items():
        if recording in by_id and by_id[recording].meta.get("transcribed_text") != words:
            by_id[recording].meta = {**by_id[recording].meta, "transcribed_text": words}
    return has_more


def _id_of(media: Media) -> str:
    return str((media.ref or {}).get("recording", ""))
