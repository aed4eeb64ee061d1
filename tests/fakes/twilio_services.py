"""The Twilio that stands in, whole: messages with messaging services, WhatsApp senders and content templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.provider import Asked, ProviderStandIn, Told, serving
from tests.fakes.twilio import ACCOUNT_SID, UNKNOWN, Twilio, new_sid, refusal
from tests.fakes.twilio_messages import Messages


@dataclass
class TwilioMessaging(ProviderStandIn):
    """messaging.twilio.com: services, and senders of WhatsApp."""

    messages: Messages
    name: str = "twilio_messaging"

    def __post_init__(self) -> None:
        super().__init__()

    def is_send(self, asked: Asked) -> bool:
        return False

    def answer(self, asked: Asked) -> Told:
        if self.messages.twilio.user(asked) is None:
            return refusal(401, 20003, "Authenticate")
        if found := re.fullmatch(r"/v1/Services/([^/]+)", asked.path):
            service = self.messages.services.get(found[1])
            if service is None:
                return refusal(404, 20404, f"The requested resource /Services/{found[1]} was not found")
            if asked.method == "POST":
                service |= {
                    "inbound_request_url": asked.form["InboundRequestUrl"],
                    "use_inbound_webhook_on_number": False,
                }
            return Told(body=service)
        senders = self.messages.senders
        if asked.path == "/v2/Channels/Senders":
            if asked.query.get("Channel") != "whatsapp":
                return refusal(400, 20001, "Channel is required")
            return Told(body={"senders": list(senders.values()), "meta": {"key": "senders", "next_page_url": None}})
        if found := re.fullmatch(r"/v2/Channels/Senders/([^/]+)", asked.path):
            sender: dict[str, Any] | None = next((each for each in senders.values() if each["sid"] == found[1]), None)
            if sender is None:
                return UNKNOWN
            sender["webhook"] = {**sender["webhook"], **asked.json["webhook"]}
            return Told(202, sender)
        return UNKNOWN


@dataclass
class TwilioContent(ProviderStandIn):
    """content.twilio.com, with pages of two."""

    messages: Messages
    name: str = "twilio_content"
    refuses: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def is_send(self, asked: Asked) -> bool:
        return False

    def answer(self, asked: Asked) -> Told:
        if self.messages.twilio.user(asked) is None:
            return refusal(401, 20003, "Authenticate")
        if asked.path == "/v1/Content" and asked.method == "POST":
            return self._create(asked)
        if asked.path != "/v1/ContentAndApprovals":
            return UNKNOWN
        rows, number = list(self.messages.contents.values()), int(asked.query.get("Page", 0))
        more = len(rows) > (number + 1) * 2
        following = f"https://content.twilio.com{asked.path}?PageSize=2&Page={number + 1}&PageToken=x" if more else None
        return Told(
            body={
                "contents": rows[number * 2 : number * 2 + 2],
                "meta": {"key": "contents", "page": number, "page_size": 2, "next_page_url": following},
            }
        )

    def _create(self, asked: Asked) -> Told:
        said = asked.json
        rules = (
            not said.get("language"),
            not said.get("types"),
            *(len(each["title"]) > 20 for each in said["types"].get("twilio/quick-reply", {}).get("actions", [])),
            *(len(each["item"]) > 24 for each in said["types"].get("twilio/list-picker", {}).get("items", [])),
            *(len(form["body"]) > 1024 for form in said["types"].values()),
        )
        if self.refuses or any(rules):
            return refusal(400, 20001, "Invalid content")
        content = {**said, "sid": new_sid("HX"), "account_sid": ACCOUNT_SID}
        self.messages.contents[content["sid"]] = content
        return Told(201, content)


@dataclass
class Served:
    """Twilio as its channels for what is written need it."""

    twilio: Twilio = field(default_factory=Twilio)
    messages: Messages = field(init=False)
    content: TwilioContent = field(init=False)

    def __post_init__(self) -> None:
        self.messages = Messages(self.twilio)


@contextmanager
def twilio_serving() -> Iterator[Served]:
    served = Served()
    with (
        serving(served.twilio),
        serving(TwilioMessaging(served.messages)),
        serving(TwilioContent(served.messages)) as served.content,
    ):
        yield served
