"""Who is on the line, as Twilio calls them."""

from __future__ import annotations

from collections.abc import Mapping

from app.channels.incoming import Person
from app.errors import Invalid
from app.lib import address

# https://help.twilio.com/articles/223179988: what stands for a number that is withheld or unknown.
WITHHELD = frozenset(
    {
        "",
        "anonymous",
        "blocked",
        "private",
        "restricted",
        "unavailable",
        "unknown",
        "+266696687",
        "+7378742883",
        "+2562533",
        "+8656696",
        "+86282452253",
    }
)


def source_id_of(form: Mapping[str, str]) -> str:
    """How we call whoever calls; who withholds their number is a stranger each time."""
    number = form.get("From", "").strip()
    if number.lower() in WITHHELD:
        return f"withheld:{form.get('CallSid', '')}"
    return _phone(number) or number


def caller(form: Mapping[str, str]) -> Person:
    source_id = source_id_of(form)
    if source_id.startswith("withheld:"):
        return Person(source_id, name="Number withheld", proof="typed")
    # A carrier's word for whose number it is, where the number's owner pays for it (Caller Name Lookup).
    return Person(source_id, name=form.get("CallerName", "")[:200], phone_number=_phone(source_id))


def called(number: str) -> Person:
    return Person(_phone(number) or number, phone_number=_phone(number))


def _phone(number: str) -> str:
    try:
        return address.phone(number)
    except Invalid:
        return ""
