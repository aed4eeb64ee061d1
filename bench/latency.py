"""How soon a visitor's message stands before an agent: from the widget's POST to the frame in the agent's socket.

Run as `python -m bench.latency [seconds]`. Promised: 100 ms for 95 of 100 messages, at 20 messages a second.
"""

from __future__ import annotations

import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
from simple_websocket import Client, ConnectionClosed

from app.demo import load
from bench import _ground as at

RATE, SECONDS, VISITORS, TARGET = 20, 30, 60, 0.100
CAPTAINLESS_QUEUES = ("inbound", "events", "outbound")


@dataclass
class Ear:
    """An agent's open page, as far as its socket goes; notes when each message's bubble came."""

    client: Client
    heard: dict[str, float] = field(default_factory=dict)
    is_ready: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        try:
            while True:
                frame = str(self.client.receive())
                now = time.perf_counter()
                if '"ready"' in frame[:40]:
                    self.is_ready.set()
                for piece in frame.split('id="message-')[1:]:
                    self.heard.setdefault(piece.partition('"')[0], now)
        except ConnectionClosed:
            return


@dataclass
class Visitor:
    """One customer, who writes by the widget's own door. Each keeps a connection, as a browser does."""

    base: str
    website_token: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))
    token: str = ""
    answered: list[float] = field(default_factory=list)

    def arrive(self) -> None:
        answer = self.client.get(f"{self.base}/widget/api/config", params={"website_token": self.website_token})
        self.token = answer.raise_for_status().json()["token"]

    def write(self, client_id: str, words: str) -> float:
        """Returns the moment at which it was sent off."""
        began = time.perf_counter()
        answer = self.client.post(
            f"{self.base}/widget/api/messages",
            params={"website_token": self.website_token},
            headers={"X-Auth-Token": self.token, "Origin": self.base},
            data={"content": words, "client_id": client_id},
        )
        answer.raise_for_status()
        self.answered.append(time.perf_counter() - began)
        return began


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with at.ground() as ground:
        app = ground.app()
        with app.app_context():
            demo = load.load()
            cookie = at.sign_in(app, demo.agents[0].email)
        ground.web(processes=ground.settings.web_processes)
        ground.worker(*CAPTAINLESS_QUEUES)
        base = f"http://127.0.0.1:{ground.port}"
        ear = open_ear(ground, demo.account_id, cookie)
        visitors = [Visitor(base, demo.website_token) for _ in range(VISITORS)]
        for visitor in visitors:
            visitor.arrive()
            visitor.write(str(uuid.uuid4()), "Hello?")
        sent = talk(visitors, seconds)
        at.wait_for(lambda: sent.keys() <= ear.heard.keys(), "the last bubble", 20)
        ear.client.close()
    took = [ear.heard[client_id] - began for client_id, began in sent.items()]
    report(took, [each for visitor in visitors for each in visitor.answered[1:]], seconds)


def open_ear(ground: at.Ground, account_id: int, cookie: str) -> Ear:
    address = f"ws://127.0.0.1:{ground.port}/accounts/{account_id}/socket"
    headers = [(b"Cookie", cookie.encode()), (b"Origin", ground.url.encode())]
    ear = Ear(Client(address, headers=headers))
    threading.Thread(target=ear.listen, daemon=True).start()
    if not ear.is_ready.wait(10):
        raise SystemExit("the agent's socket never became ready")
    return ear


def talk(visitors: list[Visitor], seconds: int) -> dict[str, float]:
    """RATE messages a second by the clock, whether the earlier ones were answered or not; returns when each was sent."""
    sent = {}
    began = time.perf_counter()
    with ThreadPoolExecutor(len(visitors)) as pool:
        for n in range(RATE * seconds):
            time.sleep(max(0.0, began + n / RATE - time.perf_counter()))
            client_id = str(uuid.uuid4())
            words = f"Is the Ridge 2 in size M back? I asked {n} days ago."
            sent[client_id] = pool.submit(visitors[n % len(visitors)].write, client_id, words)
    return {client_id: future.result() for client_id, future in sent.items()}


def report(took: list[float], answered: list[float], seconds: int) -> None:
    bubble, answer = at.spread(took), at.spread(answered)
    print(f"{len(took)} messages of {VISITORS} visitors were sent in {seconds} s, {RATE} in each.")
    print(f"From a visitor's POST to the bubble in an agent's socket: {at.in_words(bubble)}.")
    print(f"The visitor's own page had its answer: {at.in_words(answer)}.")
    print(f"Promised are {TARGET * 1000:.0f} ms for 95 of 100: {at.verdict(bubble['p95_ms'], TARGET * 1000)}.")
    at.close("latency", {"to_the_agent": bubble, "to_the_visitor": answer, "target_p95_ms": TARGET * 1000})


if __name__ == "__main__":
    main()
