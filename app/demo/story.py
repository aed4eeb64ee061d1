"""Reads the story of the demo: who there is, and what they said."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from app.models import Role

FERNWAY = Path(__file__).parent / "fernway.toml"


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(Part):
    name: str
    role: Role

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@fernway.example"


class Customer(Part):
    name: str = ""
    email: str | None = None
    phone_number: str | None = None
    location: str
    country_code: str
    locale: str
    attributes: dict[str, str] = {}
    note: tuple[str, str] | None = None
    """Who wrote it, and the words."""


class Line(Part):
    who: str
    ago: timedelta
    words: str

    @property
    def colleague(self) -> str:
        return self.who.removeprefix("note:")

    @property
    def is_note(self) -> bool:
        return self.who.startswith("note:")

    @property
    def is_from_customer(self) -> bool:
        return self.who == "customer"


class Thread(Part):
    contact: str
    """The customer's name; `visitor` for the one without a name."""
    assignee: str | None = None
    status: Literal["open", "pending", "snoozed", "resolved"] = "open"
    priority: Literal["low", "medium", "high", "urgent"] | None = None
    subject: str | None = None
    wakes_in: int = 0
    """Minutes from now, for one that is snoozed."""
    read: bool = False
    """Whether somebody at the desk has seen the customer's last words."""
    lines: list[tuple[str, int, str]]

    def told(self) -> list[Line]:
        return [Line(who=who, ago=timedelta(minutes=ago), words=words) for who, ago, words in self.lines]


class Business(Part):
    name: str
    support_email: str
    timezone: str


class Website(Part):
    name: str
    greeting: str
    color: str
    welcome_title: str
    welcome_tagline: str
    locales: list[str]


class Story(Part):
    account: Business
    inbox: Website
    people: list[Person]
    contacts: list[Customer]
    conversations: list[Thread]


def read() -> Story:
    return Story.model_validate(tomllib.loads(FERNWAY.read_text()))
