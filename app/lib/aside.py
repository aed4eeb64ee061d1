"""Work that keeps a processor busy, done beside the event loop of a web process, so that nobody else waits for it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import ParamSpec, TypeVar, cast

import gevent
from gevent import monkey

P = ParamSpec("P")
T = TypeVar("T")


def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns or raises. It must release Python's lock (hashing, pictures do) and not touch the database."""
    if not monkey.is_module_patched("socket"):
        return work(*args, **kwargs)
    inside = copy_context()
    return cast("T", gevent.get_hub().threadpool.apply(inside.run, (work, *args), kwargs))
