"""Who somebody is on WhatsApp: their number or their id, their own name, and their username."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.channels.incoming import Person
from app.channels.whatsapp.numbers import canonical, phone_number
from app.channels.whatsapp.shape import mapped, worded


def person(item: Mapping[str, Any], contact: Mapping[str, Any]) -> Person:
    """`item` has `from` or, of somebody who shows no number, `from_user_id`; `contact` is what Meta tells of them."""
    said = worded(item.get("from")) or worded(item.get("from_user_id"))
    profile = mapped(contact.get("profile"))
    username = worded(profile.get("username"))
    user_id = worded(item.get("from_user_id")) or worded(contact.get("user_id"))
    told = {"whatsapp_username": username, "whatsapp_user_id": user_id}
    return Person(
        canonical(said),
        name=(worded(profile.get("name")) or username).strip()[:255],
        phone_number=phone_number(said),
        attributes={name: value[:255] for name, value in told.items() if value},
    )
