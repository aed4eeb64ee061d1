"""What is said and done on the line: the answer to each step of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from app.channels.incoming import Answer
from app.channels.standby import Colleague, Desk
from app.channels.twilio import SILENCE
from app.channels.twilio_voice.callers import source_id_of
from app.channels.twilio_voice.settings import LONGEST_MESSAGE_SECONDS, VoiceSettings
from app.channels.twilio_voice.steps import Home, Step
from app.channels.twilio_voice.twiml import answer, document, verb

# https://www.twilio.com/docs/voice/twiml/number: ten phones ring at once at the most.
MOST_AT_ONCE = 10
# Nobody wants to hear the phone ring for longer, however many colleagues there are.
MOST_ROUNDS = 6
PRESS_SECONDS = 10
CUSTOMER_RINGS_SECONDS = 40
TAKES_IT = "1"


@dataclass(frozen=True)
class Dialogue:
    """One inbox's: `number` is its own, `inbox` its name."""

    number: str
    inbox: str
    settings: VoiceSettings
    home: Home

    def answer(self, step: Step, form: Mapping[str, str], query: Mapping[str, str], desk: Desk) -> Answer:
        """TwiML."""
        if step in (Step.CALL, Step.FALLBACK):
            return self.greet(form, desk)
        if step is Step.TAKE:
            return self.offer(form, query, desk)
        if step is Step.DIALLED:
            return self.go_on(form, query, desk)
        told: dict[Step, Callable[[], Answer]] = {
            Step.TAKEN: lambda: SILENCE if form.get("Digits") == TAKES_IT else answer(verb("Hangup")),
            Step.MESSAGE: lambda: answer(self._say(self.settings.words.thanks), verb("Hangup")),
            Step.CONNECT: lambda: self.connect(form, query),
            Step.ANNOUNCE: lambda: answer(self._announcement()) if self.settings.records else SILENCE,
            Step.CALLED: lambda: self.tell_outcome(form, query, desk),
        }
        return told[step]() if step in told else SILENCE

    def greet(self, form: Mapping[str, str], desk: Desk) -> Answer:
        standby = desk(source_id_of(form))
        if standby.is_blocked:
            return answer(verb("Reject", reason="busy"))
        greeting = self._say(self.settings.greeting or self.settings.words.greeting.format(inbox=self.inbox))
        if not standby.colleagues:
            closed = [self._say(standby.words)] if standby.words else []
            return answer(greeting, *closed, *self._message())
        said = [greeting, self._announcement()] if self.settings.records else [greeting]
        return answer(*said, self._ring(standby.colleagues, form.get("CallSid", ""), ()))

    def offer(self, form: Mapping[str, str], query: Mapping[str, str], desk: Desk) -> Answer:
        """Said to the colleague alone; the caller hears it ring on."""
        caller = desk(source_id_of(form)).caller
        words = self.settings.words
        said = (
            words.take.format(who=caller, inbox=self.inbox) if caller else words.take_unknown.format(inbox=self.inbox)
        )
        if self.settings.records:
            said = f"{said} {self._recorded}"
        taken = self.home.to(Step.TAKEN, call=query.get("call", ""), user=query.get("user", ""))
        return answer(self._press(said, taken), verb("Hangup"))

    def go_on(self, form: Mapping[str, str], query: Mapping[str, str], desk: Desk) -> Answer:
        """After a round of ringing: the next one, or a message, unless somebody spoke."""
        if was_bridged(form):
            return answer(verb("Hangup"))
        tried = tuple(part for part in query.get("tried", "").split(".") if part)
        left = [each for each in desk(source_id_of(form)).colleagues if str(each.user_id) not in tried]
        if not left or len(tried) >= MOST_ROUNDS * self._at_once:
            return answer(*self._message())
        return answer(self._ring(left, form.get("CallSid", ""), tried))

    def prompt(self, *, who: str, to: str, client_id: str) -> str:
        """What a colleague hears whose phone we rang to call `to`."""
        said = self.settings.words.call.format(who=who or " ".join(to))
        if self.settings.records:
            said = f"{said} {self._recorded}"
        return document([self._press(said, self.home.to(Step.CONNECT, of=client_id, to=to)), verb("Hangup")])

    def connect(self, form: Mapping[str, str], query: Mapping[str, str]) -> Answer:
        to = query.get("to", "")
        if form.get("Digits") != TAKES_IT or not to:
            return answer(verb("Hangup"))
        known = {"of": query.get("of", ""), "call": form.get("CallSid", "")}
        number = verb(
            "Number",
            to,
            url=self.home.to(Step.ANNOUNCE, **known),
            statusCallback=self.home.to(Step.CALLEE, **known),
            statusCallbackEvent="ringing answered completed",
        )
        return answer(
            verb(
                "Dial",
                "",
                number,
                callerId=self.number,
                action=self.home.to(Step.CALLED, of=known["of"], to=to),
                timeout=CUSTOMER_RINGS_SECONDS,
                answerOnBridge="true",
                **self._recorded_as(of=known["of"]),
            )
        )

    def tell_outcome(self, form: Mapping[str, str], query: Mapping[str, str], desk: Desk) -> Answer:
        """To the colleague who is still on the line."""
        if was_bridged(form):
            return answer(verb("Hangup"))
        words = self.settings.words
        said = {"no-answer": words.no_answer, "busy": words.busy}.get(form.get("DialCallStatus", ""), words.failed)
        to = query.get("to", "")
        return answer(self._say(said.format(who=desk(to).caller or " ".join(to))), verb("Hangup"))

    def _ring(self, colleagues: Sequence[Colleague], call: str, tried: Sequence[str]) -> Element:
        rung = colleagues[: self._at_once]
        numbers = [
            verb(
                "Number",
                each.phone,
                url=self.home.to(Step.TAKE, call=call, user=each.user_id),
                statusCallback=self.home.to(Step.LEG, call=call, user=each.user_id),
                statusCallbackEvent="initiated",
            )
            for each in rung
        ]
        known = ".".join([*tried, *(str(each.user_id) for each in rung)])
        return verb(
            "Dial",
            "",
            *numbers,
            action=self.home.to(Step.DIALLED, tried=known),
            timeout=self.settings.ring_seconds,
            answerOnBridge="true",
            **self._recorded_as(),
        )

    @property
    def _at_once(self) -> int:
        return MOST_AT_ONCE if self.settings.ring == "all" else 1

    def _message(self) -> list[Element]:
        words = self.settings.words
        if not self.settings.takes_messages:
            return [self._say(self.settings.message_words or words.nobody), verb("Hangup")]
        record = verb(
            "Record",
            action=self.home.to(Step.MESSAGE),
            maxLength=LONGEST_MESSAGE_SECONDS,
            timeout=5,
            finishOnKey="#",
            playBeep="true",
            recordingStatusCallback=self.home.to(Step.RECORDING, kind="message"),
            recordingStatusCallbackEvent="completed",
            transcribe="true" if self.settings.transcribes else "",
            transcribeCallback=self.home.to(Step.TRANSCRIPT) if self.settings.transcribes else "",
        )
        return [self._say(self.settings.message_words or words.leave_a_message), record, verb("Hangup")]

    def _press(self, words: str, action: str) -> Element:
        return verb(
            "Gather",
            "",
            self._say(words),
            input="dtmf",
            numDigits=1,
            timeout=PRESS_SECONDS,
            action=action,
            method="POST",
        )

    def _say(self, words: str) -> Element:
        return verb("Say", words, language=self.settings.language, voice=self.settings.voice)

    @property
    def _recorded(self) -> str:
        return self.settings.announcement or self.settings.words.recorded

    def _announcement(self) -> Element:
        return self._say(self._recorded)

    def _recorded_as(self, of: str = "") -> dict[str, str]:
        if not self.settings.records:
            return {}
        return {
            "record": "record-from-answer-dual",
            "recordingStatusCallback": self.home.to(Step.RECORDING, kind="call", of=of),
            "recordingStatusCallbackEvent": "completed",
        }


def was_bridged(form: Mapping[str, str]) -> bool:
    """Whether somebody took the call: a mailbox that picked up, and pressed nothing, did not."""
    bridged = form.get("DialBridged", "")
    return bridged == "true" if bridged else form.get("DialCallStatus") in ("completed", "answered")
