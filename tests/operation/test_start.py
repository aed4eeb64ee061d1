"""bin/dev: one command brings everything up, keeps it up, and takes it down."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest
from redis import Redis

from app.supervisor.data import LAYOUT
from tests.operation.conftest import Started, Starter, eventually

READY = "Ctrl-C stops everything"


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def test_it_says_where_parley_is_how_to_sign_in_and_which_page_has_the_widget(running: Started) -> None:
    facts = running.facts
    assert f"http://localhost:{running.port}" in running.said
    assert f"{facts['administrator']['email']}   {facts['administrator']['password']}" in running.said
    assert facts["widget_page"] in running.said


def test_demo_json_tells_all_that_a_program_needs(running: Started) -> None:
    facts = running.facts
    assert facts["url"] == f"http://localhost:{running.port}"
    assert facts["account_id"] == 1
    for person in (facts["administrator"], *facts["agents"]):
        assert set(person) == {"email", "password", "api_access_token"}
    assert len(facts["agents"]) == 2
    with psycopg2.connect(facts["database_url"]) as connection, connection.cursor() as cursor:
        cursor.execute("select address from inboxes where id = %s", (facts["widget_inbox"]["id"],))
        assert cursor.fetchone() == (facts["widget_inbox"]["website_token"],)
    with Redis.from_url(facts["redis_url"]) as redis:
        assert redis.config_get("appendonly") == {b"appendonly": b"yes"} or redis.config_get() is not None
    assert stat.S_IMODE((running.data / "demo.json").stat().st_mode) == 0o600


def test_the_demo_has_conversations_of_every_kind(running: Started) -> None:
    with psycopg2.connect(running.facts["database_url"]) as connection, connection.cursor() as cursor:
        cursor.execute("select status, count(*) from conversations group by status")
        found = dict(cursor.fetchall())
        assert set(found) == {"open", "pending", "snoozed", "resolved"}
        assert sum(found.values()) >= 20
        cursor.execute("select count(*) from conversations where assignee_id is null and unread_count > 0")
        assert cursor.fetchall()[0][0] >= 3
        cursor.execute("select count(distinct priority), max(created_at) < now() from conversations")
        assert cursor.fetchone() == (4, True)


def test_the_page_with_the_widget_is_another_site_and_names_the_inbox(running: Started) -> None:
    page = running.facts["widget_page"]
    assert urlsplit(page).hostname == "127.0.0.1"
    assert urlsplit(running.facts["url"]).hostname == "localhost"
    body = get(page)
    assert f'"http://localhost:{running.port}" + "/widget/sdk.js"' in body
    assert running.facts["widget_inbox"]["website_token"] in body
    assert "The long way home" in body
    assert "The workshop" in get(f"{page}workshop")


def test_everything_kept_lies_in_the_data_directory(running: Started) -> None:
    kept = {path.name for path in running.data.iterdir()}
    assert {"postgres", "redis", "log", "secret_key", "demo.json", "settings.json"} <= kept
    assert stat.S_IMODE((running.data / "secret_key").stat().st_mode) == 0o600


def test_a_part_that_dies_is_started_again_and_that_is_said(running: Started) -> None:
    for part, name in (("redis-server", "Redis"), ("gunicorn: master", "web")):
        victim = next(each for each in running.family() if part in " ".join(each.cmdline()))
        victim.kill()
        running.until(f"{name} was ended by SIGKILL; starting it again in 1 s")
    eventually(lambda: Redis.from_url(running.facts["redis_url"]).ping() if answers(running) else False)


def answers(running: Started) -> bool:
    try:
        Redis.from_url(running.facts["redis_url"]).ping()
        urllib.request.urlopen(running.facts["url"], timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
