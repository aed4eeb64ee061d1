"""Many small transactions at the same moment are a few large ones, and none of them is lost or spoilt by another."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.ledger.together import together
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Inbox
from tests.cast import Cast


class Shop:
    """Makes inboxes of the names it is given; the first commit waits until it is told to go on."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        self.commits: list[list[str]] = []
        self.goes_on = threading.Event()
        self.has_begun = threading.Event()

    def make(self, names: Sequence[Any]) -> None:
        self.commits.append(list(names))
        self.has_begun.set()
        self.goes_on.wait(10)
        for name in names:
            if name == "bad":
                raise ValueError("This one is bad.")
            db.session.add(Inbox(account_id=self.account_id, name=name, channel="api", address=name))
        db.session.flush()


def names(account_id: int) -> set[str]:
    with transaction(account_id):
        return set(db.session.scalars(select(Inbox.name).where(Inbox.channel == "api")))


def asked(app: Flask, shop: Shop, name: str) -> str:
    with app.app_context():
        try:
            together(shop.account_id, name, shop.make)
        except Exception as failed:
            return str(failed)
    return ""


def all_at_once(app: Flask, shop: Shop, given: Sequence[str]) -> dict[str, str]:
    """The first is being committed while the others come."""
    with ThreadPoolExecutor(len(given)) as pool:
        answers = {given[0]: pool.submit(asked, app, shop, given[0])}
        assert shop.has_begun.wait(10)
        answers |= {name: pool.submit(asked, app, shop, name) for name in given[1:]}
        # Whoever has come by now is committed together; nobody has to have come.
        shop.goes_on.set()
        return {name: answer.result(20) for name, answer in answers.items()}


def test_who_comes_alone_is_committed_alone(app: Flask, cast: Cast) -> None:
    shop = Shop(cast.account_id)
    shop.goes_on.set()
    assert asked(app, shop, "one") == ""
    assert asked(app, shop, "two") == ""
    assert shop.commits == [["one"], ["two"]]
    assert {"one", "two"} <= names(cast.account_id)


def test_all_who_come_together_are_kept(app: Flask, cast: Cast) -> None:
    shop = Shop(cast.account_id)
    given = [f"n{number}" for number in range(12)]
    assert set(all_at_once(app, shop, given).values()) == {""}
    assert set(given) <= names(cast.account_id)
    assert sorted(name for commit in shop.commits for name in commit) == sorted(given)


def test_one_that_fails_fails_alone(app: Flask, cast: Cast) -> None:
    shop = Shop(cast.account_id)
    told = all_at_once(app, shop, ["first", "good", "bad", "fine"])
    assert told == {"first": "", "good": "", "bad": "This one is bad.", "fine": ""}
    assert {"first", "good", "fine"} <= names(cast.account_id)
    assert "bad" not in names(cast.account_id)


def test_after_a_failure_the_next_is_kept(app: Flask, cast: Cast) -> None:
    shop = Shop(cast.account_id)
    shop.goes_on.set()
    assert asked(app, shop, "bad") == "This one is bad."
    assert asked(app, shop, "next") == ""


def test_the_database_does_not_mix_accounts(app: Flask, cast: Cast) -> None:
    shop, other = Shop(cast.account_id), Shop(cast.other_account_id)
    shop.goes_on.set()
    other.goes_on.set()
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(asked, app, (shop, other)[n % 2], f"m{n}") for n in range(20)]
        assert {answer.result(20) for answer in answers} == {""}
    for number, account_id in enumerate((cast.account_id, cast.other_account_id)):
        with transaction(account_id):
            count = db.session.scalar(select(func.count()).where(Inbox.channel == "api", Inbox.name.like("m%")))
        assert count == 10, number


@pytest.mark.parametrize("size", [5_000_000])
def test_what_is_large_is_committed_by_itself(app: Flask, cast: Cast, size: int) -> None:
    shop = Shop(cast.account_id)
    shop.goes_on.set()
    together(cast.account_id, "large", shop.make, size=size)
    assert shop.commits == [["large"]]
