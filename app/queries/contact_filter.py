"""Conditions on contacts as programs write them, as one expression of SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_

from app.errors import Invalid
from app.lib import clock
from app.models.contact import Contact

MOST_CONDITIONS, MOST_VALUES, LONGEST_VALUE = 30, 100, 1000
ABOUT = {"city": "city", "company": "company_name", "company_name": "company_name", "country": "country"}
TEXTS = ("name", "email", "phone_number", "identifier", "country_code")
MOMENTS = ("created_at", "last_activity_at")


@dataclass(frozen=True)
class Condition:
    """`joined` says how it goes together with the next one: "and" or "or", worked through from the left."""

    key: str
    operator: str
    values: Sequence[Any] = ()
    joined: str = "and"


def expression(conditions: Sequence[Condition]) -> ColumnElement[bool]:
    """Raises Invalid for what cannot be asked."""
    if not conditions or len(conditions) > MOST_CONDITIONS:
        raise Invalid({"payload": f"1 to {MOST_CONDITIONS} conditions can be asked at once."})
    whole = _one(conditions[0])
    for before, condition in pairwise(conditions):
        whole = (or_ if before.joined.lower() == "or" else and_)(whole, _one(condition))
    return whole


def _one(condition: Condition) -> ColumnElement[bool]:
    if condition.key == "blocked":
        wanted = [str(value).lower() == "true" for value in condition.values]
        is_one = Contact.blocked.in_(wanted)
        return not_(is_one) if condition.operator == "not_equal_to" else is_one
    if condition.key in MOMENTS:
        at: ColumnElement[bool] = _moment(condition, getattr(Contact, condition.key))
        return at
    return _text(condition, _column(condition.key))


def _column(key: str) -> Any:
    if key in TEXTS:
        return getattr(Contact, key)
    if key in ABOUT:
        return Contact.additional_attributes[ABOUT[key]].astext
    if not 0 < len(key) <= 255:
        raise Invalid({"attribute_key": "This is no name of an attribute."})
    return Contact.custom_attributes[key].astext


def _text(condition: Condition, column: Any) -> ColumnElement[bool]:
    values = _values(condition)
    known = func.lower(func.coalesce(column, ""))
    ways: dict[str, Callable[[], ColumnElement[bool]]] = {
        "equal_to": lambda: known.in_(values),
        "not_equal_to": lambda: known.not_in(values),
        "contains": lambda: or_(false(), *(known.contains(value, autoescape=True) for value in values)),
        "does_not_contain": lambda: and_(*(not_(known.contains(value, autoescape=True)) for value in values)),
        "starts_with": lambda: or_(false(), *(known.startswith(value, autoescape=True) for value in values)),
        "is_present": lambda: known != "",
        "is_not_present": lambda: known == "",
    }
    if condition.operator not in ways:
        raise Invalid({"filter_operator": f"“{condition.operator[:40]}” cannot be asked of {condition.key[:40]}."})
    return ways[condition.operator]()


def _moment(condition: Condition, column: Any) -> Any:
    if condition.operator in ("is_present", "is_not_present"):
        return column.is_(None) if condition.operator == "is_not_present" else column.is_not(None)
    [value, *_] = _values(condition) or [""]
    try:
        if condition.operator == "days_before":
            return column < clock.now() - timedelta(days=int(value))
        moment = datetime.fromisoformat(value.upper())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid({"values": "This is no day, as in 2031-01-31."}) from None
    if condition.operator == "is_greater_than":
        return column > moment
    if condition.operator == "is_less_than":
        return column < moment
    raise Invalid({"filter_operator": f"“{condition.operator[:40]}” cannot be asked of {condition.key}."})


def _values(condition: Condition) -> list[str]:
    if len(condition.values) > MOST_VALUES:
        raise Invalid({"values": f"{MOST_VALUES} values can be asked at once."})
    return [str(value).lower()[:LONGEST_VALUE] for value in condition.values]
