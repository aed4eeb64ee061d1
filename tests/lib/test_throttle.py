"""Limits hold in every process, outlive a request that fails, and never lock the rightful one out for good."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from app.errors import TooMany
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.throttle import clear, purge, throttle

if TYPE_CHECKING:
    from flask import Flask

    from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("app")


def tries(key: str, times: int, *, limit: int = 5, seconds: int = 3600) -> int:
    """How many of so many tries were taken."""
    taken = 0
    for _ in range(times):
        try:
            throttle(key, limit=limit, seconds=seconds)
            taken += 1
        except TooMany:
            pass
    return taken


def rows() -> list[tuple[str, int]]:
    with db.engine.begin() as connection:
        return [(row.key, row.hits) for row in connection.execute(text("SELECT key, hits FROM throttles ORDER BY 1"))]


def age(seconds: int) -> None:
    """Let time pass, as far as the counts know."""
    with db.engine.begin() as connection:
        connection.execute(
            text("UPDATE throttles SET window_start = window_start - :seconds * interval '1 second'"),
            {"seconds": seconds},
        )


def test_as_many_tries_as_the_limit_are_taken() -> None:
    assert tries("login:dana@example.com", 20) == 5


def test_keys_do_not_count_for_each_other() -> None:
    assert tries("login:dana@example.com", 9) == tries("login:bob@example.com", 9) == tries("reset:dana@example.com", 9)


def test_a_refusal_says_how_long_to_wait() -> None:
    tries("login:dana", 5)
    with pytest.raises(TooMany) as refused:
        throttle("login:dana", limit=5, seconds=3600)
    assert 0 < refused.value.retry_after <= 2 * 3600


def test_after_the_told_time_one_more_try_is_taken() -> None:
    tries("fast:dana", 2, limit=2, seconds=1)
    with pytest.raises(TooMany) as refused:
        throttle("fast:dana", limit=2, seconds=1)
    time.sleep(refused.value.retry_after)
    throttle("fast:dana", limit=2, seconds=1)


def test_the_window_slides_so_that_no_double_burst_fits_over_its_edge() -> None:
    tries("login:dana", 5, seconds=86400)
    age(86400)
    # What of the last window still lies within a day counts; right after its edge that is nearly all of it.
    elapsed = time.time() % 86400 / 86400
    assert tries("login:dana", 10, seconds=86400) <= 5 * elapsed + 1


def test_two_windows_ago_is_forgotten() -> None:
    tries("login:dana", 5)
    age(2 * 3600)
    assert tries("login:dana", 9) == 5


def test_refused_tries_do_not_count_so_that_nobody_is_locked_out_for_good() -> None:
    tries("login:dana", 50)
    assert [hits for _, hits in rows()] == [5]


def test_a_minute_and_a_day_can_limit_the_same_key() -> None:
    for _ in range(3):
        throttle("login:dana", limit=3, seconds=60)
        throttle("login:dana", limit=10, seconds=86400)
    with pytest.raises(TooMany):
        throttle("login:dana", limit=3, seconds=60)
    throttle("login:dana", limit=10, seconds=86400)


def test_a_limit_of_none_refuses_all() -> None:
    assert tries("login:dana", 3, limit=0) == 0


def test_clearing_forgets_the_tries_of_one_key_only() -> None:
    tries("login:dana", 9)
    tries("login:bob", 9)
    clear("login:dana")
    assert tries("login:dana", 9) == 5
    assert tries("login:bob", 9) == 0


def test_the_count_stays_when_the_request_fails(cast: Cast) -> None:
    def request() -> None:
        with transaction(cast.account_id):
            throttle("login:dana", limit=5, seconds=3600)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        request()
    assert [hits for _, hits in rows()] == [1]


def test_no_address_of_a_person_is_kept() -> None:
    throttle("login:dana@example.com", limit=5, seconds=3600)
    key = rows()[0][0]
    assert key.startswith("login:")
    assert "dana" not in key


@pytest.mark.parametrize(
    "key", ["", ":", "login", "login:\x00", "login:" + "x" * 1_000_000, "login:\ud800", "login:' OR 1=1"]
)
def test_whatever_a_stranger_sends_is_a_key(key: str) -> None:
    assert tries(key, 7) == 5


@pytest.mark.parametrize("seconds", [0, -1, 86401])
def test_windows_are_from_a_second_to_a_day(seconds: int) -> None:
    with pytest.raises(ValueError, match="seconds"):
        throttle("login:dana", limit=1, seconds=seconds)


def test_at_once_no_more_than_the_limit_are_taken(app: Flask) -> None:
    taken: list[int] = []

    def hurry() -> None:
        with app.app_context():
            taken.append(tries("login:dana", 10, limit=30))

    threads = [threading.Thread(target=hurry) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 30


def test_old_windows_are_purged_and_fresh_ones_kept() -> None:
    tries("login:dana", 3)
    age(4 * 86400)
    tries("login:bob", 2)
    assert purge() == 1
    assert [hits for _, hits in rows()] == [2]
