"""Which doors there are: every blueprint, with where it stands."""

from __future__ import annotations

from flask import Flask

from app.blueprints import sockets


def mount(app: Flask) -> None:
    """Register every blueprint."""
    app.register_blueprint(sockets.blueprint)
