"""Which doors there are: every blueprint, with where it stands."""

from __future__ import annotations

from flask import Flask

from app.blueprints import (
    agent,
    api,
    auth,
    development,
    files,
    gallery,
    health,
    hooks,
    pictures,
    profile,
    public,
    sockets,
    widget,
    widget_rest,
)
from app.blueprints.settings import (
    account,
    api_inbox,
    channel_consent,
    channel_inbox,
    delivery,
    email_inbox,
    hand_over,
    inbox_hours,
    inbox_removal,
    inbox_templates,
    inbox_visitors,
    inboxes,
    labels,
    mail_consent,
    people,
)
from app.config import Settings


def mount(app: Flask, settings: Settings) -> None:
    """Register every blueprint."""
    for door in agent.DOORS:
        app.register_blueprint(door)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(files.desk)
    app.register_blueprint(files.signed)
    app.register_blueprint(pictures.blueprint)
    app.register_blueprint(hooks.blueprint)
    app.register_blueprint(sockets.blueprint)
    app.register_blueprint(widget.blueprint)
    app.register_blueprint(widget_rest.blueprint)
    app.register_blueprint(public.blueprint)
    app.register_blueprint(health.blueprint)
    for door in (
        *auth.doors,
        *profile.doors,
        account.blueprint,
        delivery.blueprint,
        labels.blueprint,
        people.desk,
        people.registry,
        hand_over.blueprint,
        inboxes.blueprint,
        inbox_hours.blueprint,
        inbox_templates.blueprint,
        inbox_templates.syncing,
        inbox_removal.blueprint,
        inbox_visitors.blueprint,
        channel_inbox.blueprint,
        channel_inbox.connecting,
        channel_inbox.registering,
        channel_inbox.probing,
        channel_consent.leaving,
        channel_consent.choosing,
        channel_consent.blueprint,
        api_inbox.blueprint,
        api_inbox.calling,
        email_inbox.blueprint,
        email_inbox.calling,
        mail_consent.leaving,
        mail_consent.blueprint,
    ):
        app.register_blueprint(door)
    if settings.environment == "development" and not settings.smtp_url:
        app.register_blueprint(development.blueprint)
    if settings.environment == "development":
        app.register_blueprint(gallery.blueprint)
