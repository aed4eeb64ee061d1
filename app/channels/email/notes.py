"""Says in words what a mail holds beside its text: an invitation, or that it is encrypted or too large."""

from __future__ import annotations

from collections.abc import Sequence

from app.channels.email import invitation
from app.channels.email.bodies import Body
from app.channels.email.charsets import decoded
from app.channels.email.parts import BROKEN, Node, Part

_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})


def notes(root: Node, parts: Sequence[Part], body: Body, *, is_whole: bool) -> list[str]:
    found = [invitation.line_of(decoded(part.content[:200_000], part.charset or "utf-8")) for part in _calendars(parts)]
    if not is_whole:
        found.append("(Only the beginning of this mail is here: it is too large to be fetched whole.)")
    elif root.is_cut:
        found.append("(This mail is too large or too deep to be taken apart: it is attached whole.)")
    if any(part.kind == "application/pgp-encrypted" for part in parts):
        found.append("(This mail is encrypted with PGP: its text can only be read where the key is.)")
    for part in parts:
        if part.kind in _SMIME and not body.text.strip():
            signed = _smime_type(part) == "signed-data"
            words = "signed in a form that wraps its text" if signed else "encrypted with S/MIME"
            found.append(f"(This mail is {words}: open the file in a mail program.)")
    return list(dict.fromkeys(each for each in found if each))


def _calendars(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.kind in ("text/calendar", "application/ics")][:3]


def _smime_type(part: Part) -> str:
    try:
        return str(part.node.get_param("smime-type") or "").lower()
    except BROKEN:
        return ""
