"""Feeds every parser what nobody would send on purpose, and counts what escapes.

Run as `python -m bench.fuzz [inputs] [seed]`. Promised: of 100,000 inputs in all, none raises anything.
"""

from __future__ import annotations

import json
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from app.channels import CHANNELS
from app.channels.base import Channel, Envelope, Knock, Line, Unsupported
from app.channels.email import headers
from app.channels.email.html import html_for_show
from app.channels.email.html_text import text_of
from app.channels.email.parse import parse
from app.channels.email.parts import taken_apart
from app.errors import Invalid, NotAllowed
from app.lib import address
from app.lib.text import markdown_to_html, plain
from bench import _ground as at
from bench.mail_fuzz import mutated
from tests.channels.contract.adapter import adapter_of
from tests.channels.email.corpus import CASES, OWN, own_key, raw

INPUTS = 120_000
FORMS = ("", "/mailgun", "/mailgun/mime", "/sendgrid", "/postmark", "/ses", "/nobody")
TYPES = (
    "message/rfc822",
    "application/json",
    "multipart/form-data; boundary=xx",
    "application/x-www-form-urlencoded",
    "text/plain",
    "\x00",
)
MARKUP = (
    b"<p>It <b>rings</b> <a href='https://shop.example/?a=1&b=2' style='color:red;background:url(x)'>there</a></p>",
    b"<table><tr><td bgcolor=red><img src=cid:1 onerror=alert(1)></td></tr></table><style>p{color:red}</style>",
    b"<div class=gmail_quote>On Monday Dana wrote:<blockquote>1</blockquote></div><!--[if mso]><p>x</p><![endif]-->",
    b"**bold** _it_ [a](javascript:alert(1)) `code`\n\n> quoted\n- one\n1. two\n<script>alert(1)</script>",
    b"<svg><math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=alert(1)&gt;'>",
)
PEOPLE = (
    b'"Dana, of Fernway" <dana@home.example>, Bob <bob@home.example>; team: a@x.example, b@x.example;',
    b"=?utf-8?q?D=C3=A4na?= <dana@home.example>, (a comment) eve@home.example, <@relay:old@route.example>",
    b"undisclosed-recipients:;, dana@[127.0.0.1], d\xc3\xa4na@b\xc3\xbccher.example, a@b@c, <>",
)
FORM = (
    b'--xx\r\nContent-Disposition: form-data; name="body-mime"\r\n\r\nFrom: a@b.example\r\n\r\nHello\r\n'
    b'--xx\r\nContent-Disposition: form-data; name="envelope"\r\n\r\n{"to": ["a@b.example"]}\r\n--xx--\r\n'
)
POSTMARK: dict[str, Any] = {
    "OriginalRecipient": "a@b.example",
    "Headers": [{"Name": "From", "Value": "Dana <dana@home.example>"}],
    "TextBody": "Hello",
    "HtmlBody": "<p>Hello",
    "Attachments": [{"Name": "a.png", "ContentType": "image/png", "Content": "AAAA", "ContentID": "1"}],
}
SNS: dict[str, Any] = {
    "Type": "Notification",
    "Message": json.dumps({"mail": {"messageId": "1"}, "receipt": {"recipients": ["a@b.example"]}, "content": "A: b"}),
    "SigningCertURL": "https://sns.us-east-1.amazonaws.example/x.pem",
    "Signature": "AAAA",
}

Read = Callable[[bytes, random.Random], None]


@dataclass
class Tried:
    """What became of one parser's inputs."""

    inputs: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    caught: int = 0
    escapes: list[str] = field(default_factory=list)


class Caught(Exception):
    """The parser stumbled, and said so instead of raising."""


def main() -> None:
    inputs = int(sys.argv[1]) if len(sys.argv) > 1 else INPUTS
    dice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    mails = [raw(case) for case in CASES if len(raw(case)) < 20_000]
    with own_key():
        found = {
            name: tried(read, seeds, max(1, int(inputs * share)), dice) for name, share, seeds, read in parsers(mails)
        }
    report(found)


def parsers(mails: Sequence[bytes]) -> Iterator[tuple[str, float, Sequence[bytes], Read]]:
    """Name, its share of the inputs, what its inputs are made of, and itself."""
    knocks = [FORM, *(json.dumps(each).encode() for each in (POSTMARK, SNS)), *mails[:40]]
    yield "mail", 0.35, mails, read_mail
    for kind, channel in sorted(CHANNELS.items()):
        yield f"{kind} knock", 0.3 / len(CHANNELS), knocks, knocking(kind, channel)
        yield f"{kind} letter", 0.1 / len(CHANNELS), mails, letters(kind, channel)
    yield "HTML", 0.1, [*MARKUP, *mails[:40]], read_html
    yield "recipients", 0.15, PEOPLE, read_people


