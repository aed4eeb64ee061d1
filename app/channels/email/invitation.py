"""Says in one line what a calendar invitation asks (RFC 5545, RFC 5546)."""

from __future__ import annotations

import re
from datetime import datetime

_UNFOLD = re.compile(r"\n[ \t]")
_ASKS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "COUNTER": "Another time proposed",
    "PUBLISH": "Event",
    "REPLY": "Answer to an invitation",
}
_ANSWERS = {"ACCEPTED": "Accepted", "DECLINED": "Declined", "TENTATIVE": "Tentatively accepted"}
_ESCAPED = re.compile(r"\\([nN,;\\])")


def line_of(calendar: str) -> str:
    """`Invitation: Fitting, 3 March 2026 10:00 (Europe/Berlin), Workshop`; empty when there is no event in it."""
    begin = calendar.upper().find("BEGIN:VEVENT")
    if begin < 0:
        return ""
    method = _values(calendar[:begin]).get("METHOD", ("", ""))[1].upper()
    event = _values(calendar[begin : begin + 100_000])
    asked = _ASKS.get(method, "Event")
    if method == "REPLY":
        state = re.search(r"PARTSTAT=([A-Z-]+)", event.get("ATTENDEE", ("", ""))[0].upper())
        asked = _ANSWERS.get(state.group(1), asked) if state else asked
    told = [
        event.get("SUMMARY", ("", ""))[1],
        _when(*event.get("DTSTART", ("", ""))),
        event.get("LOCATION", ("", ""))[1],
    ]
    return f"{asked}: {', '.join(each for each in told if each)}"[:500]


def _values(calendar: str) -> dict[str, tuple[str, str]]:
    """Parameters and value of each property, the first of each name."""
    found: dict[str, tuple[str, str]] = {}
    for line in _UNFOLD.sub("", calendar.replace("\r\n", "\n")).split("\n")[:2000]:
        name, colon, value = _split(line)
        if colon:
            key, _, parameters = name.partition(";")
            found.setdefault(key.strip().upper(), (parameters, _plain(value)))
    return found


def _split(line: str) -> tuple[str, str, str]:
    """At the first colon that does not stand in quotes."""
    quoted = False
    for at, sign in enumerate(line[:2000]):
        quoted ^= sign == '"'
        if sign == ":" and not quoted:
            return line[:at], ":", line[at + 1 :]
    return line, "", ""


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value).strip()


def _when(parameters: str, value: str) -> str:
    zone = re.search(r'TZID="?([^";:]{1,60})', parameters)
    for form, shown in (("%Y%m%dT%H%M%S", "%H:%M"), ("%Y%m%dT%H%M", "%H:%M"), ("%Y%m%d", "")):
        try:
            at = datetime.strptime(value.removesuffix("Z"), form)
        except ValueError:
            continue
        clock = f" {at:{shown}}" if shown else ""
        place = " (UTC)" if value.endswith("Z") else f" ({zone[1]})" if zone and clock else ""
        return f"{at.day} {at:%B %Y}{clock}{place}"
    return ""
