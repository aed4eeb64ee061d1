"""Google and Microsoft for the tests: one server that asks nobody, checks what it is sent, and knows its tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

CLIENT_ID = "parley-test"
CLIENT_SECRET = "known to both"


@dataclass
class Granted:
    challenge: str
    redirect_uri: str
    scope: str


@dataclass
class Consent:
    """`email` is who consents; `refuses` answers the token endpoint's next questions, as (status, JSON)."""

    email: str = "hello@fernway.test"
    lasts: int = 3600
    rotates: bool = True
    refuses: tuple[int, dict[str, str]] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, Granted] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    refresh: set[str] = field(default_factory=set)
    url: str = ""

    def start(self) -> None:
        consent = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                consent._authorize(self)

            def do_POST(self) -> None:
                fields = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                if self.path.startswith("/introspect"):
                    _answer(self, 200, consent._introspect(fields))
                else:
                    _answer(self, *consent._token(fields))

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def grant(self) -> tuple[str, str]:
        """An access token and a refresh token, as if somebody had consented."""
        access, refresh = secrets.token_urlsafe(), secrets.token_urlsafe()
        self.access[access] = self.email
        self.refresh.add(refresh)
        return access, refresh

    def revoke(self) -> None:
        """Everything that was granted is taken back."""
        self.access.clear()
        self.refresh.clear()

    def _authorize(self, request: BaseHTTPRequestHandler) -> None:
        given = dict(parse_qsl(urlsplit(request.path).query))
        self.asked.append(given)
        is_right = (
            given.get("client_id") == CLIENT_ID
            and given.get("response_type") == "code"
            and given.get("code_challenge_method") == "S256"
            and len(given.get("code_challenge", "")) == 43
            and bool(given.get("state"))
        )
        if not is_right:
            _answer(request, 400, {"error": "invalid_request"})
            return
        code = secrets.token_urlsafe()
        self.codes[code] = Granted(given["code_challenge"], given["redirect_uri"], given["scope"])
        request.send_response(302)
        request.send_header("Location", f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}")
        request.end_headers()

    def _token(self, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(fields)
        if self.refuses is not None:
            return self.refuses
        if (fields.get("client_id"), fields.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        if fields.get("grant_type") == "refresh_token":
            return self._refreshed(fields)
        granted = self.codes.pop(fields.get("code", ""), None)
        verifier = fields.get("code_verifier", "").encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if granted is None or challenge != granted.challenge or fields.get("redirect_uri") != granted.redirect_uri:
            return 400, {"error": "invalid_grant", "error_description": "Malformed auth code."}
        access, refresh = self.grant()
        claims = base64.urlsafe_b64encode(json.dumps({"email": self.email}).encode()).rstrip(b"=").decode()
        return 200, {**self._said(access), "refresh_token": refresh, "id_token": f"e30.{claims}.c2ln"}

    def _refreshed(self, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        known = fields.get("refresh_token", "")
        if known not in self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        access, refresh = self.grant()
        if not self.rotates:
            self.refresh.discard(refresh)
            return 200, self._said(access)
        self.refresh.discard(known)
        return 200, {**self._said(access), "refresh_token": refresh}

    def _said(self, access: str) -> dict[str, Any]:
        return {"access_token": access, "expires_in": self.lasts, "token_type": "Bearer"}

    def _introspect(self, fields: dict[str, str]) -> dict[str, Any]:
        """As Dovecot asks whether a token is good, and whose (RFC 7662)."""
        email = self.access.get(fields.get("token", ""))
        return {"active": True, "email": email} if email else {"active": False}


def _answer(request: BaseHTTPRequestHandler, status: int, words: dict[str, Any]) -> None:
    body = json.dumps(words).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
