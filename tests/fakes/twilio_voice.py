"""Calls of the Twilio that stands in: its API, the phones that ring, and the news it tells."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.provider import Asked, Told
from tests.fakes.twilio import ACCOUNT_SID, UNKNOWN, Twilio, new_sid, now, page_of, refusal
from tests.fakes.twilio_line import EVENTS, Caller, Line, Phone

__all__ = ["Caller", "Phone", "Voice"]


Post = Callable[[str, dict[str, str]], tuple[int, str, bytes]]
"""Posts a form to an address, signed; gives status, content type and body."""

# One frame of MPEG-1 layer III, 32 kbit/s, mono: silence.
SILENCE = b"\xff\xfb\x10\xc0" + bytes(100)


class Voice:
    """/Calls and /Recordings. `holds` keeps back what need not be answered until `release`."""

    def __init__(self, twilio: Twilio, post: Post) -> None:
        self.twilio, self.post = twilio, post
        self.calls: dict[str, dict[str, Any]] = {}
        self.recordings: dict[str, bytes] = {}
        self.phones: dict[str, Phone] = {}
        self.sound = SILENCE * 80
        self.holds = False
        self.held: list[tuple[str, dict[str, str]]] = []
        self.told: list[tuple[str, dict[str, str]]] = []
        twilio.resources.append(self.answer)
        twilio.sends.append(self.is_send)

    # The API.

    def is_send(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith("/Calls.json")

    def answer(self, asked: Asked, path: str) -> Told | None:
        if path == "/Calls.json" and asked.method == "POST":
            return self._create(asked)
        if path == "/Calls.json":
            legs = [row for row in self.calls.values() if row["parent_call_sid"] == asked.query.get("ParentCallSid")]
            return Told(body=page_of("calls", legs, asked))
        if found := re.fullmatch(r"/Calls/(CA\w+)\.json", path):
            return Told(body=self.calls[found[1]]) if found[1] in self.calls else UNKNOWN
        if found := re.fullmatch(r"/Recordings/(RE\w+)(\.mp3|\.json)", path):
            if found[1] not in self.recordings:
                return UNKNOWN
            if asked.method == "DELETE":
                del self.recordings[found[1]]
                return Told(204)
            return Told(200, self.recordings[found[1]], {"content-type": "audio/mpeg"})
        return None

    def _create(self, asked: Asked) -> Told:
        form, number = asked.form, self.twilio.number(asked.form.get("From", ""))
        if not form.get("To"):
            return refusal(400, 21201, "No 'To' number is specified")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", form["To"]):
            return refusal(400, 21211, f"The phone number you are attempting to call, {form['To']}, is not valid.")
        if number is None or not number.voice:
            return refusal(400, 21210, f"The source phone number provided, {form['From']}, is not yet verified.")
        if not form.get("Url") and not form.get("Twiml"):
            return refusal(400, 21205, "Url parameter is required.")
        if len(form.get("Twiml", "")) > 4000:
            return refusal(400, 21240, "Twiml is longer than 4000 characters.")
        assert set(asked.form_lists.get("StatusCallbackEvent", [])) <= EVENTS
        assert "&StatusCallbackEvent=" in f"&{asked.body.decode()}"
        row = self._row(form["From"], form["To"], "outbound-api")
        row["asked"] = asked.form_lists
        return Told(201, {name: value for name, value in row.items() if name != "asked"})

    def _row(self, sender: str, to: str, direction: str, parent: str = "") -> dict[str, Any]:
        row = {
            "sid": new_sid("CA"),
            "account_sid": ACCOUNT_SID,
            "from": sender,
            "to": to,
            "direction": direction,
            "status": "queued",
            "parent_call_sid": parent or None,
            "date_created": now(),
        }
        self.calls[row["sid"]] = row  # type: ignore[index]
        return row

    # Whole calls.

    def call_in(self, caller: Caller, to: str) -> str:
        """Somebody calls a number of the account, from beginning to end; returns the call's id."""
        number = self.twilio.number(to)
        assert number
        call = self._row(caller.number, to, "inbound")
        line = Line(self, call, caller.heard, caller=caller)
        call["status"] = "ringing"
        asked = line.form | ({"CallerName": caller.name} if caller.name else {})
        begun = time.monotonic()
        status, kind, body = self._post(number.held["VoiceUrl"], asked)
        if status >= 400 and number.held.get("VoiceFallbackUrl"):
            failed = {"ErrorCode": "11200", "ErrorUrl": number.held["VoiceUrl"]}
            status, kind, body = self._post(number.held["VoiceFallbackUrl"], asked | failed)
        call["answered_after"] = time.monotonic() - begun
        line.play(status, kind, body)
        call["status"] = "busy" if call["status"] == "rejected" else "completed"
        self._tell(number.held.get("StatusCallback", ""), line.form | {"CallDuration": "60", "Duration": "1"})
        return str(call["sid"])

    def ring(self, sid: str = "") -> None:
        """A call that we ordered, the last one, from beginning to end."""
        call = self.calls[sid] if sid else [row for row in self.calls.values() if "asked" in row][-1]
        asked = call["asked"]
        phone = self.phones.get(call["to"], Phone())
        line = Line(self, call, phone.heard, phone=phone)

        def tell(event: str, **more: str) -> None:
            if event in asked["StatusCallbackEvent"]:
                self._tell(asked["StatusCallback"][0], line.form | {"CallbackSource": "call-progress-events"} | more)

        for status in ("initiated", "ringing"):
            call["status"] = status
            tell(status)
        if phone.how in ("takes", "mailbox", "declines"):
            call["status"] = "in-progress"
            tell("answered")
            line.play(200, "text/xml", asked["Twiml"][0].encode())
            call["status"] = "completed"
            tell("completed", CallDuration=str(phone.seconds))
        else:
            call["status"] = phone.how
            tell("completed", CallDuration="0")

    def release(self, *, backwards: bool = False, times: int = 1) -> None:
        """What was held back, in its order or the other way round, once or again and again."""
        self.holds = False
        held, self.held = self.held, []
        for _ in range(times):
            for url, form in reversed(held) if backwards else held:
                self._tell(url, form)

    def _tell(self, url: str, form: dict[str, str]) -> None:
        """What need not be answered."""
        if not url:
            return
        if self.holds:
            self.held.append((url, form))
            return
        status, _, _ = self._post(url, form | {"Timestamp": now(), "SequenceNumber": str(len(self.told))})
        assert status == 200, (url, status)

    def _post(self, url: str, form: dict[str, str]) -> tuple[int, str, bytes]:
        """Its fragment says how often it is tried again, and is neither sent nor signed."""
        address, _, overrides = url.partition("#")
        assert urlsplit(address).scheme in ("http", "https"), url
        retries = int((re.search(r"rc=(\d)", overrides) or [0, 0])[1]) if overrides else 0
        answer = (0, "", b"")
        for _ in range(retries + 1):
            self.told.append((address, form))
            answer = self.post(address, form)
            if answer[0] < 500:
                break
        return answer

    def record(self, url: str, line: Line, seconds: int, source: str) -> dict[str, str]:
        sid = new_sid("RE")
        self.recordings[sid] = self.sound
        recording = {
            "RecordingSid": sid,
            "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/{sid}",
            "RecordingDuration": str(seconds),
        }
        status = {"RecordingStatus": "completed", "RecordingChannels": "1", "RecordingSource": source}
        self._tell(url, {"AccountSid": ACCOUNT_SID, "CallSid": line.call["sid"], **recording, **status})
        return recording
