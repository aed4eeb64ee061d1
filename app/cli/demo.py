"""`demo` fills an empty database with a shop to look around in."""

from __future__ import annotations

import click

from app.demo import facts, load


@click.command("demo")
def demo_command() -> None:
    """Load the demo into an empty database, and say how to sign in."""
    if not load.is_empty():
        raise click.ClickException("the database is not empty: the demo would stand among what is there.")
    loaded = load.load()
    facts.write(loaded)
    facts.refresh()
    for login in (loaded.administrator, *loaded.agents):
        click.echo(f"{login.email}   {login.password}")
    click.echo(f"The rest is in {facts.path()}.")
