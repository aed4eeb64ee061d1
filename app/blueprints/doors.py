"""Which doors there are: every blueprint, with where it stands."""

from __future__ import annotations

from flask import Flask

from app.blueprints import files, gallery, health, sockets
from app.config import Settings


def mount(app: Flask, settings: Settings) -> None:
    """Register every blueprint."""
    app.register_blueprint(files.desk)
    app.register_blueprint(files.signed)
    app.register_blueprint(sockets.blueprint)
    app.register_blueprint(health.blueprint)
    if settings.environment == "development":
        app.register_blueprint(gallery.blueprint)
