"""Inboxes of the API channel: connected with a live test of their webhook, their secrets shown until they are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import BeforeValidator, Field

from app.actions.connect import staff
from app.blueprints.forms import Form
from app.blueprints.forms import Line as OneLine
from app.blueprints.guards import Door, administrator, viewer
from app.blueprints.settings.drawn import drawn
from app.blueprints.settings.inboxes import colleagues_among, ids_in
from app.blueprints.settings.speaking import speaking
from app.channels.api import LONGEST_WINDOW_HOURS, Api, ApiCredentials, ApiSettings, Refusal, new_secret
from app.channels.base import DeliveryFailed, Line
from app.config import settings
from app.errors import Invalid, NotFound
from app.lib import crypto
from app.lib.database import db
from app.models.event import record
from app.models.inbox import ChannelKind, Inbox
from app.queries.people import colleagues

PREFIX = "/accounts/<int:account_id>/settings/inboxes/api"
NEW: dict[str, Callable[[], str]] = {"hmac_secret": crypto.token, "webhook_secret": new_secret}
# Kept beside the secrets: those that nobody has said they have taken down.
UNSEEN = "unseen"


@dataclass(frozen=True)
class Tried:
    """What a call to the webhook came to: `is_answer` when somebody answered, be it a refusal."""

    words: str
    is_well: bool
    is_answer: bool


class InboxForm(ApiSettings, Form):
    """The whole of an API inbox; a box that is not ticked is not sent, so what is absent is off."""

    name: OneLine = Field(min_length=1, max_length=100)
    agent_reply_time_window: Annotated[float | None, BeforeValidator(lambda value: value or None)] = Field(
        None, gt=0, le=LONGEST_WINDOW_HOURS
    )
    lock_to_single_conversation: bool = False
    greeting_enabled: bool = False
    greeting_message: str = Field("", max_length=10_000)
    is_enabled: bool = False
    members: set[int] = Field(default_factory=set)

    @property
    def channel_settings(self) -> ApiSettings:
        return ApiSettings.model_validate(self.model_dump())


class SecretForm(Form):
    """Whoever changes a secret says so: what is signed with the old one is refused from then on."""

    which: Literal["hmac_secret", "webhook_secret"]
    sure: bool


def found(inbox_id: int) -> Inbox:
    """An API inbox of this account. Raises NotFound."""
    inbox = Inbox.find(viewer().account.id, inbox_id)
    if inbox is None or inbox.channel != ChannelKind.API:
        raise NotFound
    return inbox


def _prepare(inbox_id: int | None = None) -> None:
    """In a frame of its own: whom to call, with which secret. A form that cannot be read calls nobody."""
    inbox = found(inbox_id) if inbox_id is not None else None
    g.channel, g.channel_credentials = None, inbox.credentials if inbox else ApiCredentials().model_dump()
    line = inbox.line if inbox else Line("")
    if inbox is None or not str(request.endpoint).endswith(".test"):
        try:
            form = InboxForm.read()
        except Invalid:
            return
        before = inbox.channel_settings.get("webhook_url") if inbox else ""
        if form.webhook_url == before:
            return
        line = Line(line.address, name=form.name, settings=form.channel_settings.model_dump())
    line = Line(line.address, name=line.name, settings=line.settings, credentials=g.channel_credentials)
    if line.settings.get("webhook_url"):
        g.channel = Api(line)


def _try(channel: Api) -> Tried:
    try:
        channel.ping()
    except DeliveryFailed as failed:
        return Tried(failed.reason, False, isinstance(failed, Refusal) and failed.status >= 400)
    return Tried("Your server took our test.", True, True)


def _call() -> None:
    """`g.tried` is what calling the webhook came to, or None where nothing was to be called."""
    g.tried = _try(g.channel) if g.channel else None


blueprint = Door("api_inbox", __name__, guard=administrator, url_prefix=PREFIX)
calling = Door("api_inbox_calls", __name__, guard=speaking(_prepare, _call), url_prefix=PREFIX)


@blueprint.get("/new")
def new() -> str:
    typed = {**ApiSettings().model_dump(), "members": {viewer().user.id}, "is_enabled": True}
    return _form("settings/inboxes/api/new.html", typed)


@calling.post("")
def create() -> ResponseReturnValue:
    try:
        form = _checked()
    except Invalid as refused:
        return _form("settings/inboxes/api/new.html", _typed(), refused.fields), 422
    inbox = Inbox(account_id=viewer().account.id, name=form.name, channel=ChannelKind.API, address=crypto.token(18))
    inbox.credentials = {**g.channel_credentials, UNSEEN: list(NEW)}
    _write(inbox, form)
    db.session.add(inbox)
    db.session.flush()
    inbox.set_members(form.members)
    record("inbox.created", inbox, by=viewer().actor)
    _tell_tried(f"{inbox.name} is made.")
    return redirect(_path(inbox), 303)


@blueprint.get("/<int:inbox_id>")
def show(inbox_id: int) -> str:
    inbox = found(inbox_id)
    typed = {
        **ApiSettings.model_validate(inbox.channel_settings).model_dump(),
        "name": inbox.name,
        "lock_to_single_conversation": inbox.lock_to_single_conversation,
        "greeting_enabled": inbox.greeting_enabled,
        "greeting_message": inbox.greeting_message or "",
        "is_enabled": inbox.is_enabled,
        "members": {member.user_id for member in inbox.members},
    }
    return _edit(inbox, typed)


@calling.post("/<int:inbox_id>")
def update(inbox_id: int) -> ResponseReturnValue:
    inbox = found(inbox_id)
    try:
        form = _checked()
    except Invalid as refused:
        return _edit(inbox, _typed(), refused.fields), 422
    _write(inbox, form)
    record("inbox.updated", inbox, by=viewer().actor)
    staff(inbox, form.members, by=viewer().actor)
    _tell_tried(f"{inbox.name} is saved.")
    return redirect(_path(inbox), 303)


@calling.post("/<int:inbox_id>/test", endpoint="test")
def try_out(inbox_id: int) -> ResponseReturnValue:
    """A signed test, and what was answered."""
    inbox = found(inbox_id)
    _tell_tried("There is no webhook to test." if g.tried is None else "")
    return redirect(f"{_path(inbox)}#webhook", 303)


@blueprint.post("/<int:inbox_id>/secret")
def rotate(inbox_id: int) -> ResponseReturnValue:
    inbox, form = found(inbox_id), SecretForm.read()
    if not form.sure:
        raise Invalid({"sure": "Say that you are sure."})
    unseen = sorted({*inbox.credentials.get(UNSEEN, []), form.which})
    inbox.credentials = {**inbox.credentials, form.which: NEW[form.which](), UNSEEN: unseen}
    record("inbox.updated", inbox, by=viewer().actor)
    flash("There is a new secret. Give it to your server now.")
    return redirect(f"{_path(inbox)}#secrets", 303)


@blueprint.post("/<int:inbox_id>/secret/kept")
def keep(inbox_id: int) -> ResponseReturnValue:
    """They have been taken down, and are not shown again."""
    inbox = found(inbox_id)
    inbox.credentials = {**inbox.credentials, UNSEEN: []}
    flash("The secrets are not shown again.")
    return redirect(f"{_path(inbox)}#secrets", 303)


def _checked() -> InboxForm:
    """Raises Invalid for what cannot be, and for a webhook where nobody answers."""
    form = InboxForm.read()
    colleagues_among(form.members)
    if g.tried and not g.tried.is_answer:
        raise Invalid({"webhook_url": g.tried.words})
    return form


def _tell_tried(words: str) -> None:
    """A refusal is no reason not to save: the server may not know the secret yet."""
    if g.tried is None:
        flash(words)
    elif g.tried.is_well:
        flash(f"{words} {g.tried.words}".strip())
    else:
        flash(f"{words} Your server refused our test: {g.tried.words}".strip(), "danger")


def _write(inbox: Inbox, form: InboxForm) -> None:
    inbox.name = form.name
    inbox.channel_settings = {**(inbox.channel_settings or {}), **form.channel_settings.model_dump(mode="json")}
    inbox.lock_to_single_conversation = form.lock_to_single_conversation
    inbox.greeting_enabled, inbox.greeting_message = form.greeting_enabled, form.greeting_message or None
    inbox.is_enabled = form.is_enabled


def _path(inbox: Inbox) -> str:
    return f"/accounts/{inbox.account_id}/settings/inboxes/api/{inbox.id}"


def _typed() -> dict[str, Any]:
    """What the form was sent with, to be shown again."""
    given = {name: request.form.get(name, "") for name in InboxForm.model_fields}
    return {**given, "members": ids_in(request.form.getlist("members"))}


def _form(template: str, typed: dict[str, Any], errors: dict[str, str] | None = None, **more: Any) -> str:
    return render_template(
        template,
        typed=typed,
        errors={name.partition(".")[0]: words for name, words in (errors or {}).items()},
        people=colleagues(viewer().account.id),
        fields=drawn(ApiSettings),
        **more,
    )


def _edit(inbox: Inbox, typed: dict[str, Any], errors: dict[str, str] | None = None) -> str:
    unseen = inbox.credentials.get(UNSEEN, [])
    return _form(
        "settings/inboxes/api/show.html",
        typed,
        errors,
        inbox=inbox,
        secrets=[
            (field, inbox.credentials[field.name] if field.name in unseen else "") for field in drawn(ApiCredentials)
        ],
        has_webhook=bool(inbox.channel_settings.get("webhook_url")),
        example=EXAMPLE.replace("BASE", f"{settings().public_url}/public/api/v1/inboxes/{inbox.address}"),
    )


EXAMPLE = """\
# Someone new: the answer's source_id is their key from now on.
curl -X POST BASE/contacts \\
  -H 'Content-Type: application/json' \\
  -d '{"name": "Dana", "email": "dana@example.com"}'

# A conversation: the answer's id is its number.
curl -X POST BASE/contacts/SOURCE_ID/conversations

# A message. The same words under the same echo_id are the same message.
curl -X POST BASE/contacts/SOURCE_ID/conversations/NUMBER/messages \\
  -H 'Content-Type: application/json' \\
  -d '{"content": "Is the Ridge 2 back?", "echo_id": "1"}'

# What has been said, ours too.
curl BASE/contacts/SOURCE_ID/conversations/NUMBER/messages"""
