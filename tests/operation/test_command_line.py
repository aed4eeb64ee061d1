"""bin/parley: accounts, people, the demo, and the doctor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from app.__main__ import parley
from app.cli import COMMANDS
from app.config import Settings, settings
from app.demo import facts, load
from app.ledger.transaction import system
from app.lib.database import db
from app.models import Account, Membership, User
from tests.operation.conftest import ROOT, clean_environment

PASSWORD = "Bicycle-12-stand"


def say(*words: str, typed: str = "") -> Result:
    """Runs a command as `bin/parley` does, in the context of the application under test."""
    command = next(each for each in COMMANDS if each.name == words[0])
    return CliRunner().invoke(command, list(words[1:]), input=typed)


def test_an_account_is_made_with_its_first_administrator(app: Flask) -> None:
    told = say(
        "account",
        "create",
        "Fernway",
        "--email",
        "Amelia@Fernway.example",
        "--person",
        "Amelia",
        "--password",
        PASSWORD,
    )
    assert told.exit_code == 0, told.output
    assert "Account 1, Fernway: amelia@fernway.example administers it." in told.output
    with system(why="tests"):
        user = User.with_email("amelia@fernway.example")
        assert user
        assert user.has_password(PASSWORD)
        assert db.session.get_one(Membership, (1, user.id)).is_administrator


def test_a_password_is_asked_for_and_not_shown(app: Flask) -> None:
    asked = say(
        "account",
        "create",
        "Fernway",
        "--email",
        "a@fernway.example",
        "--person",
        "A",
        typed=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert asked.exit_code == 0
    assert PASSWORD not in asked.output


def test_a_person_is_added_to_an_account(app: Flask) -> None:
    say("account", "create", "Fernway", "--email", "a@fernway.example", "--person", "A", "--password", PASSWORD)
    told = say(
        "user", "create", "--account", "1", "--email", "bob@fernway.example", "--name", "Bob", "--password", PASSWORD
    )
    assert "bob@fernway.example is agent in account 1, Fernway." in told.output
    with system(why="tests"):
        assert len(db.session.scalars(select(Membership)).all()) == 2


def test_somebody_known_gets_another_account_and_keeps_their_password(app: Flask) -> None:
    say("account", "create", "Fernway", "--email", "a@fernway.example", "--person", "A", "--password", PASSWORD)
    told = say(
        "account", "create", "Elsewhere", "--email", "a@fernway.example", "--person", "B", "--password", "Another-1"
    )
    assert "administers it, with the name and the password they have already." in told.output
    with system(why="tests"):
        user = User.with_email("a@fernway.example")
        assert user
        assert user.has_password(PASSWORD)


def test_what_is_refused_is_said_and_nothing_is_kept(app: Flask) -> None:
    told = say("account", "create", "Fernway", "--email", "new@fernway.example", "--person", "B", "--password", "short")
    assert told.exit_code == 1
    assert "Use 8 to 128 characters." in told.output
    with system(why="tests"):
        assert db.session.scalars(select(Account)).all() == []


def test_nobody_joins_the_same_account_twice(app: Flask) -> None:
    say("account", "create", "Fernway", "--email", "a@fernway.example", "--person", "A", "--password", PASSWORD)
    told = say(
        "user", "create", "--account", "1", "--email", "a@fernway.example", "--name", "A", "--password", PASSWORD
    )
    assert told.exit_code == 1
    assert "in this account already" in told.output


def test_nobody_is_added_to_an_account_that_is_not_there(app: Flask) -> None:
    told = say("user", "create", "--account", "7", "--email", "b@b.example", "--name", "Bob", "--password", PASSWORD)
    assert (told.exit_code, told.output) == (1, "Error: there is no account 7.\n")


def test_the_demo_fills_an_empty_database_once(app: Flask) -> None:
    told = say("demo")
    assert told.exit_code == 0, told.output
    known = json.loads(facts.path().read_text())
    assert known["administrator"]["email"] in told.output
    with system(why="tests"):
        amelia = User.with_email("amelia@fernway.example")
        assert amelia
        assert amelia.has_password(known["administrator"]["password"])
    assert not load.is_empty()
    again = say("demo")
    assert again.exit_code == 1
    assert "not empty" in again.output


def test_the_doctor_finds_the_ground_well_and_names_what_is_away(app: Flask) -> None:
    told = say("doctor")
    lines = {line.split()[1]: line for line in told.output.splitlines()}
    for part in ("Python", "Libraries", "Database", "Roles", "Redis", "Workers", "Files", "Disk", "Mail"):
        assert lines[part].startswith("  ok"), lines[part]
    # Neither of these two runs beside the tests.
    assert "start bin/dev, which runs it" in lines["Chroma"]
    assert "start bin/dev, which runs it" in lines["Address"]
    assert told.exit_code == 1


def doctor(ground: Settings, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"database_url": ground.database_url, "redis_url": ground.redis_url, "secret_key": ground.secret_key}
    return subprocess.run(
        [sys.executable, "-m", "app", "--data", str(folder), "doctor"],
        cwd=ROOT,
        env={**clean_environment(), **{name.upper(): value for name, value in given.items()}, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_doctor_says_what_to_do_about_each_trouble(app: Flask, tmp_path: Path) -> None:
    told = doctor(
        settings(),
        tmp_path,
        REDIS_URL="redis://127.0.0.1:1/0",
        SMTP_URL="smtp://127.0.0.1:1",
        PUBLIC_URL="http://desk.example.com",
        DATA_DIR=str(tmp_path),
        DATABASE_ROLE_PREFIX="nobody",
    )
    assert told.returncode == 1
    assert "start it, or correct REDIS_URL" in told.stdout
    assert "correct SMTP_URL" in told.stdout
    assert "is not encrypted: serve Parley by https" in told.stdout
    assert "run `bin/parley migrate`" in told.stdout
    assert "Traceback" not in told.stdout + told.stderr


def test_a_database_that_is_away_is_one_line_and_the_rest_is_looked_at(app: Flask, tmp_path: Path) -> None:
    told = doctor(settings(), tmp_path, DATABASE_URL="postgresql://parley:secret@127.0.0.1:1/parley")
    assert "start it, or correct DATABASE_URL" in told.stdout
    assert "ok  Redis" in told.stdout
    assert "secret@" not in told.stdout + told.stderr
    assert "Traceback" not in told.stdout + told.stderr


def test_without_settings_the_command_line_says_what_is_missing(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "app", "--data", str(tmp_path), "migrate"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "DATABASE_URL: must be set" in told.stderr
    assert f"bin/dev has not run with --data {tmp_path} yet" in told.stderr


def test_help_lists_the_commands() -> None:
    told = CliRunner().invoke(parley, ["--help"])
    for command in ("account", "user", "demo", "doctor", "migrate", "shell"):
        assert f"  {command} " in told.output
