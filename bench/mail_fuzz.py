"""Changes mails of the corpus in every way a broken mailer might, and reads them: `python -m bench.mail_fuzz 100000`."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Sequence

from app.channels.email.parse import parse
from app.channels.incoming import Unsupported

MARKS = (
    b"\0",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"=?utf-8?q?",
    b"?=",
    b"<",
    b">",
    b'"',
    b";",
    b"--",
    b"=",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"charset=",
    b"boundary=",
    b"multipart/mixed",
    b"message/rfc822",
    b"base64",
    b"*0*=",
    b"%00",
    b"cid:",
    b"<!--",
    b"]]>",
)


def mutated(mail: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """`mail` after one to six accidents."""
    for _ in range(dice.randint(1, 6)):
        mail = dice.choice(ACCIDENTS)(mail, dice, others)
    return mail


def _flip(mail: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    at = dice.randrange(len(mail) + 1)
    return mail[:at] + bytes([dice.randrange(256)]) + mail[at + 1 :]


def _insert(mail: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    at = dice.randrange(len(mail) + 1)
    return mail[:at] + dice.choice(MARKS) * dice.choice((1, 1, 2, 50)) + mail[at:]


def _cut(mail: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    first, last = sorted((dice.randrange(len(mail) + 1), dice.randrange(len(mail) + 1)))
    return mail[:first] + mail[last:] if last - first < 500 else mail[:last]


def _splice(mail: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    other = dice.choice(others)
    return mail[: dice.randrange(len(mail) + 1)] + other[dice.randrange(len(other) + 1) :]


def _double(mail: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    lines = mail.split(b"\n")
    at = dice.randrange(len(lines))
    return b"\n".join([*lines[:at], *[lines[at]] * dice.choice((2, 3, 20)), *lines[at:]])[:200_000]


def _shuffle(mail: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    lines = mail.split(b"\n")
    first, second = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


ACCIDENTS: tuple[Callable[[bytes, random.Random, Sequence[bytes]], bytes], ...] = (
    _flip,
    _insert,
    _cut,
    _splice,
    _double,
    _shuffle,
)


def main() -> None:
    from tests.channels.email.corpus import CASES, OWN, own_key, raw

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    dice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    mails = [raw(case) for case in CASES if len(raw(case)) < 20_000]
    begun, slowest, stumbles = time.monotonic(), (0.0, b""), 0
    with own_key():
        for _ in range(count):
            mail = mutated(dice.choice(mails), dice, mails)
            at = time.perf_counter()
            stumbles += any(isinstance(fact, Unsupported) for fact in parse(mail, own=OWN))
            slowest = max(slowest, (time.perf_counter() - at, mail))
    seconds = time.monotonic() - begun
    print(f"{count:,} mails in {seconds:.0f} s ({count / seconds:.0f}/s), the slowest in {slowest[0] * 1000:.0f} ms")
    print(f"{stumbles} were told as unreadable")
    print(json.dumps({"mails": count, "per_second": round(count / seconds), "slowest_ms": round(slowest[0] * 1000)}))


if __name__ == "__main__":
    main()
