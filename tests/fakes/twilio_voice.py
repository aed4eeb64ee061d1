"""Calls of the Twilio that stands in: phones that ring, and what our TwiML makes of a call, verb by verb."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, fromstring

from twilio.twiml import voice_response

from tests.fakes.provider import Asked, Told
from tests.fakes.twilio import ACCOUNT_SID, UNKNOWN, Twilio, new_sid, now, page_of, refusal

Post = Callable[[str, dict[str, str]], tuple[int, str, bytes]]
"""Posts a form to an address, signed; gives status, content type and body."""

# One frame of MPEG-1 layer III, 32 kbit/s, mono: silence.
SILENCE = b"\xff\xfb\x10\xc0" + bytes(100)
# As Twilio's own library writes it: the judge of what we write.
RESPONSE = voice_response.VoiceResponse
VERBS = {
    name: set(inspect.signature(method).parameters)
    for name, method in {
        "Say": RESPONSE.say,
        "Dial": RESPONSE.dial,
        "Number": voice_response.Dial.number,
        "Record": RESPONSE.record,
        "Gather": RESPONSE.gather,
        "Hangup": RESPONSE.hangup,
        "Reject": RESPONSE.reject,
        "Pause": RESPONSE.pause,
    }.items()
}
WHISPERED = {"Say", "Gather", "Hangup", "Pause"}
EVENTS = {"initiated", "ringing", "answered", "completed"}


@dataclass
class Phone:
    """How somebody's phone is answered: `takes` presses 1; `mailbox` picks up and presses nothing; or busy, no-answer, failed."""

    how: str = "takes"
    seconds: int = 42
    heard: list[str] = field(default_factory=list)


@dataclass
class Caller:
    """Somebody who calls in. `hangs_up` at `greeting` or `ringing`; `message` is what they say after the tone."""

    number: str
    hangs_up: str = ""
    message: str = "Hello, this is Dana. Please call me back."
    heard: list[str] = field(default_factory=list)
    name: str = ""


class HungUp(Exception):
    """The line is dead."""


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


