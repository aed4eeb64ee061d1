"""What an administrator sets for a phone number: what callers hear, who is rung, what is recorded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.channels.twilio_voice.words import NAMES, Language, Words, words_in
from app.errors import Invalid
from app.lib import address

LONGEST_WORDS = 1000
# Twilio transcribes no recording of more than 120 seconds: https://www.twilio.com/docs/voice/twiml/record#attributes-transcribe
LONGEST_MESSAGE_SECONDS = 119


def _phone(text: str) -> str:
    try:
        return address.phone(text)
    except Invalid as refused:
        raise ValueError(refused.fields["phone_number"]) from None


class VoiceSettings(BaseModel):
    """Words left empty are our own, in the inbox's language."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    phone_number: Annotated[str, AfterValidator(_phone)] = Field(
        max_length=40,
        title="Phone number",
        description="A number of your Twilio account that takes calls, with its country code: in the Console under "
        "Phone Numbers, Manage, Active numbers.",
        examples=["+4930123456"],
    )
    language: Language = Field(
        "en-US",
        title="Language",
        description="In which callers are spoken to.",
        examples=["en-US"],
        json_schema_extra={"words": dict(NAMES)},
    )
    voice: str = Field(
        "",
        max_length=60,
        pattern=r"^[A-Za-z0-9.\-]*$",
        title="Voice",
        description="One of Twilio’s voices, as in Polly.Joanna-Neural. Left empty, the usual one of the language.",
        examples=["Polly.Joanna-Neural"],
    )
    greeting: str = Field(
        "",
        max_length=LONGEST_WORDS,
        title="Greeting",
        description="What callers hear first. Left empty, a short welcome with the name of the inbox.",
        examples=["Welcome to Fernway. One moment, please."],
        json_schema_extra={"long": True},
    )
    ring: Literal["all", "turns"] = Field(
        "all",
        title="Who is rung",
        description="Of the inbox’s members: who is available, has given a phone number and takes calls.",
        examples=["all"],
        json_schema_extra={
            "words": {"all": "Everybody at once", "turns": "One after another, who was rung longest ago first"}
        },
    )
    ring_seconds: int = Field(
        20,
        ge=5,
        le=120,
        title="Ring for (seconds)",
        description="Then the next colleague is rung, or the caller can leave a message.",
        examples=["20"],
    )
    takes_messages: bool = Field(
        True,
        title="Voice messages",
        description="Callers whom nobody answers can leave a message of up to two minutes.",
    )
    message_words: str = Field(
        "",
        max_length=LONGEST_WORDS,
        title="Words before a voice message",
        description="What callers hear when nobody answers.",
        examples=["We are out on the trail. Please leave a message after the tone."],
        json_schema_extra={"long": True},
    )
    transcribes: bool = Field(
        False,
        title="Have voice messages written down",
        description="Twilio turns them into text, for English only, at its own price.",
    )
    records: bool = Field(
        False,
        title="Record calls",
        description="What both sides say is kept in the conversation. In many countries everybody on the line has to "
        "be told, or asked: both are told before they speak.",
    )
    announcement: str = Field(
        "",
        # It goes along with the order to call, which takes 4,000 characters of XML.
        max_length=500,
        title="Announcement of the recording",
        description="What both sides hear before a call that is recorded.",
        examples=["This call is recorded for training."],
        json_schema_extra={"long": True},
    )
    deletes_recordings: bool = Field(
        False,
        title="Delete recordings at Twilio",
        description="As soon as they are kept here, they are deleted there.",
    )

    @property
    def words(self) -> Words:
        return words_in(self.language)
