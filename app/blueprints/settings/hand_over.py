"""What somebody who left still held: a list, and one button that gives it to somebody else."""

from __future__ import annotations

from typing import Literal

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from app.actions.hand_over import count_held, hand_over, held
from app.blueprints.forms import Form
from app.blueprints.guards import Door, administrator, viewer
from app.errors import Invalid
from app.models.membership import Membership
from app.queries.people import colleagues

PATH = "/accounts/<int:account_id>/settings/people/<int:user_id>/hand-over"
SHOWN = 50

blueprint = Door("hand_over", __name__, guard=administrator, url_prefix=PATH)


class HandOverForm(Form):
    to: int | Literal["nobody"]


@blueprint.get("")
def show(user_id: int) -> str:
    return page(Membership.found(viewer().account.id, user_id))


@blueprint.post("")
def create(user_id: int) -> ResponseReturnValue:
    account_id = viewer().account.id
    holder = Membership.found(account_id, user_id)
    try:
        form = HandOverForm.read()
        to = None if form.to == "nobody" else Membership.of(account_id, form.to)
        if form.to != "nobody" and (to is None or to.user_id == holder.user_id):
            raise Invalid({"to": "Choose somebody of this account."})
    except Invalid:
        return page(holder, problem="Choose who takes over."), 422
    count = hand_over(holder, to, by=viewer().actor)
    whom = to.user.available_name if to else "nobody, for whoever takes them"
    flash(f"{count} conversation{'s' if count != 1 else ''} went to {whom}")
    return redirect(f"/accounts/{account_id}/settings/people", 303)


def page(holder: Membership, problem: str = "") -> str:
    others = [person for person in colleagues(holder.account_id) if person.user_id != holder.user_id]
    return render_template(
        "settings/hand_over.html",
        holder=holder,
        conversations=held(holder, SHOWN),
        count=count_held(holder),
        takers=[
            ("nobody", "Nobody: whoever takes them"),
            *((person.user_id, person.user.available_name) for person in others),
        ],
        problem=problem,
    )
