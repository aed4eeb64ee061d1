"""The mails that were kept instead of sent, for whoever develops; never mounted where mails are real."""

from __future__ import annotations

from email.message import EmailMessage

from flask import Blueprint, Response, make_response, render_template

from app.errors import NotFound
from app.lib import mail

blueprint = Blueprint("development", __name__, url_prefix="/development/mails")

# What a mail says runs nothing, and loads nothing.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)


@blueprint.get("")
def index() -> str:
    return render_template("development/mails.html", mails=mail.kept_mails())


@blueprint.get("/<string:name>")
def show(name: str) -> str:
    kept = mail.read_kept(name)
    return render_template(
        "development/mail.html", name=name, mail=kept, text=_part(kept, "plain"), has_html=_has_html(kept)
    )


@blueprint.get("/<string:name>/html")
def html(name: str) -> Response:
    # Its links lead the whole page on, not the frame that the mail is shown in.
    response = make_response('<base target="_top">' + _part(mail.read_kept(name), "html"))
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _has_html(kept: EmailMessage) -> bool:
    return kept.get_body(("html",)) is not None


def _part(kept: EmailMessage, kind: str) -> str:
    part = kept.get_body((kind,))
    if part is None:
        raise NotFound("The mail has no such part.")
    content = part.get_content()
    return content if isinstance(content, str) else ""
