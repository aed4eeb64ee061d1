"""Programs ask for contacts by conditions; whatever they write, it stays a condition."""

from __future__ import annotations

from typing import Any

import pytest

from app.ledger.transaction import transaction
from tests.cast import Cast, a_contact
from tests.programs import Program


@pytest.fixture
def people(cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(
            cast.account_id,
            "Dana",
            email="dana@velo.example",
            phone_number="+4930123456",
            additional_attributes={"city": "Lisbon", "company_name": "Velo_Club"},
            custom_attributes={"plan": "gold"},
        )
        a_contact(cast.account_id, "Erin", email="erin@x.example", blocked=True)
    with transaction(cast.other_account_id):
        a_contact(cast.other_account_id, "Dana", email="dana@velo.example")


def condition(key: str, operator: str, *values: Any, then: str | None = None) -> dict[str, Any]:
    return {"attribute_key": key, "filter_operator": operator, "values": list(values), "query_operator": then}


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ([condition("name", "equal_to", "dana")], ["Dana"]),
        ([condition("email", "contains", "X.EXAMPLE")], ["Erin"]),
        ([condition("email", "does_not_contain", "x.example")], ["Dana"]),
        ([condition("phone_number", "starts_with", "+49")], ["Dana"]),
        ([condition("company", "contains", "velo_c")], ["Dana"]),
        ([condition("company", "contains", "velo%c")], []),
        ([condition("plan", "equal_to", "gold")], ["Dana"]),
        ([condition("plan", "is_not_present")], ["Erin"]),
        ([condition("blocked", "equal_to", True)], ["Erin"]),
        ([condition("created_at", "is_greater_than", "2020-01-01")], ["Dana", "Erin"]),
        ([condition("created_at", "days_before", 3)], []),
        ([condition("last_activity_at", "is_not_present")], ["Dana", "Erin"]),
        ([condition("name", "equal_to", "Dana", then="or"), condition("name", "equal_to", "Erin")], ["Dana", "Erin"]),
        ([condition("name", "equal_to", "Dana", then="and"), condition("city", "equal_to", "Porto")], []),
        ([condition("x' or 1=1 --", "equal_to", "'; drop table contacts; --")], []),
    ],
)
def test_who_fits_is_found(bobs: Program, people: None, conditions: list[dict[str, Any]], names: list[str]) -> None:
    answer = bobs.post("/contacts/filter", json={"payload": conditions})
    assert answer.status_code == 200, answer.text
    assert sorted(each["name"] for each in answer.json["payload"]) == names
    assert answer.json["meta"]["count"] == len(names)


@pytest.mark.parametrize(
    "payload",
    [
        [],
        [condition("name", "is_greater_than", "a")],
        [condition("created_at", "is_less_than", "yesterday")],
        [condition("created_at", "days_before", 10**12)],
        [condition("", "equal_to", "a")],
        [condition("name", "equal_to", "a")] * 31,
        "name",
    ],
)
def test_what_cannot_be_asked_is_refused(bobs: Program, people: None, payload: Any) -> None:
    assert bobs.post("/contacts/filter", json={"payload": payload}).status_code == 422
