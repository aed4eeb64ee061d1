"""What a customer's page loads first: the script behind the launcher, and how the launcher looks."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request

from app.blueprints.widget.visitor import find_inbox
from app.channels.web_widget import WebsiteSettings
from app.channels.widget_words import direction, words_in
from app.config import settings
from app.lib.assets import Assets

blueprint = Blueprint("loader", __name__)

LAUNCHER_WORDS = ("open", "close", "chat", "unread_one", "unread_many", "dismiss")
# Pages of other sites load these, also those that ask all they load for leave (COEP).
FOR_ANY_SITE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@blueprint.get("/widget/sdk.js")
@blueprint.get("/packs/js/sdk.js", endpoint="packed")
def script() -> Response:
    """The second address is where sites that come from Chatwoot load theirs from."""
    assets = cast("Assets", current_app.extensions["assets"])
    response = assets.serve(assets.version, "widget/sdk.js")
    response.headers.update(FOR_ANY_SITE)
    # Its address never changes: browsers look again after ten minutes, and mostly hear that it is the same.
    response.headers["Cache-Control"] = "public, max-age=600, stale-while-revalidate=86400"
    return response


@blueprint.get("/widget/api/launcher")
def launcher() -> Response:
    """Public facts only: colour, side, words."""
    inbox = find_inbox(request.args.get("website_token", ""))
    look = WebsiteSettings.model_validate(inbox.channel_settings)
    locale = look.speaks(request.args.get("locale") or request.headers.get("Accept-Language"))
    words = words_in(locale)
    response = jsonify(
        color=look.color,
        words_color=look.words,
        position=look.position,
        locale=locale,
        dir=direction(locale),
        days=settings().visitor_days,
        words={key: words[key] for key in LAUNCHER_WORDS},
    )
    response.headers.update({**FOR_ANY_SITE, "Vary": "Accept-Language"})
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
