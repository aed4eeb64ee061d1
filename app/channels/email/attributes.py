"""What is kept of a mail with its message, under `content_attributes`, for the desk and the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.channels.email import headers
from app.channels.email.bodies import Body
from app.channels.email.headers import Address
from app.channels.email.parts import Node, Part

LONGEST_HTML = 400_000
LONGEST_TEXT = 150_000
MOST_RECIPIENTS = 10_000
MOST_PARTS = 200
_ORIGINAL = ("x-original-from", "x-original-sender", "x-forwarded-for")


def described(
    root: Node,
    parts: Sequence[Part],
    body: Body,
    said_at: datetime | None,
    *,
    auto_reply: bool,
    reply: str,
    html_reply: str | None,
) -> dict[str, Any]:
    """`{"email": …, "cc_email": …, "bcc_email": …}` as JSON values. `reply` and `quoted` both are the words without
    what is quoted; in `html_content` they are null where that is all of it.
    """
    listed = {name: headers.people(root, name)[:MOST_RECIPIENTS] for name in ("From", "Reply-To", "To", "Cc", "Bcc")}
    html = html_reply[:LONGEST_HTML] if html_reply is not None else None
    text, new = body.text[:LONGEST_TEXT], reply[:LONGEST_TEXT]
    email = {
        "subject": headers.text(root, "Subject")[:998],
        "from": _emails(listed["From"]),
        "reply_to": _emails(listed["Reply-To"]),
        "to": _emails(listed["To"]),
        "cc": _emails(listed["Cc"]),
        "bcc": _emails(listed["Bcc"]),
        "names": {each.email: each.name for some in listed.values() for each in some[:200] if each.name},
        "recipient_count": len(listed["To"]) + len(listed["Cc"]),
        "date": said_at.isoformat() if said_at else None,
        "message_id": next(iter(headers.ids(root, "Message-ID")), None),
        "in_reply_to": next(iter(headers.ids(root, "In-Reply-To")), None),
        "references": headers.ids(root, "References"),
        "content_type": root.kind,
        "multipart": bool(root.children),
        "number_of_attachments": sum(1 for part in parts if part.number not in body.used),
        "auto_reply": auto_reply,
        "text_content": {"full": text, "reply": new, "quoted": new},
        "html_content": {"full": body.html[:LONGEST_HTML], "reply": html, "quoted": html},
        "headers": {name: found for name in _ORIGINAL if (found := headers.text(root, name))},
        "parts": [_listed(part, body) for part in parts[:MOST_PARTS]],
    }
    return {"email": email, "cc_email": email["cc"], "bcc_email": email["bcc"]}


def _emails(found: Sequence[Address]) -> list[str]:
    return [each.email for each in found]


def _listed(part: Part, body: Body) -> dict[str, Any]:
    """A part, and what became of it: `body`, `packed` (a winmail.dat), or `file`."""
    use = "body" if part.number in body.used else "packed" if part.number in body.packed else "file"
    name = part.filename if use != "body" else ""
    return {"part": part.number, "content_type": part.kind, "filename": name, "bytes": len(part.content), "use": use}
