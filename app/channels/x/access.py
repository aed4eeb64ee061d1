"""The access to a profile: four typed keys, or a consent whose tokens are renewed; and the app's own."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.channels.standing import NotConnected
from app.channels.x.api import Auth, asked
from app.channels.x.signing import Keys, authorization
from app.config import settings

SECRET: JsonDict = {"secret": True}
SCOPES = ("dm.read", "dm.write", "tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
# X's access tokens last two hours.
RENEW_BEFORE_SECONDS = 40 * 60


class XCredentials(BaseModel):
    """Keys of an app and of a profile, as X's console shows them; without them there are the tokens of a consent."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    consumer_key: str = Field(
        "",
        max_length=200,
        title="API key",
        description="In X’s developer console: your app, Keys and tokens, Consumer keys.",
        json_schema_extra=SECRET,
    )
    consumer_secret: str = Field(
        "",
        max_length=200,
        title="API key secret",
        description="Beside the API key. It proves what X posts to us.",
        json_schema_extra=SECRET,
    )
    access_token: str = Field(
        "",
        max_length=200,
        title="Access token",
        description="Same page, Authentication tokens: made for the profile, with Read, write and direct messages.",
        json_schema_extra=SECRET,
    )
    access_token_secret: str = Field(
        "",
        max_length=200,
        title="Access token secret",
        description="Beside the access token.",
        json_schema_extra=SECRET,
    )
    bearer_token: str = Field("", json_schema_extra=SECRET)
    """Of a consent; the profile's own."""
    refresh_token: str = Field("", json_schema_extra=SECRET)
    expires_at: float = 0.0

    @property
    def has_keys(self) -> bool:
        return all([self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret])

    @property
    def app(self) -> tuple[str, str]:
        """Key and secret of the app that hears X: the profile's own, or this installation's."""
        if self.consumer_secret:
            return self.consumer_key, self.consumer_secret
        return settings().x_consumer_key, settings().x_consumer_secret

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """What X signs its deliveries with: the app's API key secret, or its OAuth 2 client secret."""
        if self.consumer_secret:
            return (self.consumer_secret,)
        return tuple(filter(None, [settings().x_consumer_secret, settings().x_client_secret]))

    @property
    def user(self) -> Auth:
        """Calls as the profile."""
        if not self.has_keys:
            return lambda method, url, params: f"Bearer {self.bearer_token or 'none'}"
        keys = Keys(self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret)
        return lambda method, url, params: authorization(keys, method, url, params)


def basic(name: str, secret: str) -> Auth:
    pair = base64.b64encode(f"{quote(name, safe='')}:{quote(secret, safe='')}".encode()).decode()
    return lambda method, url, params: f"Basic {pair}"


def app_only(app: tuple[str, str]) -> Auth:
    """Calls as the app itself, which its webhooks ask for. Raises NotConnected, Unreachable."""
    if not all(app):
        raise NotConnected(
            {
                "consumer_key": "X registers webhooks with the app’s API key and secret: X_CONSUMER_KEY, X_CONSUMER_SECRET."
            }
        )
    given = asked("POST", "/oauth2/token", "consumer_key", basic(*app), data={"grant_type": "client_credentials"})
    token = given.get("access_token")
    return lambda method, url, params: f"Bearer {token}"


def exchanged(code: str, *, redirect_uri: str, verifier: str) -> dict[str, Any]:
    """Credentials for the code of a consent. Raises NotConnected, Unreachable."""
    return _granted(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        },
        before={},
    )


def renewed(before: Mapping[str, Any]) -> dict[str, Any]:
    """New tokens; the refresh token is good for once, so that the new one must be kept. Raises NotConnected, Unreachable."""
    refresh = str(before.get("refresh_token") or "")
    return _granted({"grant_type": "refresh_token", "refresh_token": refresh}, before=before)


def _granted(grant: Mapping[str, str], *, before: Mapping[str, Any]) -> dict[str, Any]:
    known = settings()
    client = basic(known.x_client_id, known.x_client_secret)
    body = {"client_id": known.x_client_id, **grant}
    given = asked("POST", "/2/oauth2/token", "access_token", client, data=body)
    if not given.get("access_token"):
        raise NotConnected({"access_token": "X gave no access to a profile."})
    lacking = sorted(set(SCOPES) - set(str(given.get("scope") or " ".join(SCOPES)).split()))
    if lacking:
        raise NotConnected({"access_token": f"The profile has to allow more: {', '.join(lacking)} is missing."})
    lasts = given.get("expires_in")
    return {
        **before,
        "bearer_token": str(given["access_token"]),
        "refresh_token": str(given.get("refresh_token") or before.get("refresh_token") or ""),
        "expires_at": time.time() + (float(lasts) if isinstance(lasts, int | float) and lasts > 0 else 7200.0),
    }
