"""What the documents and the pinned versions say is what there is."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from app.config import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_the_list_of_settings_is_that_of_the_program() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (?:`(.*?)`)? ?\| (.*) \|$", (ROOT / "docs/configuration.md").read_text(), re.M
    )
    assert rows == [
        (
            name.upper(),
            "" if field.is_required() or field.default in (None, "") else _plain(field.default),
            field.description,
        )
        for name, field in Settings.model_fields.items()
    ]


def _plain(default: object) -> str:
    return "" if type(default).__name__ == "PydanticUndefinedType" else str(default)


def test_the_example_of_an_environment_names_settings_only() -> None:
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)
    assert {"SECRET_KEY", "DATABASE_URL", "PUBLIC_URL"} <= set(named)
    assert set(named) <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_python_packages_are_pinned_and_name_no_registry(lock: str) -> None:
    lines = [line for line in (ROOT / lock).read_text().splitlines() if line and not line.lstrip().startswith("#")]
    assert len(lines) > 100
    assert [line for line in lines if not re.match(r"[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ]+( ;.*)?$", line)] == []
    assert "://" not in "\n".join(lines)


def test_browser_libraries_are_pinned_and_name_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for package in packages.values():
        assert package["integrity"]
        assert "resolved" not in package


def test_the_procfile_and_the_image_know_the_same_roles() -> None:
    start = (ROOT / "bin/start").read_text()
    for role in re.findall(r"bin/start (\w+)", (ROOT / "Procfile").read_text()):
        assert re.search(rf"^  {role}\)", start, re.M), role


def test_a_role_that_is_none_is_refused_with_those_there_are(tmp_path: Path) -> None:
    refused = subprocess.run(
        [ROOT / "bin/start", "webb"], env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 64
    assert "all, web, worker [queue …], scheduler, mailwatch, migrate" in refused.stderr


def test_every_command_can_be_run() -> None:
    for command in ("dev", "test", "parley", "setup", "start", "healthy", "lock", "vendor"):
        assert (ROOT / "bin" / command).stat().st_mode & 0o111, command
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
