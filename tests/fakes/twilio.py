"""Twilio on the loopback: one account, its numbers and messages; each product adds its own resources."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from tests.fakes.provider import Asked, ProviderStandIn, Told

ACCOUNT_SID = "AC" + "a1" * 16
AUTH_TOKEN = "the auth token of the tests"
KEY_SID, KEY_SECRET = "SK" + "b2" * 16, "the secret of an API key"
NUMBER = "+15550001111"
"""Sends and receives texts, MMS and calls."""
NUMBER_SID = "PN" + "c3" * 16
LANDLINE = "+4930555000"
"""A number of the account that takes calls only."""

Resource = Callable[[Asked, str], Told | None]
"""Answers what is under the account: the path after /Accounts/{sid}; None for what is not its own."""

_counter = itertools.count(1)


def new_sid(prefix: str) -> str:
    return f"{prefix}{next(_counter):032x}"


def now() -> str:
    """As the old API writes a moment."""
    return format_datetime(datetime.now(UTC))


def refusal(status: int, code: int, message: str) -> Told:
    told = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Told(status, told)


UNKNOWN = refusal(404, 20404, "The requested resource was not found")


@dataclass
class Number:
    """One of IncomingPhoneNumbers; `held` is what has been set on it, by the API's names in capitals."""

    phone_number: str
    sid: str = field(default_factory=lambda: new_sid("PN"))
    sms: bool = True
    mms: bool = True
    voice: bool = True
    held: dict[str, str] = field(default_factory=dict)

    @property
    def resource(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT_SID,
            "friendly_name": self.phone_number,
            "phone_number": self.phone_number,
            "capabilities": {"voice": self.voice, "sms": self.sms, "mms": self.mms, "fax": False},
            "status": "in-use",
            "date_created": now(),
            "date_updated": now(),
            "api_version": "2010-04-01",
            **{_snake(name): value for name, value in self.held.items()},
        }


class Twilio(ProviderStandIn):
    """api.twilio.com. What a product sends is told by its own `is_send`."""

    name = "twilio"

    def __init__(self) -> None:
        super().__init__()
        self.status = "active"
        self.type = "Full"
        self.keys = {ACCOUNT_SID: AUTH_TOKEN, KEY_SID: KEY_SECRET}
        self.numbers = [
            Number(NUMBER, NUMBER_SID),
            Number(LANDLINE, sms=False, mms=False),
        ]
        self.resources: list[Resource] = [self._account, self._numbers]
        self.sends: list[Callable[[Asked], bool]] = []

    def is_send(self, asked: Asked) -> bool:
        return any(is_one(asked) for is_one in self.sends)

    def answer(self, asked: Asked) -> Told:
        if (user := self.user(asked)) is None:
            return refusal(401, 20003, "Authenticate")
        found = re.fullmatch(r"/2010-04-01/Accounts/([^/.]+)(.*)", asked.path)
        if found is None:
            return UNKNOWN
        if found[1] != ACCOUNT_SID:
            return refusal(404, 20404, f"The requested resource {asked.path} was not found")
        if user != ACCOUNT_SID and found[2] == ".json":
            # A standard key may not look at the account itself.
            return refusal(401, 20003, "Authenticate")
        if self.status != "active" and asked.method == "POST":
            return refusal(401, 20003, "Authenticate")
        return next((told for each in self.resources if (told := each(asked, found[2]))), UNKNOWN)

    def user(self, asked: Asked) -> str | None:
        """Who calls, when the password is theirs."""
        scheme, _, given = asked.headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        name, _, password = base64.b64decode(given).decode().partition(":")
        return name if self.keys.get(name) == password else None

    def number(self, phone_number: str) -> Number | None:
        return next((each for each in self.numbers if each.phone_number == phone_number), None)

    def _account(self, asked: Asked, path: str) -> Told | None:
        if path == ".json":
            return Told(body={"sid": ACCOUNT_SID, "friendly_name": "Fernway", "status": self.status, "type": self.type})
        if path == "/Balance.json":
            return Told(body={"account_sid": ACCOUNT_SID, "balance": "12.34", "currency": "USD"})
        return None

    def _numbers(self, asked: Asked, path: str) -> Told | None:
        if path == "/IncomingPhoneNumbers.json" and asked.method == "GET":
            wanted = asked.query.get("PhoneNumber", "")
            rows = [each.resource for each in self.numbers if wanted in each.phone_number]
            return Told(body=page_of("incoming_phone_numbers", rows, asked))
        found = re.fullmatch(r"/IncomingPhoneNumbers/([^/.]+)\.json", path)
        if found is None:
            return None
        number = next((each for each in self.numbers if each.sid == found[1]), None)
        if number is None:
            return UNKNOWN
        if asked.method == "POST":
            number.held |= asked.form
        return Told(body=number.resource)


def posted(url: str, form: dict[str, str], token: str = AUTH_TOKEN) -> dict[str, Any]:
    """A delivery as Flask's client posts it, signed by Twilio's own library."""
    signature = RequestValidator(token).compute_signature(url, form)
    return {
        "data": urlencode(form),
        "content_type": "application/x-www-form-urlencoded; charset=UTF-8",
        "headers": {"X-Twilio-Signature": signature, "I-Twilio-Idempotency-Token": new_sid("")},
    }


def page_of(name: str, rows: list[dict[str, Any]], asked: Asked) -> dict[str, Any]:
    """A page of a list as the old API has it, which says where it goes on."""
    size, number = int(asked.query.get("PageSize", 50)), int(asked.query.get("Page", 0))
    here = rows[number * size : (number + 1) * size]
    more = len(rows) > (number + 1) * size
    rest = "&".join(f"{key}={value}" for key, value in asked.query.items() if key not in ("Page", "PageSize"))
    return {
        name: here,
        "page": number,
        "page_size": size,
        "uri": asked.path,
        "first_page_uri": f"{asked.path}?PageSize={size}&Page=0",
        "previous_page_uri": None,
        "next_page_uri": f"{asked.path}?PageSize={size}&Page={number + 1}&{rest}".replace("+", "%2B").replace(
            ">", "%3E"
        )
        if more
        else None,
        "start": number * size,
        "end": number * size + len(here) - 1,
    }


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
