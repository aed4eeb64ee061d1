"""What keeps Parley from starting, in one line that says what to do."""

from __future__ import annotations


class Trouble(Exception):
    """Shown to the person at the terminal as it is, without a traceback."""
