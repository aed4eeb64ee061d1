"""Leaving for a provider to consent, and coming back: only this browser, as who left, not too long ago, and once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from flask import request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as Answer

from app.blueprints.guards import viewer
from app.blueprints.signing_in import signed_in
from app.config import settings
from app.errors import NotAllowed
from app.lib import crypto
from app.lib.crypto import WrongKey

SALT = "consent"
MINUTES = 10
LONGEST_STATE = 4096


@dataclass(frozen=True)
class Journey:
    """`verifier` is PKCE's; `inbox_id` the inbox that is connected again, if it is one that there is."""

    account_id: int
    inbox_id: int | None
    verifier: str


@dataclass(frozen=True)
class Way:
    """`path` is where providers send people back to, under their name."""

    path: str
    cookie: str

    def redirect_uri(self, provider: str) -> str:
        return f"{settings().public_url}{self.path}/{provider}"

    def depart(self, provider: str, inbox_id: int | None, url: Callable[[str, str], str]) -> Answer:
        """To the provider; `url` makes its address of a state and a verifier."""
        nonce, verifier = crypto.token(), crypto.token(48)
        state = crypto.sign(
            {
                "account_id": viewer().account.id,
                "user_id": viewer().user.id,
                "provider": provider,
                "inbox_id": inbox_id,
                "nonce": nonce,
            },
            SALT,
            expires_in=MINUTES * 60,
        )
        answer = redirect(url(state, verifier), 303)
        answer.set_cookie(
            self.cookie,
            crypto.encrypt(json.dumps({"nonce": nonce, "verifier": verifier})),
            max_age=MINUTES * 60,
            path=self.path,
            secure=settings().is_secure,
            httponly=True,
            samesite="Lax",
        )
        return answer

    def returned(self, provider: str) -> Journey:
        """Raises NotAllowed unless this browser left for that provider, as who is signed in now, and not too long ago."""
        given = request.args.get("state", "")
        state = crypto.unsign(given if len(given) <= LONGEST_STATE else "", SALT)
        try:
            ours = json.loads(crypto.decrypt(request.cookies.get(self.cookie, "")))
        except (WrongKey, ValueError) as lost:
            raise NotAllowed("This browser did not ask for it, or too long ago. Begin again.") from lost
        is_same = crypto.equal(str(ours["nonce"]), str(state["nonce"])) and state["provider"] == provider
        if not is_same or signed_in().user_id != state["user_id"]:
            raise NotAllowed("Somebody else asked for this. Begin again.")
        return Journey(int(state["account_id"]), state["inbox_id"], str(ours["verifier"]))

    def arrived(self, answer: Answer) -> None:
        """The journey is over: what proved it is good for no other."""
        answer.delete_cookie(self.cookie, path=self.path)
