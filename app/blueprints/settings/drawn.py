"""The fields of a channel's settings or credentials, as its connect form draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

# In signs: what is longer is none that anybody means.
LONGEST_NUMBER = 30


@dataclass(frozen=True)
class Drawn:
    """`kind` is switch, number, text, long (several lines), many (one a line) or select, which has `options` of value and
    words; `is_secret` is never shown again.
    """

    name: str
    title: str
    hint: str
    kind: str
    example: str
    max_length: int | None
    is_required: bool
    is_secret: bool
    options: Sequence[tuple[str, str]] = ()
    may_be_nothing: bool = False
    """What is left empty is None."""


def drawn(model: type[BaseModel], *, without: Sequence[str] = ()) -> list[Drawn]:
    """A model's fields in their order: title and description are the words beside them, the first example stands in them.

    One without a title is not drawn: nobody types it.
    """
    return [_drawn(name, field) for name, field in model.model_fields.items() if field.title and name not in without]


def _drawn(name: str, field: FieldInfo) -> Drawn:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    words = extra.get("words")
    options = _options(field, words if isinstance(words, dict) else {})
    kind = "select" if options else "long" if extra.get("long") else _kind(field)
    longest = next((rule.max_length for rule in field.metadata if isinstance(rule, MaxLen)), None)
    return Drawn(
        name=name,
        title=field.title or "",
        hint=field.description or "",
        kind=kind,
        example=str(field.examples[0]) if field.examples else "",
        max_length=None if kind == "many" else LONGEST_NUMBER if kind == "number" else longest,
        is_required=field.is_required(),
        is_secret=bool(extra.get("secret")),
        options=options,
        may_be_nothing=NoneType in get_args(field.annotation),
    )


def _types(field: FieldInfo) -> set[Any]:
    """Its own, and those it is one of."""
    own = field.annotation
    return {get_origin(own) or own, *(get_origin(each) or each for each in get_args(own))}


def _kind(field: FieldInfo) -> str:
    types = _types(field)
    if types & {tuple, list, set, frozenset}:
        return "many"
    if bool in types:
        return "switch"
    return "number" if types & {int, float} else "text"


def _options(field: FieldInfo, words: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Of a Literal or an enum, by itself or beside None."""
    for one in (field.annotation, *get_args(field.annotation)):
        values: Sequence[Any] = ()
        if get_origin(one) is Literal:
            values = get_args(one)
        elif isinstance(one, type) and issubclass(one, Enum):
            values = [each.value for each in one]
        if values:
            return [(str(value), str(words.get(str(value)) or _said(value))) for value in values]
    return []


def _said(value: Any) -> str:
    return str(value).replace("_", " ").capitalize()
