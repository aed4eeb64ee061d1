"""The widget's words: every language says everything, with the same blanks to fill, and nothing is said that no catalogue has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.channels.web_widget import LOCALES, ReplyTime
from app.channels.widget_words import FOLDER, words_in

ROOT = Path(__file__).resolve().parents[2]
BLANK = re.compile(r"\{(\w+)\}")
SAID = (
    (ROOT / "widget" / "frame", "*.js", re.compile(r"""\bt\("(\w+)\"""")),
    (ROOT / "widget" / "sdk", "*.js", re.compile(r"""\btext\("(\w+)\"""")),
    (ROOT / "app" / "templates" / "widget", "*.html", re.compile(r"\bt\.(\w+)")),
    (ROOT / "app" / "templates" / "widget", "*.html", re.compile(r"""data-says(?:-\w+)?="(\w+)\"""")),
    (ROOT / "app" / "templates" / "mail", "continued.*", re.compile(r"\bwords\.(\w+)")),
    (ROOT / "app" / "actions", "continue_by_mail.py", re.compile(r"""words\["(\w+)"\]""")),
)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_says_everything(locale: str) -> None:
    english = json.loads((FOLDER / "en.json").read_text("utf-8"))
    own = json.loads((FOLDER / f"{locale}.json").read_text("utf-8"))
    assert own.keys() == english.keys()
    for key, words in english.items():
        assert set(BLANK.findall(own[key])) == set(BLANK.findall(words)), key
        assert own[key].strip()


def test_what_is_said_is_in_the_catalogue_and_the_catalogue_is_said() -> None:
    known = words_in("en").keys()
    said = {
        word
        for folder, pattern, phrase in SAID
        for path in folder.glob(pattern)
        for word in phrase.findall(path.read_text("utf-8"))
    }
    assert said <= known
    by_value = {
        *ReplyTime,
        "transcript_subject",
        "form_name",
        "form_email",
        "form_phone",
        "sending",
        "waiting",
        "delivered",
        "seen",
        "deleted",
        "unread_one",
        "unread_many",
    }
    assert known - said - by_value == set()
