"""What comes after the first visit: a website to talk on, and colleagues to talk with."""

from __future__ import annotations

from flask import render_template
from sqlalchemy import func, select

from app.blueprints.guards import Door, administrator, viewer
from app.lib.database import db
from app.models.inbox import Inbox
from app.models.membership import Membership

blueprint = Door("first_steps", __name__, guard=administrator, url_prefix="/accounts/<int:account_id>/first-steps")


@blueprint.get("")
def show() -> str:
    account_id = viewer().account.id
    has_inbox = db.session.scalar(select(Inbox.id).where(Inbox.account_id == account_id).limit(1)) is not None
    people = db.session.scalar(select(func.count()).select_from(Membership).where(Membership.account_id == account_id))
    return render_template("auth/first_steps.html", has_inbox=has_inbox, has_people=(people or 0) > 1)
