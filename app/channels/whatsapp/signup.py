"""Meta's embedded sign-up: an administrator lets our app in to their WhatsApp numbers, in Meta's own dialog."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from app.channels.base import Line, NotConnected, Unreachable
from app.channels.meta import GRAPH, VERSION, GraphError, error_of, graph
from app.channels.provider import Provider
from app.channels.whatsapp.shape import listed, mapped, worded
from app.config import settings
from app.lib.http import HttpFailed

DIALOG = Provider(GRAPH.name, "https://www.facebook.com")
MANAGES = "whatsapp_business_management"
MOST_ACCOUNTS = 50
EXTRAS = {"setup": {}, "featureType": "", "sessionInfoVersion": "3"}


class Signup:
    """A `Consent`."""

    label = "Facebook"
    needs = "META_APP_ID, META_APP_SECRET and META_SIGNUP_CONFIG_ID"

    @property
    def is_set_up(self) -> bool:
        known = settings()
        return bool(known.meta_app_id and known.meta_app_secret and known.meta_signup_config_id)

    def url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        asked = {
            "client_id": settings().meta_app_id,
            "config_id": settings().meta_signup_config_id,
            "response_type": "code",
            "override_default_response_type": "true",
            "redirect_uri": redirect_uri,
            "state": state,
            "extras": json.dumps(EXTRAS, separators=(",", ":")),
        }
        return f"{DIALOG.url}/{VERSION}/dialog/oauth?{urlencode(asked)}"

    def lines(self, query: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Sequence[Line]:
        """One for each number of each WhatsApp account they chose."""
        if not query.get("code"):
            words = query.get("error_description") or query.get("error_message") or query.get("error")
            raise NotConnected({"consent": words or "Meta sent nothing along."})
        try:
            token = self._token(query["code"], redirect_uri)
            accounts = self._accounts(token)
            lines = [line for account in accounts for line in _lines(account, token)]
        except GraphError as refused:
            if refused.permanent:
                raise NotConnected({"consent": refused.reason}) from None
            raise Unreachable(refused.reason) from None
        if not lines:
            raise NotConnected(
                {
                    "consent": "No WhatsApp number was shared with Parley. Go through Meta’s dialog again, and choose one."
                }
            )
        return lines

    def _token(self, code: str, redirect_uri: str) -> str:
        known = settings()
        asked = {
            "client_id": known.meta_app_id,
            "client_secret": known.meta_app_secret,
            "redirect_uri": redirect_uri,
            "code": code,
        }
        try:
            told = GRAPH.get(f"/{VERSION}/oauth/access_token", params=asked).json()
        except HttpFailed as failed:
            raise error_of(failed) from None
        token = worded(mapped(told).get("access_token"))
        if not token:
            raise NotConnected({"consent": "Meta gave no access."})
        return token

    def _accounts(self, token: str) -> list[str]:
        """The WhatsApp Business Accounts that the token is for."""
        own = f"{settings().meta_app_id}|{settings().meta_app_secret}"
        told = mapped(graph(GRAPH, "GET", "/debug_token", token=own, params={"input_token": token}).get("data"))
        for scope in map(mapped, listed(told.get("granular_scopes"))):
            if scope.get("scope") == MANAGES:
                return [
                    worded(each) for each in listed(scope.get("target_ids"))[:MOST_ACCOUNTS] if worded(each).isdecimal()
                ]
        return []


def _lines(account: str, token: str) -> list[Line]:
    fields = "id,display_phone_number,verified_name,status,platform_type"
    told = graph(GRAPH, "GET", f"/{account}/phone_numbers", token=token, params={"fields": fields, "limit": "200"})
    return [_line(account, token, mapped(each)) for each in listed(told.get("data")) if worded(mapped(each).get("id"))]


def _line(account: str, token: str, phone: Mapping[str, Any]) -> Line:
    is_new = phone.get("status") != "CONNECTED" or phone.get("platform_type") != "CLOUD_API"
    shown = worded(phone.get("display_phone_number"))
    credentials = {
        "phone_number_id": worded(phone["id"]),
        "business_account_id": account,
        "access_token": token,
        "app_secret": "",
        # A number that is new to the Cloud API is registered with a PIN, which then is its second step.
        "pin": f"{secrets.randbelow(1_000_000):06}" if is_new else "",
    }
    name = worded(phone.get("verified_name")) or shown
    return Line(worded(phone["id"]), name=name, credentials=credentials, settings={"phone_number": shown})
