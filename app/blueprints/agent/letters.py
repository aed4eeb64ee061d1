"""The originals of what channels sent: kept whole, for administrators to take away and look at."""

from __future__ import annotations

import json

from flask import Response

from app.blueprints.guards import Door, administrator, viewer
from app.errors import NotFound
from app.lib.database import db
from app.models.inbox import Inbox
from app.models.letter import Letter

door = Door("letters", __name__, guard=administrator, url_prefix="/accounts/<int:account_id>/letters")

# Whatever a stranger sent is taken away as a file, and never shown in our name.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


@door.get("/<int:letter_id>/original")
def original(letter_id: int) -> Response:
    """What came as it came, where it was no JSON; else the JSON of the one thing that was made of a delivery."""
    letter = db.session.get(Letter, (viewer().account.id, letter_id))
    if letter is None:
        raise NotFound
    if letter.raw is None:
        body, kind, ending = (
            json.dumps(letter.payload, ensure_ascii=False, indent=2).encode(),
            "application/json",
            "json",
        )
    elif _is_mail(letter):
        body, kind, ending = letter.raw, "message/rfc822", "eml"
    else:
        body, kind, ending = letter.raw, "application/octet-stream", "bin"
    disposition = f'attachment; filename="letter-{letter.id}.{ending}"'
    return Response(body, headers={**HEADERS, "Content-Type": kind, "Content-Disposition": disposition})


def _is_mail(letter: Letter) -> bool:
    return db.session.get_one(Inbox, (letter.account_id, letter.inbox_id)).abilities.is_mail
