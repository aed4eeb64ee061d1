"""PostgreSQL refuses root: how it runs all the same, and what is said where it cannot."""

from __future__ import annotations

import pwd
from pathlib import Path

import pytest

from app.supervisor.unprivileged import first_closed


@pytest.fixture
def nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder in a folder, which everybody may pass through."""
    place = tmp_path / "outer" / "inner" / "data"
    place.mkdir(parents=True)
    for folder in place.parents:
        if folder.is_relative_to(tmp_path):
            folder.chmod(0o755)
    return place


def test_the_outermost_closed_folder_is_named(place: Path, nobody: pwd.struct_passwd) -> None:
    place.parent.chmod(0o700)
    place.parents[1].chmod(0o700)
    closed = first_closed(place, nobody)
    assert closed in place.parents
    assert first_closed(place.parents[2], nobody) in (None, closed)


def test_passing_through_is_enough(place: Path, nobody: pwd.struct_passwd) -> None:
    before = first_closed(place, nobody)
    place.parent.chmod(0o711)
    assert first_closed(place, nobody) == before
    place.chmod(0o700)
    assert first_closed(place, nobody) == before, "its own folder is handed to it"
