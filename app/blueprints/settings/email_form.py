"""The form of an e-mail inbox, and what the servers of well-known providers are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from flask import request
from pydantic import AfterValidator, BeforeValidator, Field

from app.blueprints.forms import Email, Form, Secret
from app.blueprints.forms import Line as OneLine
from app.blueprints.settings.inboxes import ids_in
from app.channels.base import Line
from app.channels.email.settings import EmailCredentials, EmailSettings, Host, Port
from app.channels.email.way import Security
from app.models.inbox import Inbox

# A secret that is left empty stays as it is.
SECRETS = ("imap_password", "smtp_password", "mailgun_key", "relay_password")
CONTENT = "{{content}}"


@dataclass(frozen=True)
class Preset:
    """A provider's servers; `words` say what its people have to do first."""

    key: str
    name: str
    words: str
    servers: Mapping[str, Any]


PRESETS = (
    Preset(
        "google",
        "Gmail",
        "Google wants an app password here: turn on two-step verification, then make one under “App passwords”.",
        {"imap_host": "imap.gmail.com", "smtp_host": "smtp.gmail.com", "smtp_port": 465, "smtp_security": "tls"},
    ),
    Preset(
        "microsoft",
        "Microsoft 365",
        "Microsoft takes no passwords over IMAP any more: connect with consent, or forward the mails.",
        {
            "imap_host": "outlook.office365.com",
            "smtp_host": "smtp.office365.com",
            "smtp_port": 587,
            "smtp_security": "starttls",
        },
    ),
    Preset(
        "fastmail",
        "Fastmail",
        "Make an app password under Settings, “Privacy and security”, that may use IMAP and SMTP.",
        {"imap_host": "imap.fastmail.com", "smtp_host": "smtp.fastmail.com", "smtp_port": 465, "smtp_security": "tls"},
    ),
    Preset(
        "icloud",
        "iCloud",
        "Make an app-specific password at account.apple.com.",
        {
            "imap_host": "imap.mail.me.com",
            "smtp_host": "smtp.mail.me.com",
            "smtp_port": 587,
            "smtp_security": "starttls",
        },
    ),
    Preset("other", "Another mailbox", "Your provider’s help pages name its IMAP and SMTP servers.", {}),
    Preset("forward", "By forwarding", "No mailbox is read: a mail server or a relay hands each mail on.", {}),
)


def preset(key: str | None) -> Preset:
    return next((each for each in PRESETS if each.key == key), PRESETS[-2])


def _words(value: Any) -> Any:
    """One a line, or separated by commas."""
    lines = value if isinstance(value, list | tuple) else [value]
    return [word for line in lines for word in str(line).replace(",", " ").split()]


def _layout(value: str) -> str:
    if value.strip() and CONTENT not in value:
        raise ValueError(f"Say with {CONTENT} where the words go.")
    return value


class EmailInboxForm(Form):
    """The whole of an e-mail inbox; a box that is not ticked is not sent, so what is absent is off."""

    name: OneLine = Field(min_length=1, max_length=100)
    address: Email
    aliases: Annotated[tuple[Email, ...], BeforeValidator(_words)] = Field((), max_length=100)
    comes_by: Literal["mailbox", "forward"] = "mailbox"
    goes_by: Literal["own", "parley"] = "own"
    imap_host: Host = ""
    imap_port: Port = 993
    imap_security: Security = "tls"
    imap_login: OneLine = Field("", max_length=320)
    imap_password: Secret = ""
    smtp_host: Host = ""
    smtp_port: Port = 465
    smtp_security: Security = "tls"
    smtp_login: OneLine = Field("", max_length=320)
    smtp_password: Secret = ""
    folders: tuple[Annotated[str, Field(min_length=1, max_length=255)], ...] = Field(("INBOX",), max_length=20)
    import_days: int = Field(0, ge=0, le=3650)
    mark_seen: bool = False
    send_as_own: bool = False
    mailgun_key: Secret = ""
    relay_user: OneLine = Field("", max_length=320)
    relay_password: Secret = ""
    sender_name_type: Literal["friendly", "professional"] = "friendly"
    business_name: OneLine = Field("", max_length=100)
    signature: str = Field("", max_length=10_000)
    layout: Annotated[str, AfterValidator(_layout)] = Field("", max_length=100_000)
    is_enabled: bool = False
    members: set[int] = Field(default_factory=set)

    def wrong(self, kept: EmailCredentials) -> dict[str, str]:
        """What is missing, given what else was chosen."""
        if kept.consent:
            return {}
        wrong: dict[str, str] = {}
        if self.comes_by == "mailbox":
            wrong |= {name: "Fill this in." for name in ("imap_host", "imap_login") if not getattr(self, name)}
            if not self.imap_password and not kept.imap_password:
                wrong["imap_password"] = "Fill this in."  # noqa: S105  # what is said of it
        if self.goes_by == "own" and not self.smtp_host:
            wrong["smtp_host"] = "Fill this in."
        return wrong

    def line(self, before: Line) -> Line:
        """The inbox's line as this form has it; secrets that were not typed stay those of `before`."""
        kept = EmailCredentials.model_validate(dict(before.credentials))
        typed = self.model_dump(mode="json")
        for name in SECRETS:
            typed[name] = typed[name] or getattr(kept, name)
        if kept.consent:
            # Servers and names are the provider's, until it is connected with a password instead.
            servers = {name for name in EmailCredentials.model_fields if name.startswith(("imap_", "smtp_"))}
            typed = {name: value for name, value in typed.items() if name not in servers}
        elif self.comes_by == "forward":
            typed |= {"imap_host": "", "imap_login": "", "imap_password": ""}
        if self.goes_by == "parley":
            typed |= {"smtp_host": "", "smtp_login": "", "smtp_password": ""}
        credentials = EmailCredentials.model_validate({**before.credentials, **typed})
        settings = EmailSettings.model_validate({**before.settings, **typed})
        return Line(
            self.address,
            before.token,
            self.name,
            {**before.credentials, **credentials.model_dump(mode="json")},
            {**before.settings, **settings.model_dump(mode="json")},
        )


def typed() -> dict[str, Any]:
    """What the form was sent with, to be shown again; passwords are typed anew."""
    given = {name: request.form.get(name, "") for name in EmailInboxForm.model_fields if name not in SECRETS}
    return {**given, "folders": request.form.getlist("folders"), "members": ids_in(request.form.getlist("members"))}


def shown(inbox: Inbox) -> dict[str, Any]:
    """An inbox as its form shows it."""
    kept = EmailCredentials.model_validate(inbox.credentials)
    settings = EmailSettings.model_validate(inbox.channel_settings)
    values = {name: value for name, value in kept.model_dump().items() if name not in SECRETS}
    return {
        **values,
        **settings.model_dump(),
        "name": inbox.name,
        "address": inbox.address,
        "aliases": "\n".join(settings.aliases),
        "comes_by": "mailbox" if kept.imap_host else "forward",
        "goes_by": "own" if kept.smtp_host else "parley",
        "sender_name_type": inbox.sender_name_type,
        "business_name": inbox.business_name or "",
        "is_enabled": inbox.is_enabled,
        "members": {member.user_id for member in inbox.members},
    }
