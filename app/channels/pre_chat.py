"""What a website asks before the chat begins: which fields, in which order, and which answers fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.errors import Invalid
from app.lib import address
from app.lib.pattern import compiled, usable

STANDARD = {"emailAddress": "email", "fullName": "name", "phoneNumber": "phone_number"}
MOST_FIELDS = 20
LONGEST_ANSWER = 1_500

Standard = Literal["standard", "contact_attribute", "conversation_attribute"]
Kind = Literal["text", "email", "phone", "number", "link", "date", "list", "checkbox"]


class PreChatField(BaseModel):
    """A standard field (`emailAddress`, `fullName`, `phoneNumber`), or one kept as an attribute of contact or conversation.

    Without a label of its own a standard field is named in the visitor's language.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    field_type: Standard = "standard"
    name: str = Field(min_length=1, max_length=100)
    label: str = Field("", max_length=120)
    placeholder: str = Field("", max_length=200)
    type: Kind = "text"
    required: bool = False
    enabled: bool = False
    values: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field((), max_length=100)
    regex_pattern: Annotated[str, Field(max_length=500), AfterValidator(usable)] = ""
    regex_cue: str = Field("", max_length=200)

    @model_validator(mode="after")
    def _fits(self) -> PreChatField:
        if self.field_type == "standard" and self.name not in STANDARD:
            raise ValueError("Standard fields are emailAddress, fullName and phoneNumber.")
        if self.type == "list" and not self.values:
            raise ValueError("A list needs what can be chosen, one a line.")
        return self

    @property
    def is_standard(self) -> bool:
        return self.field_type == "standard"


USUAL = (
    PreChatField(name="emailAddress", type="email", required=True),
    PreChatField(name="fullName"),
    PreChatField(name="phoneNumber", type="phone"),
)


@dataclass
class Answers:
    """What was filled in, by where it is kept."""

    standard: dict[str, str] = field(default_factory=dict)
    contact: dict[str, Any] = field(default_factory=dict)
    conversation: dict[str, Any] = field(default_factory=dict)


class PreChat(BaseModel):
    """What `inboxes.channel_settings["pre_chat"]` holds."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    enabled: bool = False
    message: str = Field("", max_length=1_000)
    fields: Annotated[tuple[PreChatField, ...], Field(max_length=MOST_FIELDS)] = USUAL

    @model_validator(mode="after")
    def _each_once(self) -> PreChat:
        if len({(each.field_type, each.name) for each in self.fields}) < len(self.fields):
            raise ValueError("Each field stands here once.")
        return self

    @classmethod
    def of(cls, channel_settings: Mapping[str, Any]) -> PreChat:
        return cls.model_validate(channel_settings.get("pre_chat", {}))

    def asked(self, *, known: Collection[str] = (), attributes: Collection[str] = ()) -> list[PreChatField]:
        """What is left to ask of someone of whom these standard fields and contact attributes are known."""
        if not self.enabled:
            return []
        return [
            each
            for each in self.fields
            if each.enabled
            and not (each.is_standard and STANDARD[each.name] in known)
            and not (each.field_type == "contact_attribute" and each.name in attributes)
        ]


def checked_answers(asked: list[PreChatField], given: Mapping[str, Any]) -> Answers:
    """Raises Invalid with a word for each field (`pre_chat.<name>`) that does not fit."""
    answers, wrong = Answers(), {}
    for each in asked:
        said = given.get(each.name)
        value = said.strip()[: LONGEST_ANSWER + 1] if isinstance(said, str) else ""
        try:
            kept = _checked(each, value)
        except Invalid as refused:
            wrong[f"pre_chat.{each.name}"] = refused.message
            continue
        if kept == "":
            continue
        if each.is_standard:
            answers.standard[STANDARD[each.name]] = str(kept)
        elif each.field_type == "contact_attribute":
            answers.contact[each.name] = kept
        else:
            answers.conversation[each.name] = kept
    if wrong:
        raise Invalid(wrong)
    return answers


def _checked(asked: PreChatField, value: str) -> Any:
    if asked.type == "checkbox":
        if asked.required and value != "true":
            raise Invalid(message="This must be ticked.")
        return value == "true"
    if not value:
        if asked.required:
            raise Invalid(message="Fill this in.")
        return ""
    if len(value) > LONGEST_ANSWER:
        raise Invalid(message=f"This is too long: {LONGEST_ANSWER:,} characters fit.")
    if asked.regex_pattern and not compiled(asked.regex_pattern).fullmatch(value):
        raise Invalid(message=asked.regex_cue or "This does not have the form that is asked for.")
    return _in_its_form(asked, value)


def _in_its_form(asked: PreChatField, value: str) -> Any:
    if asked.name == "emailAddress" or asked.type == "email":
        return address.email(value)
    if asked.name == "phoneNumber" or asked.type == "phone":
        return address.phone(value)
    if asked.type == "list" and value not in asked.values:
        raise Invalid(message="Choose one of those there are.")
    try:
        if asked.type == "number":
            number = Decimal(value[:20])
            return int(number) if number == int(number) else float(number)
        if asked.type == "date":
            return date.fromisoformat(value).isoformat()
        if asked.type == "link" and not urlsplit(value).netloc:
            raise ValueError
    except (ValueError, ArithmeticError):
        raise Invalid(message={"number": "Give a number."}.get(asked.type, "This does not look right yet.")) from None
    return value
