"""Bandwidth's API: its credentials, its tokens, and the words of its refusals."""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Unpack
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.channels.outgoing import DeliveryFailed
from app.channels.provider import MEDIA_SECONDS, Provider
from app.channels.standing import NotConnected, Unreachable
from app.errors import Invalid
from app.lib import address, crypto
from app.lib.http import Answer, HttpFailed, Options

MESSAGING = Provider("bandwidth", "https://messaging.bandwidth.com/api/v2")
ACCOUNTS = Provider("bandwidth_api", "https://api.bandwidth.com")
TOKEN_PATH = "/api/v1/oauth2/token"  # noqa: S105  # a place, no secret
SECONDS = 15.0
MOST_PAGES = 50
# A token is used no longer than this before its end.
SPARE_SECONDS = 60.0
# How long somebody is taken for an API user of old, whose name and password go along with each call.
OLD_SECONDS = 600.0

_authorizations: dict[str, tuple[float, str]] = {}


def _number(typed: str) -> str:
    try:
        return address.phone(typed)
    except Invalid as invalid:
        raise ValueError(invalid.fields["phone_number"]) from None


class BandwidthCredentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    account_id: str = Field(
        min_length=1,
        max_length=64,
        title="Account ID",
        description="At the top of the Bandwidth App, beside the account’s name: a number.",
        examples=["9900000"],
    )
    client_id: str = Field(
        min_length=1,
        max_length=200,
        title="Client ID",
        description="Of an API credential with the role Messaging: Account, API Credentials, Create.",
        examples=["CLI-…"],
    )
    client_secret: str = Field(
        min_length=1,
        max_length=400,
        title="Client secret",
        description="Shown once, when the API credential is made.",
        json_schema_extra={"secret": True},
    )


class BandwidthSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    phone_number: Annotated[str, AfterValidator(_number)] = Field(
        min_length=1,
        max_length=40,
        title="Phone number",
        description="A number of the account that messaging is enabled for, with its country code.",
        examples=["+19195551234"],
    )
    application_id: str = Field(
        min_length=1,
        max_length=64,
        title="Application ID",
        description="Of the messaging application whose location holds the number: Applications, Messaging.",
        examples=["93de2206-9669-4e07-948d-329f4b722ee2"],
    )


class BandwidthError(DeliveryFailed):
    """What Bandwidth refused, in its words; `status` is HTTP's, 0 without an answer."""

    def __init__(self, failed: HttpFailed) -> None:
        told = _json(failed.body)
        self.status = failed.status
        words = [str(told.get("description") or told.get("message") or "")]
        fields = told.get("fieldErrors")
        words += [
            _field_words(each) for each in (fields if isinstance(fields, list) else []) if isinstance(each, Mapping)
        ]
        said = " ".join(" ".join(filter(None, words)).split())
        super().__init__(
            said or failed.reason,
            permanent=failed.permanent,
            retry_after=failed.retry_after,
            # https://dev.bandwidth.com/docs/messaging/errors: what is answered with 4xx or 5xx is not sent.
            is_unsure=failed.is_unsure,
        )

    @property
    def is_about_credentials(self) -> bool:
        return self.status in (401, 403)


