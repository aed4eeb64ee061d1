"""Who gets in: the first account, sign-in and sign-out, forgotten passwords, invitations, new addresses."""

from __future__ import annotations

from flask import Blueprint

from app.blueprints.auth import first_steps, home, invitation, login, logout, new_email, reset, welcome

doors: tuple[Blueprint, ...] = (
    home.blueprint,
    welcome.blueprint,
    first_steps.blueprint,
    login.blueprint,
    logout.blueprint,
    reset.blueprint,
    invitation.blueprint,
    new_email.blueprint,
)
