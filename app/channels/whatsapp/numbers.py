"""One number, one person: the forms in which WhatsApp and people write the same number, brought to one."""

from __future__ import annotations

import re

# WhatsApp knows people who came early without the digit their country has put before mobile numbers since, and
# "the extra added prefix of the phone number may be modified by the Cloud API".
_BRAZIL = re.compile(r"55(\d\d)([6-9]\d{7})")
_ARGENTINA = re.compile(r"549(\d{10})")
_MEXICO = re.compile(r"521(\d{10})")


def canonical(said: str) -> str:
    """How we call whoever WhatsApp calls `said`: digits alone, or their id where they show us no number.

    Brazil's mobile numbers have their ninth digit; Argentina's stand without the 9 of calls from abroad, which
    WhatsApp takes, and which land lines do not have; Mexico's without the 1 of old.
    """
    if is_user_id(said):
        return said
    digits = "".join(sign for sign in said if sign.isascii() and sign.isdecimal())
    if found := _BRAZIL.fullmatch(digits):
        return f"55{found[1]}9{found[2]}"
    if found := _ARGENTINA.fullmatch(digits):
        return f"54{found[1]}"
    if found := _MEXICO.fullmatch(digits):
        return f"52{found[1]}"
    return digits


def phone_number(said: str) -> str:
    """Their number as one dials it (E.164); empty where they show us none."""
    if is_user_id(said):
        return ""
    digits = "".join(sign for sign in said if sign.isascii() and sign.isdecimal())
    return f"+{digits if _ARGENTINA.fullmatch(digits) else canonical(digits)}" if digits else ""


def is_user_id(said: str) -> bool:
    """Whether it is a business-scoped user id (`US.13491208655302741918`), by which people without a shown number are called."""
    return bool(re.match(r"[A-Z]{2}\.", said))
