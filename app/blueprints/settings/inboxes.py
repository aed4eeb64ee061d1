"""Inboxes: making a website's chat, its look and words, who answers, on which sites, and the proof of who visits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import AfterValidator, BeforeValidator, Field
from sqlalchemy import select

from app.actions.connect import staff
from app.blueprints.forms import Form
from app.blueprints.guards import Door, administrator, viewer
from app.blueprints.widget.page import answer, team_of
from app.channels import CHANNELS
from app.channels.web_widget import LOCALES, Feature, WebsiteSettings, host_pattern
from app.config import settings
from app.errors import Invalid, NotFound
from app.lib import crypto
from app.lib.database import db
from app.models.event import record
from app.models.inbox import ChannelKind, Inbox
from app.models.membership import Membership
from app.queries.people import colleagues
from app.queries.troubles import troubles

blueprint = Door("inboxes", __name__, guard=administrator, url_prefix="/accounts/<int:account_id>/settings/inboxes")

FEATURES = (
    (Feature.ATTACHMENTS, "Files", "Visitors may send pictures and files."),
    (Feature.EMOJI_PICKER, "Emoji", "A button beside the field offers them."),
    (Feature.END_CONVERSATION, "End a conversation", "Visitors may say that all is done."),
)
SHOWN = set(WebsiteSettings.model_fields) - {"allowed_domains", "hmac_mandatory", "continuity_via_email", "website_url"}


def _site(value: str) -> str:
    address = value if "//" in value else f"https://{value}"
    try:
        parts = urlsplit(address)
        is_site = parts.scheme in ("http", "https") and bool(host_pattern(parts.netloc)) and parts.port != 0
    except ValueError:
        is_site = False
    if not is_site or " " in address:
        raise ValueError("Give the address of your site, as in https://shop.example.")
    return address


def _domains(value: Any) -> Any:
    """One a line, or separated by commas."""
    lines = value if isinstance(value, list | tuple) else [value]
    return [word for line in lines for word in str(line).replace(",", " ").split()]


class InboxForm(WebsiteSettings, Form):
    """The whole of a website inbox; a box that is not ticked is not sent, so what is absent is off."""

    name: str = Field(min_length=1, max_length=100)
    website_url: Annotated[str, AfterValidator(_site)] = Field(min_length=1, max_length=2048)
    features: tuple[Feature, ...] = ()
    allowed_domains: Annotated[tuple[Annotated[str, AfterValidator(host_pattern)], ...], BeforeValidator(_domains)] = (
        Field((), max_length=100)
    )
    continuity_via_email: bool = False
    greeting_enabled: bool = False
    greeting_message: str = Field("", max_length=10_000)
    is_enabled: bool = False
    members: set[int] = Field(default_factory=set)

    @property
    def look(self) -> WebsiteSettings:
        return WebsiteSettings.model_validate(self.model_dump())


@dataclass(frozen=True)
class Offer:
    """A channel to choose: its name, one line of what it is, and where it is connected."""

    kind: str
    name: str
    words: str
    path: str


class SecretForm(Form):
    """Whoever changes the secret says so: what websites sign with the old one is refused from then on."""

    sure: bool


@blueprint.get("")
def index() -> str:
    inboxes = db.session.scalars(
        select(Inbox).where(Inbox.visible_to(viewer().membership)).order_by(Inbox.name, Inbox.id)
    ).all()
    connected = Counter(inbox.channel for inbox in inboxes)
    wrong = {trouble.inbox_id: trouble for trouble in troubles(viewer().membership)}
    return render_template(
        "settings/inboxes/index.html", inboxes=inboxes, offers=offers(), connected=connected, troubles=wrong
    )


@blueprint.get("/new")
def choose() -> ResponseReturnValue:
    """The channels there are. `?channel=web_widget` leads on to that channel's form."""
    if chosen := next((each for each in offers() if each.kind == request.args.get("channel")), None):
        return redirect(chosen.path, 303)
    return render_template("settings/inboxes/choose.html", offers=offers())


@blueprint.get("/new/website")
def new() -> str:
    typed = {**WebsiteSettings().model_dump(), "members": {viewer().user.id}, "is_enabled": True}
    return _form("settings/inboxes/new.html", typed)


@blueprint.post("")
def create() -> ResponseReturnValue:
    try:
        form = InboxForm.read()
        members = colleagues_among(form.members)
    except Invalid as refused:
        return _form("settings/inboxes/new.html", _typed(), refused.fields), 422
    inbox = Inbox(
        account_id=viewer().account.id, name=form.name, channel=ChannelKind.WEB_WIDGET, address=crypto.token(18)
    )
    inbox.credentials = {"hmac_secret": crypto.token()}
    _write(inbox, form)
    db.session.add(inbox)
    db.session.flush()
    inbox.set_members(members)
    record("inbox.created", inbox, by=viewer().actor)
    flash(f"{inbox.name} is made. Put it on your site.")
    return redirect(_path(inbox), 303)


@blueprint.get("/<int:inbox_id>")
def show(inbox_id: int) -> str:
    inbox = found(inbox_id)
    typed = {
        **look_of(inbox).model_dump(),
        "name": inbox.name,
        "greeting_enabled": inbox.greeting_enabled,
        "greeting_message": inbox.greeting_message or "",
        "is_enabled": inbox.is_enabled,
        "members": {member.user_id for member in inbox.members},
    }
    return _edit(inbox, typed)


