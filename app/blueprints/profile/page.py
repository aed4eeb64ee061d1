"""One's own page, with all its forms; the doors beside this one take what they send."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.actions.change_email import awaited_email
from app.blueprints.guards import Door, myself, viewer
from app.lib.browser_name import browser_name
from app.lib.database import db
from app.models.token import AccessToken
from app.models.user import Login

blueprint = Door("profile", __name__, guard=myself, url_prefix="/profile")


@blueprint.get("")
def show() -> str:
    return page()


def page(errors: dict[str, str] | None = None, typed: dict[str, str] | None = None) -> str:
    user = viewer().user
    token = db.session.scalar(select(AccessToken).where(AccessToken.user_id == user.id))
    return render_template(
        "profile/show.html",
        user=user,
        errors=errors or {},
        typed={"name": user.name, "display_name": user.display_name or ""} | (typed or {}),
        awaited=awaited_email(user),
        token=token,
        browsers=Login.live_of(user.id),
        browser_name=browser_name,
    )


def saved(words: str = "Saved") -> ResponseReturnValue:
    """Back to the page, which says so."""
    flash(words)
    return redirect(own_page(), 303)


def own_page() -> str:
    return f"/profile?account={viewer().account.id}"
