"""The application: reads like a table of contents."""

from __future__ import annotations

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from app import models  # noqa: F401 - the tables
from app.blueprints import doors, frame, signing_in, surface
from app.config import Settings, load_settings
from app.lib.database import db, engine_options, login_url
from app.realtime.hub import Hub

migrate = Migrate()


def create_app(settings: Settings | None = None) -> Flask:
    """Parley, ready to serve. Opens no connection: that happens at first use, so the process may still fork."""
    settings = settings or load_settings()
    app = Flask(__name__)
    configure(app, settings)
    db.init_app(app)
    migrate.init_app(app, db, directory="migrations")
    app.extensions["hub"] = Hub(app)
    surface.install(app, settings)
    frame.install(app)
    signing_in.install(app, settings)
    doors.mount(app, settings)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Translate our settings into those of Flask and its extensions."""
    app.config.update(
        PARLEY=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=login_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        MAX_CONTENT_LENGTH=settings.max_upload_bytes + 2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=500,
        SESSION_COOKIE_NAME="parley_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SOCK_SERVER_OPTIONS={"max_message_size": 64 * 1024},
    )
    app.logger.setLevel(settings.log_level)
