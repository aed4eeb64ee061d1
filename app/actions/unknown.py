"""What cannot be taken yet: news of something that is not there."""

from __future__ import annotations


class Unknown(Exception):
    """It tells of a message that is not there, or not yet."""
