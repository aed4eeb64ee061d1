"""The form of an inbox whose channel has no page of its own: its name and rules, and what the channel's class asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from flask import request
from pydantic import BaseModel, Field

from app.blueprints.forms import Form
from app.blueprints.forms import Line as OneLine
from app.blueprints.settings.drawn import Drawn, drawn
from app.blueprints.settings.inboxes import ids_in
from app.channels.base import Channel, Line
from app.errors import Invalid
from app.models.inbox import Inbox

# Of a field that says no length itself.
LONGEST = 20_000


class InboxForm(Form):
    """What every inbox has; a box that is not ticked is not sent, so what is absent is off."""

    name: OneLine = Field("", max_length=100)
    is_enabled: bool = False
    greeting_enabled: bool = False
    greeting_message: str = Field("", max_length=10_000)
    lock_to_single_conversation: bool = False
    members: set[int] = Field(default_factory=set)


@dataclass(frozen=True)
class Read:
    """What was typed: the inbox's own, and the line as it is to be tried."""

    form: InboxForm
    line: Line


def credential_fields(channel: type[Channel], kept: Mapping[str, Any]) -> list[Drawn]:
    """A secret that is kept may be left empty."""
    return [
        replace(field, is_required=False) if field.is_secret and kept.get(field.name) else field
        for field in drawn(channel.Credentials)
    ]


def read(channel: type[Channel], before: Line) -> Read:
    """Raises Invalid with words for each field; what nobody typed stays that of the line `before`."""
    wrong: dict[str, str] = {}
    parts: dict[str, dict[str, Any]] = {}
    form = InboxForm()
    try:
        form = InboxForm.read()
    except Invalid as refused:
        wrong |= refused.fields
    for part, model, kept in (
        ("credentials", channel.Credentials, before.credentials),
        ("settings", channel.Settings, before.settings),
    ):
        try:
            parts[part] = _read(model, kept)
        except Invalid as refused:
            wrong |= refused.fields
    if wrong:
        raise Invalid({name.partition(".")[0]: words for name, words in wrong.items()})
    return Read(form, Line(before.address, before.token, form.name, parts["credentials"], parts["settings"]))


def typed(channel: type[Channel]) -> dict[str, Any]:
    """What the form was sent with, to be shown again; secrets are typed anew."""
    fields = [field for field in _fields(channel) if not field.is_secret]
    given = {name: request.form.get(name, "") for name in (*InboxForm.model_fields, *(each.name for each in fields))}
    return {**given, "members": ids_in(request.form.getlist("members"))}


def blank(channel: type[Channel]) -> dict[str, Any]:
    """As it begins."""
    values = {**_defaults(channel.Credentials), **_defaults(channel.Settings), **InboxForm().model_dump()}
    return {**_shown(channel, values), "is_enabled": True}


def shown(channel: type[Channel], inbox: Inbox) -> dict[str, Any]:
    """An inbox as its form shows it."""
    kept = {**inbox.credentials, **inbox.channel_settings}
    return {
        **blank(channel),
        **_shown(channel, kept),
        **{name: getattr(inbox, name) for name in InboxForm.model_fields if name != "members"},
        "greeting_message": inbox.greeting_message or "",
        "members": {member.user_id for member in inbox.members},
    }


def _fields(channel: type[Channel]) -> list[Drawn]:
    return [*drawn(channel.Credentials), *drawn(channel.Settings)]


def _shown(channel: type[Channel], values: Mapping[str, Any]) -> dict[str, Any]:
    secret = {field.name for field in _fields(channel) if field.is_secret}
    return {
        name: "\n".join(map(str, value)) if isinstance(value, list | tuple | set) else value
        for name, value in values.items()
        if name not in secret
    }


def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    return {
        name: "" if field.is_required() else field.get_default(call_default_factory=True, validated_data={})
        for name, field in model.model_fields.items()
    }


def _read(model: type[BaseModel], kept: Mapping[str, Any]) -> dict[str, Any]:
    """As it is to be kept: with what `kept` has beyond the model. Raises Invalid."""
    given = {name: value for field in drawn(model) for name, value in _given(field).items()}
    checked = _checking(model).of({**_untyped(model, kept), **given})
    return {**kept, **checked.model_dump(mode="json")}


def _untyped(model: type[BaseModel], kept: Mapping[str, Any]) -> dict[str, Any]:
    """What stays unless it is typed anew: secrets, and what no field is drawn for."""
    asked = {field.name for field in drawn(model) if not field.is_secret}
    return {name: value for name, value in kept.items() if name in model.model_fields and name not in asked}


def _given(field: Drawn) -> dict[str, Any]:
    if field.kind == "switch":
        return {field.name: bool(request.form.get(field.name))}
    value = request.form.get(field.name, "")
    if len(value) > (field.max_length or LONGEST):
        raise Invalid({field.name: f"This is too long: {field.max_length or LONGEST} characters fit."})
    if field.kind == "many":
        return {field.name: [line.strip() for line in value.splitlines() if line.strip()]}
    if value.strip():
        return {field.name: value}
    if field.is_secret or field.is_required or field.kind in ("number", "select"):
        return {field.name: None} if field.may_be_nothing else {}
    return {field.name: None if field.may_be_nothing else ""}


@cache
def _checking(model: type[BaseModel]) -> type[Form]:
    """The model as a form: cleaned, and refused with words."""
    return type(f"{model.__name__}Form", (model, Form), {})
