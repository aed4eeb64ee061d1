"""`/health`: whether this process answers, for whoever restarts those that do not."""

from __future__ import annotations

from flask import Blueprint, Response

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def show() -> Response:
    # The database is not asked: a web that is started anew because PostgreSQL is away only makes matters worse.
    return Response("ok\n", mimetype="text/plain")
