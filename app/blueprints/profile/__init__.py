"""Oneself: name, photo, address, password, browsers, token, and how the desk looks and sounds."""

from __future__ import annotations

from flask import Blueprint

from app.blueprints.profile import (
    availability,
    browsers,
    calls,
    details,
    email,
    page,
    password,
    photo,
    preferences,
    token,
)

doors: tuple[Blueprint, ...] = (
    page.blueprint,
    details.blueprint,
    photo.blueprint,
    email.blueprint,
    password.blueprint,
    preferences.blueprint,
    browsers.blueprint,
    calls.blueprint,
    token.blueprint,
    availability.blueprint,
)
