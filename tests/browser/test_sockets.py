"""Sockets tell the truth, to whom it is meant for, and survive whoever misuses them."""

from __future__ import annotations

import base64
import json
import os
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from redis import Redis
from simple_websocket import Client, ConnectionClosed

from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models import Account, Conversation, Inbox, record
from app.realtime import frames, streams
from tests.browser.conftest import Desk, sign_in
from tests.cast import Cast, a_conversation, a_user, alice, bob
from tests.conftest import Ground


class Ear:
    """Someone's socket."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.head = 0

    def hears(self, words: str, seconds: float = 5) -> str:
        """The first frame with `words` in it."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            frame = self.client.receive(timeout=left)
            if frame is not None and words in frame:
                return str(frame)
        raise AssertionError(f"never heard {words}")

    def hears_nothing_of(self, words: str, seconds: float = 1) -> None:
        with pytest.raises(AssertionError):
            self.hears(words, seconds)

    def is_closed_with(self, seconds: float = 5) -> int:
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                self.client.receive(timeout=0.5)
        except ConnectionClosed as closed:
            return int(closed.reason)
        raise AssertionError("it is still open")


Listen = Callable[..., Ear]


@pytest.fixture
def listen(desk: Desk, app: Flask, cast: Cast) -> Iterator[Listen]:
    """`listen("Bob")`: Bob's socket, told that it is ready."""
    ears: list[Ear] = []

    def opened(name: str, account_id: int = cast.account_id) -> Ear:
        client = Client(
            f"{desk.url.replace('http', 'ws')}/accounts/{account_id}/socket",
            headers={"Cookie": f"parley_session={sign_in(app, name)}", "Origin": desk.url},
        )
        ear = Ear(client)
        ears.append(ear)
        ear.head = json.loads(ear.hears('"ready"'))["head"]
        return ear

    yield opened
    for ear in ears:
        if ear.client.connected:
            ear.client.close()


