"""Instagram as a channel: both ways of being let in, its own limits, what it tells of people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.channels import meta
from app.channels.base import Consent, File, Health, Line, NotConnected, Person, Problem, Sent
from app.channels.instagram import login
from app.channels.instagram.fields import InstagramCredentials, InstagramSettings
from app.channels.instagram.login import InstagramLogin
from app.channels.meta import GRAPH, INSTAGRAM_GRAPH, GraphError
from app.channels.meta_messaging import page
from app.channels.meta_messaging.channel import ABILITIES, MetaMessaging
from app.channels.meta_messaging.events import mapping, text, word
from app.channels.meta_messaging.facebook_login import FacebookLogin
from app.channels.meta_messaging.graph_access import Access, App, subscribe, subscribed, told
from app.channels.standing import Unreachable
from app.config import settings
from app.lib.http import HttpFailed
from app.lib.storable import storable

SCOPES = ("instagram_basic", "instagram_manage_messages")
LEAST = ("messages", "messaging_postbacks", "messaging_seen", "message_reactions", "messaging_referral")
FIELDS = (*LEAST, "message_edit", "standby")
ATTRIBUTES = ("follower_count", "is_user_follow_business", "is_business_follow_user", "is_verified_user")
ABOUT_PEOPLE = ("name", "username", "profile_pic", *ATTRIBUTES)
NOBODY = {100, 9010}
LONGEST_NAME, MOST_BYTES = 100, 1000
# How tokens of both logins begin.
WAYS = {"IG": "instagram", "EA": "facebook"}
# https://developers.facebook.com/docs/instagram-platform: what may be attached, and how large it may be.
TAKEN: Mapping[str, tuple[frozenset[str], int]] = {
    "image": (frozenset({"image/png", "image/jpeg", "image/gif"}), 8_000_000),
    "video": (
        frozenset({"video/mp4", "video/ogg", "video/x-msvideo", "video/avi", "video/quicktime", "video/webm"}),
        25_000_000,
    ),
    "audio": (
        frozenset({"audio/aac", "audio/x-m4a", "audio/m4a", "audio/mp4", "audio/wav", "audio/x-wav"}),
        25_000_000,
    ),
    "file": (frozenset({"application/pdf"}), 25_000_000),
}


class Instagram(MetaMessaging):
    kind = "instagram"
    name = "Instagram"
    summary = "Direct messages to your professional account, story mentions and replies."
    kind_of_thing = "instagram"
    platform = "instagram"
    abilities = replace(ABILITIES, max_length=1000, length_in="bytes")
    Credentials = InstagramCredentials
    Settings = InstagramSettings

    @property
    def is_by_page(self) -> bool:
        """As the token itself tells; else as it was said."""
        begins = text(self.line.credentials.get("access_token"))[:2]
        return WAYS.get(begins, self.line.settings.get("login")) == "facebook"

    @property
    def access(self) -> Access:
        home = GRAPH if self.is_by_page else INSTAGRAM_GRAPH
        return Access(str(self.line.credentials.get("access_token", "")), self.secret, home)

    @property
    def secret(self) -> str:
        """Of the app that the token is of."""
        installed = meta.app_secret() if self.is_by_page else settings().instagram_app_secret
        return self._own_secret or installed

    @property
    def _own_secret(self) -> str:
        return str(self.line.credentials.get("app_secret") or "")

    @property
    def secrets(self) -> Sequence[str]:
        """With its own login, Meta signs with the secret of the Instagram app or of the Meta app around it."""
        if self._own_secret:
            return (self._own_secret,)
        return (meta.app_secret(),) if self.is_by_page else (settings().instagram_app_secret, meta.app_secret())

    @property
    def app(self) -> App:
        return App(text(self.line.credentials.get("app_id")), self.secret)

    @property
    def own_apps(self) -> Collection[str]:
        return {self.app.id} - {""}

    @property
    def sender(self) -> str:
        return text(self.line.credentials.get("page")) if self.is_by_page else self.line.address

    @property
    def place(self) -> str:
        username = text(self.line.settings.get("username"))
        return f"@{username}" if username else self.line.address

    @classmethod
    def consent(cls) -> Consent | None:
        """By itself where that is set up, else through pages."""
        by_itself, by_page = InstagramLogin(), by_pages()
        return by_page if by_page.is_set_up and not by_itself.is_set_up else by_itself

    def connect(self, webhook_url: str) -> Line:
        return self._connect_page() if self.is_by_page else self._connect_itself()

    def _connect_itself(self) -> Line:
        if not any(self.secrets):
            raise NotConnected({"app_secret": "Give the app secret: it proves what Meta posts."})
        with told("access_token"):
            about = self.access.read("/me", login.ABOUT)
            whose = word(about.get("user_id"))
            if not whose:
                raise NotConnected({"access_token": "Instagram does not say whose token this is."})
            subscribe(self.access, whose, FIELDS, LEAST)
        dated = {} if text(self.line.credentials.get("expires_at")) else login.of_unknown_age(self.access.token)
        username = text(about.get("username"))
        return replace(
            self.line,
            address=whose,
            name=self.line.name or text(about.get("name")) or username,
            credentials={**self.line.credentials, **dated},
            settings={**self.line.settings, "login": "instagram", "username": username},
        )

    def _connect_page(self) -> Line:
        given = text(self.line.settings.get("page_id"))
        linked = "instagram_business_account{id,username}"
        found, app = page.checked(self.access, given, field="access_token", scopes=SCOPES, more=[linked])
        account = mapping(found.about.get("instagram_business_account"))
        if not word(account.get("id")):
            raise NotConnected({"access_token": f"No Instagram account is linked to the page {found.name}."})
        page.follow(found, self.access, field="access_token")
        username = text(account.get("username"))
        of_token = {"access_token": found.token, "page": found.id, "app_id": app.id}
        return replace(
            self.line,
            address=word(account.get("id")),
            name=self.line.name or username or found.name,
            credentials={**self.line.credentials, **of_token},
            settings={**self.line.settings, "login": "facebook", "page_id": found.id, "username": username},
        )

    def disconnect(self, webhook_url: str) -> None:
        try:
            self.access.ask("DELETE", f"/{self.sender}/subscribed_apps")
        except GraphError as refused:
            if not refused.permanent:
                raise Unreachable(refused.reason) from None

    def probe(self, webhook_url: str) -> Health:
        if self.is_by_page:
            return page.health(
                self.access,
                self.sender,
                self.app,
                kind="",
                webhook_url=webhook_url,
                scopes=SCOPES,
                way_back=self.way_back,
            )
        problems: list[Problem] = []
        facts: dict[str, str] = {}
        try:
            about = self.access.read("/me", ["user_id", "username"])
            facts["Account"] = f"@{text(about.get('username'))}"
            if "messages" not in subscribed(self.access, self.line.address, ""):
                problems.append(
                    Problem("unsubscribed", "Instagram does not tell us of this account’s messages.", "register")
                )
        except GraphError as refused:
            problems.append(page.trouble(refused, self.way_back))
        return Health(problems, facts, login.at(text(self.line.credentials.get("expires_at"))))

    def renew(self) -> Mapping[str, Any] | None:
        kept = self.line.credentials
        token = text(kept.get("access_token"))
        if self.is_by_page or not token:
            return None
        if not login.is_due(text(kept.get("issued_at")), text(kept.get("expires_at"))):
            return None
        try:
            anew = login.renewed(token)
        except HttpFailed as failed:
            words = login.words_of(failed)
            if not meta.error_of(failed).permanent:
                raise Unreachable(words) from None
            raise NotConnected({"access_token": words}) from None
        return {**kept, **anew} if anew else None

    def profile(self, source_id: str) -> Person | None:
        """Nothing of those who have never written; nobody is who is gone, or has blocked the account."""
        try:
            with told("access_token"):
                known = self._profile(source_id)
        except _NoProfile as none:
            return Person(source_id, name=f"Unknown (IG: {source_id})") if none.is_nobody else None
        username, picture = text(known.get("username")).strip(), text(known.get("profile_pic"))
        attributes: dict[str, Any] = {
            f"social_instagram_{name}": known[name] for name in ATTRIBUTES if isinstance(known.get(name), bool | int)
        }
        if username:
            attributes |= {"social_instagram_user_name": username, "social_profiles": {"instagram": username}}
        return Person(
            source_id,
            name=text(known.get("name")).strip() or username,
            avatar_ref={"url": picture} if picture else None,
            attributes=attributes,
        )

    def _profile(self, source_id: str) -> Mapping[str, Any]:
        try:
            return self.access.read(f"/{source_id}", ABOUT_PEOPLE)
        except GraphError as refused:
            if refused.permanent and not refused.wants_sign_in:
                raise _NoProfile(is_nobody=refused.code in NOBODY) from None
            raise

    def _send_file(self, said: dict[str, Any], file: File) -> Sent:
        """Instagram fetches files itself. Of kinds it does not take, the address is sent."""
        types, most = TAKEN.get(file.kind, (frozenset(), 0))
        if file.content_type.partition(";")[0].strip().lower() in types and file.byte_size <= most:
            message: dict[str, Any] = {"attachment": {"type": file.kind, "payload": {"url": file.url}}}
        else:
            message = {"text": _named(file)}
        return self._hand_over(said | {"message": message})


def by_pages() -> FacebookLogin:
    linked = "instagram_business_account{id,username}"
    return FacebookLogin(
        label="Facebook",
        scopes=(
            *SCOPES,
            "pages_show_list",
            "pages_manage_metadata",
            "pages_messaging",
            "pages_read_engagement",
            "business_management",
        ),
        fields=("id", "name", "access_token", linked),
        line_of=_line_of,
        none_found="None of the pages that Facebook let us in to has an Instagram account.",
    )


def _line_of(about: Mapping[str, Any]) -> Line | None:
    account = mapping(about.get("instagram_business_account"))
    address, token = word(account.get("id")), text(about.get("access_token"))
    if not address or not token:
        return None
    username, page_id = text(account.get("username")), word(about.get("id"))
    # The token is of Parley's own app, whichever was used before; it does not end.
    of_token = {"page": page_id, "app_secret": "", "issued_at": "", "expires_at": ""}
    return Line(address, name=username or text(about.get("name")), credentials={"access_token": token, **of_token})


def _named(file: File) -> str:
    """A file's name above its address."""
    name: str = storable(file.filename)[:LONGEST_NAME]
    return f"{name}\n{file.url}" if len(f"{name}\n{file.url}".encode()) <= MOST_BYTES else file.url


class _NoProfile(Exception):
    def __init__(self, *, is_nobody: bool) -> None:
        self.is_nobody = is_nobody
        super().__init__()
