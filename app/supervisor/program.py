"""What a child process is: another program, or a function of this one in a fork that has everything loaded already."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setproctitle import setproctitle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Program:
    """`is_foundation` ones are stopped last: the others need them until their own end."""

    name: str
    stops_on: signal.Signals = signal.SIGTERM
    is_foundation: bool = False

    def begin(self) -> int:
        """Starts the process in a session of its own, and returns its id."""
        raise NotImplementedError

    def last_words(self) -> str:
        """What it wrote last, for the one who asks why it ended; empty where that is on the screen already."""
        return ""


@dataclass(frozen=True, kw_only=True)
class Command(Program):
    argv: list[str]
    log: Path | None = None
    environment: Mapping[str, str] | None = None
    before: Callable[[], None] = field(default=lambda: None)

    def begin(self) -> int:
        """`before` runs in the new process; what it prints goes to `log`, or where our own words go."""
        parent = os.getpid()

        def prepare() -> None:
            self.before()
            end_with(parent, self.stops_on)

        out = self.log.open("ab") if self.log else None
        try:
            started = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT if out else None,
                env=self.environment,
                start_new_session=True,
                preexec_fn=prepare,  # we hold no threads
            )
        finally:
            if out:
                out.close()
        # Its end is waited for by its id, together with that of the forks.
        started.returncode = 0
        return started.pid

    def last_words(self) -> str:
        if self.log is None:
            return ""
        last = next(reversed(self.log.read_text(errors="replace").strip().splitlines()), "")
        return f": {last} ({self.log})"


@dataclass(frozen=True, kw_only=True)
class Fork(Program):
    call: Callable[[], None]

    def begin(self) -> int:
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        if pid := os.fork():
            return pid
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            os.setsid()
            end_with(parent, self.stops_on)
            setproctitle(f"parley: {self.name}")
            self.call()
            code = 0
        except SystemExit as leaving:
            if isinstance(leaving.code, str):
                print(leaving.code, file=sys.stderr)
            code = leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def end_with(parent: int, number: signal.Signals) -> None:
    """Has the kernel send `number` to this process when its parent dies, even of SIGKILL. Linux alone can."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        os._exit(1)
