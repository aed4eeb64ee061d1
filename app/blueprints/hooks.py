"""The door for providers: a delivery is proven, its letters are kept, and only then it is acknowledged."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from app.actions.keep import Delivery, keep_deliveries, keep_orphans
from app.actions.stand_by import stand_by
from app.channels import CHANNELS
from app.channels.base import Answer, Channel, Desk, Envelope, Knock, Line, Standby
from app.config import settings
from app.errors import NotAllowed, NotFound, NotSignedIn, TooLarge
from app.ledger.together import together
from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models.inbox import Inbox

log = logging.getLogger(__name__)

blueprint = Blueprint("hooks", __name__, url_prefix="/webhooks")

# How long an address stands for the same inbox before it is looked up anew: a busy one is asked for many times a second.
REMEMBERED_SECONDS = 3.0
MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class Address:
    """The inbox that an address or token belongs to."""

    account_id: int
    inbox_id: int
    line: Line


_remembered: dict[tuple[str, str], tuple[float, Address]] = {}


@blueprint.route("/<string:kind>", methods=["GET", "POST"], defaults={"path": ""})
@blueprint.route("/<string:kind>/<path:path>", methods=["GET", "POST"])
def deliver(kind: str, path: str) -> Response:
    """401: no signature holds. 404: no entry has an address of ours. 413: too large. 503: not kept, to be sent again."""
    channel = CHANNELS.get(kind)
    if channel is None or not channel.has_door:
        raise NotFound
    knock = _heard(channel, path)
    if answer := _greeting(channel, knock):
        return _answered(answer)
    envelopes = channel.sort(knock)
    found = {address: at for address in {each.address for each in envelopes} if (at := _address(kind, address))}
    if not found:
        raise NotFound("There is no inbox at this address.")
    proven = {address: at for address, at in found.items() if _is_proven(channel, at, knock)}
    if not proven:
        raise NotSignedIn("The signature is missing or wrong.")
    at = next(iter(proven.values()))
    try:
        _keep(kind, envelopes, proven, strangers=[each for each in envelopes if each.address not in found])
    except OperationalError as late:
        answer = channel(at.line).answer_unkept(knock)
        if answer is None:
            raise
        log.warning("a delivery to inbox %s could not be kept: %s", at.inbox_id, type(late).__name__)
        return _answered(answer)
    return _answered(channel(at.line).answer(knock, _desk(at)))


def _desk(at: Address) -> Desk:
    """Asked while somebody waits on the line: when it cannot be known in time who is there, nobody is."""

    def ask(source_id: str) -> Standby:
        try:
            with transaction(at.account_id):
                return stand_by(at.account_id, at.inbox_id, source_id)
        except SQLAlchemyError as late:
            log.warning("inbox %s could not be told in time who is there: %s", at.inbox_id, type(late).__name__)
            return Standby()

    return ask


def _greeting(channel: type[Channel], knock: Knock) -> Answer | None:
    try:
        return channel.greet(knock)
    except NotAllowed as refused:
        log.warning("a greeting to %s was refused: %s", channel.kind, refused.message)
        raise NotSignedIn("The signature is missing or wrong.") from None


def _heard(channel: type[Channel], path: str) -> Knock:
    request.max_content_length = channel.max_body
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge(f"A delivery may have {channel.max_body // 1_000_000} MB at most.") from None
    return Knock(
        method=request.method,
        path=path,
        url=f"{settings().public_url}{request.full_path.rstrip('?')}",
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.args.to_dict(),
        body=body,
    )


def _address(kind: str, address: str) -> Address | None:
    """Whose an address is, remembered for a moment."""
    now = time.monotonic()
    until, known = _remembered.get((kind, address), (0.0, None))
    if known is not None and now < until:
        return known
    try:
        found = _looked_up(kind, address)
    except OperationalError:
        if known is None:
            raise
        # What it was is better than nothing, where somebody waits on the line.
        return known
    if found is not None:
        if len(_remembered) > MOST_REMEMBERED:
            _remembered.clear()
        _remembered[kind, address] = (now + REMEMBERED_SECONDS, found)
    return found


def _looked_up(kind: str, address: str) -> Address | None:
    named = Inbox.address if CHANNELS[kind].is_addressed else Inbox.token
    with system(why="whose inbox an address is"):
        inbox = db.session.scalar(
            select(Inbox).where(Inbox.channel == kind, named == address).order_by(Inbox.id).limit(1)
        )
        return Address(inbox.account_id, inbox.id, inbox.line) if inbox else None


def _is_proven(channel: type[Channel], at: Address, knock: Knock) -> bool:
    try:
        channel(at.line).verify(knock)
    except NotAllowed as refused:
        log.warning("a delivery to inbox %s was refused: %s", at.inbox_id, refused.message)
        return False
    return True


def _keep(kind: str, envelopes: Sequence[Envelope], proven: dict[str, Address], *, strangers: list[Envelope]) -> None:
    """Each inbox's letters in its own tenant's transaction; a repeat of the whole delivery finds those that are kept."""
    for address, at in proven.items():
        try:
            mine = Delivery(at.account_id, at.inbox_id, [each for each in envelopes if each.address == address])
            if patience := CHANNELS[kind].waits_seconds:
                _keep_in_time(mine, patience)
            else:
                together(at.account_id, mine, keep_deliveries, size=mine.size)
        except IntegrityError:
            # The inbox has been deleted since it was looked up.
            _remembered.pop((kind, address), None)
            raise NotFound from None
    if strangers:
        with system(why="keeping letters to addresses of nobody's"):
            keep_orphans(kind, strangers)


def _keep_in_time(mine: Delivery, seconds: float) -> None:
    """By itself: somebody waits on the line. Raises OperationalError when it takes longer."""
    with transaction(mine.account_id):
        db.session.execute(text(f"set local statement_timeout = {int(seconds * 1000)}"))
        keep_deliveries([mine])


def _answered(answer: Answer) -> Response:
    return Response(answer.body, status=answer.status, content_type=answer.content_type)
