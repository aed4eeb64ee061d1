"""An inbox, as its customers may know it."""

from __future__ import annotations

from flask import Response, jsonify

from app.blueprints.guards import Door
from app.blueprints.public.client import caller, the_inbox
from app.channels.api import ApiSettings

door = Door("inbox", __name__, guard=caller)


@door.get("")
def show() -> Response:
    inbox = the_inbox()
    return jsonify(
        identifier=inbox.address,
        name=inbox.name,
        timezone=inbox.timezone,
        working_hours=[],
        working_hours_enabled=inbox.working_hours_enabled,
        csat_survey_enabled=inbox.csat_survey_enabled,
        greeting_enabled=inbox.greeting_enabled,
        identity_validation_enabled=ApiSettings.model_validate(inbox.channel_settings).hmac_mandatory,
    )
