"""`account create` and `user create`: the first people, and those whom nobody can invite by mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.actions.found import add_person, found_account
from app.errors import Invalid
from app.ledger.transaction import system
from app.lib.database import db
from app.models import Account, Role, User

password_option = click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when it is left out."
)


@click.group("account")
def account_group() -> None:
    """Accounts: one business each."""


@account_group.command("create")
@click.argument("name")
@click.option("--email", required=True, help="The first administrator's address.")
@click.option("--person", required=True, help="The first administrator's name.")
@password_option
def create_account(name: str, email: str, person: str, password: str) -> None:
    """Make the account NAME with its first administrator."""
    with _told_plainly(), system(why="the operator makes an account"):
        known = User.with_email(email)
        account = found_account(name.strip(), person.strip(), email, password)
        click.echo(f"Account {account.id}, {account.name}: {email.lower()} administers it{_kept(known)}.")


@click.group("user")
def user_group() -> None:
    """People: they sign in, and work in one account or several."""


@user_group.command("create")
@click.option("--account", "account_id", required=True, type=int, help="The account's number.")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(list(Role)), default=Role.AGENT, show_default=True)
@password_option
def create_user(account_id: int, email: str, name: str, role: str, password: str) -> None:
    """Make a person who works in an account."""
    with _told_plainly(), system(why="the operator makes a person"):
        account = db.session.get(Account, account_id)
        if account is None:
            raise click.ClickException(f"there is no account {account_id}.")
        known = User.with_email(email)
        add_person(account, name.strip(), email, Role(role), password)
        click.echo(f"{email.lower()} is {role} in account {account.id}, {account.name}{_kept(known)}.")


def _kept(known: User | None) -> str:
    return ", with the name and the password they have already" if known else ""


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except Invalid as refused:
        raise click.ClickException(" ".join(refused.fields.values())) from None
