"""What became of an answer that nobody confirmed is asked of Meta: found, not there, or too soon to tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from app.channels.base import DeliveryFailed, File, Line, Outbound, Sent, Unreachable
from app.channels.instagram.channel import Instagram
from app.channels.messenger import Messenger
from app.lib import clock
from tests.channels.contract import instagram
from tests.fakes.instagram import GRETA, InstagramGraph
from tests.fakes.messenger import DANA, Graph
from tests.fakes.provider import Asked, Told, serving

CARD = {"title": "Bell", "description": "Rings", "actions": []}


def an_answer(text: str = "It is *back*,\nin blue.", *, ago: float = 300) -> Outbound:
    since = clock.now() - timedelta(seconds=ago)
    return Outbound(key="message-7-0", to=DANA, text=text, since=since)


def unheard(messenger: Messenger, graph: Graph, outbound: Outbound) -> None:
    """Graph takes it, and hangs up."""

    def taken(asked: Asked) -> Told:
        graph.answer(asked)
        return Told(hangs_up=True)

    graph.instead.append(taken)
    with pytest.raises(DeliveryFailed) as failed:
        messenger.send(outbound)
    assert failed.value.is_unsure


def test_an_answer_that_was_taken_is_found_by_its_words(messenger: Messenger, graph: Graph) -> None:
    messenger.send(an_answer("Something else"))
    unheard(messenger, graph, an_answer())
    assert messenger.look_up(an_answer()) == Sent("m_out_2")


def test_files_and_cards_are_known_by_being_new(messenger: Messenger, graph: Graph) -> None:
    file = File("bell.png", "image/png", 4, "image", "https://desk.test/x", lambda: BytesIO(b"file"))
    picture = replace(an_answer(""), files=[file])
    cards = replace(an_answer(""), content_type="cards", content_attributes={"items": [CARD]})
    messenger.send(an_answer())
    unheard(messenger, graph, picture)
    assert messenger.look_up(picture) == Sent("m_out_2")
    unheard(messenger, graph, cards)
    assert messenger.look_up(replace(cards, others=frozenset({"m_out_1", "m_out_2"}))) == Sent("m_out_3")


def test_what_is_another_messages_or_older_or_theirs_is_not_it(messenger: Messenger, graph: Graph) -> None:
    messenger.send(an_answer())
    assert messenger.look_up(replace(an_answer(), others=frozenset({"m_out_1"}))) is None
    assert messenger.look_up(an_answer("Is it back?")) is None
    with pytest.raises(Unreachable):
        # Sent before it was written: it was another one.
        messenger.look_up(an_answer(ago=-60))


def test_what_was_sent_just_now_may_still_appear(messenger: Messenger, graph: Graph) -> None:
    with pytest.raises(Unreachable) as soon:
        messenger.look_up(an_answer(ago=10))
    assert "too soon" in str(soon.value)


def test_graph_being_away_tells_nothing(messenger: Messenger) -> None:
    with pytest.raises(Unreachable):
        messenger.look_up(an_answer())


@pytest.mark.usefixtures("context")
def test_instagram_is_asked_in_its_own_place() -> None:
    line: Line = instagram.LINE
    with serving(InstagramGraph()) as graph:
        outbound = replace(an_answer(), to=GRETA)
        Instagram(line).send(outbound)
        assert Instagram(line).look_up(outbound) == Sent("m_out_1")
        assert graph.asked[-1].query["platform"] == "instagram"
