"""Signs in to an inbox's servers: to read, to see whether it works, and to say what does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.channels.email import imap, smtp
from app.channels.email.imap import Folder, Mailbox, Unfetchable
from app.channels.email.settings import EmailCredentials
from app.channels.email.way import Denied
from app.channels.standing import Health, NotConnected, Problem, Unreachable
from app.lib import clock

CHECK_SECONDS = 40.0
# A mailbox this full is told of before it takes no more.
NEARLY_FULL = 0.9


@contextmanager
def mailbox(credentials: EmailCredentials, *, seconds: float) -> Iterator[Mailbox]:
    """The inbox's mailbox. Raises NotConnected, Unreachable."""
    way = credentials.imap
    assert way is not None, "an inbox without IMAP is not read"
    try:
        with imap.opened(way, seconds=seconds) as found:
            yield found
    except Denied as denied:
        raise NotConnected({_secret(credentials, "imap"): denied.words}) from denied


@dataclass
class Seen:
    """What a mailbox looked like: the folders there are, and those that will be read as they were opened."""

    known: list[str] = field(default_factory=list)
    opened: list[Folder] = field(default_factory=list)


def checked(credentials: EmailCredentials, folders: Sequence[str]) -> Seen:
    """Sign in to both servers. Raises NotConnected with words for each field that is wrong."""
    wrong: dict[str, str] = {}
    seen = Seen()
    if credentials.imap_host:
        wrong |= _read(credentials, folders, seen)
    if credentials.smtp_host:
        wrong |= _written(credentials)
    if wrong:
        raise NotConnected(wrong)
    return seen


def _read(credentials: EmailCredentials, folders: Sequence[str], seen: Seen) -> dict[str, str]:
    try:
        with mailbox(credentials, seconds=CHECK_SECONDS) as found:
            seen.known = found.folders()[:200]
            for name in folders:
                seen.opened.append(found.open(name))
    except NotConnected as denied:
        return denied.fields
    except Unreachable as away:
        return {"imap_host": str(away)}
    except Unfetchable as refused:
        return {"folders": f"{name}: {refused}"}
    return {}


def _written(credentials: EmailCredentials) -> dict[str, str]:
    way = credentials.smtp
    assert way is not None, "asked only where there is a server"
    try:
        with smtp.opened(way) as server:
            server.noop()
    except Denied as denied:
        return {_secret(credentials, "smtp"): denied.words}
    except (Unreachable, OSError) as away:
        return {"smtp_host": str(away)}
    return {}


def _secret(credentials: EmailCredentials, server: str) -> str:
    """The field that is wrong when a server does not let us in."""
    return "consent" if credentials.consent else f"{server}_password"


def probed(credentials: EmailCredentials, folders: Sequence[str]) -> Health:
    """How both servers stand, what they say of space, and how far the mailbox has come."""
    problems: list[Problem] = []
    facts: dict[str, str] = {}
    if credentials.imap_host:
        facts["Reads from"] = str(credentials.imap)
        problems += _probe_reading(credentials, folders, facts)
    if credentials.smtp_host:
        facts["Sends by"] = str(credentials.smtp)
        problems += [_problem(field, words) for field, words in _written(credentials).items()]
    if credentials.consent:
        left = max(0, int(credentials.expires_at - clock.now().timestamp()) // 60)
        facts["Access lasts"] = f"{left} min, then it is renewed"
    return Health(problems, facts)


def _probe_reading(credentials: EmailCredentials, folders: Sequence[str], facts: dict[str, str]) -> list[Problem]:
    problems: list[Problem] = []
    try:
        with mailbox(credentials, seconds=CHECK_SECONDS) as found:
            for name in folders:
                try:
                    facts[f"Last in {name}"] = f"UID {found.open(name).next_uid - 1}"
                except Unfetchable as refused:
                    problems.append(Problem("folder", f"The folder {name} cannot be opened: {refused}", "settings"))
            problems += _fullness(found.quota(), facts)
            facts["Wakes at once"] = "yes" if found.can_idle() else "no, it is looked at each minute"
    except NotConnected as denied:
        return [_problem(field, words) for field, words in denied.fields.items()]
    except Unreachable as away:
        return [_problem("imap_host", str(away))]
    return problems


def _fullness(quota: tuple[int, int] | None, facts: dict[str, str]) -> list[Problem]:
    if quota is None or quota[1] <= 0:
        return []
    used, allowed = quota
    facts["Space"] = f"{used / 1024:.0f} of {allowed / 1024:.0f} MB used"
    if used < NEARLY_FULL * allowed:
        return []
    words = f"The mailbox is {100 * used // allowed} % full; when it is full, mails are turned away."
    return [Problem("quota", words)]


def _problem(field: str, words: str) -> Problem:
    """The codes `credentials` and `unreachable` are those that a poll ends when it succeeds."""
    if field == "consent":
        return Problem("credentials", words, "reconnect")
    if field == "imap_password":
        return Problem("credentials", words, "settings")
    if field == "imap_host":
        return Problem("unreachable", words, "settings")
    return Problem("sending", words, "settings")
