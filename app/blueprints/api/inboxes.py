"""The inboxes that the token's owner may see; administrators' programs make and change those of the API channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from flask import Response, jsonify
from pydantic import Field
from sqlalchemy import select

from app.actions.sync_templates import wish_sync
from app.blueprints.api.shapes import inbox as shapes
from app.blueprints.forms import Form
from app.blueprints.forms import Line as OneLine
from app.blueprints.guards import Door, token_bearer, viewer
from app.channels.api import Api, ApiCredentials, ApiSettings
from app.channels.base import Line, NotConnected
from app.errors import Invalid, NotAllowed, NotFound
from app.lib import crypto
from app.lib.database import db
from app.models.editable import checked_attributes
from app.models.event import record
from app.models.inbox import ChannelKind, Inbox

door = Door("inboxes", __name__, guard=token_bearer, url_prefix="/accounts/<int:account_id>/inboxes")


F = TypeVar("F", bound=Form)

PLAIN = (
    *("name", "greeting_enabled", "greeting_message", "enable_auto_assignment"),
    *("lock_to_single_conversation", "allow_messages_after_resolved", "csat_survey_enabled"),
)


class ChannelForm(Form):
    """`agent_reply_time_window` (hours) stands in `additional_attributes`; what else stands there is kept for the caller."""

    type: Literal["api"] = "api"
    webhook_url: str | None = None
    hmac_mandatory: bool | None = None
    additional_attributes: dict[str, Any] | None = None

    def settings(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept, with what is not said as it was `before`. Raises Invalid."""
        sent = {name: getattr(self, name) for name in self.model_fields_set - {"type", "additional_attributes"}}
        values = {**before, **sent}
        values["webhook_url"] = values.get("webhook_url") or ""
        values["hmac_mandatory"] = bool(values.get("hmac_mandatory"))
        if self.additional_attributes is not None:
            more = checked_attributes(self.additional_attributes, field="additional_attributes")
            values["agent_reply_time_window"] = more.pop("agent_reply_time_window", None) or None
            values["additional_attributes"] = more
        known = Checked.of({name: value for name, value in values.items() if name in ApiSettings.model_fields})
        return {**values, **ApiSettings.model_validate(known.model_dump()).model_dump(mode="json")}


class Checked(ApiSettings, Form):
    """A channel's settings, with a word for each that cannot be."""


class InboxChange(Form):
    """Only what is sent is changed."""

    name: OneLine = Field("", min_length=1, max_length=100)
    greeting_enabled: bool = False
    greeting_message: str | None = Field(None, max_length=10_000)
    enable_auto_assignment: bool = True
    lock_to_single_conversation: bool = False
    allow_messages_after_resolved: bool = True
    csat_survey_enabled: bool = False
    channel: ChannelForm = Field(default_factory=ChannelForm)


class NewInbox(InboxChange):
    name: OneLine = Field(min_length=1, max_length=100)
    channel: ChannelForm


@door.get("", strict_slashes=False)
def index() -> Response:
    own = [Inbox.account_id == viewer().account.id, Inbox.visible_to(viewer().membership)]
    inboxes = db.session.scalars(select(Inbox).where(*own).order_by(Inbox.id))
    return jsonify(payload=[shapes.inbox(inbox, with_secrets=viewer().is_administrator) for inbox in inboxes])


@door.get("/<int:inbox_id>", strict_slashes=False)
def show(inbox_id: int) -> Response:
    return jsonify(shapes.inbox(seen_inbox(inbox_id), with_secrets=viewer().is_administrator))


@door.post("", strict_slashes=False)
def create() -> Response:
    form = _administrators(NewInbox)
    inbox = Inbox(account_id=viewer().account.id, channel=ChannelKind.API, address=crypto.token(18))
    inbox.credentials = ApiCredentials().model_dump()
    _write(inbox, form, before={})
    db.session.add(inbox)
    db.session.flush()
    record("inbox.created", inbox, by=viewer().actor)
    db.session.refresh(inbox)
    return jsonify(shapes.inbox(inbox, with_secrets=True))


@door.route("/<int:inbox_id>", methods=["PATCH", "PUT"], strict_slashes=False)
def update(inbox_id: int) -> Response:
    form, inbox = _administrators(InboxChange), seen_inbox(inbox_id)
    if inbox.channel != ChannelKind.API:
        raise Invalid({"channel": "Inboxes of this channel are changed on their settings page."})
    _write(inbox, form, before=inbox.channel_settings)
    record("inbox.updated", inbox, by=viewer().actor)
    return jsonify(shapes.inbox(inbox, with_secrets=True))


@door.post("/<int:inbox_id>/sync_templates")
def sync(inbox_id: int) -> Response:
    """The templates are brought from the provider, soon."""
    if not viewer().is_administrator:
        raise NotAllowed("You are not authorized to do this action")
    inbox = seen_inbox(inbox_id)
    if not inbox.abilities.has_templates:
        raise Invalid({"channel": "Template sync is only available for channels with templates"})
    wish_sync(inbox)
    return jsonify(message="Template sync initiated successfully")


def seen_inbox(inbox_id: int) -> Inbox:
    """Raises NotFound when it is not this person's to see."""
    found = db.session.scalar(
        select(Inbox).where(
            Inbox.account_id == viewer().account.id, Inbox.id == inbox_id, Inbox.visible_to(viewer().membership)
        )
    )
    if found is None:
        raise NotFound
    return found


def _administrators(form: type[F]) -> F:
    if not viewer().is_administrator:
        raise NotAllowed("You are not authorized to do this action")
    return form.read()


def _write(inbox: Inbox, form: InboxChange, *, before: Mapping[str, Any]) -> None:
    for name in form.model_fields_set & set(PLAIN):
        setattr(inbox, name, getattr(form, name))
    inbox.channel_settings = form.channel.settings(before)
    try:
        Api(Line(inbox.address, settings=inbox.channel_settings)).check_address()
    except NotConnected as refused:
        raise Invalid(refused.fields) from None
