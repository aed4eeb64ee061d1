"""Begins programs anew whenever they end, as containers are: for benches that kill what they measure."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

import psutil

from app.supervisor.program import Fork, Program
from bench._ground import end

PAUSE = 0.2


def keeper(programs: Sequence[Program]) -> Program:
    """A process whose children they are; it ends them, last begun first, when it is told to end."""
    return Fork(name="keeper", call=lambda: _keep(programs))


def kept(keeper_pid: int, word: str) -> list[psutil.Process]:
    """The keeper's children whose command line has the word in it."""
    return [each for each in psutil.Process(keeper_pid).children() if word in " ".join(_command(each))]


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _keep(programs: Sequence[Program]) -> None:
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    running = {program.begin(): program for program in programs}
    while not told:
        ended, _ = os.waitpid(-1, os.WNOHANG)
        if program := running.pop(ended, None):
            time.sleep(PAUSE)
            running[program.begin()] = program
        elif not ended:
            time.sleep(PAUSE)
    for pid, program in reversed(running.items()):
        end(pid, program.stops_on)
