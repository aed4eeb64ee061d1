"""The few errors that anything in Parley raises on purpose; each door translates them once for its audience."""

from __future__ import annotations


class ParleyError(Exception):
    """What went wrong, in words fit for the person who asked.

    `status` is the HTTP status a door answers with.
    """

    status = 400
    default = "That did not work."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default
        super().__init__(self.message)


class NotSignedIn(ParleyError):
    status = 401
    default = "Please sign in first."


class NotAllowed(ParleyError):
    status = 403
    default = "You may not do this."


class NotFound(ParleyError):
    status = 404
    default = "This does not exist, or is not yours to see."


class Conflict(ParleyError):
    status = 409
    default = "This changed in the meantime. Look at it again, then repeat."


class TooLarge(ParleyError):
    status = 413
    default = "This is too large."


class Invalid(ParleyError):
    """Input that cannot be taken; `fields` maps a field's name to what is wrong with it."""

    status = 422
    default = "Some of this cannot be taken as it is."

    def __init__(self, fields: dict[str, str] | None = None, message: str | None = None) -> None:
        self.fields = fields or {}
        super().__init__(message or next(iter(self.fields.values()), None))


class TooMany(ParleyError):
    """A limit was reached; `retry_after` is in seconds."""

    status = 429
    default = "That was too often. Wait a little, then try again."

    def __init__(self, retry_after: int = 60, message: str | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Unavailable(ParleyError):
    status = 503
    default = "Parley cannot do this right now. Try again in a moment."
