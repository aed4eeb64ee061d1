"""How the API tells what went wrong: 401 and 404 as `error`, 422 as `message` with the names of the `attributes`."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import DataError

from app.errors import Invalid, NotAllowed, NotFound, ParleyError, TooMany


def install(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(ParleyError, answer)
    blueprint.register_error_handler(DataError, lambda error: answer(Invalid()))


def answer(error: ParleyError) -> Response:
    response = jsonify(_body(error))
    # Callers of this contract know no 403: whoever may not do something is not authorised for it.
    response.status_code = 401 if isinstance(error, NotAllowed) else error.status
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _body(error: ParleyError) -> dict[str, object]:
    if isinstance(error, NotFound):
        return {"error": "Resource could not be found"}
    if isinstance(error, Invalid):
        told = [words if field == "form" else f"{field}: {words}" for field, words in error.fields.items()]
        return {"message": ", ".join(told) or error.message, "attributes": list(error.fields)}
    return {"error": error.message}
