"""Sends Parley's own mails, outside of any transaction; what they say is looked up only when they go."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from app.actions.mails import MAILS
from app.lib import crypto, mail
from app.lib.database import db
from app.lib.queue import Queue, Refused, later
from app.models.event import record
from app.models.membership import Membership

log = logging.getLogger(__name__)

# A mail that is later than this would tell of something long over; the links it brings live as long, or longer.
WINDOW_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Mailing:
    """A mail that is ready to go."""

    kind: str
    about: dict[str, Any]
    message: EmailMessage


def post(kind: str, **about: Any) -> None:
    """Have the mail `kind` of MAILS sent once this transaction has committed; `about` are ids and plain values.

    They may hold an address that nobody else should read, so they are sealed. Links are made when the mail goes.
    """
    later("send_mail", kind, crypto.encrypt(json.dumps(about)), queue=Queue.OUTBOUND)


def prepare(kind: str, sealed: str) -> Mailing | None:
    about = json.loads(crypto.decrypt(sealed))
    message = MAILS[kind](**about)
    return Mailing(kind, about, message) if message is not None else None


def call(mailing: Mailing) -> None:
    try:
        mail.send(mailing.message)
    except mail.MailFailed as failed:
        if failed.permanent:
            raise Refused(failed.reason) from failed
        raise


def settle(mailing: Mailing, _: None) -> None:
    log.info("sent a mail: %s", mailing.kind)


def refuse(mailing: Mailing, reason: str) -> None:
    """Whoever invited somebody by an address that takes no mail is told so, in the list of people."""
    log.warning("the mail server will not take a mail: %s: %s", mailing.kind, reason)
    if mailing.kind == "invitation":
        membership = db.session.get(Membership, (mailing.about["account_id"], mailing.about["user_id"]))
        if membership is not None:
            record("membership.unreachable", membership, reason=reason[:300])


def lost(kind: str, _: str) -> None:
    log.warning("it is not known whether a mail was sent: %s", kind)
