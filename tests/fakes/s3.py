"""A little S3 on the loopback: one bucket in memory, strict about signatures, failing on demand.

Written from the Amazon S3 API Reference: "Authenticating Requests (AWS Signature Version 4)", "Signature Calculations for
the Authorization Header", GetObject, PutObject, HeadObject, DeleteObject and the multipart calls.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>\d{8}/(?P<region>[^/]+)/s3/aws4_request),\s*"
    r"SignedHeaders=(?P<signed>[a-z0-9;-]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


def signature(
    *, secret: str, method: str, path: str, query: str, headers: Mapping[str, str], signed: str, scope: str
) -> str:
    """The signature that a request should carry; `headers` have lower-case names."""
    arguments = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(query, True))
    canonical = "\n".join(
        [
            method,
            quote(unquote(path), safe="/-_.~"),
            "&".join(f"{k}={v}" for k, v in arguments),
            *(f"{name}:{' '.join(headers[name].split())}" for name in signed.split(";")),
            "",
            signed,
            headers["x-amz-content-sha256"],
        ]
    )
    to_sign = "\n".join(
        ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


@dataclass(eq=False)
class S3(ThreadingHTTPServer):
    """`objects` is what the bucket holds; `fail_next` answers so many requests with `fail_with` (503), 0 hangs up."""

    access_key: str = "parley"
    secret: str = "s3cr/et+key"
    bucket: str = "files"
    region: str = "eu-central-1"
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fail_next: int = 0
    fail_with: int = 503
    hang: float = 0
    daemon_threads = True
    block_on_close = False

    def __post_init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        """As the setting STORAGE_URL names it."""
        secret = quote(self.secret, safe="")
        return f"s3://{self.access_key}:{secret}@127.0.0.1:{self.server_port}/{self.bucket}?region={self.region}&tls=0"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Refusal(Exception):
    def __init__(self, status: int, code: str) -> None:
        self.status = status
        self.code = code


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: S3

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.parts = urlsplit(self.path)
        self.query = dict(parse_qsl(self.parts.query, True))
        self.server.asked.append(f"{self.command} {self.path}")
        try:
            self._fail_on_demand()
            self._check_signature()
            bucket, _, key = unquote(self.parts.path).lstrip("/").partition("/")
            if bucket != self.server.bucket:
                raise _Refusal(404, "NoSuchBucket")
            getattr(self, f"_{self.command.lower()}")(key)
        except _Refusal as refusal:
            document = f'<?xml version="1.0"?><Error><Code>{refusal.code}</Code><Message>no</Message></Error>'
            self._answer(refusal.status, b"" if self.command == "HEAD" else document.encode(), "application/xml")

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815  # http.server's names

    def _fail_on_demand(self) -> None:
        time.sleep(self.server.hang)
        if self.server.fail_next:
            self.server.fail_next -= 1
            if not self.server.fail_with:
                self.close_connection = True
                self.connection.close()
            raise _Refusal(self.server.fail_with, "SlowDown")

    def _check_signature(self) -> None:
        given = _AUTHORIZATION.fullmatch(self.headers.get("authorization", ""))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not given or given["key"] != self.server.access_key or given["region"] != self.server.region:
            raise _Refusal(403, "AccessDenied")
        signed = given["signed"].split(";")
        if "host" not in signed or any(name.startswith("x-amz-") and name not in signed for name in headers):
            raise _Refusal(403, "AccessDenied")
        date = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - date) > timedelta(minutes=15):
            raise _Refusal(403, "RequestTimeTooSkewed")
        if headers["x-amz-content-sha256"] != hashlib.sha256(self.body).hexdigest():
            raise _Refusal(400, "XAmzContentSHA256Mismatch")
        expected = signature(
            secret=self.server.secret,
            method=self.command,
            path=self.parts.path,
            query=self.parts.query,
            headers=headers,
            signed=given["signed"],
            scope=given["scope"],
        )
        if not hmac.compare_digest(expected, given["signature"]):
            raise _Refusal(403, "SignatureDoesNotMatch")

    def _object(self, key: str) -> tuple[bytes, str]:
        if key not in self.server.objects:
            raise _Refusal(404, "NoSuchKey")
        return self.server.objects[key]

    def _get(self, key: str) -> None:
        content, content_type = self._object(key)
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        if not wanted:
            self._answer(200, content, content_type)
            return
        start, end = int(wanted[1]), int(wanted[2] or len(content) - 1)
        if start >= len(content):
            raise _Refusal(416, "InvalidRange")
        self._answer(206, content[start : end + 1], content_type)

    def _head(self, key: str) -> None:
        content, content_type = self._object(key)
        self._answer(200, content, content_type)

    def _put(self, key: str) -> None:
        if "uploadId" in self.query:
            self.server.uploads[self.query["uploadId"]][int(self.query["partNumber"])] = self.body
        else:
            self.server.objects[key] = (self.body, self.headers["content-type"])
        self._answer(200, b"", "application/xml", etag=f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"')

    def _post(self, key: str) -> None:
        if "uploads" in self.query:
            upload = uuid.uuid4().hex
            self.server.uploads[upload] = {}
            result = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        else:
            parts = self.server.uploads.pop(self.query["uploadId"])
            if any(len(part) < 5 * 1024 * 1024 for _, part in sorted(parts.items())[:-1]):
                raise _Refusal(400, "EntityTooSmall")
            self.server.objects[key] = (b"".join(part for _, part in sorted(parts.items())), "")
            result = f"<CompleteMultipartUploadResult><Key>{key}</Key></CompleteMultipartUploadResult>"
        self._answer(200, f'<?xml version="1.0"?>{result}'.encode(), "application/xml")

    def _delete(self, key: str) -> None:
        if "uploadId" in self.query:
            self.server.uploads.pop(self.query["uploadId"], None)
        else:
            self.server.objects.pop(key, None)
        self._answer(204, b"", "application/xml")

    def _answer(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.send_response(status)
        named = {"content-type": content_type, "content-length": str(len(body)), "etag": '"x"', **headers}
        for name, value in {**named, "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
