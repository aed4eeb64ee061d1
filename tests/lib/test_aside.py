"""Busy work does not hold up a web process."""

from __future__ import annotations

import subprocess
import sys

from app.lib.aside import aside

PROGRAM = """
from gevent import monkey
monkey.patch_all()
import gevent, hashlib, time
from app.lib.aside import aside

ticks = []
def tick():
    while True:
        ticks.append(time.monotonic())
        gevent.sleep(0.005)
ticking = gevent.spawn(tick)
gevent.sleep(0.02)
before = len(ticks)
digest = aside(hashlib.pbkdf2_hmac, "sha256", b"password", b"salt", 400_000)
print(len(digest), len(ticks) - before)
try:
    aside(int, "no number")
except ValueError as error:
    print(error)
"""


def test_it_is_simply_done_where_there_is_no_event_loop() -> None:
    assert aside(max, 1, 2) == 2


def test_others_go_on_while_it_is_done_and_its_errors_are_its_callers() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    length, ticks = said[0].split()
    assert length == "32"
    assert int(ticks) > 3
    assert "no number" in said[1]
