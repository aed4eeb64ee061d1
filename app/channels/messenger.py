"""Facebook Messenger: people write to a page of the company's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.channels import meta
from app.channels.base import Consent, File, Health, Line, Person, Sent
from app.channels.meta import GraphError
from app.channels.meta_messaging import page
from app.channels.meta_messaging.channel import ABILITIES, MetaMessaging, safe_name
from app.channels.meta_messaging.events import text, word
from app.channels.meta_messaging.facebook_login import FacebookLogin
from app.channels.meta_messaging.graph_access import Access, App, told
from app.channels.standing import Unreachable

SECRET: JsonDict = {"secret": True}
SCOPES = ("pages_messaging", "pages_manage_metadata")
UPLOAD_SECONDS = 120.0


class MessengerCredentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    page_token: str = Field(
        min_length=1,
        max_length=2000,
        title="Page access token",
        description="In Meta’s app dashboard under Messenger → Messenger API settings → Generate access tokens, beside the page.",
        examples=["EAAG…"],
        json_schema_extra=SECRET,
    )
    app_secret: str = Field(
        "",
        max_length=200,
        title="App secret",
        description="In Meta’s app dashboard under App settings → Basic. It proves what Meta posts to us. Left empty: that of Parley’s own Meta app, where one is set up.",
        json_schema_extra=SECRET,
    )
    app_id: str = ""
    """Of the app that the token is of; as all that comes with a new token, it is kept with that."""


class MessengerSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    page_id: str = Field(
        "",
        max_length=50,
        pattern=r"^\d*$",
        title="Page ID",
        description="On the page under About → Page transparency. Left empty: the page that the token is for.",
        examples=["106540352242922"],
    )
    page_name: str = ""


class Messenger(MetaMessaging):
    kind = "messenger"
    name = "Facebook Messenger"
    summary = "People write to your Facebook page."
    kind_of_thing = "page"
    platform = "messenger"
    abilities = ABILITIES
    Credentials = MessengerCredentials
    Settings = MessengerSettings

    @property
    def access(self) -> Access:
        return Access(str(self.line.credentials.get("page_token", "")), self.secret)

    @property
    def secret(self) -> str:
        return str(self.line.credentials.get("app_secret") or "") or meta.app_secret()

    @property
    def secrets(self) -> Sequence[str]:
        return (self.secret,)

    @property
    def app(self) -> App:
        return App(text(self.line.credentials.get("app_id")), self.secret)

    @property
    def own_apps(self) -> Collection[str]:
        return {self.app.id} - {""}

    @property
    def sender(self) -> str:
        return self.line.address

    @property
    def place(self) -> str:
        return text(self.line.settings.get("page_name")) or self.line.address

    @classmethod
    def consent(cls) -> Consent | None:
        return FacebookLogin(
            label="Facebook",
            scopes=("pages_show_list", *SCOPES, "pages_read_engagement", "business_management"),
            fields=("id", "name", "access_token"),
            line_of=_line_of,
            none_found="Facebook let us in to no page. Choose one when it asks.",
        )

    def connect(self, webhook_url: str) -> Line:
        given = text(self.line.settings.get("page_id"))
        found, app = page.checked(self.access, given, field="page_token", scopes=SCOPES)
        with told("app_secret"):
            app.register(self.kind_of_thing, webhook_url, page.FIELDS, page.LEAST)
        page.follow(found, self.access, field="page_token")
        return replace(
            self.line,
            address=found.id,
            name=self.line.name or found.name,
            credentials={**self.line.credentials, "page_token": found.token, "app_id": app.id},
            settings={**self.line.settings, "page_id": found.id, "page_name": found.name},
        )

    def disconnect(self, webhook_url: str) -> None:
        """The app itself goes on telling of its other pages."""
        try:
            self.access.ask("DELETE", f"/{self.line.address}/subscribed_apps")
        except GraphError as refused:
            if not refused.permanent:
                raise Unreachable(refused.reason) from None

    def probe(self, webhook_url: str) -> Health:
        return page.health(
            self.access,
            self.line.address,
            self.app,
            kind=self.kind_of_thing,
            webhook_url=webhook_url,
            scopes=SCOPES,
            way_back=self.way_back,
        )

    def profile(self, source_id: str) -> Person | None:
        """Nothing of those who only have a phone number, or do not let apps know."""
        try:
            with told("page_token"):
                told_of = self._profile(source_id)
        except _NoProfile:
            return None
        names = [text(told_of.get(part)).strip() for part in ("first_name", "last_name")]
        picture = text(told_of.get("profile_pic"))
        return Person(
            source_id,
            name=" ".join(filter(None, names)) or text(told_of.get("name")).strip(),
            avatar_ref={"url": picture} if picture else None,
        )

    def _profile(self, source_id: str) -> Mapping[str, Any]:
        try:
            return self.access.read(f"/{source_id}", ["first_name", "last_name", "profile_pic"])
        except GraphError as refused:
            if refused.permanent and not refused.wants_sign_in:
                raise _NoProfile from None
            raise

    def _send_file(self, said: dict[str, Any], file: File) -> Sent:
        """The file itself goes along: our own address need not be one that Meta can reach."""
        said["message"] = {"attachment": {"type": file.kind, "payload": {}}}
        with file.open() as content:
            named = (safe_name(file.filename), content.read(), file.content_type)
        return self._hand_over(said, files={"filedata": named}, timeout=UPLOAD_SECONDS)


class _NoProfile(Exception):
    """Graph tells nothing of them."""


def _line_of(about: Mapping[str, Any]) -> Line | None:
    page_id, token = word(about.get("id")), text(about.get("access_token"))
    if not page_id or not token:
        return None
    name = text(about.get("name"))
    # The token is of Parley's own app, whichever was used before.
    credentials = {"page_token": token, "app_secret": ""}
    return Line(page_id, name=name, credentials=credentials, settings={"page_id": page_id, "page_name": name})
