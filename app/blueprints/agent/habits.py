"""How a person likes their desk: kept with them, whichever browser they use."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response

from app.blueprints.forms import Form
from app.blueprints.signing_in import signed_in
from app.ledger.transaction import system
from app.lib.database import db
from app.models.conversation import Status
from app.models.user import User
from app.queries.conversation_list import Order, Sort, View

blueprint = Blueprint("habits", __name__, url_prefix="/profile/habits")

OF_THE_LIST = {"view", "status", "sort", "order"}


class Habits(Form):
    """What is left out stays as it was."""

    view: View | None = None
    status: Status | None = None
    sort: Sort | None = None
    order: Order | None = None
    details_side: Literal["left", "right"] | None = None
    details_folded: bool | None = None
    sends_with: Literal["enter", "mod"] | None = None
    sounds: bool | None = None
    notifies: bool | None = None


@blueprint.put("")
def update() -> Response:
    user_id = signed_in().user_id
    chosen = Habits.read().model_dump(mode="json", exclude_none=True)
    with system(why="profile"):
        user = db.session.get_one(User, user_id, with_for_update=True)
        kept = user.ui_settings.get("inbox")
        listing = {name: chosen.pop(name) for name in OF_THE_LIST & chosen.keys()}
        user.ui_settings = {
            **user.ui_settings,
            **chosen,
            "inbox": {**(kept if isinstance(kept, dict) else {}), **listing},
        }
    return Response(status=204)
