"""Every setting of Parley, read once from the environment; the only reader of it."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, cast
from urllib.parse import urlsplit

from dotenv import dotenv_values
from flask import current_app
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping


class SettingsError(Exception):
    """The settings cannot be used; `problems` names each one in a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Settings(BaseSettings):
    """Field names are the environment's names in lower case; `docs/configuration.md` lists them."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_file=".env", hide_input_in_errors=True, validate_default=True
    )

    environment: Literal["production", "development", "test"] = Field(
        "production", description="`development` adds the mail page and the component gallery."
    )
    secret_key: str = Field(
        "",
        description="At least 32 characters. Signs sessions and tokens, encrypts credentials. Keep it with the backups.",
    )
    previous_secret_keys: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Earlier secret keys, separated by commas: what they encrypted still opens."
    )
    public_url: str = Field(
        "http://localhost:3000",
        description="Where people reach Parley, scheme and host; https turns secure cookies on.",
    )
    bind: str = Field(
        "0.0.0.0:3000",
        description="Where the web listens: address:port, several separated by commas.",
    )
    web_processes: int = Field(
        2, ge=1, le=64, description="How many processes answer the web; one holds about 5,000 open sockets."
    )
    trusted_proxies: int = Field(
        0, ge=0, le=10, description="How many proxies in front set X-Forwarded-For, -Proto and -Host."
    )
    data_dir: str = Field("var", description="Files, kept mails and the embedded databases live here.")
    database_url: str = Field(
        "", description="PostgreSQL 15 or newer, as the owner of the database: postgresql://user:password@host/name."
    )
    database_login_url: str = Field(
        "",
        description="The login the application itself uses; empty: made by `migrate` and derived from the secret key.",
    )
    database_role_prefix: str = Field(
        "parley", pattern=r"^[a-z][a-z0-9_]{0,30}$", description="Begins the names of the database roles Parley makes."
    )
    database_pool_size: int = Field(8, ge=1, le=100, description="Database connections a process may hold.")
    redis_url: str = Field("redis://localhost:6379/0", description="Redis 6.2 or newer.")
    chroma_url: str = Field("http://localhost:8000", description="Chroma, for what Captain looks up.")
    storage_url: str = Field(
        "", description="Empty: files under the data directory. Else s3://key:secret@host:port/bucket?region=…&tls=1."
    )
    max_upload_mb: int = Field(40, ge=1, le=2048, description="The largest file that is taken, in MB.")
    smtp_url: str = Field(
        "",
        description="smtp://, smtp+starttls:// or smtps://user:password@host:port; empty: mails are kept in the data directory.",
    )
    mail_from: str = Field("Parley <parley@localhost>", description="The sender of Parley's own mails.")
    inbound_mail_domain: str = Field(
        "",
        description="The domain whose mails Parley receives: visitors answer by mail to reply+…@ it; empty: they cannot.",
    )
    session_days: int = Field(30, ge=1, le=365, description="How long “remember me” lasts, in days.")
    visitor_days: int = Field(180, ge=1, le=730, description="How long a website visitor is remembered, in days.")
    lease_seconds: float = Field(
        60.0, ge=0.5, le=3600, description="How long a worker holds a piece of work before another may take it."
    )
    drain_seconds: float = Field(
        60.0, ge=0.5, le=3600, description="How long one wake-up works before it wakes the next."
    )
    private_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Hosts in private networks that webhooks and fetches may reach, separated by commas.",
    )
    google_client_id: str = Field(
        "", description="Of the Google Cloud project that mailboxes at Google are connected by."
    )
    google_client_secret: str = Field("", description="Goes with GOOGLE_CLIENT_ID.")
    google_accounts_url: str = Field("https://accounts.google.com", description="Where people consent, at Google.")
    google_token_url: str = Field(
        "https://oauth2.googleapis.com", description="Where consent becomes tokens, at Google."
    )
    google_mail_hosts: str = Field(
        "imap.gmail.com:993 smtp.gmail.com:587", description="Google's IMAP and SMTP servers, host:port each."
    )
    microsoft_client_id: str = Field(
        "", description="Of the Entra application that mailboxes at Microsoft are connected by."
    )
    microsoft_client_secret: str = Field("", description="Goes with MICROSOFT_CLIENT_ID.")
    microsoft_login_url: str = Field(
        "https://login.microsoftonline.com/common",
        description="Where people consent, at Microsoft; ends with the tenant, or `common` for any.",
    )
    microsoft_mail_hosts: str = Field(
        "outlook.office365.com:993 smtp.office365.com:587",
        description="Microsoft's IMAP and SMTP servers, host:port each; sovereign clouds have others.",
    )
    meta_app_id: str = Field(
        "", description="Of the Meta app that WhatsApp, Messenger and Instagram (by Facebook) are connected by."
    )
    meta_app_secret: str = Field("", description="Goes with META_APP_ID; proves what Meta posts to us.")
    meta_signup_config_id: str = Field(
        "", description="Of the embedded sign-up (Facebook Login for Business) for WhatsApp."
    )
    instagram_app_id: str = Field(
        "", description="Of the Instagram app of the same Meta app, for Instagram's own login."
    )
    instagram_app_secret: str = Field("", description="Goes with INSTAGRAM_APP_ID.")
    tiktok_app_id: str = Field("", description="Of the TikTok for Business app that TikTok is connected by.")
    tiktok_app_secret: str = Field("", description="Goes with TIKTOK_APP_ID; proves what TikTok posts to us.")
    x_client_id: str = Field("", description="OAuth 2 client of the X app that X is connected by.")
    x_client_secret: str = Field("", description="Goes with X_CLIENT_ID.")
    x_consumer_key: str = Field("", description="API key of the X app; webhooks are registered with it.")
    x_consumer_secret: str = Field("", description="Goes with X_CONSUMER_KEY; proves what X posts to us.")
    provider_urls: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description="Where providers are when not at their own place, as in telegram=http://10.0.0.5:8081, separated by commas.",
    )
    sns_url: str = Field(
        "", description="A stand-in for Amazon SNS, whose own hosts are known; empty wherever mail comes by SES itself."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is written to the log."
    )

    @field_validator("provider_urls", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.strip().partition("=") for part in value.split(",") if part.strip()]
        if any(not (name and urlsplit(url).scheme in ("http", "https")) for name, _, url in pairs):
            raise ValueError("give name=address pairs, separated by commas")
        return {name: url.rstrip("/") for name, _, url in pairs}

    @field_validator("private_hosts", "previous_secret_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be a scheme and a host, as in https://desk.example.com")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("postgresql", "postgres", "postgresql+psycopg2"):
            raise ValueError("must be set, and begin with postgresql://")
        return value.replace("postgres://", "postgresql://", 1) if value.startswith("postgres://") else value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("smtp", "smtps", "smtp+starttls") or not urlsplit(value).hostname):
            raise ValueError("must be smtp://, smtp+starttls:// or smtps:// and a host")
        return value

    @field_validator("google_mail_hosts", "microsoft_mail_hosts")
    @classmethod
    def _two_places(cls, value: str) -> str:
        places = [word.rpartition(":") for word in value.split()]
        if len(places) != 2 or not all(host and port.isdecimal() for host, _, port in places):
            raise ValueError("must be two of host:port, for IMAP and for SMTP")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long(cls, value: str) -> str:
        if len(value) < 32:
            raise ValueError("must have at least 32 characters; `openssl rand -hex 32` makes one")
        return value

    @cached_property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https://")

    @cached_property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1024 * 1024


def load_settings(**given: object) -> Settings:
    """Settings from the environment, with `given` values before it. Raises SettingsError with every problem."""
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks what is given
    except ValidationError as error:
        raise SettingsError([_problem(dict(e)) for e in error.errors()]) from None


def chosen() -> dict[str, str]:
    """The settings that somebody gave a value, in the environment or in `.env`: the rest may be filled in for them."""
    values = {**dotenv_values(".env"), **os.environ}
    return {name: value for name in Settings.model_fields if (value := values.get(name.upper()))}


def environment_with(given: Mapping[str, str]) -> dict[str, str]:
    """Our environment with `given` settings before its own: for a program that is to read them as its settings."""
    return {**os.environ, **{name.upper(): value for name, value in given.items()}}


def _problem(error: dict[str, object]) -> str:
    name = ".".join(str(part) for part in cast("tuple[object, ...]", error["loc"])).upper()
    words = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {words}" if name else words


def settings() -> Settings:
    """The settings of the current application."""
    return cast("Settings", current_app.config["PARLEY"])
