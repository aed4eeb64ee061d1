"""Brings e-mail addresses and phone numbers into the one form in which they are stored and compared."""

from __future__ import annotations

import unicodedata

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from app.errors import Invalid

_LONGEST_EMAIL = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets

# People do write from such domains: inside a company, and on a developer's machine.
_IN_USE = {"local", "localhost", "test"}
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name not in _IN_USE]


def email(text: str, *, field: str = "email") -> str:
    """The address in lower case and NFC, without a look at the DNS. Raises Invalid for `field` when it is none."""
    try:
        typed = text.strip()[: _LONGEST_EMAIL + 1]
        checked = validate_email(typed, check_deliverability=False, globally_deliverable=False)
    except (EmailNotValidError, ValueError):
        raise Invalid({field: "This is not an e-mail address."}) from None
    if "." not in checked.ascii_domain and checked.ascii_domain != "localhost":
        raise Invalid({field: "This e-mail address lacks the end of its domain, as in .com."})
    return unicodedata.normalize("NFC", checked.normalized.lower())


def phone(text: str, *, region: str | None = None, field: str = "phone_number") -> str:
    """The number in E.164 (`+4930123456`); a national one needs its `region` (ISO 3166: `DE`).

    Raises Invalid for `field` when it is none.
    """
    try:
        number = phonenumbers.parse(text.strip()[:100], region)
    except (phonenumbers.NumberParseException, ValueError):
        raise Invalid({field: "This is not a phone number with its country code, as in +49 30 123456."}) from None
    # Only the length is checked: new ranges are in use years before the library's tables know them.
    if number.extension or not phonenumbers.is_possible_number(number):
        raise Invalid({field: "This phone number does not have the right length for its country."})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
