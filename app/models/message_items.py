"""What an interactive message holds, and which answers to it fit: choices, cards, forms, articles and single questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from app.errors import Invalid
from app.lib import address
from app.lib.pattern import compiled, usable

MOST_ITEMS = 100
MOST_ACTIONS = 10
LONGEST_ANSWER = 5_000
MOST_CHARACTERS = 64_000
SCHEMES = ("http", "https", "mailto", "tel")


class ContentType(StrEnum):
    TEXT = "text"
    INPUT_TEXT = "input_text"
    INPUT_TEXTAREA = "input_textarea"
    INPUT_EMAIL = "input_email"
    INPUT_SELECT = "input_select"
    CARDS = "cards"
    FORM = "form"
    ARTICLE = "article"


def link(value: str) -> str:
    """An address that may stand behind something to press."""
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in SCHEMES and bool(parts.netloc if parts.scheme.startswith("http") else parts.path)
    except ValueError:
        is_good = False
    if not is_good or any(sign.isspace() for sign in value):
        raise ValueError("Give a link that begins with https://, http://, mailto: or tel:.")
    return value


def _web_link(value: str) -> str:
    if not link(value).startswith(("http://", "https://")):
        raise ValueError("Give the address of a picture, as in https://shop.example/bicycle.jpg.")
    return value


def _said(value: Any) -> Any:
    """`"required": "required"` is how HTML, and many a bot, says yes; a number is as good as its digits."""
    return value if isinstance(value, bool) else str(value).lower() in ("required", "true", "1", "yes")


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Name = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=255)]
Words = Annotated[str, BeforeValidator(_as_text), Field(max_length=1_000)]
Link = Annotated[str, Field(max_length=2_048), AfterValidator(link)]
Picture = Annotated[str, Field(max_length=2_048), AfterValidator(_web_link)]


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Choice(Item):
    title: Name
    value: Name


class Action(Item):
    """Something to press on a card: a link, or a word sent back."""

    type: Literal["link", "postback"]
    text: Name
    uri: Link | None = None
    payload: Words | None = None

    def model_post_init(self, _: Any) -> None:
        if self.type == "link" and self.uri is None:
            raise ValueError("A link needs its uri.")
        if self.type == "postback" and not self.payload:
            raise ValueError("A postback needs its payload.")


class Card(Item):
    title: Name
    description: Words = ""
    media_url: Picture | None = None
    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=MOST_ACTIONS)]


class FieldOption(Item):
    label: Name
    value: Name


class FormField(Item):
    name: Name
    label: Words = ""
    type: Literal["text", "text_area", "textarea", "email", "number", "date", "url", "tel", "select", "checkbox"] = (
        "text"
    )
    placeholder: Words = ""
    options: Annotated[tuple[FieldOption, ...], Field(max_length=MOST_ITEMS)] = ()
    default: Words = ""
    required: Annotated[bool, BeforeValidator(_said)] = False
    pattern: Annotated[str, Field(max_length=500), AfterValidator(usable)] = ""
    title: Words = ""
    pattern_error: Words = ""

    def model_post_init(self, _: Any) -> None:
        if self.type == "select" and not self.options:
            raise ValueError("A choice needs its options.")


class Article(Item):
    title: Name
    description: Words = ""
    link: Link


SHAPES: dict[ContentType, type[Item]] = {
    ContentType.INPUT_SELECT: Choice,
    ContentType.CARDS: Card,
    ContentType.FORM: FormField,
    ContentType.ARTICLE: Article,
}
QUESTIONS = {ContentType.INPUT_TEXT, ContentType.INPUT_TEXTAREA, ContentType.INPUT_EMAIL}
# What the customer's answer is kept under: nobody else writes there.
ANSWERS = ("submitted_values", "submitted_email")


def checked_items(content_type: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """`attributes` with their `items` as they are kept. Raises Invalid with what is wrong, and where."""
    kept = {name: value for name, value in attributes.items() if name not in (*ANSWERS, "items")}
    shape = SHAPES.get(ContentType(content_type))
    if shape is None:
        if attributes.get("items"):
            raise Invalid({"content_attributes.items": f"A message of the kind {content_type} has no items."})
        return kept
    items = attributes.get("items")
    if not isinstance(items, list) or not items:
        raise Invalid({"content_attributes.items": "Give at least one item."})
    if len(items) > MOST_ITEMS:
        raise Invalid({"content_attributes.items": f"{MOST_ITEMS} items are the most."})
    kept["items"] = [_checked(shape, item, at) for at, item in enumerate(items)]
    if len(json.dumps(kept["items"])) > MOST_CHARACTERS:
        raise Invalid({"content_attributes.items": f"This is too much: {MOST_CHARACTERS:,} characters fit."})
    if shape is FormField and len({item["name"] for item in kept["items"]}) < len(items):
        raise Invalid({"content_attributes.items": "Each field needs a name of its own."})
    return kept


def checked_answer(content_type: str, items: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a customer's answer: `submitted_email`, or `submitted_values`. Raises Invalid for each field."""
    answer = ANSWERED.get(ContentType(content_type))
    if answer is None:
        raise Invalid({"submitted_values": "Nothing is asked here."})
    return answer(items, given)


