"""The website: its door is the widget's, and showing is sending."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call


class WebWidgetAdapter(Adapter):
    kind = "web_widget"
    has_own_form = True

    def open_inbox(self, account_id: int) -> Inbox:
        inbox = Inbox(account_id=account_id, name="Contract", channel=self.kind, address=uuid.uuid4().hex)
        db.session.add(inbox)
        db.session.flush()
        return inbox

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        told = client.get("/widget/api/config", query_string={"website_token": inbox.address}).get_json()
        return self._call(inbox.address, told["token"], words)

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        token = client.get("/widget/api/config", query_string={"website_token": inbox.address}).get_json()["token"]
        return [
            self._call(inbox.address, "", "forged"),
            self._call(inbox.address, token[:-4] + "AAAA", "forged"),
        ]

    def _call(self, website_token: str, token: str, words: str) -> Call:
        return Call(
            f"/widget/api/messages?website_token={website_token}",
            {"headers": {"X-Auth-Token": token}, "json": {"content": words, "client_id": str(uuid.uuid4())}},
        )


ADAPTER = WebWidgetAdapter()