@dataclass(frozen=True)
class Account:
    """Calls Bandwidth's API for one account. Everything raises BandwidthError."""

    credentials: BandwidthCredentials

    @property
    def home(self) -> str:
        return f"/users/{quote(self.credentials.account_id, safe='')}"

    @property
    def authorization(self) -> dict[str, str]:
        """The header of calls: a token for an hour, or the name and password of an API user of old."""
        held = self.credentials
        key = crypto.digest(f"{held.client_id} {held.client_secret} {ACCOUNTS.url}")
        until, known = _authorizations.get(key, (0.0, ""))
        if time.monotonic() >= until:
            until, known = self._authorized()
            _authorizations[key] = (until, known)
        return {"authorization": known}

    def forget(self) -> None:
        """The token was refused: the next call asks for another."""
        held = self.credentials
        _authorizations.pop(crypto.digest(f"{held.client_id} {held.client_secret} {ACCOUNTS.url}"), None)

    def call(self, provider: Provider, method: str, path: str, **options: Unpack[Options]) -> Answer:
        given = options.get("headers", {})
        options.setdefault("timeout", SECONDS)
        for last in (False, True):
            options["headers"] = {**self.authorization, **given}
            try:
                return provider.request(method, path, **options)
            except HttpFailed as failed:
                if failed.status != 401 or last:
                    raise BandwidthError(failed) from None
                self.forget()
        raise AssertionError("it has returned or raised")

    def json(self, method: str, path: str, **options: Unpack[Options]) -> dict[str, Any]:
        """Of the messaging API: `path` follows /users/{account}."""
        return _json(self.call(MESSAGING, method, f"{self.home}{path}", **options).body)

    def bring(self, url: str, into: BinaryIO, limit_bytes: int) -> str:
        """Write what is at `url` into a file; returns its type. Raises DeliveryFailed. Our token goes to Bandwidth alone."""
        if not url.startswith(f"{MESSAGING.url}/"):
            return MESSAGING.bring(url, into, limit_bytes)
        path = url.removeprefix(MESSAGING.url)
        answer = self.call(MESSAGING, "GET", path, into=into, max_bytes=limit_bytes, timeout=MEDIA_SECONDS)
        return answer.headers.get("content-type", "")

    def messages(self, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """What Bandwidth knows of messages: not their texts, which it does not keep."""
        query = dict(params)
        for _ in range(MOST_PAGES):
            page = self.json("GET", "/messages", params=query)
            rows, info = page.get("messages"), page.get("pageInfo")
            yield from (row for row in (rows if isinstance(rows, list) else []) if isinstance(row, Mapping))
            token = info.get("nextPageToken") if isinstance(info, Mapping) else None
            if not token:
                return
            query["pageToken"] = str(token)

    def _authorized(self) -> tuple[float, str]:
        """Until when, and the header. https://dev.bandwidth.com/docs/account/credentials/management"""
        held, now = self.credentials, time.monotonic()
        basic = f"Basic {b64encode(f'{held.client_id}:{held.client_secret}'.encode('utf-8', 'replace')).decode()}"
        try:
            answer = ACCOUNTS.post(
                TOKEN_PATH, data={"grant_type": "client_credentials"}, headers={"authorization": basic}, timeout=SECONDS
            )
        except HttpFailed as failed:
            if failed.status not in (400, 401, 403):
                raise BandwidthError(failed) from None
            return now + OLD_SECONDS, basic
        told = _json(answer.body)
        seconds = told.get("expires_in")
        lasts = float(seconds) if isinstance(seconds, int | float) else 0.0
        return now + max(lasts - SPARE_SECONDS, 0.0), f"Bearer {told.get('access_token', '')}"


def not_connected(refused: BandwidthError, field: str) -> NotConnected | Unreachable:
    if not refused.permanent:
        return Unreachable(refused.reason)
    return NotConnected({"client_secret" if refused.is_about_credentials else field: refused.reason})


# https://dev.bandwidth.com/docs/messaging/errors, in our words.
EXPLAINED = {
    4302: "The sender is not a number that can send.",
    4303: "This is not a number that can be written to.",
    4350: "This is not a number that can be written to.",
    4360: "It could not be sent while it was still valid.",
    4403: "The number does not belong to the account, or messaging is not enabled for it.",
    4404: "This number takes no text messages.",
    4405: "The sender is not enabled for messaging.",
    4406: "This number does not exist.",
    4407: "The number does not belong to the account, or to the application’s location.",
    4409: "Their phone or carrier takes no MMS.",
    4410: "Bandwidth could not fetch the file from us.",
    4411: "The files are larger than MMS takes.",
    4412: "The file is of a kind that MMS does not take.",
    4432: "Messages to this country are not enabled in the account.",
    4433: "Toll-free numbers are not enabled in the account.",
    4452: "The application does not belong to the account.",
    4470: "Bandwidth filtered the message as unwanted.",
    4481: "The sender is blocked because of earlier messages.",
    4482: "This number is blocked from being written to.",
    4493: "The sender may not send from this account.",
    4700: "Their carrier takes no such messages.",
    4701: "The phone cannot be reached.",
    4702: "The phone is off, out of range, or full.",
    4711: "The files are larger than their carrier takes.",
    4712: "The file is of a kind that their carrier does not take.",
    4720: "The number is not valid, is a landline, or has blocked such senders.",
    4721: "The number is not in service any more.",
    4730: "There is no way to their carrier.",
    4740: "Their carrier does not accept the sender.",
    4750: "Their carrier refused it and gave no reason.",
    4751: "The message is longer than their carrier takes.",
    4770: "Their carrier filtered the message as unwanted.",
    4771: "Carriers refuse shortened links: write the whole address.",
    4772: "The sender or the recipient is blocked.",
    4773: "The number’s campaign is not active (10DLC).",
    4774: "The number is not registered as it should be (10DLC).",
    4775: "They have opted out with STOP, and can be written to again when they send START.",
    4780: "The brand is over its daily limit at T-Mobile.",
    4781: "The campaign is over its rate at AT&T.",
    4785: "Too many messages were sent: their carrier asks for patience.",
    4795: "The toll-free number is not verified.",
}
_CODE = re.compile(r"\(error (\d{4})\)")


def words_of(code: Any, said: Any) -> str:
    """A refusal in Bandwidth's words, with its code."""
    words = str(said or "").strip() or "Bandwidth gave no reason."
    number = str(code or "")
    return f"{words.rstrip('.')} (error {number})" if number.isdecimal() and number != "0" else words


def explanation(reason: str) -> str:
    found = _CODE.search(reason)
    return EXPLAINED.get(int(found[1]), "") if found else ""


def _field_words(error: Mapping[str, Any]) -> str:
    return f"{error.get('fieldName', '')}: {error.get('description', '')}".strip(": ")


def _json(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
