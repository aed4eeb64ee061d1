"""The ledger page: everything is accounted for, what stopped is shown with its reason, and each message's way is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from app.actions.reconcile import wish_reconciliation
from app.channels.base import Listed
from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Connection, Inbox, Letter, Message, Work
from app.queries import ledger
from tests.at_the_door import sign_in
from tests.cast import Cast, alice
from tests.doors.conftest import Knocks, work
from tests.doors.test_in import messages
from tests.doors.test_out import refuses, the_conversation
from tests.fakes.pigeon import Loft, Pigeon, pigeons


@pytest.fixture
def page(client: FlaskClient, cast: Cast) -> str:
    sign_in(client, "alice@fernway.example")
    return f"/accounts/{cast.account_id}/settings/delivery"


def counted(cast: Cast) -> ledger.Ledger:
    with transaction(cast.account_id):
        return ledger.ledger(cast.account_id)


def later_on(cast: Cast) -> None:
    """It is a minute later."""
    with system(why="tests"):
        ago = clock.now() - timedelta(minutes=1)
        db.session.execute(update(Letter).values(received_at=ago))
        db.session.execute(update(Message).values(created_at=ago, updated_at=ago))


def test_all_is_accounted_for(knock: Knocks, cast: Cast, client: FlaskClient, page: str) -> None:
    knock({"id": 1, "text": "Coo", "source": "s1"})
    work()
    later_on(cast)
    sums = counted(cast)
    assert (sums.letters, sums.unaccounted) == ({"received": 1}, 0)
    shown = client.get(page)
    assert shown.status_code == 200
    assert "0 unaccounted for" in shown.text


def test_a_letter_whose_work_is_gone_is_unaccounted_for_and_taken_up_again(knock: Knocks, cast: Cast) -> None:
    knock({"id": 1, "text": "Coo"})
    with system(why="tests"):
        db.session.execute(delete(Work))
    later_on(cast)
    assert counted(cast).unaccounted == 1
    take_up(cast)
    assert [message.content for message in messages(cast.account_id)] == ["Coo"]
    assert counted(cast).unaccounted == 0


def test_an_answer_nobody_sends_is_taken_up_again(knock: Knocks, cast: Cast, loft: Loft) -> None:
    knock({"id": 1, "text": "Coo"})
    work()
    with transaction(cast.account_id):
        the_conversation(cast).reply("Coo!", by=alice(cast).actor)
    with system(why="tests"):
        db.session.execute(delete(Work))
    later_on(cast)
    assert counted(cast).unaccounted == 1
    take_up(cast)
    assert [outbound.text for outbound in loft.taken.values()] == ["Coo!"]
    assert counted(cast).unaccounted == 0


def take_up(cast: Cast) -> None:
    from app.lib.queue import later

    with system(why="tests"):
        later("take_up_dropped")
    work(Queue.EVENTS, Queue.INBOUND, Queue.OUTBOUND)


def test_parked_work_is_shown_with_its_reason_and_tried_again(
    knock: Knocks, cast: Cast, client: FlaskClient, page: str, inbox: Inbox
) -> None:
    knock({"id": 1, "text": "Coo"})
    with system(why="tests"):
        db.session.execute(update(Work).values(state="parked", last_error="The moon was full."))
    later_on(cast)
    shown = client.get(page).text
    assert "The moon was full." in shown
    assert "1 unaccounted for" in shown
    (work_id,) = stopped(cast)
    assert client.post(f"{page}/work/{work_id}/retry").status_code == 303
    work()
    assert len(messages(cast.account_id)) == 1
    assert stopped(cast) == []


def test_what_is_given_up_is_given_up_knowingly(knock: Knocks, cast: Cast, client: FlaskClient, page: str) -> None:
    knock({"id": 1, "text": "Coo"})
    with system(why="tests"):
        db.session.execute(update(Work).values(state="parked", last_error="The moon was full."))
    (work_id,) = stopped(cast)
    assert client.post(f"{page}/work/{work_id}/dismissal").status_code == 303
    later_on(cast)
    assert counted(cast).unaccounted == 0
    with transaction(cast.account_id):
        letter = db.session.scalars(select(Letter)).one()
        assert (letter.state, letter.error) == ("ignored", "Given up by Alice.")


def stopped(cast: Cast) -> list[int]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Work.id).where(Work.state != "ready")))


def test_the_way_of_a_message_is_found_by_its_providers_id(
    knock: Knocks, cast: Cast, client: FlaskClient, page: str, loft: Loft
) -> None:
    knock({"id": "key-7", "text": "Coo", "source": "their-id-7"})
    work()
    loft.answers = [refuses("Storm.", after=1)]
    with transaction(cast.account_id):
        the_conversation(cast).reply("Coo!", by=alice(cast).actor, client_id="answer-7")
    work()
    for asked in ("their-id-7", "<their-id-7>", "key-7"):
        shown = client.get(page, query_string={"q": asked}).text
        assert "Letter kept" in shown, asked
        assert "Stored, and shown" in shown
    answer = next(message for message in messages(cast.account_id) if message.client_id == "answer-7")
    way = client.get(f"{page}/messages/{answer.id}").text
    assert "Became “sending”" in way
    assert "Storm." in way
    assert "Nothing has this id" in client.get(page, query_string={"q": "no such"}).text


def test_an_unsure_answer_is_counted_and_sent_again_from_here(
    knock: Knocks, cast: Cast, client: FlaskClient, page: str
) -> None:
    with pigeons(can_look_up=False) as loft:
        knock({"id": 1, "text": "Coo"})
        work()
        loft.answers = [refuses("No answer in time.", unsure=True)]
        with transaction(cast.account_id):
            the_conversation(cast).reply("Coo!", by=alice(cast).actor, client_id="answer-1")
        work()
        assert counted(cast).messages == {"unsure": 1}
        answer = next(message for message in messages(cast.account_id) if message.client_id == "answer-1")
        assert client.post(f"{page}/messages/{answer.id}/again").status_code == 303
        work()
        assert counted(cast).messages == {"sent": 1}
        assert stopped(cast) == []


class Counting(Pigeon):
    """A loft that can say what it has."""

    has: Sequence[Listed] = ()

    def listed(self, since: datetime) -> Sequence[Listed]:
        return self.has


def test_what_the_provider_has_is_compared_with_ours(
    knock: Knocks, cast: Cast, inbox: Inbox, client: FlaskClient, page: str
) -> None:
    from app.channels import CHANNELS

    with pigeons(can_list=True):
        CHANNELS["pigeon"] = Counting
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        Counting.has = [
            Listed("k1", "the first", long_ago),
            Listed("k2", "the lost one", long_ago),
            Listed("k3", "just now", datetime.now(UTC)),
        ]
        knock({"id": "k1", "text": "Coo"})
        work()
        with transaction(cast.account_id):
            wish_reconciliation(cast.account_id, inbox.id)
        work()
        with transaction(cast.account_id):
            found = Connection.of(inbox).reconciled
        assert (found["theirs"], found["ours"]) == (2, 1)
        assert [each["words"] for each in found["missing"]] == ["the lost one"]
        assert "the lost one" in client.get(page).text
        assert counted(cast).unaccounted == 1
        knock({"id": "k2", "text": "Found"})
        client.post(f"{page}/inboxes/{inbox.id}/look")
        work()
        assert counted(cast).unaccounted == 0


def test_agents_and_strangers_see_no_ledger(client: FlaskClient, cast: Cast) -> None:
    path = f"/accounts/{cast.account_id}/settings/delivery"
    sign_in(client, "bob@fernway.example")
    assert client.get(path).status_code == 403
    assert client.post(f"{path}/work/1/retry").status_code == 403
    sign_in(client, "charlie@elsewhere.example")
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("asked", ["'; drop table letters", "%", "x" * 998, "<script>alert(1)</script>", "\u202e", "🕊️"])
def test_a_search_for_anything_is_harmless(client: FlaskClient, page: str, asked: str) -> None:
    shown = client.get(page, query_string={"q": asked})
    assert shown.status_code == 200
    assert "<script>alert" not in shown.text


def test_work_of_others_cannot_be_touched(knock: Knocks, cast: Cast, client: FlaskClient, page: str) -> None:
    for path in (
        "work/999999/retry",
        "work/999999/dismissal",
        "messages/999999/again",
        "inboxes/999999/look",
    ):
        assert client.post(f"{page}/{path}").status_code == 404
    assert client.get(f"{page}/messages/999999").status_code == 404
