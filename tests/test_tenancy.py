"""The database itself keeps tenants apart: every table, every role, every key."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection as Database
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from app.config import Settings
from app.ledger.transaction import transaction
from app.lib.database import db, login_url, owner_url
from app.models import (
    Attachment,
    Connection,
    ContactKey,
    ContactNote,
    Event,
    Label,
    Letter,
    MailReference,
    Merge,
    Message,
    MessagePart,
    MessageTemplate,
    Suggestion,
    Work,
    WorkingHours,
)
from tests.cast import Cast, a_contact, a_conversation, alice

# Tables of no tenant: sign-ins and their secrets are the system's alone, throttles hold only digests.
SYSTEM_ONLY = {"logins", "one_time_tokens", "access_tokens", "orphans"}
OPEN = {"alembic_version", "throttles"}
# Each account sees its own row, and the people who are its members.
OWN_POLICY = {"accounts", "users"}


@pytest.fixture
def owner(app: Flask, settings: Settings) -> Any:
    engine = create_engine(owner_url(settings))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def full(cast: Cast) -> Cast:
    """The cast with a row in every table of Fernway's."""
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        message = conversation.reply("Hello", by=alice(cast).actor)
        Label.create(cast.account_id, {"title": "billing"}, by=alice(cast).actor)
        conversation.add_labels(["billing"], by=alice(cast).actor)
        one, other = a_contact(cast.account_id, "Erin"), a_contact(cast.account_id, "Erin")
        db.session.add_all(
            [
                ContactKey(account_id=cast.account_id, kind="name", key="erin", contact_id=one.id),
                Suggestion(account_id=cast.account_id, contact_id=one.id, other_id=other.id, reason="name"),
                Merge(
                    account_id=cast.account_id,
                    base_id=one.id,
                    merged_id=9,
                    merged_name="E",
                    why="typed",
                    actor_kind="system",
                    snapshot={},
                    filled={},
                    moved={},
                ),
                ContactNote(account_id=cast.account_id, contact_id=conversation.contact_id, content="likes bicycles"),
                Attachment(account_id=cast.account_id, message_id=message.id, filename="a.txt"),
                Letter(account_id=cast.account_id, inbox_id=cast.inbox_id, sender="dana", key="1"),
                Work(account_id=cast.account_id, queue="slow", job="none"),
                WorkingHours(account_id=cast.account_id, inbox_id=cast.inbox_id, day=1, opens_at=540, closes_at=1020),
                Connection(account_id=cast.account_id, inbox_id=cast.inbox_id),
                MessagePart(
                    account_id=cast.account_id, message_id=message.id, inbox_id=cast.inbox_id, position=0, source_id="1"
                ),
                MailReference(
                    account_id=cast.account_id,
                    inbox_id=cast.inbox_id,
                    conversation_id=conversation.id,
                    message_id=message.id,
                    header_id="1@fernway.example",
                ),
                MessageTemplate(
                    account_id=cast.account_id,
                    inbox_id=cast.inbox_id,
                    key="hello:en",
                    name="hello",
                    language="en",
                    status="approved",
                ),
            ]
        )
    return cast


