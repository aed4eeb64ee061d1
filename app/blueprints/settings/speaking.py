"""A guard for what a provider is asked on the way: administrators, a frame before, nothing held meanwhile, a frame after."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response

from app.blueprints.guards import Guard, View, administrator


def speaking(
    prepare: Callable[..., Any], speak: Callable[[], None], *, after: Callable[[], None] = lambda: None
) -> Guard:
    """`prepare` gets the view's arguments, in a frame; `speak` is in no frame, for servers may take their time; both leave
    what they found in `g`. Then comes the view, in a frame of its own, and `after` it what follows, in none.
    """

    def guard(view: View) -> View:
        before, framed = administrator(_silent(prepare)), administrator(view)

        @wraps(view)
        def steps(**values: Any) -> Response:
            before(**values)
            speak()
            answer: Response = framed(**values)
            after()
            return answer

        return steps

    return guard


def _silent(prepare: Callable[..., Any]) -> View:
    @wraps(prepare)
    def quiet(**values: Any) -> str:
        prepare(**values)
        return ""

    return quiet
