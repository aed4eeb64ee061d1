"""How a conversation goes on when its customer has left the website: by mail, a little later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.lib import clock
from app.lib.queue import Queue, later

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

    from app.models.contact import Contact

# Long enough to read it on the page, or to say the second half of it.
MAILED_AFTER = timedelta(minutes=2)


class Continuable:
    if TYPE_CHECKING:
        account_id: Mapped[int]
        id: Mapped[int]
        contact: Mapped[Contact]

    def wish_continuation(self, *, after: timedelta = MAILED_AFTER, looks: int = 0) -> None:
        """Have what the customer has not seen by then mailed to them, if their address is known. Many wishes are one."""
        if not self.contact.email:
            return
        later(
            "continue_by_mail",
            self.account_id,
            self.id,
            looks,
            queue=Queue.OUTBOUND,
            lane=f"continue:{self.id}",
            once=f"continue:{self.id}:{looks}",
            run_at=clock.now() + after,
        )
