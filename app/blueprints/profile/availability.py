"""Whether one takes conversations now: online, busy or offline, in this account."""

from __future__ import annotations

from flask import render_template

from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.models.membership import Availability

blueprint = Door("availability", __name__, guard=member, url_prefix="/accounts/<int:account_id>/availability")


class AvailabilityForm(Form):
    availability: Availability


@blueprint.put("")
def update() -> str:
    viewer().membership.be(AvailabilityForm.read().availability, by=viewer().actor)
    return render_template("profile/_available.html")
