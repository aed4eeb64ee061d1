"""How often something was tried: the table that `lib/throttle` counts in. Unlogged: a crash may forget it."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, Table, Text

from app.lib.database import Model

THROTTLES = Table(
    "throttles",
    Model.metadata,
    Column("key", Text, primary_key=True),
    Column("window_start", DateTime(timezone=True), primary_key=True),
    Column("hits", Integer, nullable=False),
    prefixes=["UNLOGGED"],
)
