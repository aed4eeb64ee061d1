"""How an owner of a TikTok business account lets us in: on TikTok's own page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from app.channels.standing import Line, NotConnected
from app.channels.tiktok.api import LOGIN
from app.channels.tiktok.tokens import SCOPES, as_credentials, exchanged
from app.config import settings


class TikTokConsent:
    label = "TikTok"
    needs = "TIKTOK_APP_ID, TIKTOK_APP_SECRET"

    def __init__(self) -> None:
        self.is_set_up = bool(settings().tiktok_app_id and settings().tiktok_app_secret)

    def url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        """TikTok's page for accounts' owners, which knows no PKCE; asked each time, so that another account can be chosen."""
        asked = {
            "client_key": settings().tiktok_app_id,
            "scope": ",".join(SCOPES),
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "state": state,
            "disable_auto_auth": "1",
        }
        return f"{LOGIN.url}/v2/auth/authorize/?{urlencode(asked)}"

    def lines(self, query: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Sequence[Line]:
        if query.get("error"):
            words = query.get("error_description") or query["error"]
            raise NotConnected({"refresh_token": f"TikTok says: {words[:500]}"})
        code = query.get("code") or query.get("auth_code") or ""
        given = exchanged(code, redirect_uri, app=(settings().tiktok_app_id, settings().tiktok_app_secret))
        return [Line(str(given["open_id"]), credentials=as_credentials(given, before={}))]
