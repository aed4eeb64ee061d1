"""General settings: what the account is called, which language and hour it keeps, where it is written to."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import AfterValidator, Field

from app.blueprints.forms import Form, Line, stored_email
from app.blueprints.guards import Door, administrator, viewer
from app.errors import Invalid
from app.models.event import record

blueprint = Door("account_settings", __name__, guard=administrator, url_prefix="/accounts/<int:account_id>/settings")

LOCALES = {"en": "English"}


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The places by which people know their hour, as in Europe/Lisbon, and UTC."""
    parted = (zone for zone in available_timezones() if "/" in zone)
    return (
        "UTC",
        *sorted(zone for zone in parted if not zone.startswith(("Etc/", "SystemV/", "US/", "posix", "right"))),
    )


def _known_zone(value: str) -> str:
    if value not in zones():
        raise ValueError("Choose a time zone of the list.")
    return value


def _email_or_none(value: str) -> str:
    return stored_email(value) if value else ""


class AccountForm(Form):
    name: Line = Field(min_length=1, max_length=100)
    locale: Literal["en"]
    timezone: Annotated[str, AfterValidator(_known_zone)]
    support_email: Annotated[str, AfterValidator(_email_or_none)] = Field("", max_length=254)


@blueprint.get("")
def index() -> Response:
    return redirect(f"/accounts/{viewer().account.id}/settings/general", 303)  # type: ignore[return-value]  # a Response


@blueprint.get("/general")
def show() -> str:
    account = viewer().account
    return page({name: getattr(account, name) or "" for name in AccountForm.model_fields}, {})


@blueprint.post("/general")
def update() -> ResponseReturnValue:
    try:
        form = AccountForm.read()
    except Invalid as refused:
        return page({name: request.form.get(name, "")[:300] for name in AccountForm.model_fields}, refused.fields), 422
    account = viewer().account
    wanted = form.model_dump() | {"support_email": form.support_email or None}
    changed = [name for name, value in wanted.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, wanted[name])
    if changed:
        record("account.updated", account, by=viewer().actor, changed=changed)
    flash("Saved")
    return redirect(f"/accounts/{account.id}/settings/general", 303)


def page(typed: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "settings/account.html",
        typed=typed,
        errors=errors,
        zones=[(zone, zone.replace("_", " ")) for zone in zones()],
        locales=list(LOCALES.items()),
    )
