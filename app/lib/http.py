"""The one way out over HTTP: bounded in time and size, never into private networks, failing in one typed way."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any, BinaryIO, TypedDict, Unpack, cast

import httpcore
import httpx

from app.config import settings
from app.lib import guard, tls
from app.lib.clock import now
from app.lib.network import GuardedWay
from app.lib.unpack import Unreadable, unpacked

MAX_BYTES = 5 * 1024 * 1024
_MAX_REDIRECTS = 3
_LONGEST_ERROR_BODY = 64 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)
# What goes along to another host after a redirect; everything else may be a credential.
_HARMLESS_HEADERS = {"accept", "accept-encoding", "accept-language", "user-agent"}


class HttpFailed(Exception):
    """No good answer came.

    `permanent`: the same request will fail again. `status`: the answer's, 0 when there was none; `body` is its beginning.
    `retry_after`: seconds the other side asks to wait. `is_unsure`: no answer came, yet the request may have arrived.
    `headers` are the answer's, by lower-case names.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        status: int = 0,
        retry_after: int | None = None,
        body: bytes = b"",
        is_unsure: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.reason = reason
        self.permanent = permanent
        self.status = status
        self.retry_after = retry_after
        self.body = body
        self.is_unsure = is_unsure
        self.headers = headers or {}
        super().__init__(reason)


