"""The widget's words, for its doors."""

from __future__ import annotations

from app.channels.widget_words import FOLDER, RIGHT_TO_LEFT, direction, words_in

__all__ = ["FOLDER", "RIGHT_TO_LEFT", "direction", "words_in"]
