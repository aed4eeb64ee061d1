"""Has X tell us of a profile: the app's webhook, and the profile's subscription to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.channels.standing import NotConnected
from app.channels.x.access import XCredentials, app_only
from app.channels.x.api import Auth, XError, asked
from app.channels.x.letters import sealed, unsealed
from app.errors import NotAllowed
from app.lib.loose import a_dict, a_list, a_text

FIELD = "consumer_key"
# What an app is told that has no right to X's older API for events, or when that is gone.
NOT_THERE = (403, 404, 410)
# Of X's newer API for events, each by itself; the older one subscribes to all at once.
EVENTS = ("dm.received", "dm.sent", "dm.read", "post.mention.create", "post.create", "post.delete", "chat.received")
# Without these there is nothing to hear; the others are good to have.
NEEDED = EVENTS[:2]


def begin(known: XCredentials, user_id: str, home: str) -> str:
    """Register the webhook at `home` and subscribe the profile; returns the webhook's id. Raises NotConnected, Unreachable."""
    app = app_only(known.app)
    webhook = registered(app, known, home)
    if webhook is None:
        place = f"{home}/{sealed(known.consumer_secret)}" if known.consumer_secret else home
        webhook = a_dict(asked("POST", "/2/webhooks", FIELD, app, json={"url": place}).get("data"))
    elif webhook.get("valid") is not True:
        asked("PUT", f"/2/webhooks/{a_text(webhook.get('id'))}", FIELD, app)
    webhook_id = a_text(webhook.get("id"))
    if not webhook_id:
        raise NotConnected({FIELD: "X registered no webhook."})
    _subscribe(webhook_id, known.user, user_id)
    return webhook_id


def registered(app: Auth, known: XCredentials, home: str) -> Mapping[str, Any] | None:
    """The app's webhook that is ours: an own app's has the app's secret in its address. Raises NotConnected, Unreachable."""
    for webhook in map(a_dict, a_list(asked("GET", "/2/webhooks", FIELD, app).get("data"))):
        place = a_text(webhook.get("url"))
        if place == home and not known.consumer_secret:
            return webhook
        if place.startswith(f"{home}/") and known.consumer_secret and _holds(place, home, known.consumer_secret):
            return webhook
    return None


def is_subscribed(webhook_id: str, user: Auth) -> bool:
    """Raises NotConnected when the profile's access is over, and Unreachable."""
    try:
        told = asked("GET", f"/2/account_activity/webhooks/{webhook_id}/subscriptions/all", "access_token", user)
    except NotConnected as refused:
        if isinstance(refused.__cause__, XError) and refused.__cause__.status in NOT_THERE:
            # With X's newer API for events there is no such question.
            return True
        raise
    return a_dict(told.get("data")).get("subscribed") is True


def end(known: XCredentials, user_id: str, home: str) -> None:
    """The profile only: others of the same app are heard by the same webhook. Raises NotConnected, Unreachable."""
    app = app_only(known.app)
    if webhook := registered(app, known, home):
        place = f"/2/account_activity/webhooks/{a_text(webhook.get('id'))}/subscriptions/{user_id}/all"
        asked("DELETE", place, FIELD, app)


def _subscribe(webhook_id: str, user: Auth, user_id: str) -> None:
    try:
        asked("POST", f"/2/account_activity/webhooks/{webhook_id}/subscriptions/all", FIELD, user)
    except NotConnected as refused:
        error = refused.__cause__
        if not isinstance(error, XError):
            raise
        if "duplicatesubscription" in error.told.replace(" ", ""):
            return
        if error.status not in NOT_THERE:
            raise
        # The app may have X's newer API for events only.
        _subscribe_to_each(webhook_id, user, user_id, refused)


def _subscribe_to_each(webhook_id: str, user: Auth, user_id: str, refused: NotConnected) -> None:
    for event in EVENTS:
        body = {"event_type": event, "filter": {"user_id": user_id}, "tag": "parley", "webhook_id": webhook_id}
        try:
            asked("POST", "/2/activity/subscriptions", FIELD, user, json=body)
        except NotConnected as again:
            error = again.__cause__
            if isinstance(error, XError) and "duplicate" in error.told:
                continue
            if event in NEEDED:
                raise refused from None


def _holds(place: str, home: str, secret: str) -> bool:
    try:
        return unsealed(place.removeprefix(f"{home}/")) == secret
    except NotAllowed:
        return False
