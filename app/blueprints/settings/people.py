"""The people of an account: inviting them, their roles, their leaving and coming back."""

from __future__ import annotations

import re

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.actions.deactivate import deactivate
from app.actions.hand_over import count_held
from app.actions.invite import invite_again, invite_all, withdraw
from app.blueprints.forms import Form
from app.blueprints.guards import Door, administrator, registrar, viewer
from app.errors import Invalid, TooMany
from app.lib import address
from app.lib.throttle import throttle
from app.models.membership import Membership, Role
from app.queries.people import everyone, unreachable

PATH = "/accounts/<int:account_id>/settings/people"
AT_ONCE = 50

desk = Door("people", __name__, guard=administrator, url_prefix=PATH)
registry = Door("registry", __name__, guard=registrar, url_prefix=PATH)


class InviteForm(Form):
    emails: str = Field(min_length=1, max_length=10_000)
    role: Role = Role.AGENT


class RoleForm(Form):
    role: Role


@desk.get("")
def index() -> str:
    return page()


@registry.post("")
def create() -> ResponseReturnValue:
    """Invite everyone who is named, or nobody: one address that cannot be taken stops all."""
    try:
        form = InviteForm.read()
        emails = addresses(form.emails)
        throttle(f"invite:{viewer().account.id}", limit=40, seconds=3600)
        for email in emails:
            # Nobody's mailbox is flooded, not even by several accounts together.
            throttle(f"invite-to:{email}", limit=10, seconds=24 * 3600)
        invite_all(viewer().account, emails, role=form.role, by=viewer().actor)
    except (Invalid, TooMany) as refused:
        return page(problem=refused.message), refused.status
    flash(f"{emails[0]} was invited" if len(emails) == 1 else f"{len(emails)} people were invited")
    return redirect(f"/accounts/{viewer().account.id}/settings/people", 303)


@desk.put("/<int:user_id>/role")
def appoint(user_id: int) -> str:
    person = found(user_id)
    person.appoint(RoleForm.read().role, by=viewer().actor)
    return shown(person, f"{called(person)} is now {'an administrator' if person.is_administrator else 'an agent'}")


@registry.post("/<int:user_id>/invitation")
def invite_once_more(user_id: int) -> str:
    person = found(user_id)
    throttle(f"invite-again:{person.account_id}:{user_id}", limit=5, seconds=3600)
    invite_again(person, by=viewer().actor)
    return shown(person, f"A new link is on its way to {person.user.email}")


@registry.delete("/<int:user_id>/invitation")
def uninvite(user_id: int) -> str:
    person = found(user_id)
    email = person.user.email
    withdraw(person, by=viewer().actor)
    return render_template("settings/people/_gone.html", user_id=user_id, said=f"{email} is no longer invited")


@registry.post("/<int:user_id>/deactivation")
def leave(user_id: int) -> ResponseReturnValue:
    """Whoever held conversations leads to the page that hands them over."""
    person = found(user_id)
    deactivate(person, by=viewer().actor)
    if not count_held(person):
        return shown(person, f"{called(person)} was deactivated", undo=True)
    response = make_response("")
    response.headers["HX-Redirect"] = f"/accounts/{person.account_id}/settings/people/{user_id}/hand-over"
    return response


@desk.delete("/<int:user_id>/deactivation")
def come_back(user_id: int) -> str:
    person = found(user_id)
    person.reactivate(by=viewer().actor)
    return shown(person, f"{called(person)} is back")


def found(user_id: int) -> Membership:
    return Membership.found(viewer().account.id, user_id)


def called(person: Membership) -> str:
    """Whom it concerns. The name of someone who was only invited is theirs to tell."""
    return person.user.email if person.is_invited else person.user.available_name


def addresses(typed: str) -> list[str]:
    """The addresses in a text, each once. Raises Invalid with those that are none."""
    words = [word for word in re.split(r"[\s,;<>\"]+", typed) if word]
    known, wrong = [], []
    for word in dict.fromkeys(words):
        try:
            known.append(address.email(word))
        except Invalid:
            wrong.append(word[:80])
    if wrong:
        raise Invalid({"emails": f"Not an e-mail address: {', '.join(wrong[:5])}{' …' if len(wrong) > 5 else ''}"})
    if not 0 < len(known) <= AT_ONCE:
        raise Invalid({"emails": f"Name 1 to {AT_ONCE} addresses."})
    return list(dict.fromkeys(known))


def shown(person: Membership, said: str, *, undo: bool = False) -> str:
    refusals = unreachable(person.account_id, [person])
    return render_template("settings/people/_changed.html", person=person, refusals=refusals, said=said, undo=undo)


def page(problem: str = "") -> str:
    people = everyone(viewer().account.id)
    return render_template(
        "settings/people.html",
        people=people,
        refusals=unreachable(viewer().account.id, people),
        problem=problem,
        typed=request.form.get("emails", "")[:10_000],
        role=request.form.get("role", Role.AGENT)[:20],
    )
