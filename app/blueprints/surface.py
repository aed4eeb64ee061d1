"""What every template may use: addresses of files, faces, times, text; and who is looking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, g
from htmx_flask import Htmx

from app.config import Settings
from app.lib import excerpt, markup, text
from app.lib.assets import Assets
from app.lib.squeeze import squeeze
from app.realtime import paths
from app.realtime.call_shown import call_of
from app.realtime.explained import explained
from app.realtime.in_short import in_short
from app.realtime.mail_shown import mail_of
from app.realtime.rich import SHARES, STORIES, host_of, is_sticker, pressable, rich_of


def install(app: Flask, settings: Settings) -> None:
    root = Path(app.root_path)
    assets = Assets(
        {"": root / "static", "widget/": root.parent / "widget"}, watch=settings.environment == "development"
    )
    assets.register(app)
    app.after_request(squeeze)
    Htmx(app)
    app.jinja_env.template_class = markup.SharedTemplate
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        **markup.GLOBALS,
        attachment_path=paths.attachment_path,
        thumbnail_path=paths.thumbnail_path,
        avatar_path=paths.avatar_path,
        signed_path=paths.signed_path,
        signed_avatar_path=paths.signed_avatar_path,
        picture_path=paths.picture_path,
        call_of=call_of,
        explained=explained,
        mail_of=mail_of,
        rich_of=rich_of,
        in_short=in_short,
        host_of=host_of,
        SHARES=SHARES,
        STORIES=STORIES,
    )
    app.jinja_env.filters.update(**markup.FILTERS, markdown=text.markdown_to_html, linked=text.linked, plain=text.plain)
    app.jinja_env.filters["around"] = excerpt.around
    app.jinja_env.filters["pressable"] = pressable
    app.jinja_env.tests["sticker"] = is_sticker
    app.context_processor(viewer_context)


def viewer_context() -> dict[str, Any]:
    return {"viewer": g.get("viewer"), "settings": g.get("settings")}
