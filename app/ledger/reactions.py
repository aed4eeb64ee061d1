"""What follows from what: the one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.models.event import Event
from app.realtime.availability import tell_availability
from app.realtime.broadcasts import broadcast
from app.realtime.revocation import revoke

Now = Callable[[Sequence[Event]], None]


@dataclass(frozen=True)
class Reaction:
    """`now` runs after the commit, in a frame of its own; `later` are jobs, each with its row, that get the event's id."""

    now: tuple[Now, ...] = ()
    later: tuple[str, ...] = ()


SHOWN = Reaction(now=(broadcast,))
REVOKED = Reaction(now=(revoke,))
KEPT = Reaction()

REACTIONS: dict[str, Reaction] = {
    "account.created": KEPT,
    "account.updated": KEPT,
    "contact.created": Reaction(later=("look_for_likeness",)),
    "contact.updated": Reaction(now=(broadcast,), later=("look_for_likeness",)),
    "contact.blocked": SHOWN,
    "contact.unblocked": SHOWN,
    "contact.noted": SHOWN,
    "contact.note_deleted": SHOWN,
    "contact.merged": SHOWN,
    "contact.unmerged": SHOWN,
    "contact.deleted": SHOWN,
    "contact.likened": SHOWN,
    "conversation.created": SHOWN,
    "conversation.assigned": SHOWN,
    "conversation.unassigned": SHOWN,
    "conversation.resolved": SHOWN,
    "conversation.reopened": SHOWN,
    "conversation.pended": SHOWN,
    "conversation.snoozed": SHOWN,
    "conversation.prioritized": SHOWN,
    "conversation.updated": SHOWN,
    "conversation.moved": SHOWN,
    "conversation.deleted": SHOWN,
    "conversation.labeled": SHOWN,
    "conversation.unlabeled": SHOWN,
    "conversation.seen": SHOWN,
    "conversation.unseen": SHOWN,
    "conversation.read": SHOWN,
    "conversation.delivered": SHOWN,
    "inbox.health_changed": SHOWN,
    "inbox.created": REVOKED,
    "inbox.updated": SHOWN,
    "inbox.deleted": REVOKED,
    "inbox.members_changed": REVOKED,
    "label.created": KEPT,
    "label.updated": KEPT,
    "label.deleted": KEPT,
    "membership.availability_changed": Reaction(now=(tell_availability,)),
    "membership.created": REVOKED,
    "membership.updated": REVOKED,
    "membership.deactivated": REVOKED,
    "membership.invited": KEPT,
    "membership.reactivated": REVOKED,
    "membership.unreachable": KEPT,
    "membership.withdrawn": KEPT,
    "message.created": SHOWN,
    "message.updated": SHOWN,
    "user.signed_out": REVOKED,
    "user.signed_out_everywhere": REVOKED,
}
