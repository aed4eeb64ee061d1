"""The line of a phone number as the tests connect it."""

from __future__ import annotations

from app.channels.base import Line
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, LANDLINE

CREDENTIALS = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}
SETTINGS = {"phone_number": LANDLINE}


def a_line(**settings: object) -> Line:
    return Line(LANDLINE, "token", "Fernway", CREDENTIALS, {**SETTINGS, **settings})
