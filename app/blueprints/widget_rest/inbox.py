"""What a widget begins with: how the inbox looks and who answers there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from app.blueprints.api.shapes.person import photo
from app.blueprints.forms import Form
from app.blueprints.widget.conversations import hours_of
from app.blueprints.widget.visitor import Key, Visitor, find_inbox, limit_address
from app.blueprints.widget_rest.calling import calling, said, website_token
from app.blueprints.widget_rest.contact import shape
from app.channels.web_widget import LOCALES, WebsiteSettings
from app.errors import NotSignedIn
from app.ledger.transaction import transaction
from app.models.inbox import Inbox
from app.models.membership import Availability
from app.realtime import signals

blueprint = Blueprint("inbox", __name__)


class EventForm(Form):
    name: str = Field(min_length=1, max_length=100)
    event_info: dict[str, Any] = Field(default_factory=dict)


@blueprint.post("/config")
def create() -> Response:
    """Whoever has no token, or none that is good, is given one; nothing is written down before they write."""
    inbox = find_inbox(website_token())
    if request.headers.get("X-Auth-Token"):
        try:
            with calling() as visitor:
                return jsonify(_told(visitor))
        except NotSignedIn:
            pass  # expired, forged or of another site: as if there were none
    limit_address("widget-new-page", limit=600, seconds=3600)
    with transaction(inbox.account_id):
        return jsonify(_told(Visitor(Key.cut(inbox), inbox)))


@blueprint.get("/inbox_members")
def members() -> Response:
    inbox = find_inbox(website_token())
    with transaction(inbox.account_id):
        online = signals.online(inbox.account_id)
        return jsonify(
            payload=[
                {
                    "id": member.user_id,
                    "name": member.user.available_name,
                    "avatar_url": photo(member.user.avatar_key),
                    "availability_status": member.availability
                    if member.user_id in online or not member.auto_offline
                    else Availability.OFFLINE,
                }
                for member in inbox.members
            ]
        )


@blueprint.get("/campaigns")
def campaigns() -> Response:
    """None run on websites."""
    find_inbox(website_token())
    return jsonify([])


@blueprint.post("/events")
def note() -> Response:
    """What the widget says of itself, as that it was opened. It is not kept: passers-by leave no trace."""
    EventForm.of(said())
    with calling():
        return Response(status=204)


def _told(visitor: Visitor) -> dict[str, Any]:
    return {
        "website_channel_config": {"auth_token": visitor.key.token, **_config(visitor.inbox, visitor.look)},
        "contact": {"pubsub_token": "", **shape(visitor.session)},
        "global_config": {},
    }


def _config(inbox: Inbox, look: WebsiteSettings) -> dict[str, Any]:
    hours = hours_of(inbox)
    return {
        "allow_messages_after_resolved": inbox.allow_messages_after_resolved,
        "api_host": "",
        "avatar_url": photo(inbox.avatar_key),
        "csat_survey_enabled": inbox.csat_survey_enabled,
        "disable_branding": True,
        "enabled_features": list(look.features),
        "enabled_languages": [{"name": LOCALES[code], "iso_639_1_code": code} for code in look.locales],
        "locale": look.locales[0],
        "out_of_office_message": inbox.out_of_office_message,
        "reply_time": look.reply_time,
        "timezone": inbox.timezone,
        "website_name": inbox.name,
        "website_token": inbox.address,
        "welcome_tagline": look.welcome_tagline,
        "welcome_title": look.welcome_title,
        "widget_color": look.color,
        "working_hours_enabled": inbox.working_hours_enabled,
        "is_open": hours is None or hours["is_open"],
    }
