"""How the desk looks and sounds for one person, and when they count as there."""

from __future__ import annotations

from typing import Any, Literal

from flask.typing import ResponseReturnValue

from app.blueprints.forms import Form
from app.blueprints.guards import Door, myself, viewer
from app.blueprints.profile.page import page, saved
from app.errors import Invalid

blueprint = Door("profile_preferences", __name__, guard=myself, url_prefix="/profile")

Theme = Literal["light", "dark", "system"]


class PreferencesForm(Form):
    theme: Theme = "system"
    details_side: Literal["left", "right"] = "left"
    sends_with: Literal["enter", "mod"] = "mod"
    sounds: bool = False
    notifies: bool = False
    auto_offline: bool = False


class ThemeForm(Form):
    theme: Theme


@blueprint.post("/preferences")
def update() -> ResponseReturnValue:
    try:
        form = PreferencesForm.read()
    except Invalid as refused:
        return page(refused.fields), 422
    keep(form.model_dump(exclude={"auto_offline"}))
    viewer().membership.auto_offline = form.auto_offline
    return saved()


@blueprint.put("/theme")
def choose_theme() -> ResponseReturnValue:
    keep({"theme": ThemeForm.read().theme})
    return "", 204


def keep(values: dict[str, Any]) -> None:
    user = viewer().user
    user.ui_settings = {**user.ui_settings, **values}
