"""TwiML: what Twilio does next in a call, written as XML. https://www.twilio.com/docs/voice/twiml"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, tostring

from app.channels.incoming import Answer

# XML 1.0 §2.2: these cannot stand in a document at all.
UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_SAID = 4096


def verb(name: str, words: str = "", /, *inside: Element, **attributes: str | int) -> Element:
    """A verb or noun; an attribute that is empty is left out."""
    made = Element(name, {key: _writable(str(value)) for key, value in attributes.items() if value != ""})
    made.text = _writable(words)[:LONGEST_SAID] or None
    made.extend(inside)
    return made


def document(verbs: Sequence[Element]) -> str:
    response = Element("Response")
    response.extend(verbs)
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(response, encoding="unicode")


def answer(*verbs: Element) -> Answer:
    return Answer(document(verbs), "text/xml")


def _writable(text: str) -> str:
    return UNWRITABLE.sub(" ", text)
