"""Forms: what a request says, checked and cleaned by one parser."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from flask import request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)
from werkzeug.datastructures import MultiDict

from app.errors import Invalid
from app.lib import address

WORDS = {
    "missing": "Fill this in.",
    "string_too_short": "Fill this in.",
    "string_too_long": "This is too long: {max_length} characters fit.",
    "too_long": "At most {max_length} fit.",
    "int_parsing": "Give a whole number.",
    "bool_parsing": "Give yes or no.",
    "enum": "Choose one of {expected}.",
    "literal_error": "Choose one of {expected}.",
}


def _one_line(value: Any) -> Any:
    return " ".join(CONTROLS.sub(" ", value).split()) if isinstance(value, str) else value


def stored_email(value: str) -> str:
    """For pydantic's validators, which hear of trouble by ValueError."""
    try:
        return address.email(value)
    except Invalid as refused:
        raise ValueError(refused.message) from None


CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Line = Annotated[str, BeforeValidator(_one_line)]
"""A name or the like: one line, without control characters, single spaces between its words."""

Email = Annotated[str, AfterValidator(stored_email)]
"""An e-mail address in the form it is stored in."""

Secret = Annotated[str, StringConstraints(strip_whitespace=False, max_length=1000)]
"""A password, as it was typed."""


class Form(BaseModel):
    """Texts are stripped of NUL and lone surrogates, which no database holds; unknown fields are passed over."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, values: Any) -> Any:
        return _cleaned(values)

    @classmethod
    def read(cls) -> Self:
        """From the request's form fields, or its JSON. Raises Invalid with a word for each field."""
        return cls.of(_json() if request.is_json else _flat(cls, request.form))

    @classmethod
    def read_query(cls) -> Self:
        return cls.of(_flat(cls, request.args))

    @classmethod
    def of(cls, values: Any) -> Self:
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise Invalid(_told(error)) from None


def _json() -> Any:
    try:
        values = request.get_json(silent=True)
    except RecursionError:
        raise Invalid(message="This is nested too deeply.") from None
    if not isinstance(values, dict):
        raise Invalid(message="The body must be a JSON object.")
    return values


def _flat(form: type[Form], fields: MultiDict[str, str]) -> dict[str, Any]:
    """One value a field; a list where the form wants a list (`name` or `name[]`)."""
    flat: dict[str, Any] = {}
    for name, field in form.model_fields.items():
        wants_many = getattr(field.annotation, "__origin__", None) in (list, set, tuple)
        for key in (field.alias or name, f"{field.alias or name}[]"):
            if key in fields:
                flat[field.alias or name] = fields.getlist(key) if wants_many else fields[key]
    return flat


def _cleaned(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "ignore").decode("utf-8", "ignore")
    if depth > 20:
        raise Invalid(message="This is nested too deeply.")
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item, depth + 1) for item in value]
    return value


def _told(error: ValidationError) -> dict[str, str]:
    told: dict[str, str] = {}
    for problem in error.errors():
        known = WORDS.get(problem["type"])
        # What pydantic says itself may hold braces, as of a pattern.
        words = known.format(**problem.get("ctx", {})) if known else problem["msg"].removeprefix("Value error, ")
        field = ".".join(str(part) for part in problem["loc"]) or "form"
        told.setdefault(field, words)
    return told