def tables(owner: Database) -> list[str]:
    found = owner.execute(
        text("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
    )
    return sorted(found.scalars())


def tenant_tables(owner: Database) -> list[str]:
    return [table for table in tables(owner) if table not in SYSTEM_ONLY | OPEN | OWN_POLICY]


def as_role(settings: Settings, role: str | None, account_id: int | None) -> Any:
    """A connection of the application's own login, in a role and an account, or in none."""
    connection = create_engine(login_url(settings)).connect()
    if role:
        connection.execute(text("select set_config('role', :role, true)"), {"role": f"parley_{role}"})
    if account_id:
        connection.execute(text("select set_config('app.account_id', :id, true)"), {"id": str(account_id)})
    return connection


def test_every_table_is_under_row_level_security(owner: Database) -> None:
    bare = owner.execute(
        text(
            "select relname from pg_class where relkind='r' and relnamespace='public'::regnamespace and not relrowsecurity"
        )
    ).scalars()
    assert set(bare) == OPEN


def test_every_tenant_table_is_bound_to_the_current_account(owner: Database) -> None:
    policies = owner.execute(
        text(
            "select tablename, qual, with_check from pg_policies where policyname = 'tenant' and roles = '{parley_tenant}'"
        )
    )
    bound = {table: (qual, check) for table, qual, check in policies}
    assert set(tenant_tables(owner)) | {"accounts"} == set(bound)
    for table, (qual, check) in bound.items():
        assert "app.account_id" in qual, table
        assert qual == check, table


def test_every_unique_index_of_a_tenant_begins_with_its_account_or_inbox(owner: Database) -> None:
    indexes = owner.execute(
        text("""
            select i.relname, t.relname, a.attname from pg_index x
            join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
            join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
            where x.indisunique and t.relnamespace = 'public'::regnamespace
        """)
    ).all()
    wrong = [(i, c) for i, t, c in indexes if t in tenant_tables(owner) and c not in ("account_id", "inbox_id")]
    # Work's own number is drawn from a sequence; nobody chooses it. Who claims a provider's address has shown the provider's
    # own consent to it, and two accounts cannot both get its letters: that it is taken is what they are told.
    assert sorted(wrong) == [("pk_work", "id"), ("uq_inboxes_channel_claim", "channel")]


def test_every_key_between_tenant_tables_carries_the_account(owner: Database) -> None:
    keys = owner.execute(
        text("""
            select c.conname, s.relname, t.relname, array_agg(a.attname::text) from pg_constraint c
            join pg_class s on s.oid = c.conrelid join pg_class t on t.oid = c.confrelid
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
            where c.contype = 'f' group by 1, 2, 3
        """)
    ).all()
    tenants = set(tenant_tables(owner))
    for name, source, target, columns in keys:
        if source in tenants and target in tenants:
            assert "account_id" in columns, name


def test_a_stranger_reads_and_changes_nothing(full: Cast, settings: Settings, owner: Database) -> None:
    for table in tenant_tables(owner):
        assert owner.execute(text(f"select count(*) from {table} where account_id = {full.account_id}")).scalar(), (
            f"nothing to see in {table}"
        )
        with as_role(settings, "tenant", full.other_account_id) as stranger:
            mine = f"account_id = {full.account_id}"
            assert stranger.execute(text(f"select count(*) from {table} where {mine}")).scalar() == 0
            assert stranger.execute(text(f"update {table} set account_id = account_id where {mine}")).rowcount == 0
            assert stranger.execute(text(f"delete from {table} where {mine}")).rowcount == 0


def test_without_an_account_there_is_nothing(full: Cast, settings: Settings, owner: Database) -> None:
    for table in [*tenant_tables(owner), "accounts", "users"]:
        with as_role(settings, "tenant", None) as nobody:
            column = "id" if table == "users" else "*"
            assert nobody.execute(text(f"select count({column}) from {table}")).scalar() == 0, table


def test_the_login_alone_may_not_even_look(full: Cast, settings: Settings, owner: Database) -> None:
    for table in set(tables(owner)) - OPEN:
        with (
            as_role(settings, None, full.account_id) as login,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            login.execute(text(f"select 1 from {table}"))


def test_a_tenant_may_not_read_secrets(full: Cast, settings: Settings) -> None:
    for asked in ("select password_hash from users", "select * from logins", "select * from access_tokens"):
        with (
            as_role(settings, "tenant", full.account_id) as tenant,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            tenant.execute(text(asked))


def test_a_tenant_sees_its_own_people_only(full: Cast, settings: Settings) -> None:
    with as_role(settings, "tenant", full.account_id) as tenant:
        assert set(tenant.execute(text("select name from users")).scalars()) == {"Alice", "Bob"}


def test_writing_for_another_account_is_refused(full: Cast, settings: Settings, owner: Database) -> None:
    for table in tenant_tables(owner):
        columns = owner.execute(
            text("select column_name from information_schema.columns where table_name = :t and is_generated = 'NEVER'"),
            {"t": table},
        ).scalars()
        names = ", ".join(columns)
        taken = owner.execute(
            text(f"select {names} from {table} where account_id = {full.account_id} limit 1")
        ).mappings()
        row = dict(next(iter(taken)))
        marks = ", ".join(f":{name}" for name in row)
        plain = {name: _plain(value) for name, value in row.items()}
        with as_role(settings, "tenant", full.other_account_id) as stranger, pytest.raises(DBAPIError) as refused:
            stranger.execute(text(f"insert into {table} ({names}) values ({marks})"), plain)
        assert "row-level security" in str(refused.value), table


def _plain(value: Any) -> Any:
    import json

    return json.dumps(value) if isinstance(value, dict | list) else str(value) if hasattr(value, "hex") else value


def test_keys_do_not_reach_across_accounts(full: Cast) -> None:
    with transaction(full.account_id):
        ours = db.session.query(Message).first()
        assert ours
        conversation_id, message_id = ours.conversation_id, ours.id
    strange = [
        ContactNote(account_id=full.other_account_id, contact_id=1, content="x"),
        ContactNote(account_id=full.other_account_id, user_id=full.alice_id, contact_id=1, content="x"),
        Letter(account_id=full.other_account_id, inbox_id=full.inbox_id, sender="x", key="x"),
        Attachment(account_id=full.other_account_id, message_id=message_id),
        Message(
            account_id=full.other_account_id,
            conversation_id=conversation_id,
            inbox_id=full.other_inbox_id,
            sequence=1,
            version=1,
            message_type="incoming",
            client_id="x",
        ),
    ]
    for row in strange:
        with pytest.raises(IntegrityError, match="foreign key"), transaction(full.other_account_id):
            db.session.add(row)


def test_a_frame_of_another_account_finds_nothing_by_id(full: Cast) -> None:
    with transaction(full.account_id):
        contact = a_contact(full.account_id)
        event = db.session.query(Event).first()
        assert event
    with transaction(full.other_account_id):
        assert db.session.get(Event, (full.account_id, event.id)) is None
        assert db.session.get(type(contact), (full.account_id, contact.id)) is None
