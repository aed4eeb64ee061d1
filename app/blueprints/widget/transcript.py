"""A copy of the conversation by mail, to the visitor who asks for it."""

from __future__ import annotations

from flask import Blueprint, Response, request
from pydantic import Field

from app.actions.identify import Person, identify
from app.actions.send_mail import post
from app.blueprints.forms import Form
from app.blueprints.widget.visitor import Key, Visitor, limit_address, limit_session, visiting
from app.channels.widget_words import direction, words_in
from app.errors import Invalid, NotFound
from app.lib import address, crypto, throttle
from app.models.contact import ContactInbox
from app.models.conversation import Conversation

PER_SESSION, PER_RECIPIENT = 5, 10
SECONDS = 12 * 3600

blueprint = Blueprint("transcript", __name__, url_prefix="/widget/api")


class TranscriptForm(Form):
    """`email` is asked for only where none is known; a known one is never told, and never replaced here."""

    conversation: str = Field("", max_length=36)
    email: str = Field("", max_length=300)


@blueprint.post("/transcript")
def create() -> Response:
    key = Key.shown()
    form = TranscriptForm.read()
    with visiting(key) as visitor:
        session, conversation = visitor.session, visitor.chosen(form.conversation)
        if session is None or conversation is None:
            raise NotFound("There is no conversation yet.")
        send(visitor, session, conversation, form.email)
    return Response(status=202)


def send(visitor: Visitor, session: ContactInbox, conversation: Conversation, email: str) -> None:
    """To the address that is known, else to `email`. Raises Invalid without either, TooMany past the limits."""
    to = session.contact.email or _given(session, email)
    limit_session(visitor.key, "widget-transcript", limit=PER_SESSION, seconds=SECONDS)
    limit_address("widget-transcript", limit=PER_RECIPIENT, seconds=SECONDS)
    throttle.throttle(f"transcript-to:{crypto.digest(to)}", limit=PER_RECIPIENT, seconds=SECONDS)
    post(
        "transcript",
        account_id=conversation.account_id,
        conversation_id=conversation.id,
        to=to,
        words=_words(visitor),
    )


def _given(session: ContactInbox, email: str) -> str:
    """The address they typed, which is theirs from now on unless it is known to be somebody else's."""
    if not email:
        raise Invalid({"email": "To which address? We do not know yours yet."})
    to = address.email(email)
    identify(session, Person(email=to))
    return to


def _words(visitor: Visitor) -> dict[str, str]:
    locale = visitor.look.speaks(request.args.get("locale") or request.headers.get("Accept-Language"))
    words = words_in(locale)
    subject = words["transcript_subject"].replace("{name}", visitor.inbox.name)
    return {"subject": subject, "you": words["you"], "dir": direction(locale)}
