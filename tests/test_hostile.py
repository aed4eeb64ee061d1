"""Bad input on every door: whatever is sent, the answer is a plain 4xx in words, and what was refused left nothing behind."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.blueprints.widget.visitor import SALT, Key
from app.ledger.transaction import system, transaction
from app.lib import crypto
from app.lib.database import db
from app.models import Account, ContactNote, Inbox
from tests import junk
from tests.at_the_door import ALICE, BOB, browser_of
from tests.cast import PASSWORD, Cast, a_conversation, a_user
from tests.conftest import Ground
from tests.programs import a_program

# What a refused request may leave: how often something was tried.
KEPT_ANYWAY = {"throttles"}
Send = Callable[..., TestResponse]


@dataclass
class House:
    """A desk in use, and everyone who knocks at its doors."""

    app: Flask
    cast: Cast
    database: Any
    senders: dict[str, Callable[[], Send]]
    values: dict[str, Any]

    def rules(self, area: str) -> list[Rule]:
        found = [rule for rule in self.app.url_map.iter_rules() if area_of(rule) == area]
        # Who signs out, or is put out, says so last.
        return sorted(
            found, key=lambda rule: (rule.endpoint in ("logout.create", "profile_browsers.destroy"), rule.rule)
        )

    def path(self, rule: Rule, **odd: str) -> str:
        """The rule's path with what there is at Fernway, or with something odd in a place."""
        filled = rule.rule
        for name in rule.arguments & rule._converters.keys():
            kind = type(rule._converters[name]).__name__
            known = self.values.get(name, 1 if kind == "IdConverter" else uuid.uuid4() if "UUID" in kind else "x")
            given = odd.get(name, str(known))
            filled = re.sub(rf"<([a-z]+:)?{name}>", lambda _, given=given: given, filled)
        return filled

    def rows(self) -> dict[str, int]:
        with self.database.cursor() as cursor:
            cursor.execute(self.counting)
            return dict(cursor.fetchall())

    @cached_property
    def counting(self) -> str:
        with self.database.cursor() as cursor:
            cursor.execute("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
            tables = [table for (table,) in cursor.fetchall() if table not in KEPT_ANYWAY]
        return " union all ".join(f"select '{table}', count(*) from {table}" for table in tables)

    def forgive(self) -> None:
        """Limits would hide what lies behind them."""
        with self.database.cursor() as cursor:
            cursor.execute("delete from throttles")


@pytest.fixture
def house(app: Flask, cast: Cast, ground: Ground) -> Iterator[House]:
    with system(why="tests"):
        erin = a_user("Erin", db.session.get_one(Account, cast.account_id))
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        note = ContactNote(account_id=cast.account_id, contact_id=conversation.contact_id, content="likes bicycles")
        db.session.add(note)
        db.session.flush()
        session = Key(cast.account_id, cast.inbox_id, conversation.contact_inbox.source_id)
        client_id = conversation.messages_before(None, 1)[0].client_id
        website_token = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id)).address
    values = {
        "account_id": cast.account_id,
        "number": conversation.display_id,
        "contact_id": conversation.contact_id,
        "id": 1,
        "note_id": note.id,
        "inbox_id": cast.inbox_id,
        "user_id": erin.id,
        "client_id": client_id,
        "name": "a.png",
    }
    with transaction(cast.other_account_id):
        stranger = Key(cast.other_account_id, cast.other_inbox_id, str(uuid.uuid4()))
    said = {"account": session.account_id, "inbox": session.inbox_id, "session": session.source_id}
    tokens = {
        "visitor": session.token,
        "stranger": stranger.token,
        "expired": crypto.sign(said, SALT, timedelta(seconds=-1)),
        "forged": session.token[:-2] + "xx",
    }
    database = psycopg2.connect(ground.database_url)
    database.autocommit = True
    senders: dict[str, Callable[[], Send]] = {
        "alice": lambda: browser_of(app, ALICE).open,
        "bob": lambda: browser_of(app, BOB).open,
        "nobody": lambda: app.test_client().open,
        **{who: (lambda token=token: _with(app.test_client(), "X-Auth-Token", token)) for who, token in tokens.items()},
        **{
            f"{who}'s program": (
                lambda user_id=user_id: _with(
                    app.test_client(), "api_access_token", a_program(app, user_id, cast.account_id).token
                )
            )
            for who, user_id in (("alice", cast.alice_id), ("bob", cast.bob_id))
        },
    }
    yield House(app, cast, database, senders, {**values, "website_token": website_token})
    database.close()


def _with(client: FlaskClient, header: str, value: str) -> Send:
    def send(path: str, **request: Any) -> TestResponse:
        return client.open(path, headers={**request.pop("headers", {}), header: value}, **request)

    return send


DESK = "/accounts/<int:account_id>"
AREAS = {
    "conversations": ("alice", f"{DESK}/conversations"),
    "contacts": ("alice", f"{DESK}/contacts"),
    "settings": ("alice", f"{DESK}/settings"),
    "profile": ("alice", "/profile"),
    "api": ("alice's program", "/api/"),
    "widget": ("visitor", "/widget"),
    "the rest": ("alice", ""),
}


def area_of(rule: Rule) -> str:
    return next(area for area, (_, prefix) in AREAS.items() if rule.rule.startswith(prefix))


