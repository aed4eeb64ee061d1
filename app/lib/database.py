"""The database session, which only works inside a frame of the ledger, and the base of all models."""

from __future__ import annotations

import os
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import BigInteger, DateTime, Engine, MetaData, Text, create_engine, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from app.config import Settings
from app.config import settings as current_settings
from app.lib import crypto


class OutsideFrame(RuntimeError):
    """The database was asked outside `transaction(…)` or `system(…)`."""


class FrameSession(FlaskSession):
    """A session that refuses to speak outside a frame; `info["frame"]` is set by the ledger alone."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        if "frame" not in self.info:
            raise OutsideFrame("The database can only be used inside `with transaction(account_id):`.")
        return super().get_bind(*args, **kwargs)


class Model(DeclarativeBase):
    """The base of all tables: text, bigint, jsonb and time with zone are the column types of Python's own."""

    # A key with a part missing names nobody: there is no need to ask the database for them.
    __mapper_args__ = {"allow_partial_pks": False}  # noqa: RUF012  # read once by SQLAlchemy
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            str: Text,
            int: BigInteger,
            datetime: DateTime(timezone=True),
            dict[str, Any]: JSONB,
            list[str]: JSONB,
        },
    )


class Stamped:
    """When a row was made and last changed."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), default=None, sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), onupdate=func.clock_timestamp(), default=None, sort_order=91
    )


db = SQLAlchemy(
    model_class=Model,
    disable_autonaming=True,
    session_options={"class_": FrameSession, "expire_on_commit": False},
)


def owner_url(settings: Settings) -> URL:
    """The database's owner: migrations and nothing else."""
    return make_url(settings.database_url).set(drivername="postgresql+psycopg2")


def login_url(settings: Settings) -> URL:
    """The login the application uses: by itself it sees nothing, it can only enter the tenant's or the system's role."""
    if settings.database_login_url:
        return make_url(settings.database_login_url).set(drivername="postgresql+psycopg2")
    return owner_url(settings).set(username=f"{settings.database_role_prefix}_login", password=login_password(settings))


def login_password(settings: Settings) -> str:
    return crypto.hmac_hex(settings.secret_key, f"database login {settings.database_role_prefix}")


def engine_options(settings: Settings) -> dict[str, Any]:
    """Small pools that notice a server that went away."""
    return {
        "pool_size": settings.database_pool_size,
        "max_overflow": settings.database_pool_size,
        "pool_pre_ping": True,
        "pool_timeout": 10,
        "connect_args": {"connect_timeout": 5, "application_name": "parley"},
    }


def side_engine() -> Engine:
    """A small pool beside the frames', for what is counted while a frame holds a connection: neither waits for the other."""
    return _side_engine(os.getpid(), login_url(current_settings()))


@lru_cache(maxsize=4)
def _side_engine(_process: int, url: URL) -> Engine:
    return create_engine(url, **{**engine_options(current_settings()), "pool_size": 1, "max_overflow": 3})


def owner_engine(settings: Settings) -> Engine:
    return create_engine(owner_url(settings), connect_args={"connect_timeout": 5, "application_name": "parley migrate"})
