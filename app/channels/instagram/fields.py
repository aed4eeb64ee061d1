"""What is typed to connect an Instagram account, and what connecting fills in."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

SECRET: JsonDict = {"secret": True}
Way = Literal["instagram", "facebook"]


class InstagramCredentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    access_token: str = Field(
        min_length=1,
        max_length=2000,
        title="Access token",
        description="With Instagram’s login: in Meta’s app dashboard under Instagram → API setup with Instagram login → Generate access tokens. Through a Facebook page: the page’s access token, under Messenger → Instagram settings.",
        examples=["IGAA…"],
        json_schema_extra=SECRET,
    )
    app_secret: str = Field(
        "",
        max_length=200,
        title="App secret",
        description="It proves what Meta posts to us. With Instagram’s login: the Instagram app secret, at the top of the same page. Through a Facebook page: App settings → Basic. Left empty: that of Parley’s own app, where one is set up.",
        json_schema_extra=SECRET,
    )
    issued_at: str = ""
    expires_at: str = ""
    page: str = ""
    """Whose token it is, where it is a page's; as all that comes with a new token, it is kept with that."""
    app_id: str = ""


class InstagramSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    login: Way = Field(
        "instagram",
        title="The account lets us in",
        description="By itself works for every professional account. Through a Facebook page is for accounts that are linked to one.",
        json_schema_extra={"words": {"instagram": "By itself", "facebook": "Through a Facebook page"}},
    )
    page_id: str = Field(
        "",
        max_length=50,
        pattern=r"^\d*$",
        title="Page ID",
        description="Only through a Facebook page, and only where the token is not the page’s own.",
    )
    username: str = ""