def _checked(shape: type[Item], item: Any, at: int) -> dict[str, Any]:
    try:
        return TypeAdapter(shape).validate_python(item).model_dump(exclude_defaults=True)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in ("content_attributes", "items", at, *first["loc"]))
        words = {"extra_forbidden": "This key is not known.", "missing": "Fill this in."}.get(first["type"])
        raise Invalid({place: words or first["msg"].removeprefix("Value error, ")}) from None


def _email(_: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    typed = given.get("submitted_email")
    return {"submitted_email": address.email(typed if isinstance(typed, str) else "", field="submitted_email")}


def _text(_: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    values = _values(given)
    words = next(iter(values.values()), "").strip()
    if not words:
        raise Invalid({"submitted_values": "Write something first."})
    return {"submitted_values": [{"value": words}]}


def _chosen(items: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    values = list(_values(given).values())
    found = [item for item in items if item["value"] in values[:1]]
    if not found:
        raise Invalid({"submitted_values": "Choose one of those there are."})
    return {"submitted_values": [{"title": found[0]["title"], "value": found[0]["value"]}]}


def _pressed(items: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    values = list(_values(given).values())
    actions = [action for card in items for action in card["actions"] if action["type"] == "postback"]
    found = [action for action in actions if action["payload"] in values[:1]]
    if not found:
        raise Invalid({"submitted_values": "There is no such button."})
    return {"submitted_values": [{"title": found[0]["text"], "value": found[0]["payload"]}]}


def _filled_in(items: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    values = _values(given)
    kept, wrong = [], {}
    for item in items:
        field, value = FormField.model_validate(item), values.get(item["name"], "").strip()
        if complaint := _complaint(field, value):
            wrong[f"submitted_values.{field.name}"] = complaint
        kept.append({"name": field.name, "label": field.label or field.name, "value": value})
    if wrong:
        raise Invalid(wrong)
    return {"submitted_values": kept}


def _complaint(field: FormField, value: str) -> str:
    """What is wrong with a field's value; nothing when it fits."""
    if not value:
        return "Fill this in." if field.required else ""
    if field.type == "select" and value not in {option.value for option in field.options}:
        return "Choose one of those there are."
    if field.type == "email":
        try:
            address.email(value)
        except Invalid as wrong:
            return wrong.message
    if field.pattern and not compiled(field.pattern).fullmatch(value):
        return field.pattern_error or field.title or "This does not have the form that is asked for."
    return ""


def _values(given: Mapping[str, Any]) -> dict[str, str]:
    """`[{"name": …, "value": …}]` as texts by name; those without a name by their place."""
    values = given.get("submitted_values")
    if not isinstance(values, list) or len(values) > MOST_ITEMS:
        raise Invalid({"submitted_values": "Give a list of values."})
    told: dict[str, str] = {}
    for at, each in enumerate(values):
        value = _as_text(each.get("value")) if isinstance(each, dict) else None
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, str) or len(value) > LONGEST_ANSWER:
            raise Invalid({"submitted_values": f"A value is a text of at most {LONGEST_ANSWER:,} characters."})
        told[str(each.get("name", at))[:255]] = value.replace("\0", "")
    return told


ANSWERED: dict[ContentType, Callable[[list[dict[str, Any]], Mapping[str, Any]], dict[str, Any]]] = {
    ContentType.INPUT_EMAIL: _email,
    ContentType.INPUT_TEXT: _text,
    ContentType.INPUT_TEXTAREA: _text,
    ContentType.INPUT_SELECT: _chosen,
    ContentType.CARDS: _pressed,
    ContentType.FORM: _filled_in,
}
