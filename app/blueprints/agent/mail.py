"""Mails as they were written: their HTML in a page of its own that can do nothing, and pictures from elsewhere when asked for."""

from __future__ import annotations

import re

from flask import Response, render_template

from app.blueprints.agent.opened import PREFIX, opened
from app.blueprints.guards import Door, member, viewer
from app.channels.email.html import html_for_show
from app.errors import NotFound
from app.models.event import record
from app.models.message import Message
from app.realtime.mail_shown import mail_of
from app.realtime.paths import attachment_path, picture_path

door = Door("mail", __name__, guard=member, url_prefix=PREFIX)

# Pictures come from us, also those that stand elsewhere: their hosts never learn who reads. No script can run here: none
# is allowed by the policy, none is left by the sanitiser, and the frame's sandbox allows none either. That is why
# `allow-same-origin`, by which the desk measures the frame's height, gives a mail nothing.
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
_ELEMENT = re.compile(r"<(?:img|table|td|tr)\b[^>]*>")
_ELSEWHERE = re.compile(r'\b(src|background)="(https?://[^"]{1,2000})"')


@door.get("/messages/<string:client_id>/mail")
def show(number: int, client_id: str) -> Response:
    conversation = opened(number)
    message = conversation.message(client_id)
    shown = mail_of(message)
    if not shown.html or message.deleted_at:
        raise NotFound
    allowed = bool(conversation.additional_attributes.get("shows_remote_images"))
    html = html_for_show(shown.html, _inline(message), allowed).html
    page = render_template("messages/content/mail_page.html", html=_through_us(html) if allowed else html)
    return Response(page, headers={"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY})


@door.post("/remote-images")
def show_remote(number: int) -> Response:
    """From now on, for everybody who reads this conversation."""
    conversation = opened(number)
    if not conversation.additional_attributes.get("shows_remote_images"):
        conversation.changed()
        conversation.additional_attributes = {**conversation.additional_attributes, "shows_remote_images": True}
        record("conversation.updated", conversation, by=viewer().actor)
    return Response(status=204)


def _inline(message: Message) -> dict[str, str]:
    """What came along in the mail's own text, by the names it has there."""
    return {
        each.inline_id: attachment_path(each) for each in message.attachments if each.inline_id and each.storage_key
    }


def _through_us(html: str) -> str:
    return _ELEMENT.sub(lambda element: _ELSEWHERE.sub(_signed, element[0]), html)


def _signed(found: re.Match[str]) -> str:
    return f'{found[1]}="{picture_path(found[2].replace("&amp;", "&"))}"'
