"""How whoever runs a profile lets us in: on X's own page, by OAuth 2 with PKCE (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from app.channels.standing import Line, NotConnected
from app.channels.x.access import SCOPES, exchanged
from app.channels.x.api import LOGIN, asked
from app.config import settings
from app.lib.loose import a_dict, a_text


class XConsent:
    label = "X"
    needs = "X_CLIENT_ID, X_CLIENT_SECRET, X_CONSUMER_KEY, X_CONSUMER_SECRET"

    def __init__(self) -> None:
        known = settings()
        self.is_set_up = all([known.x_client_id, known.x_client_secret, known.x_consumer_key, known.x_consumer_secret])

    def url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asks = {
            "response_type": "code",
            "client_id": settings().x_client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(SCOPES),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{LOGIN.url}/i/oauth2/authorize?{urlencode(asks)}"

    def lines(self, query: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Sequence[Line]:
        if query.get("error"):
            words = query.get("error_description") or query["error"]
            raise NotConnected({"access_token": f"X says: {words[:500]}"})
        kept = exchanged(query.get("code", ""), redirect_uri=redirect_uri, verifier=verifier)
        token = kept["bearer_token"]
        me = a_dict(
            asked("GET", "/2/users/me", "access_token", lambda method, url, params: f"Bearer {token}").get("data")
        )
        return [Line(a_text(me.get("id")), name=a_text(me.get("name")), credentials=kept)]
