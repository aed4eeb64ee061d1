"""Mailboxes at Google and Microsoft: consent, tokens that are renewed, and consent that is taken back."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.channels.base import Line, NotConnected, Unreachable
from app.channels.email import oauth
from app.channels.email.channel import Email
from app.channels.email.way import Denied
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models.inbox import Inbox
from tests.cast import PASSWORD, Cast
from tests.conftest import Ground, make_settings
from tests.fakes.consent import CLIENT_ID, CLIENT_SECRET, Consent
from tests.fakes.dovecot import Dovecot
from tests.fakes.post import Post, served


def line(consent: Consent, **given: Any) -> Line:
    access, refresh = consent.grant()
    known = {"consent": "google", "access_token": access, "refresh_token": refresh, "imap_login": "hello@fernway.test"}
    return Line("hello@fernway.test", credentials={**known, "expires_at": time.time() + 60, **given})


@pytest.fixture(autouse=True)
def as_ever(consent: Consent) -> None:
    consent.refuses, consent.rotates, consent.email = None, True, "hello@fernway.test"


def test_a_token_is_renewed_before_it_ends(desk: Callable[..., None], consent: Consent) -> None:
    before = line(consent, imap_host="imap.gmail.com")
    renewed = Email(before).renew()
    assert renewed is not None
    assert renewed["access_token"] in consent.access
    assert renewed["refresh_token"] != before.credentials["refresh_token"]
    assert renewed["imap_host"] == "imap.gmail.com"
    assert renewed["expires_at"] > time.time() + 3000
    assert Email(Line("", credentials=renewed)).renew() is None


def test_a_provider_that_gives_no_new_refresh_token_leaves_the_old_one(
    desk: Callable[..., None], consent: Consent
) -> None:
    consent.rotates = False
    before = line(consent)
    renewed = Email(before).renew()
    assert renewed is not None
    assert renewed["refresh_token"] == before.credentials["refresh_token"]


def test_consent_that_is_taken_back_is_told_and_a_bad_hour_is_not(desk: Callable[..., None], consent: Consent) -> None:
    before = line(consent)
    for status, words in ((503, {"error": "temporarily_unavailable"}), (500, {}), (429, {"error": "slow_down"})):
        consent.refuses = (status, words)
        with pytest.raises(Unreachable):
            Email(before).renew()
    consent.refuses = None
    consent.revoke()
    with pytest.raises(NotConnected) as revoked:
        Email(before).renew()
    assert revoked.value.fields == {"consent": "Google says: Token has been expired or revoked."}


def test_a_code_is_good_once_and_for_whoever_began(desk: Callable[..., None], consent: Consent) -> None:
    google = oauth.provider("google")
    assert google is not None
    back = "http://desk.test/mail-consent/google"
    for verifier, redirect_uri in (("other", back), ("mine", "http://evil.test/")):
        code = the_code(oauth.consent_url(google, redirect_uri=back, state="s", verifier="mine"))
        with pytest.raises(Denied):
            oauth.exchanged(google, code=code, verifier=verifier, redirect_uri=redirect_uri)
    code = the_code(oauth.consent_url(google, redirect_uri=back, state="s", verifier="mine"))
    tokens = oauth.exchanged(google, code=code, verifier="mine", redirect_uri=back)
    assert (tokens.email, tokens.access in consent.access) == ("hello@fernway.test", True)
    with pytest.raises(Denied):
        oauth.exchanged(google, code=code, verifier="mine", redirect_uri=back)


def the_code(url: str) -> str:
    return parse_qs(urlsplit(httpx.get(url).headers["location"]).query)["code"][0]


def test_what_google_and_microsoft_are_asked_for(desk: Callable[..., None]) -> None:
    for name, scope in (("google", "https://mail.google.com/"), ("microsoft", "IMAP.AccessAsUser.All")):
        asked = oauth.provider(name)
        assert asked is not None
        url = oauth.consent_url(asked, redirect_uri="http://x/", state="s", verifier="v", email="a@b.c")
        fields = dict(parse_qsl(urlsplit(url).query))
        assert scope in fields["scope"]
        assert (fields["code_challenge_method"], fields["login_hint"]) == ("S256", "a@b.c")
    assert oauth.provider("yahoo") is None


@pytest.fixture
def mailbox(
    app: Flask,
    ground: Ground,
    dovecot: Dovecot,
    consent: Consent,
    trusted: None,
    server_tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Post]:
    """Google's servers, here."""
    with served(Post(), ssl_context=server_tls) as post:
        given = make_settings(
            ground,
            private_hosts=["localhost"],
            google_client_id=CLIENT_ID,
            google_client_secret=CLIENT_SECRET,
            google_accounts_url=consent.url,
            google_token_url=consent.url,
            google_mail_hosts=f"localhost:{dovecot.tls_port} localhost:{post.port}",
        )
        monkeypatch.setitem(app.config, "PARLEY", given)
        # The stand-in's SMTP takes whatever token the other gave.
        post.tokens = consent.access  # type: ignore[assignment]  # asked for membership only
        yield post