@blueprint.post("/<int:inbox_id>")
def update(inbox_id: int) -> ResponseReturnValue:
    inbox = found(inbox_id)
    try:
        form = InboxForm.read()
        members = colleagues_among(form.members)
    except Invalid as refused:
        return _edit(inbox, _typed(), refused.fields), 422
    _write(inbox, form)
    record("inbox.updated", inbox, by=viewer().actor)
    staff(inbox, members, by=viewer().actor)
    flash(f"{inbox.name} is saved")
    return redirect(_path(inbox), 303)


@blueprint.post("/<int:inbox_id>/secret")
def rotate(inbox_id: int) -> ResponseReturnValue:
    inbox = found(inbox_id)
    if not SecretForm.read().sure:
        raise Invalid({"sure": "Say that you are sure."})
    inbox.credentials = {**inbox.credentials, "hmac_secret": crypto.token()}
    record("inbox.updated", inbox, by=viewer().actor)
    flash("There is a new secret. Give it to your website now.")
    return redirect(f"{_path(inbox)}#identity", 303)


@blueprint.get("/preview")
def preview() -> Response:
    """The widget as the form beside it has it, saved or not; what is half typed is shown without it."""
    values: dict[str, Any] = {name: request.args.get(name) for name in SHOWN if name in request.args}
    values |= {name: request.args.getlist(name) for name in ("locales", "features")}
    look = WebsiteSettings()
    for name, value in values.items():
        try:
            look = WebsiteSettings.model_validate({**look.model_dump(), name: value})
        except ValueError:
            continue
    chosen = ids_in(request.args.getlist("members"))
    team = team_of([member for member in colleagues(viewer().account.id) if member.user_id in chosen])
    name = request.args.get("name", "").strip()[:100] or viewer().account.name
    return answer(Inbox(name=name, address=""), look, team=team, is_preview=True)


def offers() -> list[Offer]:
    """Every channel, in the order of the list of channels."""
    return [
        Offer(
            kind,
            channel.name,
            channel.summary,
            f"{_home()}/{'new/website' if kind == ChannelKind.WEB_WIDGET else f'{kind}/new'}",
        )
        for kind, channel in CHANNELS.items()
    ]


def found(inbox_id: int) -> Inbox:
    """A website inbox of this account. Raises NotFound."""
    inbox = Inbox.find(viewer().account.id, inbox_id)
    if inbox is None or inbox.channel != ChannelKind.WEB_WIDGET:
        raise NotFound
    return inbox


def look_of(inbox: Inbox) -> WebsiteSettings:
    return WebsiteSettings.model_validate(inbox.channel_settings)


def _write(inbox: Inbox, form: InboxForm) -> None:
    inbox.name = form.name
    inbox.channel_settings = {**(inbox.channel_settings or {}), **form.look.model_dump(mode="json")}
    inbox.greeting_enabled, inbox.greeting_message = form.greeting_enabled, form.greeting_message or None
    inbox.is_enabled = form.is_enabled


def colleagues_among(user_ids: set[int]) -> set[int]:
    """Those ids. Raises Invalid unless all are of people of this account."""
    known = {member.user_id for member in colleagues(viewer().account.id)}
    if user_ids - known:
        raise Invalid({"members": "Choose among the people of this account."})
    return user_ids


def _home() -> str:
    return f"/accounts/{viewer().account.id}/settings/inboxes"


def _path(inbox: Inbox) -> str:
    return f"{_home()}/{inbox.id}"


def _typed() -> dict[str, Any]:
    """What the form was sent with, to be shown again."""
    given = request.form
    return {
        **{name: given.get(name, "") for name in InboxForm.model_fields},
        "locales": given.getlist("locales"),
        "features": given.getlist("features"),
        "allowed_domains": given.get("allowed_domains", "").split(),
        "members": ids_in(given.getlist("members")),
    }


def ids_in(words: list[str]) -> set[int]:
    """Those that may be ids; Python refuses to read numbers of thousands of digits."""
    return {int(word) for word in words if word.isdecimal() and len(word) < 19}


def _form(template: str, typed: dict[str, Any], errors: dict[str, str] | None = None, **more: Any) -> str:
    people: Sequence[Membership] = colleagues(viewer().account.id)
    # What is wrong with one of many is shown with all of them.
    wrong = {name.partition(".")[0]: words for name, words in (errors or {}).items()}
    return render_template(
        template, typed=typed, errors=wrong, people=people, locales=LOCALES, features=FEATURES, **more
    )


def _edit(inbox: Inbox, typed: dict[str, Any], errors: dict[str, str] | None = None) -> str:
    secret = str(inbox.credentials.get("hmac_secret", ""))
    return _form(
        "settings/inboxes/show.html",
        typed,
        errors,
        inbox=inbox,
        secret=secret,
        public_url=settings().public_url,
        snippet=snippet(inbox),
        example=EXAMPLE,
    )


def snippet(inbox: Inbox) -> str:
    """What a website carries before the end of its head."""
    return SNIPPET.replace("BASE", settings().public_url).replace("TOKEN", inbox.address)


SNIPPET = """\
<script>
  (function (page) {
    var script = page.createElement("script");
    script.src = "BASE/widget/sdk.js";
    script.async = true;
    script.onload = function () {
      window.parley.run({ websiteToken: "TOKEN", baseUrl: "BASE" });
    };
    page.head.append(script);
  })(document);
</script>"""
EXAMPLE = """\
// On your server, with the secret:
const proof = crypto.createHmac("sha256", SECRET).update(user.id).digest("hex")

// On the page:
window.addEventListener("parley:ready", function () {
  window.parley.setUser("<user id>", {
    name: "<name>",
    email: "<e-mail>",
    identifier_hash: "<proof>",
  })
})"""