@dataclass
class Line:
    """One call, or one leg of it, and what is heard there."""

    voice: Voice
    call: dict[str, Any]
    heard: list[str]
    caller: Caller | None = None
    phone: Phone | None = None
    is_whisper: bool = False

    @property
    def form(self) -> dict[str, str]:
        call = self.call
        parent = {"ParentCallSid": call["parent_call_sid"]} if call["parent_call_sid"] else {}
        return {
            "AccountSid": ACCOUNT_SID,
            "ApiVersion": "2010-04-01",
            "CallSid": call["sid"],
            "CallStatus": call["status"],
            "Called": call["to"],
            "Caller": call["from"],
            "Direction": call["direction"],
            "From": call["from"],
            "To": call["to"],
            **parent,
        }

    def play(self, status: int, kind: str, body: bytes) -> bool:
        """Do what the document says; False when the line is dead afterwards."""
        if status >= 400:
            self.heard.append("An application error has occurred.")
            return False
        assert kind.startswith("text/xml"), kind
        assert len(body) < 64_000
        document = fromstring(body)  # noqa: S314  # our own
        assert document.tag == "Response"
        if self.call["status"] == "ringing" and not (len(document) and document[0].tag == "Reject"):
            self.call["status"] = "in-progress"
        try:
            for verb in document:
                if self._do(verb):
                    return self.call["status"] == "in-progress"
        except HungUp:
            self.call["status"] = "completed"
            return False
        return True

    def _ask(self, url: str, **more: str) -> None:
        """What is answered goes on in place of this document."""
        if not self.play(*self.voice._post(url, self.form | more)):
            raise HungUp

    def _do(self, verb: Element) -> bool:
        """True when another document has taken over."""
        self._judge(verb)
        if verb.tag == "Say":
            self.heard.append(verb.text or "")
            if self.caller and self.caller.hangs_up == "greeting":
                raise HungUp
        elif verb.tag == "Reject":
            self.call["status"] = "rejected"
            return True
        elif verb.tag == "Hangup":
            raise HungUp
        elif verb.tag == "Gather":
            return self._gather(verb)
        elif verb.tag == "Dial":
            return self._dial(verb)
        elif verb.tag == "Record":
            return self._record(verb)
        return False

    def _judge(self, verb: Element) -> None:
        assert verb.tag in (WHISPERED if self.is_whisper else VERBS), verb.tag
        for name, value in verb.attrib.items():
            assert re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() in VERBS[verb.tag], f"{verb.tag} {name}"
            if name.lower().endswith(("callback", "action", "url")):
                assert urlsplit(value).netloc, value
        assert len(verb.text or "") <= 4096

    def _gather(self, gather: Element) -> bool:
        for said in gather:
            self._do(said)
        presses = {"takes": "1", "declines": "2"}.get(self.phone.how if self.phone else "", "")
        if not presses:
            return False
        self._ask(gather.attrib["action"], Digits=presses)
        return True

    def _record(self, record: Element) -> bool:
        assert self.caller
        if not self.caller.message:
            return False
        seconds = min(8, int(record.attrib["maxLength"]))
        made = self.voice.record(record.attrib.get("recordingStatusCallback", ""), self, seconds, "RecordVerb")
        if record.attrib.get("transcribe") == "true":
            written = {
                "TranscriptionSid": new_sid("TR"),
                "TranscriptionText": self.caller.message,
                "TranscriptionStatus": "completed",
                "TranscriptionType": "fast",
                "RecordingSid": made["RecordingSid"],
                "RecordingUrl": made["RecordingUrl"],
            }
            self.voice._tell(record.attrib["transcribeCallback"], self.form | {"CallStatus": "completed"} | written)
        self._ask(record.attrib["action"], **made, Digits="hangup")
        return True

    def _dial(self, dial: Element) -> bool:
        numbers = list(dial)
        assert 0 < len(numbers) <= 10
        legs = [(number, self._leg(dial, number)) for number in numbers]
        for number, leg in legs:
            self._judge(number)
            for event in ("initiated", "ringing"):
                leg.call["status"] = event
                leg.tell(number, event)
        if self.caller and self.caller.hangs_up == "ringing":
            for number, leg in legs:
                leg.end(number, "canceled")
            self.call["status"] = "completed"
            self.voice._post(
                dial.attrib["action"],
                self.form
                | {"DialCallStatus": "canceled", "DialCallSid": legs[0][1].call["sid"], "DialBridged": "false"},
            )
            raise HungUp
        bridged = next(((number, leg) for number, leg in legs if leg.takes(number)), None)
        for number, leg in legs:
            if bridged is None or leg is not bridged[1]:
                how = leg.phone.how if leg.phone and leg.phone.how in ("busy", "failed", "no-answer") else "no-answer"
                leg.end(number, "completed" if leg.call["status"] == "in-progress" else how)
        if bridged is None:
            last = legs[-1][1].call
            self._ask(
                dial.attrib["action"], DialCallStatus=last["status"], DialCallSid=last["sid"], DialBridged="false"
            )
            return True
        number, leg = bridged
        assert leg.phone
        made: dict[str, str] = {}
        if dial.attrib.get("record"):
            made = self.voice.record(dial.attrib["recordingStatusCallback"], self, leg.phone.seconds, "DialVerb")
        leg.end(number, "completed", CallDuration=str(leg.phone.seconds))
        told = {
            "DialCallStatus": "completed",
            "DialCallSid": leg.call["sid"],
            "DialCallDuration": str(leg.phone.seconds),
            "DialBridged": "true",
            **({"RecordingUrl": made["RecordingUrl"]} if made else {}),
        }
        self._ask(dial.attrib["action"], **told)
        return True

    def _leg(self, dial: Element, number: Element) -> Line:
        to = number.text or ""
        call = self.voice._row(
            dial.attrib.get("callerId", self.call["from"]), to, "outbound-dial", parent=self.call["sid"]
        )
        phone = self.voice.phones.get(to, Phone("no-answer"))
        return Line(self.voice, call, phone.heard, phone=phone, is_whisper=True)

    def takes(self, number: Element) -> bool:
        """Picked up, and nothing in the whisper hung up."""
        assert self.phone
        if self.phone.how not in ("takes", "mailbox", "declines", "picks up"):
            return False
        self.call["status"] = "in-progress"
        self.tell(number, "answered")
        return self.play(*self.voice._post(number.attrib["url"], self.form)) if "url" in number.attrib else True

    def end(self, number: Element, status: str, **more: str) -> None:
        self.call["status"] = status
        self.tell(number, "completed", **{"CallDuration": "0", **more})

    def tell(self, number: Element, event: str, **more: str) -> None:
        wanted = number.attrib.get("statusCallbackEvent", "completed").split()
        assert set(wanted) <= EVENTS
        if event in wanted:
            self.voice._tell(
                number.attrib.get("statusCallback", ""),
                self.form | {"CallbackSource": "call-progress-events"} | more,
            )
