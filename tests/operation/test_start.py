"""bin/dev: one command brings everything up, keeps it up, and takes it down."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg2
import pytest
from redis import Redis, RedisError
from simple_websocket import Client, ConnectionClosed

from app.supervisor.data import LAYOUT
from tests.operation.conftest import ROOT, Started, Starter, eventually

READY = "Ctrl-C stops everything"
# How long a machine with nothing else to do takes to load the application; a busy one is given as much longer.
LOADS_IN = 1.2


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
    with Redis.from_url(facts["redis_url"], decode_responses=True) as redis:
        kept: Any = redis.config_get("*")
        assert (kept["appendonly"], kept["maxmemory-policy"]) == ("yes", "noeviction")
    assert stat.S_IMODE((running.data / "demo.json").stat().st_mode) == 0o600


def test_a_program_signs_in_with_the_token_that_demo_json_names(running: Started) -> None:
    """Web servers like to drop headers with an underscore; this one is the contract's."""
    for person in (running.facts["administrator"], *running.facts["agents"]):
        headers = {"api_access_token": person["api_access_token"]}
        profile = httpx.get(f"{running.facts['url']}/api/v1/profile", headers=headers, timeout=30)
        assert profile.status_code == 200, profile.text
        assert profile.json()["email"] == person["email"]


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
    parts = {"redis-server": "Redis", "bin/postgres": "PostgreSQL", "gunicorn": "web", "scheduler": "scheduler"}
    for part, name in parts.items():
        next(each for each in running.children() if part in " ".join(each.cmdline())).kill()
        running.until(f"{name} was ended by SIGKILL; starting it again in 1 s")
    eventually(lambda: answers(running))


def answers(running: Started) -> bool:
    try:
        Redis.from_url(running.facts["redis_url"]).ping()
        psycopg2.connect(running.facts["database_url"]).close()
        return get(f"{running.facts['url']}/health") == "ok\n"
    except (OSError, RedisError, psycopg2.Error):
        return False


def test_ctrl_c_ends_every_child_in_good_order(start: Starter) -> None:
    started = start("--no-demo")
    started.until(READY)
    family = started.family()
    assert len(family) > 8
    started.stop(signal.SIGINT)
    assert started.process.returncode == 0
    assert not [each for each in family if each.is_running()]
    assert "database system is shut down" in (started.data / "log" / "postgres.log").read_text()


def test_its_children_end_with_it_even_when_it_is_killed(start: Starter) -> None:
    started = start("--no-demo")
    started.until(READY)
    family = started.family()
    started.process.kill()
    eventually(lambda: not [each for each in family if each.is_running()])
    again = start("--no-demo", data=started.data, port=started.port)
    again.until(READY)


def test_the_second_start_is_quick_and_keeps_the_addresses(start: Starter) -> None:
    first = start()
    first.until(READY)
    facts = first.facts
    first.stop()
    slowness = max(1.0, seconds_to_load() / LOADS_IN)
    began = time.monotonic()
    second = start(data=first.data, port=first.port)
    second.until(READY)
    assert time.monotonic() - began < 6 * slowness
    assert "demo" not in second.said
    assert second.facts == facts


def seconds_to_load() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import app"], cwd=ROOT, check=True)
    return time.monotonic() - began


def test_two_copies_run_side_by_side(start: Starter, tmp_path: Path) -> None:
    one, other = start(data=tmp_path / "one"), start(data=tmp_path / "other")
    one.until(READY)
    other.until(READY)
    assert one.facts["database_url"] != other.facts["database_url"]
    assert get(f"{one.facts['url']}/health") == get(f"{other.facts['url']}/health") == "ok\n"


def test_a_busy_port_is_one_line(running: Started, start: Starter) -> None:
    refused = start(port=running.port)
    assert refused.process.wait(30) == 1
    assert refused.said == f"parley: port {running.port} is in use; choose another with --port.\n"


def test_a_directory_in_use_is_one_line(running: Started, start: Starter) -> None:
    refused = start(data=running.data)
    assert refused.process.wait(30) == 1
    assert refused.said.count("\n") == 1
    assert "is in use by another Parley" in refused.said


