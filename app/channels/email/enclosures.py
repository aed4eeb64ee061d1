"""Lists the files of a mail: every part that is not its words, and what is packed in those."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from app.channels.email.bodies import Body
from app.channels.email.parts import Node, Part
from app.channels.incoming import Media
from app.lib import filetype

MOST = 100
_NAMED = re.compile(r"cid:([^\s\"'<>)]{1,500})", re.IGNORECASE)


def enclosures(parts: Sequence[Part], body: Body, root: Node) -> list[Media]:
    """Media in the order of the mail. Where there are too many, or the mail could not be taken apart, the last is the
    whole mail as a file.
    """
    named = {unquote(found).lower() for found in _NAMED.findall(body.html)}
    found = [media for part in parts if part.number not in body.used for media in _of(part, body, named)]
    if len(found) <= MOST and not root.is_cut:
        return found
    whole = Media({"part": 0}, filename="whole-mail.eml", content_type="message/rfc822")
    return [*found[: MOST - 1], whole]


def _of(part: Part, body: Body, named: set[str]) -> list[Media]:
    if packed := body.packed.get(part.number):
        inside = [
            Media(
                {"part": part.number, "file": at},
                kind=_kind(filetype.sniffed(file.content[: filetype.HEAD_BYTES], file.filename)),
                filename=file.filename,
                content_type=filetype.sniffed(file.content[: filetype.HEAD_BYTES], file.filename),
                byte_size=len(file.content),
            )
            for at, file in enumerate(packed.files)
        ]
        if inside:
            return inside
    content = part.content
    if not content and not part.given_name:
        return []
    content_id = part.content_id
    is_inline = bool(content_id) and (content_id.lower() in named or part.disposition == "inline")
    return [
        Media(
            {"part": part.number},
            kind=_kind(part.kind),
            filename=part.filename,
            content_type=part.kind,
            byte_size=len(content),
            inline_id=content_id if is_inline else None,
        )
    ]


def _kind(content_type: str) -> str:
    return filetype.kind(content_type)
