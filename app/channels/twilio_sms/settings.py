"""What an administrator fills in for a number or a messaging service of Twilio's."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.errors import Invalid
from app.lib import address

WHATSAPP = "whatsapp:"
# Short codes: three to eight digits, as countries have them.
_SHORT_CODE = re.compile(r"\d{3,8}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


def _sender(typed: str) -> str:
    number = typed.strip().removeprefix(WHATSAPP)
    if not number or _SHORT_CODE.fullmatch(number):
        return number
    try:
        return address.phone(number)
    except Invalid as invalid:
        raise ValueError(invalid.fields["phone_number"]) from None


def _service(typed: str) -> str:
    if typed and not _SERVICE.fullmatch(typed):
        raise ValueError("A messaging service’s SID begins with MG and has 34 letters and digits.")
    return typed


class TwilioSmsSettings(BaseModel):
    """Messages are sent by a number or by a messaging service: one of both."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    medium: Literal["sms", "whatsapp"] = Field(
        "sms",
        title="What is carried",
        description="Text messages and MMS of a phone number, or WhatsApp of a sender that Twilio has approved.",
        json_schema_extra={"words": {"sms": "SMS and MMS", "whatsapp": "WhatsApp"}},
    )
    phone_number: Annotated[str, AfterValidator(_sender)] = Field(
        "",
        max_length=40,
        title="Phone number",
        description="As under Phone Numbers, Active numbers, or Messaging, Senders, WhatsApp senders: with its country code.",
        examples=["+15551234567"],
    )
    messaging_service_sid: Annotated[str, AfterValidator(_service)] = Field(
        "",
        max_length=64,
        title="Messaging service SID",
        description="Instead of a number, if you send through a service: under Messaging, Services. It begins with MG.",
        examples=["MGxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
    )
    can_mms: bool = False
    """Whether the number, or a number of the service, sends files: asked when it is connected."""
    service_name: str = ""

    @property
    def is_whatsapp(self) -> bool:
        return self.medium == "whatsapp"

    @property
    def sender(self) -> str:
        """What messages come from, as Twilio writes it; empty for a service."""
        return f"{WHATSAPP}{self.phone_number}" if self.is_whatsapp and self.phone_number else self.phone_number

    @property
    def address(self) -> str:
        """Of the inbox: the same number may have one inbox for each medium."""
        return self.sender or self.messaging_service_sid
