"""What Twilio's channels share: its signature, its API and the words of its refusals."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Unpack
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from app.channels.incoming import Answer, Knock
from app.channels.outgoing import DeliveryFailed
from app.channels.provider import Provider
from app.channels.standing import NotConnected, Unreachable
from app.channels.twilio_errors import FOR_NOW, explanation, words_of
from app.errors import NotAllowed
from app.lib import crypto
from app.lib.http import HttpFailed, Options

API = Provider("twilio", "https://api.twilio.com")
CONTENT = Provider("twilio_content", "https://content.twilio.com")
MESSAGING = Provider("twilio_messaging", "https://messaging.twilio.com")
VERSION = "/2010-04-01"

SILENCE = Answer('<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")
"""TwiML that says and does nothing."""

MOST_PAGES = 200
SECONDS = 15.0


class TwilioCredentials(BaseModel):
    """An account of Twilio's. The auth token is needed even beside an API key: Twilio signs with it."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    account_sid: str = Field(
        min_length=1,
        max_length=64,
        title="Account SID",
        description="On the front page of the Twilio Console, under Account info. It begins with AC.",
        examples=["ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
    )
    auth_token: str = Field(
        min_length=1,
        max_length=128,
        title="Auth token",
        description="Under the account SID: press Show. Twilio signs with it what it sends to us.",
        json_schema_extra={"secret": True},
    )
    api_key_sid: str = Field(
        "",
        max_length=64,
        title="API key SID",
        description="Optional: a key from Account, API keys & tokens. Calls are then made with it instead of the auth token.",
        examples=["SKxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
        json_schema_extra={"secret": True},
    )
    api_key_secret: str = Field(
        "",
        max_length=128,
        title="API key secret",
        description="Goes with the API key SID. Twilio shows it once, when the key is made.",
        json_schema_extra={"secret": True},
    )


class TwilioError(DeliveryFailed):
    """What Twilio refused: its words and its code (0 where it gave none); `status` is HTTP's, 0 without an answer."""

    def __init__(self, failed: HttpFailed) -> None:
        told = _json(failed.body)
        self.code = _number(told.get("code"))
        self.status = failed.status
        said = told.get("message") if isinstance(told.get("message"), str) else ""
        is_for_now = self.code in FOR_NOW or not failed.permanent
        super().__init__(
            words_of(self.code, said or "") if self.code or said else failed.reason,
            permanent=not is_for_now,
            retry_after=failed.retry_after,
            # What breaks on its side may have been done before; what asks for patience was not.
            is_unsure=failed.is_unsure or failed.status in (500, 502, 504),
        )

    @property
    def is_about_credentials(self) -> bool:
        return self.status in (401, 403) or self.code == 20003


@dataclass(frozen=True)
class Account:
    """Calls Twilio's API for one account. Everything raises TwilioError."""

    credentials: TwilioCredentials

    @property
    def sid(self) -> str:
        return self.credentials.account_sid

    @property
    def authorization(self) -> dict[str, str]:
        """The header that calls are made with: by the API key where there is one."""
        held = self.credentials
        if held.api_key_sid and held.api_key_secret:
            return basic(held.api_key_sid, held.api_key_secret)
        return basic(held.account_sid, held.auth_token)

    def call(self, provider: Provider, method: str, path: str, **options: Unpack[Options]) -> dict[str, Any]:
        """The answer as JSON; empty where it has none."""
        options["headers"] = {**self.authorization, **options.get("headers", {})}
        options.setdefault("timeout", SECONDS)
        try:
            answer = provider.request(method, path, **options)
            told = answer.json() if answer.body.strip() else {}
        except HttpFailed as failed:
            raise TwilioError(failed) from None
        return told if isinstance(told, dict) else {}

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Of the account's own resources: `path` follows /Accounts/{sid}, as in /Messages.json."""
        return self.call(API, "GET", f"{self.home}{path}", params=params or {})

    def post(self, path: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """As `get`; `data` is a form, in which a list is a name that comes several times."""
        return self.call(API, "POST", f"{self.home}{path}", data=data)

    @property
    def home(self) -> str:
        return f"{VERSION}/Accounts/{segment(self.sid)}"

    def pages(self, provider: Provider, path: str, params: Mapping[str, str], within: str) -> Iterator[dict[str, Any]]:
        """What a list has, page by page: `within` is the name of the list in the answer, as in "messages"."""
        for _ in range(MOST_PAGES):
            page = self.call(provider, "GET", path, params=params)
            rows = page.get(within)
            yield from (row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict))
            following = _next_page(page)
            if not following:
                return
            path, params = following

    def number(self, phone_number: str) -> dict[str, Any] | None:
        """A number that the account holds, as IncomingPhoneNumbers has it; None where it holds none of that form."""
        rows = self.get("/IncomingPhoneNumbers.json", {"PhoneNumber": phone_number}).get("incoming_phone_numbers")
        return next(
            (row for row in rows or [] if isinstance(row, dict) and row.get("phone_number") == phone_number), None
        )

    def check(self) -> dict[str, Any]:
        """The account itself. Raises NotConnected in Twilio's words, for the field they are about; Unreachable."""
        held = self.credentials
        try:
            # By the auth token whatever else there is: it is what Twilio signs with.
            account = self.call(API, "GET", f"{self.home}.json", headers=basic(held.account_sid, held.auth_token))
        except TwilioError as refused:
            raise not_connected(refused, "account_sid" if refused.status == 404 else "auth_token") from None
        if account.get("status") in ("suspended", "closed"):
            raise NotConnected({"account_sid": f"Twilio says that this account is {account['status']}."})
        if bool(held.api_key_sid) != bool(held.api_key_secret):
            missing = "api_key_secret" if held.api_key_sid else "api_key_sid"
            raise NotConnected({missing: "An API key has a SID and a secret: give both, or neither."})
        if held.api_key_sid:
            try:
                self.get("/IncomingPhoneNumbers.json", {"PageSize": "1"})
            except TwilioError as refused:
                raise not_connected(refused, "api_key_secret") from None
        return account


def not_connected(refused: TwilioError, field: str) -> NotConnected | Unreachable:
    """What a refused call means while connecting: the credentials, this field, or that nobody answered."""
    if not refused.permanent:
        return Unreachable(refused.reason)
    words = explanation(refused.reason)
    return NotConnected({field: f"{refused.reason}. {words}" if words else refused.reason})


def verify(knock: Knock, auth_token: str) -> None:
    """Raises NotAllowed unless Twilio signed the knock: https://www.twilio.com/docs/usage/security#validating-requests."""
    given = knock.headers.get("x-twilio-signature", "")
    fields = pairs(knock)
    signed_body = knock.query.get("bodySHA256")
    if signed_body is not None:
        if not crypto.equal(signed_body.lower(), hashlib.sha256(knock.body).hexdigest()):
            raise NotAllowed("The body is not the one that was signed.")
        fields = []
    if not given or not any(crypto.equal(given, signature(url, fields, auth_token)) for url in _spellings(knock.url)):
        raise NotAllowed("The signature does not fit.")


def signature(url: str, fields: list[tuple[str, str]], auth_token: str) -> str:
    """X-Twilio-Signature: of the address, and the names and values of the form, sorted; each pair once."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(_bytes(auth_token), _bytes(signed), hashlib.sha1).digest()).decode()


def pairs(knock: Knock) -> list[tuple[str, str]]:
    """The form of a knock's body; none where it is none."""
    if knock.content_type != "application/x-www-form-urlencoded":
        return []
    try:
        return parse_qsl(knock.body.decode(), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return []


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(_bytes(f'{user}:{password}')).decode()}"}


def segment(value: str) -> str:
    """As one part of a path, whatever is in it."""
    return quote(value, safe="")


def _spellings(url: str) -> list[str]:
    """Twilio signs the address with its port or without, as it likes."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return [url]
    host = parts.netloc.rpartition(":")[0] if port else parts.netloc
    usual = {"https": 443, "http": 80}.get(parts.scheme, 0)
    return [url, parts._replace(netloc=host).geturl(), parts._replace(netloc=f"{host}:{port or usual}").geturl()]


def _next_page(page: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    """Where a list goes on: an own path in the old API, a whole address in the newer ones. Only its path is followed."""
    meta = page.get("meta")
    following = page.get("next_page_uri") or (meta.get("next_page_url") if isinstance(meta, dict) else None)
    if not isinstance(following, str) or not following:
        return None
    parts = urlsplit(following)
    return parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))


def _json(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else 0


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
