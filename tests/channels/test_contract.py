"""What every channel of the list keeps to: a new one passes by being listed, with its module in `contract/`."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.channels import CHANNELS
from app.channels.base import Channel, DeliveryFailed, Envelope, Fact, File, Knock, Line
from app.errors import NotAllowed
from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Inbox, Message
from app.models.letter import Letter
from bench.mail_fuzz import mutated
from tests.cast import Cast
from tests.channels.contract.adapter import Adapter, Call, adapter_of
from tests.fakes.webhook_receiver import private_calls_allowed
from workers.jobs import JOBS

KINDS = sorted(CHANNELS)
SENDING = [kind for kind in KINDS if not CHANNELS[kind].abilities.is_live]
DOORS = [kind for kind in KINDS if CHANNELS[kind].has_door]
DOCS = Path(__file__).parents[2] / "docs" / "channels"
CHEAP = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))

DEEP = b"[" * 100_000
TYPES = (
    "",
    "application/json",
    "message/rfc822",
    "multipart/form-data; boundary=x",
    "text/html; charset=no-such",
    "\0;;",
)
BODIES = (
    b"",
    b"\0" * 100,
    b"\xff\xfe\xd8",
    DEEP,
    b'{"a":' * 20_000,
    b"null",
    b"[]",
    b'"x"',
    b"1e999",
    b"x" * 1_000_000,
)
PATHS = (
    "",
    "token",
    "token/",
    "token/mailgun",
    "token/ses",
    "token/postmark",
    "token/sendgrid",
    "../..",
    "\0",
    "t" * 5000,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
knocks = st.builds(
    Knock,
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(PATHS) | st.text(max_size=40),
    st.just("http://desk.test/webhooks/x"),
    st.fixed_dictionaries(
        {"content-type": st.sampled_from(TYPES) | st.text(max_size=20)},
        optional={"authorization": st.text(max_size=20), "x-envelope-to": st.text(max_size=20)},
    ),
    st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3),
    st.sampled_from(BODIES) | st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode()),
)


@pytest.fixture
def context(parley: Flask) -> Iterator[Flask]:
    with parley.app_context(), private_calls_allowed(parley):
        yield parley


@pytest.fixture(params=KINDS)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    return adapter_of(request.param)


@pytest.fixture(params=SENDING)
def sender(request: pytest.FixtureRequest) -> Adapter:
    return adapter_of(request.param)


def opened(kind: str, line: Line | None = None) -> Channel:
    return CHANNELS[kind](line or Line("hello@fernway.test", "token"))


def posted(client: FlaskClient, call: Call) -> int:
    return client.post(call.path, **call.request).status_code


def counted(account_id: int, table: type[Any], *where: Any) -> int:
    with transaction(account_id):
        return db.session.scalar(select(func.count()).select_from(table).where(*where)) or 0


@pytest.mark.parametrize("kind", KINDS)
def test_its_abilities_fit_each_other_and_what_it_does(kind: str) -> None:
    channel, can = CHANNELS[kind], CHANNELS[kind].abilities
    assert channel.kind == kind
    assert channel.name
    own = {name for base in channel.__mro__ if base not in (Channel, object) for name in vars(base)}
    assert can.is_polled <= ("poll" in own)
    assert can.can_list <= ("listed" in own)
    assert can.can_look_up <= ("look_up" in own)
    assert can.is_live == ("send" not in own)
    assert not channel.has_door or {"verify", "parse"} <= own
    assert min(can.max_length, can.max_attachment_bytes, can.sends_per_minute, can.retry_seconds) > 0
    assert can.late_window is None or (can.reply_window is not None and can.late_window > can.reply_window)
    assert (DOCS / f"{kind}.md").read_text().startswith("# ")


@pytest.mark.parametrize("kind", KINDS)
def test_what_people_type_is_named_and_explained_and_secrets_are_marked(kind: str) -> None:
    channel, adapter = CHANNELS[kind], adapter_of(kind)
    for model in (channel.Credentials, channel.Settings):
        for name, field in model.model_fields.items():
            marked = model.model_json_schema(mode="serialization")["properties"][name].get("secret", False)
            # What has no title is not drawn: connecting fills it in.
            assert adapter.has_own_form or not field.title or field.description, f"{kind}: {name} has no words"
            if model is channel.Credentials and any(word in name for word in ("secret", "password", "token", "key")):
                assert marked, f"{kind}: {name} would be shown again"


@pytest.mark.parametrize("kind", KINDS)
@CHEAP
@given(knock=knocks)
def test_no_knock_is_so_odd_that_it_raises(context: Flask, kind: str, knock: Knock) -> None:
    heard(kind, knock)


@pytest.mark.parametrize("kind", KINDS)
def test_no_body_of_any_type_at_any_path_raises(context: Flask, kind: str) -> None:
    for path in PATHS:
        for body in BODIES:
            for content_type in TYPES:
                heard(kind, Knock("POST", path, "http://desk.test/", {"content-type": content_type}, {}, body))


def heard(kind: str, knock: Knock) -> None:
    channel = CHANNELS[kind]
    with suppress(NotAllowed):
        channel.greet(knock)
    letters = channel.sort(knock)
    assert all(isinstance(each, Envelope) and each.key for each in letters)
    channel.receipt_of(knock)
    with suppress(NotAllowed):
        opened(kind).verify(knock)
    for letter in letters:
        understood(kind, letter)


@pytest.mark.parametrize("kind", KINDS)
@CHEAP
@given(payload=st.dictionaries(st.text(max_size=12), json_values, max_size=5), raw=st.none() | st.binary(max_size=300))
def test_no_letter_is_so_odd_that_it_raises(
    context: Flask, kind: str, payload: dict[str, Any], raw: bytes | None
) -> None:
    understood(kind, Envelope("token", "dana", "1", payload, raw))


def test_recorded_letters_are_understood_and_broken_ones_never_raise(context: Flask, adapter: Adapter) -> None:
    dice, recorded = random.Random(11), adapter.recorded()
    for letter in recorded:
        understood(adapter.kind, letter)
    raws = [each.raw for each in recorded if each.raw]
    for _ in range(400 if recorded else 0):
        letter = dice.choice(recorded)
        payload = {name: dice.choice([value, None, [], {}, 7, "x" * 5000]) for name, value in letter.payload.items()}
        raw = mutated(letter.raw, dice, raws) if letter.raw else None
        understood(adapter.kind, replace(letter, payload=payload, raw=raw))


def understood(kind: str, letter: Envelope) -> None:
    for fact in opened(kind).parse(letter):
        assert isinstance(fact, Fact)


def test_a_repeated_delivery_is_one_message(cast: Cast, client: FlaskClient, adapter: Adapter) -> None:
    inbox = an_inbox(cast, adapter)
    first, second = (adapter.says(client, inbox, "Is it back?"), adapter.says(client, inbox, "Is it back in blue?"))
    for call in (first, second, first, second, first):
        assert posted(client, call) == 200
    drain(Queue.INBOUND, JOBS)
    for words in ("Is it back?", "Is it back in blue?"):
        assert counted(cast.account_id, Message, Message.inbox_id == inbox.id, Message.content == words) == 1


def test_letters_come_in_any_order_and_each_is_there_once(cast: Cast, client: FlaskClient, adapter: Adapter) -> None:
    inbox, words = an_inbox(cast, adapter), [f"{n} of five letters" for n in range(5)]
    calls = [adapter.says(client, inbox, each) for each in words]
    for call in (calls[4], calls[1], calls[3]):
        assert posted(client, call) == 200
    drain(Queue.INBOUND, JOBS)
    for call in (calls[0], calls[4], calls[2], calls[1]):
        assert posted(client, call) == 200
    drain(Queue.INBOUND, JOBS)
    mine = Message.inbox_id == inbox.id, Message.content.in_(words)
    assert counted(cast.account_id, Message, *mine) == len(words)
    with transaction(cast.account_id):
        places = select(Message.conversation_id, Message.sequence).where(*mine)
        assert len(set(db.session.execute(places).all())) == len(words)


def test_who_proves_nothing_is_not_heard(cast: Cast, client: FlaskClient, adapter: Adapter) -> None:
    inbox = an_inbox(cast, adapter)
    for call in adapter.unproven(client, inbox):
        assert posted(client, call) in (401, 404), call
    drain(Queue.INBOUND, JOBS)
    assert counted(cast.account_id, Message) == counted(cast.account_id, Letter) == 0


@pytest.mark.parametrize("kind", DOORS)
def test_the_door_answers_nonsense_in_words(cast: Cast, client: FlaskClient, kind: str) -> None:
    inbox = an_inbox(cast, adapter_of(kind))
    for path in ("", f"/{inbox.token}", "/nobody", f"/{inbox.token}/deeper/still"):
        for body in BODIES:
            answer = client.post(f"/webhooks/{kind}{path}", data=body, content_type="application/json")
            assert answer.status_code in (200, 400, 401, 404, 413), (path, body[:20], answer.status_code)
    assert counted(cast.account_id, Letter) == 0


def an_inbox(cast: Cast, adapter: Adapter) -> Inbox:
    with transaction(cast.account_id):
        return adapter.open_inbox(cast.account_id)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(SENDING)))
def test_what_is_live_sends_nothing(kind: str) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        opened(kind).send(adapter_of(kind).outbound("It is back."))
    assert failed.value.permanent


def test_any_text_and_every_kind_of_file_is_taken(context: Flask, sender: Adapter) -> None:
    can = sender.channel.abilities
    texts = [
        "It is back.",
        "x" * can.max_length,
        "\0\ud83d \u202e 👩🏽‍🚒",
        "<script>",
        "a\r\nBcc: x@y.example\r\n.\r\n",
    ]
    with sender.stand_in() as provider:
        for text in texts:
            opened(sender.kind, provider.line).send(sender.outbound(text))
        for kind in sorted(can.attachment_kinds):
            opened(sender.kind, provider.line).send(sender.outbound("", [a_file(kind)]))
        assert provider.taken == len(texts) + len(can.attachment_kinds)


def test_nothing_at_all_is_sent_or_refused_for_good(context: Flask, sender: Adapter) -> None:
    refusals = []
    with sender.stand_in() as provider:
        try:
            opened(sender.kind, provider.line).send(sender.outbound(""))
        except DeliveryFailed as failed:
            refusals.append(failed.permanent)
        assert provider.taken or refusals == [True]


def test_a_provider_that_is_away_is_tried_again(context: Flask, sender: Adapter) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        opened(sender.kind, sender.nobody()).send(sender.outbound("It is back."))
    assert (failed.value.permanent, failed.value.is_unsure) == (False, False)
    assert failed.value.reason


def test_patience_is_had_where_it_is_asked_for(context: Flask, sender: Adapter) -> None:
    with sender.stand_in() as provider:
        provider.ask_patience(7)
        with pytest.raises(DeliveryFailed) as failed:
            opened(sender.kind, provider.line).send(sender.outbound("It is back."))
        assert (failed.value.permanent, failed.value.is_unsure) == (False, False)
        assert failed.value.retry_after == (7 if provider.says_when else None)
        assert provider.taken == 0


def test_a_refusal_for_good_is_final_and_in_the_providers_words(context: Flask, sender: Adapter) -> None:
    with sender.stand_in() as provider:
        provider.refuse()
        with pytest.raises(DeliveryFailed) as failed:
            opened(sender.kind, provider.line).send(sender.outbound("It is back."))
        assert failed.value.permanent
        assert "ot here" in failed.value.reason


def a_file(kind: str) -> File:
    types = {"image": "image/png", "audio": "audio/ogg", "video": "video/mp4"}
    name = f"a\r\nX: y “{kind}” \ud83d\u202e.bin"
    content_type = types.get(kind, "application/pdf")
    return File(name, content_type, 4, kind, "https://desk.test/file", lambda: BytesIO(b"file"))
