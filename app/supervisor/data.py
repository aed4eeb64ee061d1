"""The data directory: who may use it, which version laid it out, and the secrets and ports that it keeps."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from app.supervisor.trouble import Trouble

# Raised when an older Parley could no longer read what a newer one keeps here.
LAYOUT = 1
POSTGRES = 18


@dataclass
class Embedded:
    """Where the embedded parts listen. Kept, so that addresses stay the same from one start to the next."""

    postgres_port: int = 0
    redis_port: int = 0
    chroma_port: int = 0
    page_port: int = 0
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class DataDirectory:
    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self._lock: IO[str] | None = None

    def take(self) -> None:
        """Makes the directory ours until `release`. Raises Trouble when another has it or a newer version laid it out."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise Trouble(f"{self.path} cannot be written ({error.strerror}); choose another with --data.") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble(f"{self.path} is in use by another Parley; stop it, or choose another with --data.") from None
        # A fork would keep it taken after our own end.
        os.register_at_fork(after_in_child=self._lock.close)
        self._check_version()

    def _check_version(self) -> None:
        stamp = self.path / "version"
        layout = _number(stamp)
        if layout > LAYOUT:
            raise Trouble(
                f"{self.path} was written by a newer version of Parley (layout {layout}, this one knows {LAYOUT});"
                " update this copy, or choose another with --data."
            )
        postgres = _number(self.postgres / "PG_VERSION")
        if postgres and postgres != POSTGRES:
            raise Trouble(
                f"{self.postgres} belongs to PostgreSQL {postgres}, and this version of Parley brings {POSTGRES};"
                " choose another with --data."
            )
        stamp.write_text(f"{LAYOUT}\n")

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    def folder(self, name: str) -> Path:
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        return folder

    def log(self, name: str) -> IO[bytes]:
        return (self.folder("log") / f"{name}.log").open("ab")

    def secret_key(self) -> str:
        """The key of this directory, made once. Only development takes it: production has to be given one."""
        file = self.path / "secret_key"
        if not file.exists():
            write_private(file, secrets.token_hex(32))
        return file.read_text().strip()

    def embedded(self, *, page_port: int) -> Embedded:
        """The ports of the last start where they are free, new ones where not; `page_port` is the first choice for the page."""
        file = self.path / "embedded.json"
        kept = Embedded(**json.loads(file.read_text())) if file.exists() else Embedded(page_port=page_port)
        taken: set[int] = set()
        for name in ("postgres_port", "redis_port", "chroma_port", "page_port"):
            port = getattr(kept, name)
            if port in taken or not is_free(port):
                port = free_port()
            setattr(kept, name, port)
            taken.add(port)
        write_private(file, json.dumps(asdict(kept), indent=2) + "\n")
        return kept


def _number(file: Path) -> int:
    text = file.read_text().strip() if file.exists() else ""
    return int(text) if text.isdigit() else 0


def write_private(file: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    fresh.rename(file)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now. A port that only lingers after its server's end counts as free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Trouble(f"port {port} is for root alone; choose one above 1023 with --port.") from None
        except OSError:
            return False
        return port != 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
