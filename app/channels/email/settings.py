"""What is kept of an e-mail inbox: how its servers are reached, and how it reads and writes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.channels.email.way import Security, Way
from app.errors import Invalid
from app.lib import address

SECRET = {"secret": True}
Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(max_length=253, pattern=r"^[^\s/@]*$")]
Line = Annotated[str, Field(max_length=320)]
Password = Annotated[str, Field(max_length=1000, json_schema_extra=SECRET)]


def _address(value: str) -> str:
    try:
        return address.email(value)
    except Invalid as refused:
        raise ValueError(refused.message) from None


class EmailCredentials(BaseModel):
    """Without an IMAP host the inbox lives by forwarding; without an SMTP host it sends by Parley's own server.

    With `consent` of Google or Microsoft both servers take the access token instead of a password.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    imap_host: Host = Field("", title="IMAP server", description="Where mails are read, as in imap.example.com.")
    imap_port: Port = Field(993, title="Port")
    imap_security: Security = Field("tls", title="Security")
    imap_login: Line = Field("", title="User name", description="Mostly the whole address.")
    imap_password: Password = Field("", title="Password", description="Many providers want an app password here.")
    smtp_host: Host = Field("", title="SMTP server", description="Where answers are sent, as in smtp.example.com.")
    smtp_port: Port = Field(465, title="Port")
    smtp_security: Security = Field("tls", title="Security")
    smtp_login: Line = Field("", title="User name", description="Left empty: that of the IMAP server.")
    smtp_password: Password = Field("", title="Password", description="Left empty: that of the IMAP server.")
    consent: Literal["", "google", "microsoft"] = ""
    access_token: Password = ""
    refresh_token: Password = ""
    expires_at: float = 0.0
    mailgun_key: Password = Field(
        "", title="Mailgun’s signing key", description="Proves that what comes to the Mailgun address is from them."
    )
    relay_user: Line = Field("", title="User name", description="For relays that can send one, as Postmark can.")
    relay_password: Password = Field("", title="Password")

    @property
    def imap(self) -> Way | None:
        if not self.imap_host:
            return None
        token = self.access_token if self.consent else ""
        return Way(self.imap_host, self.imap_port, self.imap_security, self.imap_login, self.imap_password, token)

    @property
    def smtp(self) -> Way | None:
        if not self.smtp_host:
            return None
        token = self.access_token if self.consent else ""
        login = self.smtp_login or self.imap_login
        password = self.smtp_password or (self.imap_password if not self.smtp_login else "")
        return Way(self.smtp_host, self.smtp_port, self.smtp_security, login, password, token)


class Begun(BaseModel):
    """From where on a folder is read: the hour when it was chosen, and the UID that its next mail was to have."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    validity: int = 0
    next_uid: int = 0


class EmailSettings(BaseModel):
    """`begun` has the folders that are read; `known_folders` are those there were."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    aliases: tuple[Annotated[str, AfterValidator(_address)], ...] = Field((), max_length=100)
    """Other addresses of ours that this inbox answers for."""
    signature: str = Field("", max_length=10_000)
    layout: str = Field("", max_length=100_000)
    folders: tuple[Annotated[str, Field(max_length=255)], ...] = Field(("INBOX",), max_length=20)
    import_days: int = Field(0, ge=0, le=3650)
    mark_seen: bool = False
    send_as_own: bool = False
    """Parley's own mail server may send as this address."""
    begun: dict[str, Begun] = Field(default_factory=dict)
    known_folders: tuple[str, ...] = ()
