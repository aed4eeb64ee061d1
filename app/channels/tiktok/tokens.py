"""The access to a TikTok account: a token for a day, and one for a year that renews it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.channels.standing import NotConnected
from app.channels.tiktok.api import asked
from app.config import settings
from app.lib import crypto

SECRET: JsonDict = {"secret": True}
SCOPES = (
    "user.info.basic",
    "user.info.username",
    "user.info.profile",
    "message.list.read",
    "message.list.send",
    "message.list.manage",
)
NEEDED = {scope for scope in SCOPES if scope.startswith("message.")}
# Renewed while a fault of some hours still leaves time to try again.
RENEW_BEFORE_SECONDS = 8 * 3600
DAY, YEAR = 24 * 3600, 365 * 24 * 3600


class TikTokCredentials(BaseModel):
    """An account's access, and the app it was given to: this installation's, or one of the account's own."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    app_id: str = Field(
        "",
        max_length=100,
        title="App ID",
        description="In TikTok’s API for Business portal: My Apps, your app, Basic information.",
        examples=["7412345678901234567"],
    )
    app_secret: str = Field(
        "",
        max_length=200,
        title="App secret",
        description="Beside the App ID. It proves what TikTok posts to us.",
        json_schema_extra=SECRET,
    )
    refresh_token: str = Field(
        "",
        max_length=500,
        title="Refresh token",
        description="What your app got when the account’s owner consented: refresh_token of /tt_user/oauth2/token/.",
        json_schema_extra=SECRET,
    )
    access_token: str = Field("", json_schema_extra=SECRET)
    access_of: str = Field("", json_schema_extra=SECRET)
    """Which refresh token the access belongs to: when another is typed, it is fetched anew."""
    expires_at: float = 0.0
    refresh_expires_at: float = 0.0

    @property
    def app(self) -> tuple[str, str]:
        """Id and secret of the app that is used."""
        if self.app_id or self.app_secret:
            return self.app_id, self.app_secret
        return settings().tiktok_app_id, settings().tiktok_app_secret

    @property
    def is_current(self) -> bool:
        """Whether the access token belongs to the refresh token and lasts a while."""
        is_of_it = self.access_of == crypto.digest(self.refresh_token)
        return bool(self.access_token) and is_of_it and time.time() < self.expires_at - RENEW_BEFORE_SECONDS


def exchanged(code: str, redirect_uri: str, *, app: tuple[str, str]) -> dict[str, Any]:
    """What TikTok gives for the code of a consent. Raises NotConnected, Unreachable."""
    grant = {"grant_type": "authorization_code", "auth_code": code, "redirect_uri": redirect_uri}
    return _given("/tt_user/oauth2/token/", grant, app)


def renewed(known: TikTokCredentials) -> dict[str, Any]:
    """New tokens for the refresh token. Raises NotConnected, Unreachable."""
    if not known.refresh_token:
        raise NotConnected({"refresh_token": "There is no refresh token."})
    grant = {"grant_type": "refresh_token", "refresh_token": known.refresh_token}
    return _given("/tt_user/oauth2/refresh_token/", grant, known.app)


def as_credentials(given: Mapping[str, Any], *, before: Mapping[str, Any]) -> dict[str, Any]:
    """`before` with the tokens that TikTok gave."""
    refresh = str(given.get("refresh_token") or before.get("refresh_token") or "")
    return {
        **before,
        "access_token": str(given["access_token"]),
        "refresh_token": refresh,
        "access_of": crypto.digest(refresh),
        "expires_at": time.time() + _seconds(given.get("expires_in"), DAY),
        "refresh_expires_at": time.time() + _seconds(given.get("refresh_token_expires_in"), YEAR),
    }


def missing_scopes(given: Mapping[str, Any]) -> list[str]:
    """The permissions that messages need and the account's owner did not give; none where TikTok does not say."""
    said = given.get("scope")
    if not isinstance(said, str) or not said:
        return []
    return sorted(NEEDED - {scope.strip() for scope in said.replace(" ", ",").split(",")})


def _given(path: str, grant: Mapping[str, str], app: tuple[str, str]) -> dict[str, Any]:
    if not all(app):
        raise NotConnected({"app_id": "Give the id and the secret of your TikTok app."})
    given = asked("POST", path, "refresh_token", json={"client_id": app[0], "client_secret": app[1], **grant})
    if not given.get("access_token") or not given.get("open_id"):
        raise NotConnected({"refresh_token": "TikTok gave no access to an account."})
    if lacking := missing_scopes(given):
        raise NotConnected(
            {"refresh_token": f"The account’s owner has to allow messages, too: {', '.join(lacking)} is missing."}
        )
    return given


def _seconds(value: Any, otherwise: int) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < 10 * YEAR else float(otherwise)
