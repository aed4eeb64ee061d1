"""The chat widget on a website: live, so that showing a message is delivering it."""

from __future__ import annotations

from app.channels.base import Abilities, Channel


class WebWidget(Channel):
    kind = "web_widget"
    name = "Website"
    abilities = Abilities(is_live=True, has_one_thread=True, has_receipts=True, has_typing=True)