@pytest.fixture
def alice(client: FlaskClient, cast: Cast) -> FlaskClient:
    client.post("/login", data={"email": "alice@fernway.example", "password": PASSWORD})
    return client


def leave(client: FlaskClient, cast: Cast, query: str = "") -> str:
    """To Google and back: the address that Google sends the browser to."""
    answer = client.get(f"/accounts/{cast.account_id}/settings/inboxes/email/consent/google{query}")
    assert answer.status_code == 303
    returned = urlsplit(httpx.get(answer.headers["Location"]).headers["location"])
    return f"{returned.path}?{returned.query}"


def inboxes(cast: Cast) -> list[Inbox]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Inbox).where(Inbox.channel == "email")))


def test_an_administrator_connects_a_mailbox_by_consent_and_again_when_it_was_taken_back(
    mailbox: Post, alice: FlaskClient, cast: Cast, consent: Consent
) -> None:
    answer = alice.get(leave(alice, cast))
    (inbox,) = inboxes(cast)
    assert answer.headers["Location"].endswith(f"/settings/inboxes/email/{inbox.id}")
    assert (inbox.address, inbox.opened().probe("").problems) == ("hello@fernway.test", [])
    assert inbox.credentials["access_token"] not in (inbox.credentials_sealed or "")
    assert mailbox.signed_in[0] == "XOAUTH2 hello@fernway.test"
    consent.revoke()
    assert [problem.repair for problem in inbox.opened().probe("").problems] == ["reconnect", "reconnect"]
    page = alice.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Connect again with Google" in page
    assert inbox.credentials["refresh_token"] not in page
    alice.get(leave(alice, cast, f"?inbox={inbox.id}"))
    (inbox,) = inboxes(cast)
    assert inbox.opened().probe("").problems == []


def test_consent_of_another_mailbox_changes_nothing(
    mailbox: Post, alice: FlaskClient, cast: Cast, consent: Consent
) -> None:
    alice.get(leave(alice, cast))
    (before,) = inboxes(cast)
    consent.email = "other@fernway.test"
    answer = alice.get(leave(alice, cast, f"?inbox={before.id}"), follow_redirects=True)
    assert "You gave consent as other@fernway.test" in answer.get_data(as_text=True)
    (after,) = inboxes(cast)
    assert after.credentials == before.credentials


def test_nobody_comes_back_for_somebody_else(mailbox: Post, app: Flask, alice: FlaskClient, cast: Cast) -> None:
    path = leave(alice, cast)
    bob = app.test_client()
    bob.post("/login", data={"email": "bob@fernway.example", "password": PASSWORD})
    assert bob.get(path).status_code == 403
    assert app.test_client().get(path).status_code == 403
    parts = urlsplit(path)
    fields = dict(parse_qsl(parts.query))
    for changed in ({"state": fields["state"][:-2]}, {"state": ""}, {"state": "x.y"}):
        assert alice.get(f"{parts.path}?{urlencode({**fields, **changed})}").status_code == 403
    assert alice.get(f"/mail-consent/microsoft?{parts.query}").status_code == 404
    denied = alice.get(f"{parts.path}?{urlencode({'state': fields['state'], 'error': 'access_denied'})}")
    assert denied.headers["Location"].endswith("/settings/inboxes/email/new")
    assert inboxes(cast) == []
    # Its cookie is gone: what was begun is over.
    assert alice.get(path).status_code == 403


def test_agents_and_strangers_cannot_begin(mailbox: Post, app: Flask, cast: Cast) -> None:
    for email in ("bob@fernway.example", "charlie@elsewhere.example"):
        client = app.test_client()
        client.post("/login", data={"email": email, "password": PASSWORD})
        path = f"/accounts/{cast.account_id}/settings/inboxes/email/consent/google"
        assert client.get(path).status_code in (403, 404)
