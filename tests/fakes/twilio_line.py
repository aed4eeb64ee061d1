"""One call of the Twilio that stands in, or one leg of it: does what our TwiML says, verb by verb."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, fromstring

from twilio.twiml import voice_response

from tests.fakes.twilio import ACCOUNT_SID, new_sid

if TYPE_CHECKING:
    from tests.fakes.twilio_voice import Voice

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
    """Somebody who calls in. `hangs_up` at `greeting`, `ringing` or when it is `taken`; `message` is what they say after the tone."""

    number: str
    hangs_up: str = ""
    message: str = "Hello, this is Dana. Please call me back."
    heard: list[str] = field(default_factory=list)
    name: str = ""


class HungUp(Exception):
    """The line is dead."""


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
        if self.caller and self.caller.hangs_up == "taken":
            leg.end(number, "completed")
            self.call["status"] = "completed"
            ended = {"DialCallStatus": "completed", "DialCallSid": leg.call["sid"], "DialBridged": "false"}
            self.voice._post(dial.attrib["action"], self.form | ended)
            raise HungUp
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
