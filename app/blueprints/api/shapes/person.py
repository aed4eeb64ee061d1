"""A colleague, as others see them and as they see themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g

from app.config import settings
from app.models.membership import Membership
from app.models.token import AccessToken
from app.models.user import User
from app.realtime import signals
from app.realtime.paths import signed_avatar_path


def agent(membership: Membership) -> dict[str, Any]:
    user = membership.user
    picture = photo(user.avatar_key)
    return {
        "id": user.id,
        "account_id": membership.account_id,
        "availability_status": availability(membership),
        "auto_offline": membership.auto_offline,
        "confirmed": user.confirmed_at is not None,
        "email": user.email,
        "provider": "email",
        "available_name": user.available_name,
        "custom_attributes": user.custom_attributes,
        "name": user.name,
        "display_name": user.display_name,
        "role": membership.role,
        "thumbnail": picture,
        "avatar_url": picture,
        "custom_role_id": membership.custom_role_id,
        "type": "user",
    }


def profile(user: User, memberships: Sequence[Membership]) -> dict[str, Any]:
    """Everything about oneself, the token with it; in a system frame."""
    first = memberships[0] if memberships else None
    return {
        "id": user.id,
        "uid": user.email,
        "provider": "email",
        "type": "SuperAdmin" if user.super_admin else None,
        "email": user.email,
        "confirmed": user.confirmed_at is not None,
        "name": user.name,
        "display_name": user.display_name,
        "available_name": user.available_name,
        "avatar_url": photo(user.avatar_key),
        "message_signature": user.message_signature,
        "ui_settings": user.ui_settings,
        "custom_attributes": user.custom_attributes,
        "pubsub_token": "",
        "access_token": AccessToken.of(user).secret,
        "hmac_identifier": "",
        "account_id": first.account_id if first else None,
        "inviter_id": first.inviter_id if first else None,
        "role": first.role if first else None,
        "accounts": [_place(membership) for membership in memberships],
    }


def availability(membership: Membership) -> str:
    """As chosen; whom Parley may call offline by itself must also have a page of the desk open."""
    if membership.auto_offline and membership.user_id not in _online(membership.account_id):
        return "offline"
    return membership.availability


def photo(key: str | None) -> str:
    return settings().public_url + signed_avatar_path(key) if key else ""


def _place(membership: Membership) -> dict[str, Any]:
    return {
        "id": membership.account_id,
        "name": membership.account.name,
        "status": membership.account.status,
        "active_at": membership.active_at.isoformat() if membership.active_at else None,
        "role": membership.role,
        "permissions": [membership.role],
        "availability": membership.availability,
        "availability_status": availability(membership),
        "auto_offline": membership.auto_offline,
        "custom_role_id": membership.custom_role_id,
        "custom_role": None,
    }


def _online(account_id: int) -> set[int]:
    """Asked of Redis once for a request."""
    known: dict[int, set[int]] = g.setdefault("people_online", {})
    if account_id not in known:
        known[account_id] = signals.online(account_id)
    return known[account_id]
