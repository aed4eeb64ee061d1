"""Fills an account with years of conversations by SQL, as its owner: what happened in them is made up, how much is not.

One in ten conversations is not resolved; they have ten messages on average, and one has five thousand. A third of them
stand with nobody, the others with some more than with others. Words are as common as words are: a few very, most hardly.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from sqlalchemy import Connection, text

from app.config import Settings
from app.ledger.transaction import system
from app.lib.database import db, owner_engine
from app.models import Account, Inbox, Membership, Role, User

AGENTS, INBOXES, LONG_THREAD = 20, 5, 5000
FILLED = ("contacts", "contact_inboxes", "conversations", "messages", "events")
# How often a word is said: the first in every third sentence, the last once in thousands.
COMMON, RARE = "bicycle", "velodrome"


@dataclass(frozen=True)
class Crowd:
    """`long_number` is the display id of the thread with LONG_THREAD messages; Bob sees three inboxes of five."""

    account_id: int
    conversations: int
    messages: int
    long_number: int
    alice: str
    bob: str


def gather(settings: Settings, name: str, conversations: int) -> Crowd:
    """A new account with that many conversations."""
    account_id, alice, bob = _found(name)
    engine = owner_engine(settings)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in ("work_mem = '256MB'", "maintenance_work_mem = '512MB'", "session_replication_role = replica"):
            connection.execute(text(f"set {setting}"))
        indexes = _drop_indexes(connection) if conversations > 10_000 else []
        _write_sentences(connection)
        for statement in STATEMENTS:
            connection.execute(text(statement), {"account": account_id, "number": conversations, "long": LONG_THREAD})
        for definition in indexes:
            connection.execute(text(definition))
        connection.execute(text("reset all"))
        connection.execute(text("vacuum analyze"))
        messages = connection.scalar(
            text("select count(*) from messages where account_id = :account"), {"account": account_id}
        )
    engine.dispose()
    return Crowd(account_id, conversations, messages or 0, conversations // 2, alice, bob)


def _found(name: str) -> tuple[int, str, str]:
    with system(why="a bench"):
        account = Account(name=name)
        people = [User(name=f"Agent {n}", email=f"agent{n}@{name.lower()}.example") for n in range(AGENTS)]
        db.session.add_all([account, *people])
        db.session.flush()
        for person in people:
            role = Role.ADMINISTRATOR if person is people[0] else Role.AGENT
            db.session.add(Membership(account_id=account.id, user_id=person.id, role=role))
        inboxes = [
            Inbox(account_id=account.id, name=f"Shop {n}", channel="web_widget", address=f"{name}-{n}")
            for n in range(INBOXES)
        ]
        db.session.add_all(inboxes)
        db.session.flush()
        for n, inbox in enumerate(inboxes):
            inbox.set_members({person.id for person in people} if n < 3 else {people[0].id})
        return account.id, people[0].email, people[1].email


def _drop_indexes(connection: Connection) -> list[str]:
    """Those that no constraint needs; returns how to make them again: far sooner done than row by row."""
    found = connection.execute(
        text("""
            select indexname, indexdef from pg_indexes i
            where schemaname = 'public' and tablename = any (:tables)
              and not exists (select from pg_constraint c where c.conname = i.indexname)
        """),
        {"tables": list(FILLED)},
    ).all()
    for name, _ in found:
        connection.execute(text(f'drop index "{name}"'))
    return [definition for _, definition in found]


def _write_sentences(connection: Connection) -> None:
    """Two thousand sentences of which messages are made."""
    dice = random.Random(4711)
    syllables = ["ka", "ri", "do", "ven", "mel", "tas", "lo", "pin", "sur", "ba"]
    words = [COMMON, *("".join(dice.choices(syllables, k=3)) for _ in range(3000))]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    connection.execute(text("drop table if exists sentences"))
    connection.execute(text("create temporary table sentences (id integer primary key, words text)"))
    rows = [
        {"id": n, "words": " ".join(dice.choices(words, weights, k=dice.randint(4, 24))).capitalize() + "."}
        for n in range(2000)
    ]
    connection.execute(text("insert into sentences values (:id, :words)"), rows)


STATEMENTS = (
    """
    insert into contacts (account_id, name, last_name, email, contact_type, last_activity_at, created_at)
    select :account,
      (array['Dana', 'Noor', 'Mateo', 'Inés', 'Søren', 'Yuki', 'Amara', 'Tom'])[1 + n % 8],
      (array['Okafor', 'Lindqvist', 'Moreau', 'Tanaka', 'Silva', 'Novak', 'Byrne'])[1 + n % 7] || ' ' || n,
      case when n % 3 > 0 then 'customer' || n || '@account' || :account || '.example' end,
      case when n % 3 > 0 then 'lead' else 'visitor' end,
      now() - n * interval '3 minutes', now() - interval '3 years'
    from generate_series(1, :number / 2) n
    """,
    """
    insert into contact_inboxes (account_id, contact_id, inbox_id, source_id, uuid)
    select c.account_id, c.id, i.first + c.id % 5, gen_random_uuid(), gen_random_uuid()
    from contacts c, (select min(id) as first from inboxes where account_id = :account) i
    where c.account_id = :account
    """,
    "drop table if exists told, said",
    """
    create temporary table told as
    select n, s.id as session_id, s.contact_id, s.inbox_id,
      case when n = :number / 2 then :long else 2 + (n * 7) % 17 end as messages,
      now() - (:number - n) * (interval '3 years' / :number) as began,
      -- What is not resolved yet is mostly young.
      case when (n * 31) % 100 < (case when n > :number * 0.8 then 40 else 3 end)
        then (array['open', 'open', 'open', 'pending', 'snoozed'])[1 + (n / 5) % 5] else 'resolved' end as status,
      case when (n * 13) % 3 > 0 then (
        select u.first + floor(20 * power(random(), 2))::integer
        from (select min(user_id) as first from memberships where account_id = :account) u) end as assignee
    from generate_series(1, :number) n
    join (select id, contact_id, inbox_id, row_number() over (order by id) as place from contact_inboxes
          where account_id = :account) s on s.place = 1 + (n * 7919::bigint) % (:number / 2)
    """,
    """
    create temporary table said as
    select row_number() over (order by at) + coalesce((select max(id) from messages), 0) as id, *
    from (
      select t.*, sequence, began + sequence * (case when messages > 100 then interval '1 minute' else
        interval '1 hour' * (1 + n % 5) end) as at
      from told t, generate_series(1, t.messages) sequence
    ) each
    """,
    "create unique index on told (n)",
    """
    insert into conversations (account_id, display_id, uuid, inbox_id, contact_id, contact_inbox_id, status, priority,
      assignee_id, last_activity_at, created_at, waiting_since, first_reply_created_at, snoozed_until, unread_count,
      last_sequence, last_message_id, version, additional_attributes)
    select :account, t.n, gen_random_uuid(), t.inbox_id, t.contact_id, t.session_id, t.status,
      (array[null, null, null, null, null, 'low', 'medium', 'high', 'urgent'])[1 + t.n % 9],
      t.assignee, m.at, t.began, case when t.status = 'open' and t.n % 2 = 0 then m.at end, m.began_at,
      case when t.status = 'snoozed' then now() + interval '1 day' end,
      case when t.status = 'open' then t.n % 4 else 0 end, t.messages, m.last, t.messages,
      jsonb_build_object('referer', 'https://shop.example/' || t.n)
    from told t
    join (select n, max(id) as last, max(at) as at, min(at) as began_at from said group by n) m on m.n = t.n
    order by t.n
    """,
    """
    insert into messages (id, account_id, conversation_id, inbox_id, sequence, version, message_type, content, status,
      private, client_id, sender_kind, sender_user_id, sender_contact_id, created_at, updated_at)
    select s.id, :account, c.id, s.inbox_id, s.sequence, s.sequence,
      case when is_ours then 'outgoing' else 'incoming' end,
      a.words || ' ' || b.words || case when s.id % 20000 = 0 then ' velodrome' else '' end || ' R' || s.id,
      case when is_ours then 'read' else 'sent' end, is_ours and s.id % 11 = 0, gen_random_uuid(),
      case when is_ours then 'user' else 'contact' end, case when is_ours then coalesce(s.assignee, u.first) end,
      case when is_ours then null else s.contact_id end, s.at, s.at
    from said s
    join conversations c on c.account_id = :account and c.display_id = s.n
    join sentences a on a.id = (s.id * 48271) % 2000
    join sentences b on b.id = (s.id * 16807 + s.sequence) % 2000
    cross join (select min(user_id) as first from memberships where account_id = :account) u
    cross join lateral (select s.sequence % 2 = 0 as is_ours) o
    order by s.id
    """,
    """
    insert into events (account_id, name, subject_kind, subject_id, conversation_id, actor_kind, created_at)
    select account_id, 'message.created', 'messages', id, conversation_id, sender_kind, created_at from messages
    where account_id = :account order by id
    """,
    "select setval(pg_get_serial_sequence('messages', 'id'), (select max(id) from messages))",
    "update accounts set last_display_id = :number where id = :account",
)