def test_a_directory_of_a_newer_version_is_one_line_and_stays_as_it_is(start: Starter, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "version").write_text(f"{LAYOUT + 1}\n")
    refused = start()
    assert refused.process.wait(30) == 1
    assert refused.said.count("\n") == 1
    assert "newer version of Parley" in refused.said
    assert (tmp_path / "data" / "version").read_text() == f"{LAYOUT + 1}\n"


def test_a_database_of_a_newer_version_is_told_plainly(start: Starter) -> None:
    first = start("--no-demo")
    first.until(READY)
    url = first_url(first)
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("update alembic_version set version_num = 'fromthefuture'")
    connection.close()
    first.stop()
    refused = start("--no-demo", data=first.data)
    assert refused.process.wait(60) == 1
    assert "at revision fromthefuture, which this version of Parley does not know" in refused.said
    assert "Traceback" not in refused.said


def first_url(started: Started) -> str:
    return str(json.loads((started.data / "settings.json").read_text())["database_url"])


def test_wrong_settings_are_all_told_at_once(start: Starter) -> None:
    refused = start(PUBLIC_URL="desk.example.com", MAX_UPLOAD_MB="many", SMTP_URL="mail.example.com")
    assert refused.process.wait(30) == 1
    assert "these settings cannot be used" in refused.said
    for name in ("PUBLIC_URL", "MAX_UPLOAD_MB", "SMTP_URL"):
        assert re.search(rf"^  {name}: ", refused.said, re.MULTILINE), refused.said


def test_a_database_that_is_away_is_told_plainly(start: Starter) -> None:
    refused = start("--no-demo", DATABASE_URL="postgresql://parley:secret@127.0.0.1:1/parley")
    assert refused.process.wait(60) == 1
    assert "parley: the database refuses: connection to server" in refused.said
    assert "Traceback" not in refused.said
    assert "secret" not in refused.said


def test_urls_take_the_place_of_the_embedded_parts(running: Started, start: Starter, tmp_path: Path) -> None:
    """With a database and Redis of somebody else's, nothing of either is made in the data directory."""
    facts = running.facts
    url = facts["database_url"].rsplit("/", 1)[0]
    connection = psycopg2.connect(f"{url}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create database elsewhere")
    connection.close()
    started = start(
        data=tmp_path / "lean",
        DATABASE_URL=f"{url}/elsewhere",
        DATABASE_ROLE_PREFIX="elsewhere",
        REDIS_URL=facts["redis_url"].replace("/0", "/1"),
        CHROMA_URL="http://127.0.0.1:1",
    )
    started.until(READY)
    assert not {"postgres", "redis", "chroma"} & {path.name for path in started.data.iterdir()}
    assert not [each for each in started.family() if each.name() in ("postgres", "redis-server")]
    assert started.facts["database_url"] == f"{url}/elsewhere"
    started.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that PostgreSQL's user may not enter")
def test_root_starts_it_below_a_closed_folder_and_no_folder_is_opened(start: Starter, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    started = start("--no-demo", data=closed / "data")
    started.until(READY)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert {path.stat().st_uid for path in (closed / "data" / "postgres").rglob("*")} == {0}


def test_open_pages_are_told_to_come_back_and_do_not_hold_up_the_stop(start: Starter) -> None:
    started = start()
    started.until(READY)
    facts = started.facts
    with httpx.Client(base_url=facts["url"], timeout=30) as browser:
        person = facts["administrator"]
        signed_in = browser.post("/login", data={"email": person["email"], "password": person["password"]})
        assert signed_in.status_code == 303, signed_in.text
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    page = Client(
        f"{facts['url'].replace('http', 'ws')}/accounts/{facts['account_id']}/socket",
        headers={"Cookie": cookies, "Origin": facts["url"]},  # type: ignore[dict-item]  # published types want bytes
    )
    while json.loads(page.receive(timeout=10) or "{}")["event"] != "ready":
        pass
    began = time.monotonic()
    started.process.send_signal(signal.SIGINT)
    assert close_code(page) == 1012
    started.process.wait(20)
    assert time.monotonic() - began < 8


def close_code(page: Client) -> int:
    """Hears what else comes, until the other side closes."""
    try:
        while page.receive(timeout=10) is not None:
            pass
    except ConnectionClosed as closed:
        return int(closed.reason)
    raise AssertionError("nobody closed it")
