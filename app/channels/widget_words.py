"""The widget's words, in every language it speaks: one catalogue a language, under widget/words."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from app.channels.web_widget import LOCALES

FOLDER = Path(__file__).resolve().parents[2] / "widget" / "words"
RIGHT_TO_LEFT = {"ar", "he"}


@lru_cache(maxsize=len(LOCALES))
def words_in(locale: str) -> dict[str, str]:
    """Every phrase by its key; what a catalogue lacks is said in English."""
    english = json.loads((FOLDER / "en.json").read_text("utf-8"))
    return {**english, **json.loads((FOLDER / f"{locale}.json").read_text("utf-8"))}


def direction(locale: str) -> str:
    return "rtl" if locale in RIGHT_TO_LEFT else "ltr"
