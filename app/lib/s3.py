"""Keeps files in a bucket of Amazon S3 or of any server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import parse_qs, unquote, urlsplit

from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from app.errors import NotFound, Unavailable
from app.lib import tls

# The least S3 allows: as much of a file is held in memory while it is sent.
_PART_BYTES = 5 * 1024 * 1024
_AWAY = "The file storage cannot be reached right now. Try again in a moment."


class Bucket:
    """The storage backend of `s3://key:secret@host:port/bucket?region=eu-central-1&tls=1`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self._name = parts.path.strip("/")
        self._client = Minio(
            parts.netloc.rpartition("@")[2],
            access_key=unquote(parts.username or ""),
            secret_key=unquote(parts.password or ""),
            # Named, so that the client need not ask the server first.
            region=options.get("region", "us-east-1"),
            secure=options.get("tls", "1") not in ("0", "false"),
            http_client=PoolManager(
                timeout=Timeout(connect=5, read=30),
                retries=Retry(total=2, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
                maxsize=10,
                ssl_context=tls.trust(),
            ),
        )

    def put(self, key: str, path: Path, content_type: str) -> None:
        with _failures_told(), path.open("rb") as file:
            self._client.put_object(
                self._name,
                key,
                file,
                path.stat().st_size,
                content_type=content_type,
                part_size=_PART_BYTES,
                num_parallel_uploads=1,
            )

    def open(self, key: str, start: int, length: int | None) -> BinaryIO:
        with _failures_told():
            try:
                return cast("BinaryIO", _Body(self._client.get_object(self._name, key, start, length or 0)))
            except S3Error as error:
                if error.code == "InvalidRange":
                    return BytesIO()
                raise

    def size(self, key: str) -> int:
        with _failures_told():
            return self._client.stat_object(self._name, key).size or 0

    def delete(self, key: str) -> None:
        with _failures_told():
            self._client.remove_object(self._name, key)


class _Body(RawIOBase):
    """An answer's body; closing it gives the connection back."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than typeshed's Buffer
        with _failures_told():
            chunk = self._response.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._response.close()
        self._response.release_conn()
        super().close()


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if error.code == "NoSuchKey":
            raise NotFound from error
        raise Unavailable(_AWAY) from error
    except (MinioException, InvalidResponseError, HTTPError, OSError) as error:
        raise Unavailable(_AWAY) from error