@pytest.mark.parametrize("area", AREAS)
def test_every_field_takes_or_refuses_whatever_is_typed(house: House, area: str) -> None:
    tries = Tries(house, house.senders[AREAS[area][0]]())
    for rule in house.rules(area):
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            for form in junk.read_by(house.app.view_functions[rule.endpoint]):
                for values, alone in junk.spoiled(form):
                    house.forgive()
                    answer = tries.fields(rule, method, values)
                    if method != "GET" and answer.status_code >= 400:
                        good = junk.sound(form)
                        for name in alone:
                            tries.fields(rule, method, {**good, name: values[name]})
    tries.judge()


WALKS = (
    *((who, area) for area, (who, _) in AREAS.items()),
    ("bob", "conversations"),
    ("bob", "settings"),
    ("nobody", "conversations"),
    ("nobody", "profile"),
    ("nobody", "the rest"),
    ("bob's program", "api"),
    ("stranger", "widget"),
    ("expired", "widget"),
    ("forged", "widget"),
)


@pytest.mark.parametrize(("who", "area"), WALKS)
def test_odd_paths_questions_and_bodies_at_every_door(house: House, who: str, area: str) -> None:
    """Each rule with something odd in each place, odd questions, and bodies that are none."""
    tries = Tries(house, house.senders[who]())
    is_thorough = who == AREAS[area][0]
    for rule in house.rules(area):
        house.forgive()
        for number, method in enumerate(sorted((rule.methods or set()) - {"HEAD"})):
            if is_thorough:
                for name in rule.arguments:
                    for odd in junk.PATHS if number == 0 and name != "account_id" else junk.PATHS[:3]:
                        tries.one(rule, method, house.path(rule, **{name: odd}))
            if method == "OPTIONS":
                continue
            if method == "GET":
                for place, query in enumerate(junk.QUERIES if is_thorough else junk.QUERIES[:2]):
                    asks = {"HX-Request": "true"} if place % 2 else {}
                    tries.one(rule, method, query_string=query, headers=asks)
            else:
                for body, content_type in junk.BODIES if is_thorough else junk.BODIES[::4]:
                    tries.one(rule, method, data=body, content_type=content_type)
                large = tries.one(rule, method, data=junk.LARGE, content_type="application/json")
                # Of a channel that is not there nothing is read at all.
                if large.status_code not in ((404, 413) if rule.rule.startswith("/webhooks/") else (413,)):
                    tries.wrong.append(f"10 MB were taken: {method} {rule.rule} -> {large.status_code}")
        if rule.endpoint in ("logout.create", "profile_browsers.destroy"):
            tries.send, tries.count = house.senders[who](), house.rows()
    tries.judge()


@pytest.mark.parametrize("who", ["alice", "nobody"])
def test_odd_headers_are_passed_over_or_refused(house: House, who: str) -> None:
    send, desk = house.senders[who](), f"/accounts/{house.cast.account_id}"
    for headers in junk.HEADERS:
        for path in ("/login", f"{desk}/conversations", f"{desk}/socket", "/widget/api/config", "/api/v1/profile"):
            for method in ("GET", "POST"):
                answer = send(path, method=method, headers=headers)
                assert answer.status_code < 500, (method, path, headers)
                assert "evil.example" not in answer.headers.get("Location", "")


class Tries:
    """Requests to doors, each answer looked at."""

    def __init__(self, house: House, send: Send) -> None:
        self.house, self.send = house, send
        self.count, self.asked = house.rows(), 0
        self.wrong: list[str] = []

    def fields(self, rule: Rule, method: str, values: dict[str, Any]) -> TestResponse:
        """As a form of a page where it can be said so, else as JSON."""
        if method == "GET":
            return self.one(rule, method, query_string=junk.as_fields(values))
        is_page = not rule.rule.startswith(("/api/", "/widget/"))
        is_typed = all(isinstance(value, str | int) for value in values.values())
        return self.one(
            rule, method, **({"data": junk.as_fields(values)} if is_page and is_typed else {"json": values})
        )

    def one(self, rule: Rule, method: str, path: str = "", **request: Any) -> TestResponse:
        self.asked += 1
        answer = self.send(path or self.house.path(rule), method=method, **request)
        told = f"{method} {path or rule.rule} {str(request)[:200]} -> {answer.status_code} {answer.text[-200:]}"
        after = self.house.rows()
        if answer.status_code >= 400 and after != self.count:
            self.wrong.append(f"refused, and yet kept: {told}")
        if answer.status_code >= 500 or (answer.status_code >= 400 and not has_words(answer)):
            self.wrong.append(told)
        self.count = after
        return answer

    def judge(self) -> None:
        assert not self.wrong, f"{len(self.wrong)} wrong of {self.asked}:\n" + "\n\n".join(self.wrong[:20])


def has_words(answer: TestResponse) -> bool:
    """Whether it says what was wrong, in the form of its audience."""
    if answer.is_json:
        return bool(answer.json.get("error") or answer.json.get("message"))
    return answer.mimetype == "text/html" and len(re.sub(r"<[^>]*>|\s+", "", answer.text)) > 10


@pytest.mark.parametrize("next_page", [
    "//evil.example", "/\\evil.example", "https://evil.example", "\\\\evil.example", "/\t/evil.example", "https:evil.example",
    "javascript:alert(1)", "///evil.example", "/x\r\nSet-Cookie: a=b", "http://localhost@evil.example", " //evil.example",
    "http://[", "/login?next=//evil.example", "\0//evil.example", "/\u2028/evil.example",
])  # fmt: skip
def test_a_sign_in_leads_nowhere_but_back(app: Flask, cast: Cast, next_page: str) -> None:
    client: FlaskClient = app.test_client()
    answer = client.post("/login", data={"email": ALICE, "password": PASSWORD, "next": next_page})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    assert client.get("/login", query_string={"next": next_page}).headers["Location"] == "/"