def handshake(desk: Desk, path: str, **headers: str) -> int:
    """The HTTP status that a socket's handshake is answered with."""
    with socket.create_connection(("127.0.0.1", desk.port), timeout=5) as wire:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: localhost:{desk.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        return int(wire.recv(4096).split()[1])


def reply(cast: Cast, conversation: Conversation, words: str) -> None:
    with transaction(cast.account_id):
        mine = db.session.get_one(Conversation, (cast.account_id, conversation.id))
        mine.reply(words, by=alice(cast).actor)


@pytest.fixture
def conversation(desk: Desk, cast: Cast) -> Conversation:
    with transaction(cast.account_id):
        return a_conversation(cast)


def test_a_reply_is_heard_by_those_who_may_see_it(listen: Listen, cast: Cast, conversation: Conversation) -> None:
    with system(why="tests"):
        account = db.session.get_one(Account, cast.account_id)
        a_user("Outsider", account)
    hearing, not_of_the_inbox = listen("Bob"), listen("Outsider")
    stranger = listen("Charlie", cast.other_account_id)
    reply(cast, conversation, "the wheel is on its way")
    frame = hearing.hears("the wheel is on its way")
    assert f"#messages-{conversation.uuid}" in frame
    assert 'hx-target="#live-head"' in frame
    not_of_the_inbox.hears_nothing_of("the wheel")
    stranger.hears_nothing_of("the wheel")


def test_who_may_not_listen_is_refused_before_the_upgrade(desk: Desk, app: Flask, cast: Cast) -> None:
    path = f"/accounts/{cast.account_id}/socket"
    cookie = f"parley_session={sign_in(app, 'Charlie')}"
    assert handshake(desk, path, Origin=desk.url) in (302, 401)
    assert handshake(desk, path, Origin=desk.url, Cookie=cookie) == 404
    bobs = f"parley_session={sign_in(app, 'Bob')}"
    assert handshake(desk, path, Origin="https://elsewhere.example", Cookie=bobs) == 403
    assert handshake(desk, path, Cookie=bobs) == 403
    assert handshake(desk, path, Origin=desk.url, Cookie=bobs) == 101


def test_who_is_deactivated_is_closed_for_good(listen: Listen, cast: Cast) -> None:
    bobs, others = listen("Bob"), listen("Alice")
    with transaction(cast.account_id):
        membership = bob(cast)
        membership.deactivated_at = membership.created_at
        record("membership.deactivated", membership, by=alice(cast).actor)
    assert bobs.is_closed_with() == 1008
    assert others.client.connected


def test_who_leaves_an_inbox_hears_no_more_of_it(listen: Listen, cast: Cast, conversation: Conversation) -> None:
    bobs = listen("Bob")
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        inbox.set_members(set())
        record("inbox.members_changed", inbox, by=alice(cast).actor)
    bobs.hears('"ready"')
    reply(cast, conversation, "not for Bob any more")
    bobs.hears_nothing_of("not for Bob")


@pytest.mark.parametrize("words", ["not json", "[" * 60_000, "\0", '{"HEADERS": null}'])
def test_what_a_page_says_up_the_socket_is_passed_over(
    listen: Listen, cast: Cast, conversation: Conversation, words: str
) -> None:
    bobs = listen("Bob")
    bobs.client.send(words)
    bobs.client.send(b"\xff\xfe\x00")
    reply(cast, conversation, "still here")
    bobs.hears("still here")


def test_a_huge_frame_ends_only_its_own_socket(listen: Listen, cast: Cast, conversation: Conversation) -> None:
    bobs, others = listen("Bob"), listen("Alice")
    bobs.client.send("x" * 200_000)
    bobs.is_closed_with()
    reply(cast, conversation, "still here")
    others.hears("still here")


def test_who_floods_is_shut_out(listen: Listen, cast: Cast, conversation: Conversation) -> None:
    bobs, others = listen("Bob"), listen("Alice")
    for _ in range(100):
        bobs.client.send("again")
    reply(cast, conversation, "still here")
    assert bobs.is_closed_with(20) == 1008
    others.hears("still here")


def test_who_does_not_read_holds_up_nobody(
    desk: Desk, app: Flask, listen: Listen, cast: Cast, conversation: Conversation
) -> None:
    others = listen("Alice")
    with socket.create_connection(("127.0.0.1", desk.port), timeout=5) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lines = [
            f"GET /accounts/{cast.account_id}/socket HTTP/1.1",
            f"Host: localhost:{desk.port}",
            f"Origin: {desk.url}",
            f"Cookie: parley_session={sign_in(app, 'Bob')}",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        ]
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        time.sleep(0.5)
        for number in range(400):
            frames.tell(streams.of_inbox(cast.inbox_id), "noise", number=number, words="x" * 50_000)
        begun = time.monotonic()
        others.hears('"number": 399', 15)
        reply(cast, conversation, "still here")
        others.hears("still here")
        assert time.monotonic() - begun < 15


def test_a_cut_of_redis_is_told(listen: Listen, ground: Ground, cast: Cast, conversation: Conversation) -> None:
    bobs = listen("Bob")
    Redis.from_url(ground.redis_url).execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    bobs.hears('"ready"', 15)
    reply(cast, conversation, "heard again")
    bobs.hears("heard again")


def test_a_stopping_server_sends_everyone_back(desk: Desk, listen: Listen) -> None:
    bobs = listen("Bob")
    begun = time.monotonic()
    desk.stop()
    stopped_within = time.monotonic() - begun
    desk.start()
    assert bobs.is_closed_with() == 1012
    assert stopped_within < 6


def test_ready_tells_the_newest_fact(listen: Listen, cast: Cast, conversation: Conversation) -> None:
    first = listen("Bob").head
    reply(cast, conversation, "one more")
    assert listen("Bob").head > first > 0
