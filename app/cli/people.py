"""`account create` and `user create`: the first people, and those whom nobody can invite by mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.errors import Invalid
from app.ledger.transaction import system
from app.lib import clock
from app.lib.database import db
from app.models import Account, Membership, Role, User

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
        account = Account(name=name.strip())
        db.session.add(account)
        db.session.flush()
        user = join(account, person, email, password=password, role=Role.ADMINISTRATOR)
        click.echo(f"Account {account.id}, {account.name}: {user.email} administers it.")


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
        user = join(account, name, email, password=password, role=Role(role))
        click.echo(f"{user.email} is {role} in account {account.id}, {account.name}.")


def join(account: Account, name: str, email: str, *, password: str, role: Role) -> User:
    """A new person with a place in `account`. Raises Invalid when the address is taken or the password is refused."""
    if User.with_email(email):
        raise Invalid({"email": f"{email} has an account already; invite them from the settings."})
    user = User(name=name.strip(), email=email.strip().lower(), confirmed_at=clock.now())
    user.set_password(password)
    db.session.add(user)
    db.session.flush()
    db.session.add(Membership(account_id=account.id, user_id=user.id, role=role))
    db.session.flush()
    return user


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except Invalid as refused:
        raise click.ClickException(" ".join(refused.fields.values())) from None
