"""The list reads as many rows as it shows, in every view and order, and pages without leaving anything out."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from sqlalchemy import event, text

from app.config import settings
from app.ledger.transaction import transaction
from app.lib.database import db, owner_engine
from app.models import Inbox, Membership, Status
from app.queries import counts
from app.queries.conversation_list import Listing, Order, Sort, View, page
from tests.cast import Cast, a_contact, a_conversation, a_session, alice, an_inbox, bob

MANY = 4000


def seed(cast: Cast, number: int = MANY) -> None:
    """Thousands of conversations in two inboxes, of which Bob works in one."""
    with transaction(cast.account_id):
        other = an_inbox(cast.account_id, "Workshop")
        sessions = [a_session(a_contact(cast.account_id, "Dana"), inbox) for inbox in (cast.inbox_id, other.id)]
        for at, session in enumerate(sessions):
            db.session.execute(
                text("""
                    insert into conversations (account_id, display_id, uuid, inbox_id, contact_id, contact_inbox_id, status,
                      priority, assignee_id, last_activity_at, created_at, waiting_since, updated_at)
                    select :account, :from_ + n, gen_random_uuid(), :inbox, :contact, :session,
                      (array['open', 'open', 'pending', 'snoozed', 'resolved'])[1 + n % 5],
                      (array[null, 'low', 'medium', 'high', 'urgent'])[1 + n % 5],
                      (array[null, :bob, :alice])[1 + n % 3],
                      now() - (n * 7 % 5000) * interval '1 minute', now() - n * interval '2 minutes',
                      case when n % 4 > 0 then now() - (n * 3 % 7000) * interval '1 minute' end, now()
                    from generate_series(1, :number) n
                """),
                {
                    "account": cast.account_id,
                    "from_": 1 + at * number,
                    "inbox": session.inbox_id,
                    "contact": session.contact_id,
                    "session": session.id,
                    "bob": cast.bob_id if session.inbox_id == cast.inbox_id else cast.alice_id,
                    "alice": cast.alice_id,
                    "number": number,
                },
            )
    engine = owner_engine(settings())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze conversations"))
    engine.dispose()


SCAN = re.compile(r"on conversations\b.*actual time=\S+ rows=([\d.]+) loops=(\d+)")
THROWN = re.compile(r"Rows Removed by (?:Filter|Index Recheck): (\d+)")


def rows_read(plan: str) -> int:
    """The most conversations that a single step of the plan read, and those thrown away."""
    read, thrown, is_theirs = [0], 0, False
    for line in plan.splitlines():
        if "(cost=" in line:
            is_theirs = "on conversations" in line
        read += [int(float(rows)) * int(loops) for rows, loops in SCAN.findall(line)]
        # A small table is read as a whole, and most of it thrown away: that is none of our business.
        thrown += sum(int(rows) for rows in THROWN.findall(line)) if is_theirs else 0
    return max(read) + thrown


def explained(listing: Listing, person: Any, cast: Cast, after: str = "") -> str:
    """The plans of all statements on conversations that a page needs, run as the tenant."""
    plans: list[str] = []

    def explain(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM conversations" in statement and not statement.startswith("EXPLAIN"):
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    with transaction(cast.account_id):
        membership = person(cast)
        event.listen(db.engine, "before_cursor_execute", explain)
        try:
            page(listing, membership, after=after)
        finally:
            event.remove(db.engine, "before_cursor_execute", explain)
    return "\n".join(plans)


def test_no_more_rows_are_read_than_shown(cast: Cast) -> None:
    seed(cast)
    for person, view, sort, order in product((alice, bob), View, Sort, Order):
        plan = explained(Listing(view=view, sort=sort, order=order), person, cast)
        assert rows_read(plan) <= 52, f"{person.__name__} {view} {sort} {order}\n{plan}"
    plan = explained(Listing(view=View.ALL, inbox_id=cast.inbox_id), alice, cast)
    assert rows_read(plan) <= 52, plan


def test_a_page_far_down_reads_no_more_than_the_first(cast: Cast) -> None:
    seed(cast)
    for sort, order in product(Sort, Order):
        listing, after = Listing(view=View.ALL, sort=sort, order=order), ""
        for _ in range(4):
            with transaction(cast.account_id):
                after = page(listing, alice(cast), after=after, limit=200).after
        plan = explained(listing, alice, cast, after)
        assert rows_read(plan) <= 52, f"{sort} {order}\n{plan}"


@pytest.mark.parametrize(("sort", "order"), list(product(Sort, Order)))
def test_pages_together_are_the_whole_list(cast: Cast, sort: Sort, order: Order) -> None:
    seed(cast, 150)
    listing = Listing(view=View.ALL, sort=sort, order=order)
    for person in (alice, bob):
        seen, after = [], ""
        with transaction(cast.account_id):
            while True:
                one = page(listing, person(cast), after=after)
                seen += [conversation.id for conversation in one.conversations]
                if not (after := one.after):
                    break
            number = counts.count(listing, person(cast)).statuses[Status.OPEN]
        assert len(seen) == len(set(seen)) == number


def test_who_waits_longest_comes_first_and_who_waits_for_nothing_last(cast: Cast) -> None:
    seed(cast, 100)
    with transaction(cast.account_id):
        found = page(Listing(View.ALL, sort=Sort.WAITING, order=Order.OLDEST), alice(cast), limit=200).conversations
        since = [conversation.waiting_since for conversation in found]
    waiting = [moment for moment in since if moment]
    assert waiting == sorted(waiting)
    assert since == waiting + [None] * (len(since) - len(waiting))


def test_an_agent_sees_only_their_inboxes(cast: Cast) -> None:
    with transaction(cast.account_id):
        a_conversation(cast)
        hidden = an_inbox(cast.account_id, "Workshop")
    with transaction(cast.account_id):
        assert len(page(Listing(View.ALL), bob(cast)).conversations) == 1
        assert page(Listing(View.ALL, inbox_id=hidden.id), bob(cast)).conversations == []
        assert [inbox.id for inbox, _ in counts.count(Listing(), bob(cast)).inboxes] == [cast.inbox_id]
        db.session.get_one(Inbox, (cast.account_id, cast.inbox_id)).set_members(set())
    with transaction(cast.account_id):
        assert page(Listing(View.ALL), bob(cast)).conversations == []


def test_counts_are_exact_to_a_thousand(cast: Cast) -> None:
    seed(cast, 3000)
    with transaction(cast.account_id):
        whole = counts.count(Listing(view=View.ALL), alice(cast))
        own = counts.count(Listing(view=View.MINE), bob(cast))
    assert (counts.words(whole.views[View.ALL]), counts.words(999), counts.words(0)) == ("1k+", "999", "")
    assert own.views[View.MINE] == 400
    assert [number for _, number in whole.inboxes] == [1001, 1001]


def test_the_other_account_counts_for_nothing(cast: Cast) -> None:
    with transaction(cast.account_id):
        a_conversation(cast)
    with transaction(cast.other_account_id):
        charlie = db.session.get_one(Membership, (cast.other_account_id, cast.charlie_id))
        assert counts.count(Listing(view=View.ALL), charlie).views[View.ALL] == 0
        assert page(replace(Listing(), view=View.ALL), charlie).conversations == []
