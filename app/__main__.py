"""`python -m app`: the command line, on the settings of the environment or, beside bin/dev, on those of its directory."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app import create_app
from app.cli import COMMANDS
from app.config import Settings, SettingsError, chosen, load_settings

ROOT = Path(__file__).resolve().parent.parent


@click.group()
@click.option("--data", type=click.Path(path_type=Path), help="The data directory that bin/dev was given (var/).")
@click.option("--from", "here", type=click.Path(path_type=Path), default=Path(), hidden=True)
@click.pass_context
def parley(context: click.Context, data: Path | None, here: Path) -> None:
    """Parley's command line."""
    folder = here / data if data else Path(chosen().get("data_dir") or ROOT / "var")
    try:
        app = create_app(settings_of(folder))
    except SettingsError as error:
        lines = ["these settings cannot be used:", *error.problems]
        if "database_url" not in chosen():
            lines.append(f"Either bin/dev has not run with --data {folder} yet, or DATABASE_URL is missing.")
        raise click.ClickException("\n  ".join(lines)) from None
    context.with_resource(app.app_context())


def settings_of(folder: Path) -> Settings:
    """What bin/dev filled in when it ran on `folder`, after what the environment says."""
    kept = folder / "settings.json"
    filled = json.loads(kept.read_text()) if kept.exists() else {}
    named = chosen()
    return load_settings(**{name: value for name, value in filled.items() if name not in named})


for command in COMMANDS:
    parley.add_command(command)

if __name__ == "__main__":
    parley(prog_name="bin/parley")
