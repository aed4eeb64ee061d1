"""`doctor` looks at every part that Parley stands on, and says what to do about each that is not well."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from app.cli.database import NewerDatabase, one_line, revisions
from app.config import Settings, chosen, settings
from app.errors import ParleyError
from app.lib import http, mail, redis, storage
from app.lib.database import login_url, owner_url

OLDEST_POSTGRES = 15
LEAST_DISK = 1024**3


class Sick(Exception):
    """What is wrong with a part, and what to do about it."""

    def __init__(self, wrong: str, *, remedy: str) -> None:
        super().__init__(f"{wrong}: {remedy}")


@click.command("doctor")
def doctor_command() -> None:
    """Check every part, and say what to do. Exits with 1 when something is wrong."""
    sick = False
    for name, check in CHECKS.items():
        try:
            found = check(settings())
        except Sick as trouble:
            sick, found = True, str(trouble)
            click.secho(f"  !!  {name:<14} {found}", fg="red")
        else:
            click.echo(f"  ok  {name:<14} {found}")
    if sick:
        raise SystemExit(1)


def check_python(_: Settings) -> str:
    if sys.version_info < (3, 11):  # noqa: UP036  # packages are not checked for it when they were copied in
        raise Sick(f"Python {sys.version.split()[0]}", remedy="run Parley with Python 3.11 or newer")
    return sys.version.split()[0]


def check_libraries(_: Settings) -> str:
    missing = [name for name in ("htmx.min.js", "icons.svg", "inter.css") if not (_vendor() / name).exists()]
    if missing:
        raise Sick(f"{', '.join(missing)} is missing in {_vendor()}", remedy="run bin/setup")
    return "in place"


def _vendor() -> Path:
    return Path(current_app.static_folder or "") / "vendor"


def check_database(settings: Settings) -> str:
    version = int(_ask(owner_url(settings), "show server_version_num", remedy=_start("database_url"))) // 10000
    if version < OLDEST_POSTGRES:
        raise Sick(f"PostgreSQL {version}", remedy=f"use PostgreSQL {OLDEST_POSTGRES} or newer")
    try:
        current, newest = revisions()
    except NewerDatabase as newer:
        raise Sick("a newer version was here", remedy=str(newer)) from None
    if current != newest:
        raise Sick(f"its tables are of revision {current or 'none'}, not {newest}", remedy="run `bin/parley migrate`")
    return f"PostgreSQL {version}, at the newest revision"


def check_roles(settings: Settings) -> str:
    """The login is what the web and the workers use; by itself it must see nothing."""
    prefix = settings.database_role_prefix
    url = login_url(settings)
    remedy = "run `bin/parley migrate`, which makes the roles and sets the login's password"
    for role in ("tenant", "system"):
        if _ask(url, f"select pg_has_role(current_user, '{prefix}_{role}', 'member')::text", remedy=remedy) != "true":
            raise Sick(f"{url.username} may not enter {prefix}_{role}", remedy=remedy)
    powers = "select (rolsuper or rolbypassrls)::text from pg_roles where rolname = current_user"
    if _ask(url, powers, remedy=remedy) == "true":
        raise Sick(
            f"{url.username} sees past row-level security", remedy="give DATABASE_LOGIN_URL an ordinary login role"
        )
    return f"{url.username}, and the two that it enters"


def _start(setting: str) -> str:
    """What to do about a part that does not answer; one that nobody named is bin/dev's own."""
    return f"start it, or correct {setting.upper()}" if setting in chosen() else "start bin/dev, which runs it"


def _ask(url: URL, question: str, *, remedy: str) -> str:
    engine = create_engine(url, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            return str(connection.execute(text(question)).scalar_one())
    except DBAPIError as refused:
        raise Sick(one_line(refused), remedy=remedy) from None
    finally:
        engine.dispose()


def check_work(settings: Settings) -> str:
    """Rows that have been due for long tell that no worker takes them."""
    question = "select count(*) from work where state = 'ready' and run_at < now() - interval '5 minutes'"
    late = int(_ask(owner_url(settings), question, remedy="see Database above"))
    if late:
        raise Sick(f"{late} pieces of work are more than 5 minutes late", remedy="start workers, and read their log")
    return "nothing is late"


def check_redis(settings: Settings) -> str:
    try:
        client = redis.client()
        version = str(client.info("server")["redis_version"])
        policy = str(client.info("memory").get("maxmemory_policy", "noeviction"))
    except RedisError as away:
        raise Sick(f"{_host(settings.redis_url)}: {away}", remedy=_start("redis_url")) from None
    if policy != "noeviction":
        raise Sick(f"it forgets keys when it is full ({policy})", remedy="set maxmemory-policy to noeviction")
    return f"Redis {version}"


def check_chroma(settings: Settings) -> str:
    try:
        http.get(f"{settings.chroma_url.rstrip('/')}/api/v2/heartbeat", timeout=5, allow_private=True)
    except http.HttpFailed as away:
        raise Sick(f"{_host(settings.chroma_url)}: {away}", remedy=_start("chroma_url")) from None
    return "answers"


def check_files(settings: Settings) -> str:
    place = _host(settings.storage_url) if settings.storage_url else f"{settings.data_dir}/files"
    try:
        stored = storage.save(BytesIO(b"written by parley doctor"), filename="doctor.txt", limit_bytes=1024)
        storage.delete(stored.key)
    except (OSError, ParleyError) as refused:
        raise Sick(f"{place}: {refused}", remedy="let Parley write there, or correct STORAGE_URL or DATA_DIR") from None
    return f"kept in {place}"


def check_disk(settings: Settings) -> str:
    try:
        free = shutil.disk_usage(settings.data_dir).free
    except OSError as lost:
        raise Sick(str(lost), remedy="make the directory, or correct DATA_DIR") from None
    if free < LEAST_DISK:
        raise Sick(f"{free / 1024**2:.0f} MB are left for {settings.data_dir}", remedy="make room, or move it")
    return f"{free / 1024**3:.0f} GB free"


def check_mail(settings: Settings) -> str:
    if not settings.smtp_url:
        if settings.environment == "production":
            raise Sick("mails go nowhere, they are only kept", remedy="set SMTP_URL and MAIL_FROM")
        return f"kept in {settings.data_dir}/mails"
    try:
        mail.probe()
    except mail.MailFailed as refused:
        raise Sick(f"{_host(settings.smtp_url)}: {refused}", remedy="correct SMTP_URL") from None
    return f"{_host(settings.smtp_url)} takes mails"


def check_address(settings: Settings) -> str:
    url = settings.public_url
    if settings.environment == "production" and not settings.is_secure and not _is_local(url):
        raise Sick(f"{url} is not encrypted", remedy="serve Parley by https, and set PUBLIC_URL to that address")
    try:
        http.get(f"{url}/health", timeout=5, allow_private=True)
    except http.HttpFailed as away:
        raise Sick(f"{url}: {away}", remedy=_start("public_url")) from None
    return f"{url} answers"


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def _host(url: str) -> str:
    """An address without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or parts.path}" + (f":{parts.port}" if parts.port else "")


CHECKS: dict[str, Callable[[Settings], str]] = {
    "Python": check_python,
    "Libraries": check_libraries,
    "Database": check_database,
    "Roles": check_roles,
    "Redis": check_redis,
    "Workers": check_work,
    "Chroma": check_chroma,
    "Files": check_files,
    "Disk": check_disk,
    "Mail": check_mail,
    "Address": check_address,
}
