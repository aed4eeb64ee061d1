"""The frame: the widget's page as it stands in a customer's."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from flask import Blueprint, Response, current_app, make_response, render_template, request
from markupsafe import Markup

from app.blueprints.frame import CSP
from app.blueprints.widget.visitor import find_inbox
from app.channels.pre_chat import PreChat
from app.channels.web_widget import WebsiteSettings
from app.channels.widget_words import direction, words_in
from app.config import settings
from app.ledger.transaction import transaction
from app.lib.assets import Assets
from app.models.inbox import Inbox
from app.models.membership import Availability, Membership
from app.realtime import signals
from app.realtime.paths import signed_avatar_path

blueprint = Blueprint("page", __name__)

ICONS = (
    *("alert", "back", "check", "done", "down", "emoji", "external", "file", "home", "mail", "more", "paperclip"),
    *("participating", "plus", "send", "sound", "x"),
)
SYMBOL = re.compile(r'<symbol id="i-([\w-]+)".*?</symbol>', re.DOTALL)
FACES = 3


@blueprint.get("/widget")
def show() -> Response:
    """Answers alike to everyone: who is visiting is known only once the page has handed over their token."""
    inbox = find_inbox(request.args.get("website_token", ""))
    look = WebsiteSettings.model_validate(inbox.channel_settings)
    with transaction(inbox.account_id):
        return answer(inbox, look, team=team_of(inbox.members))


def answer(inbox: Inbox, look: WebsiteSettings, *, team: list[dict[str, Any]], is_preview: bool = False) -> Response:
    """The page as `look` has it; in a preview it stands still."""
    locale = look.speaks(request.args.get("locale") or request.headers.get("Accept-Language"))
    words = words_in(locale)
    style = brand_style(look)
    html = render_template(
        "widget/show.html",
        inbox=inbox,
        look=look,
        locale=locale,
        dir=direction(locale),
        t=words,
        theme=request.args.get("theme"),
        team=team,
        style=style,
        sprite=sprite(),
        is_preview=is_preview,
        pre_chat=PreChat.of(inbox.channel_settings or {}),
        facts=_facts(inbox, look, locale, words, team, is_preview=is_preview),
    )
    response = make_response(html)
    response.headers["Content-Security-Policy"] = policy(style, allowed="'self'" if is_preview else _sites(look))
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "no-store" if is_preview else "private, max-age=60"
    response.headers["Vary"] = "Accept-Language"
    return response


def team_of(members: Sequence[Membership]) -> list[dict[str, Any]]:
    """Who answers, those who are there first; as customers see them."""
    online = signals.online(members[0].account_id) if members else set()
    people = sorted(((_is_there(member, online), member) for member in members), key=lambda pair: not pair[0])
    return [
        {
            "id": member.user_id,
            "name": member.user.available_name,
            "online": is_there,
            "picture": signed_avatar_path(member.user.avatar_key) if member.user.avatar_key else "",
        }
        for is_there, member in people
    ]


def policy(style: str, *, allowed: str) -> str:
    """Only `allowed` sites may frame it, or any when it is empty; the one style of its own is known by its hash."""
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    own = CSP.replace("style-src 'self'", f"style-src 'self' 'sha256-{digest}'")
    framed = own.partition("; frame-ancestors")[0]
    return f"{framed}; frame-ancestors {allowed}" if allowed else framed


def _sites(look: WebsiteSettings) -> str:
    return f"'self' {settings().public_url} {' '.join(look.allowed_domains)}" if look.allowed_domains else ""


def brand_style(look: WebsiteSettings) -> Markup:
    """The account's colour; all of it is checked hex."""
    away = "#000000" if look.words == "#ffffff" else "#ffffff"
    return Markup(":root{{--brand:{};--brand-contrast:{};--brand-away:{};--brand-text:light-dark({},{})}}").format(
        look.color, look.words, away, look.light_text, look.dark_text
    )


def sprite() -> Markup:
    """The few icons the widget draws, out of all there are."""
    assets = cast("Assets", current_app.extensions["assets"])
    return _sprite(assets.asset("vendor/icons.svg").body)


@lru_cache(maxsize=2)
def _sprite(svg: bytes) -> Markup:
    found = {symbol[1]: symbol[0] for symbol in SYMBOL.finditer(svg.decode())}
    return Markup("").join(Markup(found[name]) for name in ICONS)  # noqa: S704  # our own file


def _is_there(member: Membership, online: set[int]) -> bool:
    if member.availability != Availability.ONLINE:
        return False
    return member.user_id in online or not member.auto_offline


def _facts(
    inbox: Inbox,
    look: WebsiteSettings,
    locale: str,
    words: dict[str, str],
    team: list[dict[str, Any]],
    *,
    is_preview: bool,
) -> dict[str, Any]:
    """What the frame's modules need to know."""
    return {
        "websiteToken": inbox.address,
        "name": inbox.name,
        "locale": locale,
        "words": words,
        "features": list(look.features),
        "replyTime": words[look.reply_time],
        "team": team,
        "maxUpload": settings().max_upload_bytes,
        "isPreview": is_preview,
        "isOneTalk": bool(inbox.lock_to_single_conversation),
        "reopens": bool(inbox.allow_messages_after_resolved or inbox.lock_to_single_conversation),
        "preChat": {"fields": _asked(inbox)},
    }


def _asked(inbox: Inbox) -> list[dict[str, Any]]:
    """The fields of the form before the chat, as they are drawn; which of them are left to ask is told with the visit."""
    shown = {"name", "label", "placeholder", "type", "required", "values", "regex_cue"}
    return [each.model_dump(mode="json", include=shown) for each in PreChat.of(inbox.channel_settings or {}).asked()]
