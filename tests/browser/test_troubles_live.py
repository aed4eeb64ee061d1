"""A line that fails, or is mended, is told on pages that are open already."""

from __future__ import annotations

from playwright.sync_api import expect

from app.actions.watch_over import note_trouble, note_well
from app.channels.base import Problem
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Connection
from tests.browser.channels import an_api_inbox, begun_in, came
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import home, listens, numbered
from tests.cast import Cast, a_contact


def test_trouble_comes_and_goes_without_a_reload(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    with transaction(cast.account_id):
        talk = begun_in(an_api_inbox(cast), a_contact(cast.account_id, "Dana"))
        came(talk, "Hello")
        db.session.add(Connection(account_id=cast.account_id, inbox_id=talk.inbox_id))
        number = talk.display_id
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    expect(page.locator(".bar")).to_have_count(0)
    with transaction(cast.account_id):
        inbox = numbered(cast, number).inbox
        connection = db.session.get_one(Connection, (cast.account_id, inbox.id))
        note_trouble(inbox, connection, Problem("denied", "The password was refused."))
    expect(page.locator("#list-top .bar")).to_contain_text("The password was refused.")
    expect(page.locator("#thread .bar")).to_contain_text("Shop app is in trouble")
    with transaction(cast.account_id):
        inbox = numbered(cast, number).inbox
        connection = db.session.get_one(Connection, (cast.account_id, inbox.id))
        note_well(inbox, connection, codes=["denied"])
    expect(page.locator(".bar")).to_have_count(0)
