"""The messaging application at Bandwidth: where its events go, and the name and password they bring along."""

from __future__ import annotations

import re
from html import escape, unescape
from urllib.parse import quote

from app.channels.sms.bandwidth import ACCOUNTS, Account, BandwidthError
from app.channels.sms.parse import STATUSES
from app.lib import crypto

USER = "parley"
XML = "application/xml; charset=utf-8"
MOST_BYTES = 200_000


def password(token: str) -> str:
    """What events of the inbox with this token bring along: the same as long as the secret key is."""
    return crypto.derived(f"what Bandwidth's events bring along to {token}")[:40]


class Application:
    """None of it where the API credential may not look: `seen` says so."""

    def __init__(self, account: Account, application_id: str) -> None:
        self.account = account
        self.path = f"/api/accounts/{quote(account.credentials.account_id, safe='')}/applications/{quote(application_id, safe='')}"

    def seen(self) -> dict[str, str] | None:
        """Its name and addresses; None where we may not look. Raises BandwidthError when there is no such one."""
        try:
            answer = self.account.call(
                ACCOUNTS, "GET", self.path, headers={"accept": "application/xml"}, max_bytes=MOST_BYTES
            )
        except BandwidthError as refused:
            if refused.is_about_credentials:
                return None
            raise
        return {name: _tag(answer.text, name) for name in ("AppName", "InboundCallbackUrl", "OutboundCallbackUrl")}

    def set(self, name: str, url: str, token: str) -> bool:
        """Have its events come to us; False where we may not say so. Raises BandwidthError."""
        creds = f"<UserId>{USER}</UserId><Password>{password(token)}</Password>"
        kinds = "".join(f"<CallbackType>{kind}</CallbackType>" for kind in STATUSES if kind != "message-read")
        body = (
            '<?xml version="1.0" encoding="utf-8"?><Application><ServiceType>Messaging-V2</ServiceType>'
            f"<AppName>{escape(name)}</AppName>"
            f"<InboundCallbackUrl>{escape(url)}</InboundCallbackUrl><InboundCallbackCreds>{creds}</InboundCallbackCreds>"
            f"<OutboundCallbackUrl>{escape(url)}</OutboundCallbackUrl><OutboundCallbackCreds>{creds}</OutboundCallbackCreds>"
            f"<RequestedCallbackTypes>{kinds}</RequestedCallbackTypes></Application>"
        )
        try:
            self.account.call(ACCOUNTS, "PUT", self.path, content=body.encode(), headers={"content-type": XML})
        except BandwidthError as refused:
            if refused.is_about_credentials:
                return False
            raise
        return True


def _tag(document: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", document)
    return unescape(found[1]).strip() if found else ""