@dataclass(frozen=True)
class Answer:
    """An answer with a status below 400; `headers` have lower-case names; `url` is where the redirects ended."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises HttpFailed when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise HttpFailed(
                "The answer is not JSON.", permanent=False, status=self.status, body=self.body[:_LONGEST_ERROR_BODY]
            ) from None


class Options(TypedDict, total=False):
    """What `request` takes beside method and address."""

    params: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any
    data: Mapping[str, Any]
    files: Any
    content: bytes
    timeout: float
    max_bytes: int
    allow_private: bool
    into: BinaryIO


def get(url: str, **options: Unpack[Options]) -> Answer:
    """GET `url`; see `request`."""
    return request("GET", url, **options)


def post(url: str, **options: Unpack[Options]) -> Answer:
    """POST `json`, a form (`data`, `files`) or raw `content` to `url`; see `request`."""
    return request("POST", url, **options)


def request(method: str, url: str, **options: Unpack[Options]) -> Answer:
    """Send a request and read its whole answer, within `timeout` seconds (10) and `max_bytes` (5 MB).

    `params`, `headers`, `json`, `data`, `files`, `content` are as httpx takes them; `into` is a file that gets the body.
    Redirects are followed for GET and HEAD only, three at most, each checked like the first, and without credentials to
    another host. `allow_private` is for addresses that the settings name, never for one that a user typed.
    Raises HttpFailed, also for every status from 400.
    """
    deadline = time.monotonic() + options.get("timeout", 10.0)
    asked = _written(method, url, options)
    for _ in range(_MAX_REDIRECTS + 1):
        answer = _exchange(asked, deadline, options)
        if answer.status not in _REDIRECTS or "location" not in answer.headers:
            return answer
        if method not in ("GET", "HEAD"):
            raise HttpFailed(f"It redirects to {answer.headers['location']}.", permanent=True, status=answer.status)
        asked = _redirected(asked, answer)
    raise HttpFailed("It redirects too often.", permanent=True, status=answer.status)


def _written(method: str, url: str, options: Options) -> httpx.Request:
    headers = httpx.Headers({"user-agent": f"Parley (+{settings().public_url})", "accept": "*/*"})
    # Nothing has to be unpacked; what comes packed all the same is unpacked within the limit.
    headers["accept-encoding"] = "identity"
    try:
        headers.update(options.get("headers"))
        return httpx.Request(
            method,
            url,
            params=options.get("params"),
            headers=headers,
            json=options.get("json"),
            data=options.get("data"),
            files=options.get("files"),
            content=options.get("content"),
        )
    except (httpx.InvalidURL, ValueError) as broken:
        raise HttpFailed(f"This is not an address of the web: {broken}", permanent=True) from broken


def _redirected(asked: httpx.Request, answer: Answer) -> httpx.Request:
    try:
        url = asked.url.join(answer.headers["location"])
    except (httpx.InvalidURL, ValueError) as broken:
        raise HttpFailed(f"It redirects to no address: {broken}", permanent=True, status=answer.status) from broken
    if asked.url.scheme == "https" and url.scheme != "https":
        raise HttpFailed("It redirects from https to http.", permanent=True, status=answer.status)
    is_same_host = (url.scheme, url.host, url.port) == (asked.url.scheme, asked.url.host, asked.url.port)
    kept = {
        name: value
        for name, value in asked.headers.items()
        if name != "host" and (is_same_host or name in _HARMLESS_HEADERS)
    }
    return httpx.Request(asked.method, url, headers=kept)


def _exchange(asked: httpx.Request, deadline: float, options: Options) -> Answer:
    if asked.url.scheme not in ("http", "https") or not asked.url.host:
        raise HttpFailed(f"{asked.url} is not an address of the web.", permanent=True)
    way = GuardedWay(deadline, allow_private=options.get("allow_private", False))
    url = httpcore.URL(
        scheme=asked.url.raw_scheme, host=asked.url.raw_host, port=asked.url.port, target=asked.url.raw_path
    )
    content = iter(cast("Iterable[bytes]", asked.stream))
    pool = httpcore.ConnectionPool(ssl_context=tls.trust(), network_backend=way)
    with (
        _failures_told(way),
        pool,
        pool.stream(asked.method, url, headers=asked.headers.raw, content=content) as response,
    ):
        return _read(str(asked.url), response, options)


def _read(url: str, response: httpcore.Response, options: Options) -> Answer:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    is_good = response.status < 300
    limit = options.get("max_bytes", MAX_BYTES) if is_good else _LONGEST_ERROR_BODY
    body = BytesIO()
    into = options.get("into", body) if is_good else body
    size = 0
    for chunk in unpacked(response.iter_stream(), headers.get("content-encoding", "")):
        size += len(chunk)
        if size > limit and not is_good:
            break
        if size > limit:
            raise HttpFailed("The answer is too large.", permanent=True, status=response.status)
        into.write(chunk)
    if response.status >= 400:
        raise _refusal(response.status, headers, body.getvalue())
    return Answer(response.status, headers, body.getvalue(), url)


def _refusal(status: int, headers: Mapping[str, str], body: bytes) -> HttpFailed:
    # 408, 425 and 429 ask for patience (RFC 9110 §15.5, RFC 8470, RFC 6585); so does everything from 500 but "never".
    is_passing = status in (408, 425, 429) or (status >= 500 and status not in (501, 505))
    words = " ".join(body[:300].decode("utf-8", "replace").split())
    return HttpFailed(
        f"It answered {status}{': ' if words else ''}{words}",
        permanent=not is_passing,
        status=status,
        retry_after=_retry_after(headers.get("retry-after", "")),
        body=body,
        headers=headers,
    )


def _retry_after(value: str) -> int | None:
    """RFC 9110 §10.2.3: seconds, or a date. A day at most."""
    try:
        seconds = int(value) if value.isdecimal() else math.ceil((parsedate_to_datetime(value) - now()).total_seconds())
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0), 24 * 3600)


@contextmanager
def _failures_told(way: GuardedWay) -> Iterator[None]:
    try:
        yield
    except guard.Refused as refused:
        raise HttpFailed(str(refused), permanent=True) from refused
    except httpcore.TimeoutException as silence:
        raise HttpFailed("No answer in time.", permanent=False, is_unsure=way.has_written) from silence
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, Unreadable) as broken:
        reason = f"The connection failed: {broken or type(broken).__name__}"
        raise HttpFailed(reason, permanent=False, is_unsure=way.has_written) from broken
