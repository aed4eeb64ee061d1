"""Until when a customer can be answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.channels.web_widget import WebWidget
from app.ledger.transaction import transaction
from app.lib import clock
from app.models.conversation import Conversation
from tests.cast import Cast, a_contact, a_conversation, a_session


def test_without_a_rule_a_customer_can_always_be_answered(cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        assert conversation.reply_window() == (None, "always")
        assert conversation.can_reply


def test_an_inbox_sets_its_own_window_in_hours_from_the_last_word_of_the_customer(cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        conversation.inbox.channel_settings = {"agent_reply_time_window": 24}
        said_at = conversation.last_incoming_at
        assert said_at
        assert conversation.reply_window() == (said_at + timedelta(hours=24), "open")
        with clock.at(said_at + timedelta(hours=24, seconds=1)):
            assert conversation.reply_window() == (said_at + timedelta(hours=24), "closed")
            assert not conversation.can_reply


def test_who_has_never_written_cannot_be_answered_within_a_window(cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = Conversation.start(a_session(a_contact(cast.account_id), cast.inbox_id))
        conversation.inbox.channel_settings = {"agent_reply_time_window": 24}
        assert conversation.reply_window() == (None, "closed")


def test_after_the_window_a_later_one_may_still_be_open(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    abilities = replace(WebWidget.abilities, reply_window=timedelta(hours=24), late_window=timedelta(days=7))
    monkeypatch.setattr(WebWidget, "abilities", abilities)
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        said_at = conversation.last_incoming_at
        assert said_at
        with clock.at(said_at + timedelta(hours=25)):
            assert conversation.reply_window() == (said_at + timedelta(days=7), "late")
            assert conversation.can_reply
        with clock.at(said_at + timedelta(days=8)):
            assert conversation.reply_window() == (said_at + timedelta(days=7), "closed")
