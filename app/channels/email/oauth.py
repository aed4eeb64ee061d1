"""Mailboxes at Google and Microsoft: consent instead of a password, and tokens that are renewed before they end."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from app.channels.email.way import Denied, words_of
from app.channels.standing import Unreachable
from app.config import settings
from app.lib import http
from app.lib.http import HttpFailed

Name = Literal["google", "microsoft"]
# Renewed while there is time to try again before it ends.
RENEW_BEFORE_SECONDS = 15 * 60


@dataclass(frozen=True)
class Provider:
    """`imap` and `smtp` are host and port of the servers that take its tokens."""

    name: Name
    label: str
    client_id: str
    client_secret: str = field(repr=False)
    authorize_url: str
    token_url: str
    scope: str
    imap: tuple[str, int]
    smtp: tuple[str, int]
    extra: Mapping[str, str]

    @property
    def is_set_up(self) -> bool:
        return bool(self.client_id and self.client_secret)


@dataclass(frozen=True)
class Tokens:
    """`expires_at` is in seconds since 1970; `email` is who consented, where the provider says so."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: float
    email: str = ""


def provider(name: str) -> Provider | None:
    """Google or Microsoft, as the settings have it."""
    known = settings()
    if name == "google":
        imap, smtp = _hosts(known.google_mail_hosts)
        return Provider(
            "google",
            "Google",
            known.google_client_id,
            known.google_client_secret,
            f"{known.google_accounts_url}/o/oauth2/v2/auth",
            f"{known.google_token_url}/token",
            "https://mail.google.com/ openid email",
            imap,
            smtp,
            # Without these no refresh token is given to somebody who consented before.
            {"access_type": "offline", "prompt": "consent"},
        )
    if name == "microsoft":
        imap, smtp = _hosts(known.microsoft_mail_hosts)
        return Provider(
            "microsoft",
            "Microsoft",
            known.microsoft_client_id,
            known.microsoft_client_secret,
            f"{known.microsoft_login_url}/oauth2/v2.0/authorize",
            f"{known.microsoft_login_url}/oauth2/v2.0/token",
            "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send"
            " offline_access openid email profile",
            imap,
            smtp,
            {"prompt": "select_account"},
        )
    return None


def consent_url(asked: Provider, *, redirect_uri: str, state: str, verifier: str, email: str = "") -> str:
    """Where the person is sent to consent; `verifier` is kept by us until they return (RFC 7636)."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    fields = {
        "client_id": asked.client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": asked.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **asked.extra,
        **({"login_hint": email} if email else {}),
    }
    return f"{asked.authorize_url}?{urlencode(fields)}"


def exchanged(asked: Provider, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Tokens for the code that consent gave. Raises Denied in the provider's words, and Unreachable."""
    tokens = _tokens(
        asked,
        {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": redirect_uri},
    )
    if not tokens.refresh:
        raise Denied(f"{asked.label} gave no lasting access. Take Parley's access away there, and connect again.")
    return tokens


def renewed(asked: Provider, refresh: str) -> Tokens:
    """New tokens; the old refresh token stays where the provider gives no new one. Raises Denied, Unreachable."""
    return _tokens(asked, {"grant_type": "refresh_token", "refresh_token": refresh}, refresh=refresh)


def _tokens(asked: Provider, grant: Mapping[str, str], *, refresh: str = "") -> Tokens:
    client = {"client_id": asked.client_id, "client_secret": asked.client_secret}
    try:
        # The address is the settings', not a customer's: it may be in a network of our own.
        answer = http.post(asked.token_url, data={**client, **grant}, timeout=15, allow_private=True)
        given = answer.json()
    except HttpFailed as failed:
        raise _refusal(asked, failed) from failed
    access = given.get("access_token") if isinstance(given, dict) else None
    if not isinstance(access, str) or not access:
        raise Unreachable(f"{asked.label} answered without a token.")
    lasts = given.get("expires_in")
    seconds = float(lasts) if isinstance(lasts, int | float | str) and str(lasts).isdecimal() else 3600.0
    return Tokens(access, str(given.get("refresh_token") or refresh), time.time() + seconds, _email(given))


def _refusal(asked: Provider, failed: HttpFailed) -> Denied | Unreachable:
    """RFC 6749 §5.2: `error` is a word, `error_description` is for people."""
    try:
        told = json.loads(failed.body)
        code, words = str(told["error"]), words_of(told.get("error_description") or told["error"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return Unreachable(f"{asked.label}: {failed.reason}")
    is_for_now = failed.status >= 500 or failed.status == 429 or code in ("temporarily_unavailable", "server_error")
    said = f"{asked.label} says: {words}"
    return Unreachable(said) if is_for_now else Denied(said)


def _email(given: Mapping[str, Any]) -> str:
    """Who consented, from the ID token. It came to us straight from the provider over TLS, which vouches for it
    (OpenID Connect Core §3.1.3.7).
    """
    try:
        payload = str(given["id_token"]).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims.get("email") or claims.get("preferred_username") or "").strip().lower()
    except (KeyError, IndexError, ValueError, binascii.Error, AttributeError, RecursionError):
        return ""


def _hosts(words: str) -> tuple[tuple[str, int], tuple[str, int]]:
    imap, smtp = (_place(word) for word in words.split())
    return imap, smtp


def _place(word: str) -> tuple[str, int]:
    host, _, port = word.rpartition(":")
    return host, int(port)
