"""Takes a person out of an account."""

from __future__ import annotations

from app.actions.sign_out import sign_out_everywhere
from app.errors import Conflict
from app.lib import clock
from app.models.actor import Actor
from app.models.event import record
from app.models.membership import Membership
from app.models.user import OneTimeToken, Purpose


def deactivate(membership: Membership, *, by: Actor) -> None:
    """They see nothing of the account from now on; who belongs to no other one is signed out. In a system frame.

    Raises Conflict for the last administrator, and for oneself.
    """
    if membership.user_id == by.id:
        raise Conflict("You cannot deactivate yourself; another administrator can.")
    if membership.deactivated_at is not None:
        return
    membership.require_another_administrator()
    membership.deactivated_at = clock.now()
    OneTimeToken.withdraw(membership.user_id, Purpose.INVITATION, membership.account_id)
    record("membership.deactivated", membership, by=by)
    if not Membership.all_of(membership.user_id):
        sign_out_everywhere(membership.user_id)
