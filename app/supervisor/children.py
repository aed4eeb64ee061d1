"""The processes of one Parley: begun, begun again when they die, and stopped in their turn."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.supervisor import strays
from app.supervisor.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.supervisor.program import Program

# A child that lived this long was well: its next death counts as its first.
WELL_AFTER = 60.0
LONGEST_PAUSE = 30.0
# Longer than the web's own grace, so that what it is answering ends by itself.
STOPS_WITHIN = 8.0
TICK = 0.5


class Stopped(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM before everything had started."""


@dataclass
class Child:
    program: Program
    pid: int = 0
    began: float = 0.0
    deaths: int = 0
    again_at: float = 0.0

    def begin(self) -> None:
        self.pid = self.program.begin()
        self.began = time.monotonic()

    def ended(self) -> int | None:
        """The code the process ended with, told once; None while it runs or when there is none."""
        pid, status = os.waitpid(self.pid, os.WNOHANG) if self.pid else (0, 0)
        if not pid:
            return None
        # What it began itself goes with it, or its successor would find the port or the files taken.
        self.send(signal.SIGTERM)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Children:
    """Used as `with Children(note) as children:`; when the block ends, every child has been stopped.

    `note` is the file that tells a later run which processes were ours, should we be killed.
    """

    def __init__(self, note: Path) -> None:
        self._note = note
        self._children: list[Child] = []
        self._stops = 0
        self._woken, self._wake = os.pipe()

    def __enter__(self) -> Children:
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        return self

    def _stop(self, *_: object) -> None:
        self._stops += 1

    def __exit__(self, *_: object) -> None:
        """First those who answer people, then the databases under them. A second Ctrl-C waits for nobody."""
        for foundation in (False, True):
            leaving = [child for child in self._children if child.program.is_foundation is foundation]
            for child in leaving:
                if child.pid:
                    child.send(child.program.stops_on)
            asked = self._stops
            deadline = time.monotonic() + STOPS_WITHIN
            while any(child.ended() is None and child.pid for child in leaving):
                if time.monotonic() > deadline or self._stops > max(asked, 1):
                    for child in leaving:
                        if child.pid:
                            child.send(signal.SIGKILL)
                self._pause(0.05)

    def begin(self, program: Program) -> None:
        child = Child(program)
        self._children.append(child)
        self._begin(child)

    def _begin(self, child: Child) -> None:
        child.begin()
        strays.note(self._note, [each.pid for each in self._children if each.pid])

    def until(self, ready: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Waits until `ready()`. Raises Trouble when `what`'s process ends or the time is over, Stopped on Ctrl-C."""
        deadline = time.monotonic() + seconds
        while not ready():
            self._raise_if_stopped()
            for child in self._children:
                if child.program.name == what and (code := child.ended()) is not None:
                    raise Trouble(f"{what} {_how(code)} while starting{child.program.last_words()}")
            if time.monotonic() > deadline:
                raise Trouble(f"{what} was not ready within {seconds:.0f} s.")
            self._pause(0.03)

    def once(self, program: Program) -> int:
        """Runs a child to its end, and returns the code it ended with."""
        child = Child(program)
        self._children.append(child)
        self._begin(child)
        while (code := child.ended()) is None:
            self._raise_if_stopped()
            self._pause(TICK)
        self._children.remove(child)
        return code

    def watch(self) -> None:
        """Keeps every child alive until somebody stops us."""
        while not self._stops:
            for child in self._children:
                self._revive(child)
            self._bury_orphans()
            self._pause(TICK)

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if (code := child.ended()) is not None:
            child.deaths = 1 if now - child.began > WELL_AFTER else child.deaths + 1
            pause = min(2.0 ** (child.deaths - 1), LONGEST_PAUSE)
            child.again_at = now + pause
            print(f"{child.program.name} {_how(code)}; starting it again in {pause:.0f} s", file=sys.stderr, flush=True)
        elif not child.pid and now >= child.again_at:
            self._begin(child)

    def _bury_orphans(self) -> None:
        """As the first process of a container we are left with the children of those that died."""
        known = {child.pid for child in self._children}
        with suppress(ChildProcessError):
            while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid not in known:
                os.waitpid(ended.si_pid, 0)

    def _raise_if_stopped(self) -> None:
        if self._stops:
            raise Stopped

    def _pause(self, seconds: float) -> None:
        """Until a signal or the end of a child, at most `seconds`."""
        if select.select([self._woken], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                while os.read(self._woken, 512):
                    pass


def _how(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
