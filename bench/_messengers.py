"""The messengers in a storm: letters signed as each provider signs them, and the stand-ins of the tests as far ends."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from app.channels.telegram.channel import Telegram
from app.lib import crypto
from app.models import Inbox
from bench._letters import EACH_WRITES, Letter
from tests.channels.contract import instagram, line, messenger, sms, telegram, tiktok, twilio_sms, twilio_voice, x
from tests.channels.contract.adapter import Call, adapter_of
from tests.channels.whatsapp.conftest import body_of
from tests.channels.x.conftest import told as told_by_x
from tests.fakes.bandwidth import bandwidth_serving
from tests.fakes.instagram import APP_SECRET as INSTAGRAM_SECRET
from tests.fakes.instagram import InstagramGraph
from tests.fakes.line import Line
from tests.fakes.messenger import PAGE_TOKEN
from tests.fakes.messenger import Graph as Pages
from tests.fakes.places import PROVIDER_URLS
from tests.fakes.provider import Asked, ProviderStandIn, Told, serving
from tests.fakes.telegram import Telegram as TelegramStandIn
from tests.fakes.tiktok import TikTokStandIn, delivery
from tests.fakes.twilio_services import twilio_serving
from tests.fakes.whatsapp import WhatsAppGraph
from tests.fakes.x import XStandIn

# How many of a hundred sends are refused for now, as providers do on a bad day.
REFUSED = 3
SETTING = ",".join(f"{name}={url}" for name, url in PROVIDER_URLS.items())
# How providers call the customers, of whom there are enough for any storm.
MOST_CUSTOMERS = 5000
PAGE_RIDER, INSTAGRAM_RIDER, LINE_RIDER, BOT_RIDER = "72814937{:04}", "12544777{:04}", "U{:032x}", 50_000
ANSWER = re.compile(r"Answer to Letter \d+ by \w+")


def _whatsapp(inbox: Inbox, who: int, words: str) -> Call:
    body = body_of("text")
    value = body["entry"][0]["changes"][0]["value"]
    value["contacts"] = [{"profile": {"name": f"Rider {who}"}, "wa_id": f"1650556{who:04}"}]
    value["messages"][0] |= {"from": f"1650556{who:04}", "id": f"wamid.{crypto.digest(words)}", "text": {"body": words}}
    return Call("/webhooks/whatsapp", WhatsAppGraph.signed(body))


def _messenger(inbox: Inbox, who: int, words: str) -> Call:
    body = messenger.said(words)
    body["entry"][0]["messaging"][0]["sender"]["id"] = PAGE_RIDER.format(who)
    return messenger.signed(body)


def _instagram(inbox: Inbox, who: int, words: str) -> Call:
    body = instagram.said(words)
    body["entry"][0]["messaging"][0]["sender"]["id"] = INSTAGRAM_RIDER.format(who)
    return messenger.signed(body, secret=INSTAGRAM_SECRET, path=instagram.DOOR)


def _telegram(inbox: Inbox, who: int, words: str) -> Call:
    update, which = telegram.recorded("text"), int(crypto.digest(words)[:7], 16)
    update["update_id"], update["message"]["message_id"], update["message"]["text"] = which, which, words
    update["message"]["from"]["id"] = update["message"]["chat"]["id"] = BOT_RIDER + who
    return telegram.a_call(inbox.token, update, Telegram(inbox.line).secret)


def _line(inbox: Inbox, who: int, words: str) -> Call:
    body, which = line.recorded("text"), str(int(crypto.digest(words)[:12], 16))
    body["events"][0] |= {
        "webhookEventId": which,
        "source": {"type": "user", "userId": LINE_RIDER.format(who)},
        "message": {**body["events"][0]["message"], "id": which, "text": words},
    }
    return line.a_call(inbox.token, body)


def _x(inbox: Inbox, who: int, words: str) -> Call:
    body, rider = told_by_x("dm_text"), str(3_001_000_000 + who)
    event = body["direct_message_events"][0]
    event["id"], event["message_create"]["sender_id"] = str(int(crypto.digest(words)[:12], 16)), rider
    event["message_create"]["message_data"]["text"] = words
    body["users"][rider] = {**body["users"].pop("3001969357"), "id": rider, "screen_name": f"rider_{who}"}
    return x.a_call(body)


def _tiktok(inbox: Inbox, who: int, words: str) -> Call:
    content = {
        "from": f"rider_{who}",
        "conversation_id": f"talk-of-{who}",
        "message_id": crypto.digest(words)[:20],
        "type": "text",
        "text": {"body": words},
    }
    return tiktok.a_call(delivery("im_receive_msg", content))


def _twilio_sms(inbox: Inbox, who: int, words: str) -> Call:
    return twilio_sms.call(inbox, twilio_sms.a_form(words, f"SM{crypto.digest(words)[:32]}", From=f"+1555766{who:04}"))


def _sms(inbox: Inbox, who: int, words: str) -> Call:
    event = sms.an_event(words, id_=crypto.digest(words)[:24])
    event["message"]["from"] = f"+1555767{who:04}"
    return sms.call(inbox, [event])


def _twilio_voice(inbox: Inbox, who: int, words: str) -> Call:
    """What was written down of a voice message, of a call that nobody took."""
    sid = f"CA{crypto.digest(words)[:32]}"
    form = {"TranscriptionText": words, "RecordingSid": f"RE{sid[2:]}", "From": f"+4915112{who:06}"}
    return twilio_voice.call(inbox, "/transcript", twilio_voice.a_form(sid, **form))


WRITERS: Mapping[str, Callable[[Inbox, int, str], Call]] = {
    "whatsapp": _whatsapp,
    "messenger": _messenger,
    "instagram": _instagram,
    "telegram": _telegram,
    "line": _line,
    "x": _x,
    "tiktok": _tiktok,
    "twilio_sms": _twilio_sms,
    "sms": _sms,
    "twilio_voice": _twilio_voice,
}


@dataclass
class FarEnds:
    """What the providers took of our answers, by their words: how often each."""

    taken: Counter[str] = field(default_factory=Counter)
    dice: random.Random = field(default_factory=lambda: random.Random(9))

    def listens_to(self, stand_in: ProviderStandIn) -> None:
        stand_in.mood = self._mood
        stand_in.noted = self._note

    def _mood(self, asked: Asked) -> Told | None:
        return Told(503, b"come again later") if self.dice.randrange(100) < REFUSED else None

    def _note(self, asked: Asked, told: Told) -> None:
        if told.status < 300 and (found := ANSWER.search(unquote_plus(asked.body.decode("utf-8", "replace")))):
            self.taken[found[0]] += 1


@contextmanager
def far_ends() -> Iterator[FarEnds]:
    """All providers at their places."""
    ends = FarEnds()
    with ExitStack() as stack:
        pages, instagrams, bots, lines = Pages(), InstagramGraph(), TelegramStandIn(), Line()
        for who in range(MOST_CUSTOMERS):
            pages.people[PAGE_RIDER.format(who)] = {"first_name": "Rider", "last_name": str(who)}
            instagrams.people[INSTAGRAM_RIDER.format(who)] = {"name": f"Rider {who}", "username": f"rider_{who}"}
            bots.chats[BOT_RIDER + who] = {"id": BOT_RIDER + who, "type": "private", "first_name": f"Rider {who}"}
            lines.people[LINE_RIDER.format(who)] = {"userId": LINE_RIDER.format(who), "displayName": f"Rider {who}"}
        for stand_in in (_Meta(WhatsAppGraph(), pages), instagrams, bots, lines, XStandIn(), TikTokStandIn()):
            stack.enter_context(serving(stand_in))
            ends.listens_to(stand_in)
        twilio = stack.enter_context(twilio_serving())
        bandwidth = stack.enter_context(bandwidth_serving())
        for each in (twilio.twilio, bandwidth.messaging):
            ends.listens_to(each)
        yield ends


class _Meta(ProviderStandIn):
    """WhatsApp's Graph and Messenger's, which are one place: each call goes to whose token it has."""

    name = "graph"

    def __init__(self, numbers: WhatsAppGraph, pages: Any) -> None:
        super().__init__()
        self.numbers, self.pages = numbers, pages

    def _whose(self, asked: Asked) -> ProviderStandIn:
        proof = f"{asked.headers.get('authorization', '')} {asked.query.get('access_token', '')}"
        return self.pages if PAGE_TOKEN in proof else self.numbers

    def is_send(self, asked: Asked) -> bool:
        return self._whose(asked).is_send(asked)

    def answer(self, asked: Asked) -> Told:
        return self._whose(asked).answer(asked)


def connect(account_id: int) -> dict[str, Inbox]:
    """In a frame: an inbox of each."""
    return {kind: adapter_of(kind).open_inbox(account_id) for kind in WRITERS}


def written(inboxes: Mapping[str, Inbox], number: int, *, customers: int = 0) -> list[Letter]:
    """In the application's context: `number` letters in equal shares, of so many customers each, in turn; else each writes a few."""
    kinds = list(inboxes)
    letters = []
    for n in range(number):
        kind = kinds[n % len(kinds)]
        words = f"Letter {n} by {kind}"
        turn = n // len(kinds)
        who = turn % customers if customers else turn // EACH_WRITES
        call = WRITERS[kind](inboxes[kind], who, words)
        anew = _signed_anew(call) if kind == "tiktok" else None
        letters.append(Letter(kind, words, call.path, _request(call), anew))
    return letters


def _request(call: Call) -> dict[str, Any]:
    """As httpx takes what Flask's client takes."""
    asked = dict(call.request)
    headers = dict(asked.get("headers", {}))
    if "content_type" in asked:
        headers["Content-Type"] = asked["content_type"]
    content = json.dumps(asked["json"]).encode() if "json" in asked else asked["data"]
    if "json" in asked:
        headers["Content-Type"] = "application/json"
    return {"headers": headers, "content": content}


def _signed_anew(call: Call) -> Callable[[], dict[str, Any]]:
    """A signature that names its moment is good for a few minutes only."""
    return lambda: _request(tiktok.a_call(call.request["data"]))
