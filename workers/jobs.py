"""Every job by name; a job is an order, its arguments are ids."""

from __future__ import annotations

from datetime import datetime

from app.actions import (
    ask_after_call,
    continue_by_mail,
    deliver,
    erase,
    fetch_avatar,
    fetch_media,
    fetch_profile,
    let_go_media,
    letters_ahead,
    poll,
    reconcile,
    remove_inbox,
    send_mail,
    sync_templates,
    watch_over,
)
from app.actions.forget_sign_ins import forget_sign_ins
from app.actions.hand_over import hand_over_conversations
from app.actions.liken import look_for_likeness
from app.actions.receive_letter import receive_letter
from app.ledger.job import Inside, Jobs, Outside
from app.lib import throttle
from app.lib.database import db
from app.models.actor import SYSTEM
from app.models.conversation import Conversation


def wake_conversation(account_id: int, conversation_id: int, until: str) -> None:
    """The hour a conversation was snoozed until has come."""
    conversation = db.session.get(Conversation, (account_id, conversation_id))
    if conversation is not None:
        conversation.wake(datetime.fromisoformat(until), by=SYSTEM)


def purge_throttles() -> None:
    throttle.purge()


JOBS: Jobs = {
    "send_mail": Outside(
        prepare=send_mail.prepare,
        call=send_mail.call,
        settle=send_mail.settle,
        refuse=send_mail.refuse,
        lost=send_mail.lost,
        # The same mail twice is a small nuisance; a link that never comes keeps a person out.
        repeatable=True,
        window=send_mail.WINDOW_SECONDS,
    ),
    # A letter that cannot be worked through is parked soon, so that those behind it are not held up for long.
    "receive_letter": Inside(receive_letter, window=120, ahead=letters_ahead.look_up),
    "deliver": Outside(
        prepare=deliver.prepare,
        call=deliver.call,
        settle=deliver.settle,
        refuse=deliver.refuse,
        lost=deliver.lost,
        repeatable=deliver.is_repeatable,
        window=deliver.window,
        delayed=deliver.delayed,
        give_up=deliver.give_up,
        holds=deliver.HOLD_SECONDS,
    ),
    "check_delivery": Outside(
        prepare=deliver.prepare_check,
        call=deliver.check,
        settle=deliver.settle_check,
        refuse=deliver.refuse_check,
        repeatable=True,
        window=3600,
    ),
    "fetch_media": Outside(
        prepare=fetch_media.prepare,
        call=fetch_media.call,
        settle=fetch_media.settle,
        refuse=fetch_media.refuse,
        repeatable=True,
        window=fetch_media.WINDOW_SECONDS,
        delayed=fetch_media.delayed,
        give_up=fetch_media.give_up,
    ),
    "let_go_media": Outside(
        prepare=let_go_media.prepare,
        call=let_go_media.call,
        settle=let_go_media.settle,
        refuse=let_go_media.refuse,
        repeatable=True,
        window=let_go_media.WINDOW_SECONDS,
    ),
    "ask_after_call": Outside(
        prepare=ask_after_call.prepare,
        call=ask_after_call.call,
        settle=ask_after_call.settle,
        refuse=ask_after_call.refuse,
        repeatable=True,
        window=ask_after_call.WINDOW_SECONDS,
    ),
    "poll_all": Inside(poll.poll_all),
    "poll_inbox": Outside(
        prepare=poll.prepare,
        call=poll.call,
        settle=poll.settle,
        refuse=poll.refuse,
        repeatable=True,
        window=0,
    ),
    "sync_all_templates": Inside(sync_templates.sync_all_templates),
    "sync_templates": Outside(
        prepare=sync_templates.prepare,
        call=sync_templates.call,
        settle=sync_templates.settle,
        refuse=sync_templates.refuse,
        repeatable=True,
        window=0,
    ),
    "reconcile_all": Inside(reconcile.reconcile_all),
    "reconcile_inbox": Outside(
        prepare=reconcile.prepare,
        call=reconcile.call,
        settle=reconcile.settle,
        refuse=reconcile.refuse,
        repeatable=True,
        window=1800,
    ),
    "take_up_dropped": Inside(reconcile.take_up_dropped),
    "take_up_account": Inside(reconcile.take_up_account),
    "probe_all": Inside(watch_over.probe_all),
    "probe_inbox": Outside(
        prepare=watch_over.prepare,
        call=watch_over.call,
        settle=watch_over.settle,
        refuse=watch_over.refuse,
        repeatable=True,
        window=0,
    ),
    "erase_contact": Outside(
        prepare=erase.prepare,
        call=erase.call,
        settle=erase.settle,
        refuse=erase.refuse,
        repeatable=True,
        window=erase.WINDOW_SECONDS,
    ),
    "leave_provider": Outside(
        prepare=remove_inbox.prepare_leave,
        call=remove_inbox.leave,
        settle=remove_inbox.settle_leave,
        refuse=remove_inbox.refuse_leave,
        repeatable=True,
        window=remove_inbox.DISCONNECT_SECONDS,
        give_up=remove_inbox.give_up_leave,
    ),
    "remove_inbox": Outside(
        prepare=remove_inbox.prepare,
        call=remove_inbox.call,
        settle=remove_inbox.settle,
        refuse=remove_inbox.refuse,
        repeatable=True,
        window=remove_inbox.WINDOW_SECONDS,
    ),
    "continue_by_mail": Outside(
        prepare=continue_by_mail.prepare,
        call=continue_by_mail.call,
        settle=continue_by_mail.settle,
        refuse=continue_by_mail.refuse,
        lost=continue_by_mail.lost,
    ),
    "fetch_profile": Outside(
        prepare=fetch_profile.prepare,
        call=fetch_profile.call,
        settle=fetch_profile.settle,
        refuse=fetch_profile.refuse,
        repeatable=True,
        window=fetch_profile.WINDOW_SECONDS,
        give_up=fetch_profile.give_up,
    ),
    "fetch_avatar": Outside(
        prepare=fetch_avatar.prepare,
        call=fetch_avatar.call,
        settle=fetch_avatar.settle,
        refuse=fetch_avatar.refuse,
        repeatable=True,
        window=fetch_avatar.WINDOW_SECONDS,
        give_up=fetch_avatar.give_up,
    ),
    "forget_sign_ins": Inside(forget_sign_ins),
    "hand_over_conversations": Inside(hand_over_conversations),
    "look_for_likeness": Inside(look_for_likeness),
    "wake_conversation": Inside(wake_conversation),
    "purge_throttles": Inside(purge_throttles),
}
