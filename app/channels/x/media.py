"""Files on their way to X and from it: uploaded in pieces, and waited for until X has worked on them."""

from __future__ import annotations

import re
import time
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from app.channels.outgoing import DeliveryFailed, File
from app.channels.x.api import Auth, X, call
from app.lib.loose import a_dict, a_text

PIECE = 4 * 1024 * 1024
# X takes a while for films; a send is not held longer than this, and tried again later.
WAIT_SECONDS = 30.0
TYPES = {"image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/quicktime"}
MOST = {"image": 5 * 1024 * 1024, "gif": 15 * 1024 * 1024, "video": 512 * 1024 * 1024}
# https://docs.x.com/x-api/direct-messages/download-dm-media: what the older address of a media says.
_PRIVATE = re.compile(r"/(?:1\.1/|i/)?ton/data/dm/(\d+)/(\d+)/([\w.-]{1,50})", re.ASCII)


def kind_of(file: File) -> str:
    return "gif" if file.content_type == "image/gif" else file.kind


def is_taken(file: File) -> bool:
    return file.content_type in TYPES and file.byte_size <= MOST.get(kind_of(file), 0)


def upload(file: File, use: str, auth: Auth) -> str:
    """The media's id; `use` is `tweet` or `dm`. Raises DeliveryFailed."""
    try:
        return _uploaded(file, use, auth)
    except DeliveryFailed as failed:
        # Whatever became of the file, nobody was sent anything.
        failed.is_unsure = False
        raise


def _uploaded(file: File, use: str, auth: Auth) -> str:
    begun = call(
        "POST",
        "/2/media/upload/initialize",
        auth,
        json={
            "media_type": file.content_type,
            "total_bytes": file.byte_size,
            "media_category": f"{use}_{kind_of(file)}",
        },
    )
    media_id = a_text(a_dict(begun.get("data")).get("id"))
    if not media_id:
        raise DeliveryFailed("X gave the file no id.", permanent=False)
    place = f"/2/media/upload/{quote(media_id, safe='')}"
    with file.open() as opened:
        number = 0
        while piece := opened.read(PIECE):
            data = {"segment_index": str(number)}
            files = {"media": ("piece", piece, "application/octet-stream")}
            call("POST", f"{place}/append", auth, data=data, files=files, timeout=60.0)
            number += 1
    _wait(media_id, call("POST", f"{place}/finalize", auth), auth)
    return media_id


def _wait(media_id: str, told: dict[str, object], auth: Auth) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while working := a_dict(a_dict(told.get("data")).get("processing_info")):
        state = working.get("state")
        if state == "succeeded":
            return
        if state == "failed":
            words = a_text(a_dict(working.get("error")).get("message")) or "it does not say why"
            raise DeliveryFailed(f"X could not work on the file: {words}", permanent=True)
        after = working.get("check_after_secs")
        seconds = float(after) if isinstance(after, int | float) and after >= 0 else 1.0
        if time.monotonic() + seconds > until:
            raise DeliveryFailed("X is still working on the file.", permanent=False, retry_after=seconds)
        time.sleep(seconds)
        told = call("GET", "/2/media/upload", auth, params={"command": "STATUS", "media_id": media_id})


def fetch(url: str, auth: Auth, into: BinaryIO, limit_bytes: int) -> str:
    """Media of direct messages are the profile's only; all others are for everybody."""
    parts = urlsplit(url)
    private = _PRIVATE.fullmatch(parts.path) if parts.hostname == "ton.twitter.com" else None
    if private is None:
        return X.bring(url, into, limit_bytes)
    place = f"{X.url}/2/dm_conversations/media/{private[1]}/{private[2]}/{private[3]}"
    return X.bring(place, into, limit_bytes, headers={"authorization": auth("GET", place, {})})
