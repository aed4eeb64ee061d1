"""How PostgreSQL, which refuses to run as root, runs when root starts Parley."""

from __future__ import annotations

import ctypes
import os
import pwd
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.supervisor.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

CLONE_NEWUSER = 0x10000000
# Inside the namespace root is called by this number. Every system has an account of it, which initdb looks up.
ANYONE = 1
USER = "parley-postgres"


@dataclass(frozen=True)
class Disguise:
    """`put_on` is called in the new process before it becomes PostgreSQL; `owner` owns PostgreSQL's files."""

    put_on: Callable[[], None]
    owner: int


def disguise(*places: Path) -> Disguise:
    """How a process that must not be root reaches `places`. No permission outside the data directory is changed.

    An ordinary user needs nothing. For root a user namespace is best: the process has another number there, while to
    the files it is still their owner, so that folders only root may enter need not be opened. Where namespaces are
    forbidden, as in most containers, it is a user of its own, and the folders must let it through: raises Trouble if not.
    """
    if os.geteuid() != 0:
        return Disguise(put_on=lambda: None, owner=os.geteuid())
    if sys.platform == "linux" and _namespaces_allowed():
        return Disguise(put_on=enter_namespace, owner=0)
    person = _own_user()
    for place in places:
        if closed := first_closed(place, person):
            raise Trouble(
                f"PostgreSQL does not run as root, and its user {USER} may not enter {closed}: use --data and a copy of"
                " Parley in places that everybody may pass through (as in /srv), or start as an ordinary user."
            )
    return Disguise(put_on=lambda: _become(person), owner=person.pw_uid)


def enter_namespace() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "a user namespace was refused")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{ANYONE} 0 1")
    Path("/proc/self/gid_map").write_text(f"{ANYONE} 0 1")


def _namespaces_allowed() -> bool:
    try:
        return subprocess.run(["true"], preexec_fn=enter_namespace, check=False).returncode == 0
    except subprocess.SubprocessError:
        return False


def _own_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        print(f"PostgreSQL does not run as root: making the user {USER} for it.", flush=True)
        subprocess.run(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER], check=True)
        return pwd.getpwnam(USER)


def first_closed(place: Path, person: pwd.struct_passwd) -> Path | None:
    """The first folder above `place` that `person` may not pass through."""
    for folder in reversed(place.resolve().parents):
        found = folder.stat()
        needed = stat.S_IXUSR if found.st_uid == person.pw_uid else stat.S_IXOTH
        if not found.st_mode & needed:
            return folder
    return None


def _become(person: pwd.struct_passwd) -> None:
    os.setgroups([])
    os.setgid(person.pw_gid)
    os.setuid(person.pw_uid)


def own(folder: Path, owner: int) -> None:
    """Hands the files of `folder` to `owner` where they belong to somebody else. Needs root only then."""
    if not folder.exists() or folder.stat().st_uid == owner:
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, owner, -1, follow_symlinks=False)