def tried(read: Read, seeds: Sequence[bytes], inputs: int, dice: random.Random) -> Tried:
    found, began = Tried(inputs), time.perf_counter()
    for _ in range(inputs):
        data = mutated(dice.choice(seeds), dice, seeds)
        at_ = time.perf_counter()
        try:
            read(data, dice)
        except Caught:
            found.caught += 1
        except Exception:
            found.escapes.append(f"{traceback.format_exc(limit=-2)} on {data[:300]!r}")
        found.slowest = max(found.slowest, time.perf_counter() - at_)
    found.seconds = time.perf_counter() - began
    return found


def read_mail(data: bytes, _: random.Random) -> None:
    if any(isinstance(fact, Unsupported) for fact in parse(data, own=OWN)):
        raise Caught


def read_html(data: bytes, _: random.Random) -> None:
    markup = data.decode("utf-8", "surrogateescape")
    html_for_show(markup, {"1": "/files/1"}, allow_remote=False)
    text_of(markup)
    # What is kept has no halves of letters any more.
    kept = data.decode("utf-8", "replace")
    markdown_to_html(kept)
    plain(kept)


def read_people(data: bytes, _: random.Random) -> None:
    head = taken_apart(b"To: " + data + b"\r\nFrom: " + data + b"\r\n\r\n")
    headers.people(head, "To", "Cc")
    headers.person(head, "From")
    headers.is_address(data.decode("utf-8", "replace"))
    with suppress(Invalid):
        address.email(data.decode("utf-8", "replace"))


def knocking(kind: str, channel: type[Channel]) -> Read:
    """A whole delivery: greeted, sorted, verified, its letters read."""
    opened = channel(Line("support@fernway.example", "token"))

    def read(data: bytes, dice: random.Random) -> None:
        path = f"token{dice.choice(FORMS)}"
        named = {"content-type": dice.choice(TYPES), "x-amz-sns-message-type": dice.choice(("", "Notification"))}
        knock = Knock(dice.choice(("POST", "POST", "GET")), path, f"https://desk.example/{kind}", named, {}, data)
        with suppress(NotAllowed):
            channel.greet(knock)
        envelopes = channel.sort(knock)
        channel.receipt_of(knock)
        with suppress(NotAllowed):
            opened.verify(knock)
        for envelope in envelopes:
            opened.parse(envelope)

    return read


def letters(kind: str, channel: type[Channel]) -> Read:
    """Recorded letters whose payload is broken too."""
    opened = channel(Line("support@fernway.example", "token"))
    recorded = adapter_of(kind).recorded() or [Envelope("token", "dana", "1", {"content": "Hello"})]

    def read(data: bytes, dice: random.Random) -> None:
        letter = dice.choice(recorded)
        payload = {
            name: dice.choice((value, None, [], {}, 7, -1.5, "\0", [[{}]])) for name, value in letter.payload.items()
        }
        opened.parse(replace(letter, payload=payload, raw=data if letter.raw else None))

    return read


def report(found: dict[str, Tried]) -> None:
    for name, each in found.items():
        print(
            f"{name}: {each.inputs:,} inputs, {each.inputs / max(each.seconds, 1e-9):,.0f}/s, the slowest"
            f" {each.slowest * 1000:.0f} ms; {each.caught} caught, {len(each.escapes)} escaped."
        )
        for escape in each.escapes[:3]:
            print(f"  ESCAPED {escape}")
    inputs, escaped = sum(each.inputs for each in found.values()), sum(len(each.escapes) for each in found.values())
    print(f"{inputs:,} inputs in all; promised is that nothing escapes: {at.verdict(escaped, 0)}.")
    counts = {
        name: {"inputs": each.inputs, "escaped": len(each.escapes), "caught": each.caught, "slowest_ms": each.slowest}
        for name, each in found.items()
    }
    for each in counts.values():
        each["slowest_ms"] = round(each["slowest_ms"] * 1000, 1)
    at.close("fuzz", {"inputs": inputs, "escaped": escaped, "parsers": counts})


if __name__ == "__main__":
    main()
