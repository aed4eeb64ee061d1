"""The way out reaches the internet and nothing else, within its bounds; tried on real servers of the loopback."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from app.lib import http, tls
from app.lib.clock import now
from app.lib.guard import is_public
from app.lib.http import HttpFailed
from tests.lib.certificates import make_certificate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lib.conftest import Bare


class Door(BaseHTTPRequestHandler):
    """Answers by its path; notes what it was asked."""

    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        name, _, rest = self.path.strip("/").partition("/")
        answer = getattr(self, f"answer_{name.partition('?')[0]}", self.answer_plain)
        answer(rest)

    do_POST = do_GET  # noqa: N815  # http.server's name

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_plain(self, rest: str) -> None:
        self.reply(200, b"hello", content_type="text/plain")

    def answer_json(self, rest: str) -> None:
        self.reply(200, json.dumps({"ok": "ü"}).encode(), content_type="application/json")

    def answer_status(self, rest: str) -> None:
        code, _, wait = rest.partition("/")
        self.reply(int(code), b"the  reason\n", **({"retry_after": wait.replace("%20", " ")} if wait else {}))

    def answer_to(self, rest: str) -> None:
        self.reply(302, b"", location=rest)

    def answer_again(self, rest: str) -> None:
        left = int(rest)
        self.reply(302, b"", location=f"/again/{left - 1}" if left > 1 else "/plain")

    def answer_large(self, rest: str) -> None:
        self.reply(200, b"x" * int(rest))

    def answer_endless(self, rest: str) -> None:
        self.send_response(200)
        self.end_headers()
        self._drip(b"x" * 65536, 0)

    def answer_drip(self, rest: str) -> None:
        self.send_response(200)
        self.end_headers()
        self._drip(b"x", 0.05)

    def answer_drippedhead(self, rest: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
        self._drip(b"x", 0.05)

    def answer_hang(self, rest: str) -> None:
        self.server.leaving.wait(10)
        self.close_connection = True

    def answer_cut(self, rest: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        self.close_connection = True

    def answer_noise(self, rest: str) -> None:
        self.wfile.write(b"\x00\xff not http at all\r\n\r\n")
        self.close_connection = True

    def answer_packed(self, rest: str) -> None:
        kind, _, size = rest.partition("/")
        body = b"x" * int(size)
        packed = {"gzip": gzip.compress(body), "deflate": zlib.compress(body)}.get(kind, body)
        self.reply(200, packed, content_encoding=kind)

    def answer_damaged(self, rest: str) -> None:
        self.reply(200, gzip.compress(b"hello")[:-10], content_encoding="gzip")

    def _drip(self, piece: bytes, pause: float) -> None:
        self.close_connection = True
        try:
            while not self.server.leaving.is_set():
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            pass  # the client has had enough

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Site(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, context: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), Door)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.leaving = threading.Event()
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"{'https' if context else 'http'}://localhost:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def leave(self) -> None:
        self.leaving.set()
        self.shutdown()
        self.server_close()


@pytest.fixture
def open_site() -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def start(context: ssl.SSLContext | None = None) -> Site:
        sites.append(Site(context))
        return sites[-1]

    yield start
    for site in sites:
        site.leave()


@pytest.fixture
def site(bare: Bare, open_site: Callable[..., Site]) -> Site:
    """A site that the settings allow although it is on the loopback."""
    bare(private_hosts=["localhost"])
    return open_site()


def test_an_answer_comes_back(site: Site) -> None:
    answer = http.get(f"{site.url}/json", params={"q": "ä b"}, headers={"X-Key": "1"})
    assert (answer.status, answer.json(), answer.headers["content-type"]) == (200, {"ok": "ü"}, "application/json")
    assert answer.url == f"{site.url}/json?q=%C3%A4+b"
    _, path, headers, _ = site.asked[0]
    assert path == "/json?q=%C3%A4+b"
    assert headers["x-key"] == "1"
    assert headers["host"] == f"localhost:{site.server_address[1]}"
    assert headers["user-agent"].startswith("Parley")


@pytest.mark.parametrize(
    ("given", "sent", "content_type"),
    [
        ({"json": {"a": "ü"}}, '{"a":"ü"}'.encode(), "application/json"),
        ({"data": {"a": "1 2"}}, b"a=1+2", "application/x-www-form-urlencoded"),
        ({"content": b"\x00raw"}, b"\x00raw", None),
    ],
)
def test_a_post_carries_its_body(site: Site, given: dict[str, Any], sent: bytes, content_type: str | None) -> None:
    http.post(f"{site.url}/plain", **given)
    method, _, headers, body = site.asked[0]
    assert (method, body, headers.get("content-type")) == ("POST", sent, content_type)


def test_files_are_posted_as_a_form(site: Site) -> None:
    http.post(f"{site.url}/plain", data={"to": "dana"}, files={"file": ("a.txt", b"content", "text/plain")})
    _, _, headers, body = site.asked[0]
    assert headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'filename="a.txt"' in body
    assert b"content" in body


def test_a_body_can_go_into_a_file(site: Site) -> None:
    into = BytesIO()
    assert http.get(f"{site.url}/large/300000", into=into).body == b""
    assert into.getvalue() == b"x" * 300_000


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (401, True),
        (404, True),
        (410, True),
        (408, False),
        (425, False),
        (429, False),
        (500, False),
        (501, True),
        (503, False),
    ],
)
def test_a_refusal_says_whether_to_try_again(site: Site, status: int, permanent: bool) -> None:
    with pytest.raises(HttpFailed) as failed:
        http.get(f"{site.url}/status/{status}")
    assert (failed.value.status, failed.value.permanent) == (status, permanent)
    assert failed.value.reason == f"It answered {status}: the reason"
    assert failed.value.body == b"the  reason\n"
    assert not failed.value.is_unsure


@pytest.mark.parametrize(
    ("wait", "seconds"), [("7", 7), ("999999999", 86400), ("soon", None), ("-3", None), ("", None)]
)
def test_the_time_to_wait_is_told(site: Site, wait: str, seconds: int | None) -> None:
    with pytest.raises(HttpFailed) as failed:
        http.get(f"{site.url}/status/429/{wait}")
    assert failed.value.retry_after == seconds


def test_the_time_to_wait_may_be_a_date(site: Site) -> None:
    with pytest.raises(HttpFailed) as failed:
        http.get(f"{site.url}/status/503/{format_datetime(now() + timedelta(seconds=30), usegmt=False)}")
    assert failed.value.retry_after == pytest.approx(30, abs=2)


def test_what_is_not_json_is_a_failure(site: Site) -> None:
    with pytest.raises(HttpFailed, match="not JSON"):
        http.get(f"{site.url}/plain").json()


def test_three_redirects_are_followed_and_a_fourth_is_not(site: Site) -> None:
    assert http.get(f"{site.url}/again/3").url == f"{site.url}/plain"
    with pytest.raises(HttpFailed, match="too often") as failed:
        http.get(f"{site.url}/again/4")
    assert failed.value.permanent


def test_a_post_follows_no_redirect(site: Site) -> None:
    with pytest.raises(HttpFailed, match="redirects"):
        http.post(f"{site.url}/again/1", json={})
    assert len(site.asked) == 1


def test_credentials_do_not_travel_to_another_host(site: Site, open_site: Callable[..., Site]) -> None:
    other = open_site()
    http.get(
        f"{site.url}/to/{other.url}/plain", headers={"Authorization": "Bearer 1", "X-Api-Key": "2", "Accept": "x/y"}
    )
    _, _, headers, _ = other.asked[0]
    assert "authorization" not in headers
    assert "x-api-key" not in headers
    assert headers["accept"] == "x/y"
    http.get(f"{site.url}/again/1", headers={"Authorization": "Bearer 1"})
    assert site.asked[-1][2]["authorization"] == "Bearer 1"


PRIVATE = [
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:1::1"),
    *("2001:db8::1", "100::1", "fd00:ec2::254"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_of_a_private_network_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST", "127.0.0.1", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "0", "[::1]"),
        *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "user:pass@localhost", "localhost.", "１２７.０.０.１", "①②⑦.⓪.⓪.①"),
    ],
)
def test_a_private_host_is_refused_however_it_is_written(bare: Bare, open_site: Callable[..., Site], host: str) -> None:
    site = open_site()
    with pytest.raises(HttpFailed) as failed:
        http.get(f"http://{host}:{site.server_address[1]}/plain", timeout=3)
    assert not site.asked
    assert not failed.value.is_unsure


def test_a_refusal_of_a_private_host_is_permanent_and_names_it(bare: Bare) -> None:
    with pytest.raises(HttpFailed, match=r"localhost leads into a private network\.") as failed:
        http.get("http://localhost/")
    assert failed.value.permanent


@pytest.mark.parametrize("listed", ["localhost", "LocalHost", "127.0.0.0/8", "127.0.0.1"])
def test_the_settings_allow_a_private_host_or_network(bare: Bare, open_site: Callable[..., Site], listed: str) -> None:
    bare(private_hosts=["other.example", "10.0.0.0/8", listed])
    assert http.get(f"{open_site().url}/plain").text == "hello"


def test_the_caller_may_allow_an_address_of_the_settings(bare: Bare, open_site: Callable[..., Site]) -> None:
    assert http.get(f"{open_site().url}/plain", allow_private=True).text == "hello"


def test_a_redirect_into_a_private_network_is_refused(bare: Bare, open_site: Callable[..., Site]) -> None:
    allowed, inside = open_site(), open_site()
    bare(private_hosts=["localhost"])
    with pytest.raises(HttpFailed, match="private network"):
        http.get(f"{allowed.url}/to/http://127.0.0.1:{inside.server_address[1]}/plain")
    assert not inside.asked


def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_mind(
    bare: Bare, open_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = open_site()
    bare(private_hosts=["127.0.0.2/32"])
    answers = ["127.0.0.2", "127.0.0.1", "127.0.0.1"]
    resolve = socket.getaddrinfo

    def rebinding(host: Any, *args: Any, **kwargs: Any) -> Any:
        # The world's resolver, not ours: it names an allowed address first and the loopback ever after.
        return resolve(answers.pop(0) if host == "rebind.example" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises(HttpFailed, match="connection failed"):
        http.get(f"http://rebind.example:{inside.server_address[1]}/plain")
    assert len(answers) == 2
    assert not inside.asked


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "no",
            "//localhost/",
            "ftp://localhost/",
            "file:///etc/passwd",
            "gopher://localhost/",
            "http://",
            "http:///x",
        ),
        *(
            "javascript:alert(1)",
            "http://[::1",
            "http://a b/",
            "http://\x00/",
            "http://exa\nmple.com/",
            "http://a:99999/",
        ),
        *("http://" + "a" * 70_000 + ".example/", "http://\ud800/", "http://xn--a/", "http://..", "http://a..b/"),
    ],
)
def test_what_is_no_address_of_the_web_fails_like_the_rest(bare: Bare, url: str) -> None:
    with pytest.raises(HttpFailed):
        http.get(url, timeout=2)


def test_a_header_cannot_carry_another(site: Site) -> None:
    with pytest.raises(HttpFailed):
        http.get(f"{site.url}/plain", headers={"X-A": "1\r\nX-B: 2"})
    assert not site.asked


@pytest.mark.parametrize("path", ["large/100001", "endless", "packed/gzip/50000000", "packed/deflate/100001"])
def test_a_large_answer_is_left_at_its_limit(site: Site, path: str) -> None:
    with pytest.raises(HttpFailed, match="too large") as failed:
        http.get(f"{site.url}/{path}", max_bytes=100_000)
    assert failed.value.permanent


@pytest.mark.parametrize("path", ["large/100000", "packed/gzip/100000", "packed/deflate/100000"])
def test_an_answer_of_just_the_limit_is_taken(site: Site, path: str) -> None:
    assert http.get(f"{site.url}/{path}", max_bytes=100_000).body == b"x" * 100_000


@pytest.mark.parametrize("path", ["packed/br/10", "damaged", "cut", "noise"])
def test_an_answer_that_cannot_be_read_may_be_asked_for_again(site: Site, path: str) -> None:
    with pytest.raises(HttpFailed) as failed:
        http.get(f"{site.url}/{path}")
    assert not failed.value.permanent
    assert failed.value.is_unsure


@pytest.mark.parametrize("path", ["hang", "drip", "drippedhead"])
def test_no_answer_takes_longer_than_its_time(site: Site, path: str) -> None:
    begun = time.monotonic()
    with pytest.raises(HttpFailed, match="in time") as failed:
        http.post(f"{site.url}/{path}", json={}, timeout=0.5)
    assert time.monotonic() - begun < 1.5
    assert failed.value.is_unsure
    assert not failed.value.permanent


@pytest.mark.parametrize("url", ["http://localhost:1/", "http://no-such-host.invalid/"])
def test_what_never_left_is_sure_not_to_have_arrived(bare: Bare, url: str) -> None:
    bare(private_hosts=["localhost"])
    with pytest.raises(HttpFailed) as failed:
        http.post(url, json={})
    assert not failed.value.is_unsure
    assert not failed.value.permanent


def test_a_host_whose_first_address_is_dead_is_reached_at_its_second(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def two_homes(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        both = resolve("127.0.0.2", port, *args, **kwargs) + resolve("127.0.0.1", port, *args, **kwargs)
        return both if host == "localhost" else resolve(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", two_homes)
    assert http.get(f"{site.url}/plain").text == "hello"


def test_a_certificate_is_checked_against_the_name_not_the_address(
    bare: Bare, open_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    pem = make_certificate(tmp_path, "localhost")
    context.load_cert_chain(pem)
    site = open_site(context)
    bare(private_hosts=["localhost", "127.0.0.1"])
    with pytest.raises(HttpFailed, match="CERTIFICATE_VERIFY_FAILED") as failed:
        http.post(f"{site.url}/plain", json={"secret": 1})
    assert not failed.value.is_unsure
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    tls.trust.cache_clear()
    try:
        assert http.get(f"{site.url}/plain").text == "hello"
        with pytest.raises(HttpFailed, match="mismatch"):
            http.get(f"{site.url}/plain".replace("localhost", "127.0.0.1"))
        with pytest.raises(HttpFailed, match="from https to http"):
            http.get(f"{site.url}/to/{open_site().url}/plain")
    finally:
        tls.trust.cache_clear()
