"""The fields of a channel's settings or credentials, as its connect form draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from annotated_types import MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Drawn:
    """`kind` is switch, number or text; `is_secret` is never shown again."""

    name: str
    title: str
    hint: str
    kind: str
    example: str
    max_length: int | None
    is_required: bool
    is_secret: bool


def drawn(model: type[BaseModel], *, without: Sequence[str] = ()) -> list[Drawn]:
    """A model's fields in their order: title and description are the words beside them, the first example stands in them."""
    return [_drawn(name, field) for name, field in model.model_fields.items() if name not in without]


def _drawn(name: str, field: FieldInfo) -> Drawn:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return Drawn(
        name=name,
        title=field.title or name.replace("_", " ").capitalize(),
        hint=field.description or "",
        kind=_kind(field),
        example=str(field.examples[0]) if field.examples else "",
        max_length=next((rule.max_length for rule in field.metadata if isinstance(rule, MaxLen)), None),
        is_required=field.is_required(),
        is_secret=bool(extra.get("secret")),
    )


def _kind(field: FieldInfo) -> str:
    types: set[Any] = {field.annotation, *get_args(field.annotation)}
    if bool in types:
        return "switch"
    return "number" if types & {int, float} else "text"
