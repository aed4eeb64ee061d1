"""Files that lie about what they are, and those who ask for files that are not theirs."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from app.blueprints.widget.visitor import Key
from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.models import Conversation, Message
from app.models.attachment import Attachment
from app.realtime.paths import SIGNED_FILE, attachment_path, signed_path, thumbnail_path
from tests.at_the_door import BOB, CHARLIE, browser_of
from tests.cast import Cast, a_conversation, an_inbox
from tests.programs import a_program

Upload = Callable[..., TestResponse]


def a_png(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    rows = data or zlib.compress(b"\0" * (height * (width + 1)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\0\0\0\0") + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PICTURE = a_png(2, 2)
HTML = b"<!doctype html><script>alert(1)</script>"
LIES = {
    "page.png": (HTML, "image/png"),
    "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml; x"),
    "drawing.png": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/png"),
    "wide.html": (b"\xff\xfe" + HTML.decode().encode("utf-16-le"), "image/gif"),
    "gifar.gif": (b"GIF89a/*" + HTML + b"*/=1;", "text/html"),
    "page.pdf": (b"\n\n" + HTML + b"%PDF-1.7", "application/pdf"),
    "program.jpg": (b"MZ\x90\0\x03" + b"\0" * 200, "image/jpeg"),
    "script.js": (b"alert(1)", "text/javascript"),
    "style.css": (b"*{}", "text/css"),
    "flash.swf": (b"CWS\x09" + b"\0" * 50, "image/png"),
    "cut.png": (PICTURE[:20], "image/png"),
    "bomb.png": (a_png(60_000, 60_000, zlib.compress(b"\0" * 1000)), "image/png"),
    "polyglot.png": (PICTURE + HTML, "text/html"),
    "nothing.txt": (b"", "text/html"),
    "odd": (b"\0", "\u202e/html;"),
}
NAMES = {
    "../../x.txt": "x.txt",
    "..\\..\\x.txt": "x.txt",
    "/etc/passwd": "passwd",
    ".htaccess": "htaccess",
    "\u200b.htaccess": "htaccess",
    "a\u202egnp.exe": "agnp.exe",
    "quo\"te's.txt": "quo\"te's.txt",
    "con\0trol.txt": "control.txt",
    "x" * 300 + ".txt": "x" * 196 + ".txt",
    "...": "file",
    "<script>.txt": "<script>.txt",
    "📎 привет.txt": "📎 привет.txt",
}


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        _ = conversation.contact_inbox.source_id
    return conversation


@pytest.fixture(params=["desk", "api", "widget"])
def upload(request: pytest.FixtureRequest, app: Flask, cast: Cast, talk: Conversation) -> Upload:
    """The three ways in."""
    desk = f"/accounts/{cast.account_id}/conversations/{talk.display_id}/messages"
    if request.param == "desk":
        send, field = lambda **given: browser_of(app, BOB).post(desk, **given), "attachments"
    elif request.param == "api":
        program = a_program(app, cast.bob_id, cast.account_id)
        send, field = (
            lambda **given: program.post(f"/conversations/{talk.display_id}/messages", **given),
            "attachments[]",
        )
    else:
        token = Key(cast.account_id, cast.inbox_id, talk.contact_inbox.source_id).token
        headers = {"X-Auth-Token": token}
        send, field = (
            lambda **given: app.test_client().post("/widget/api/messages", headers=headers, **given),
            "attachments[]",
        )

    def sent(*files: tuple[bytes, str, str], **fields: str) -> TestResponse:
        given = [FileStorage(BytesIO(data), name, field, content_type=kind) for data, name, kind in files]
        return send(data={"client_id": str(uuid.uuid4()), field: given, **fields})

    return sent


def kept(cast: Cast) -> list[Attachment]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))


def on_disk(app: Flask) -> set[Path]:
    data = Path(app.config["PARLEY"].data_dir)
    return {path for folder in ("files", "incoming") for path in (data / folder).rglob("*") if path.is_file()}


def test_a_file_that_lies_is_never_shown_as_what_it_says(app: Flask, cast: Cast, upload: Upload) -> None:
    client = browser_of(app, BOB)
    for name, (data, claimed) in LIES.items():
        answer = upload((data, name, claimed))
        assert answer.status_code in (200, 422), (name, answer.text[:300])
    for attachment in kept(cast):
        for path in (attachment_path(attachment), signed_path(attachment)):
            answer = client.get(path)
            name, kind = attachment.filename, answer.mimetype
            assert answer.status_code == 200
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert kind not in ("text/html", "image/svg+xml", "text/xml", "application/xhtml+xml") or answer.headers[
                "Content-Disposition"
            ].startswith("attachment"), name
            if not answer.headers["Content-Disposition"].startswith("attachment"):
                assert kind in ("image/png", "image/gif"), (name, kind)
            assert "sandbox" in answer.headers["Content-Security-Policy"]
            assert "script-src" not in answer.headers["Content-Security-Policy"]
            assert answer.headers["Cache-Control"].startswith("private")
            answer.close()
        small = client.get(thumbnail_path(attachment))
        assert small.status_code < 500, attachment.filename
        small.close()
    by_name = {attachment.filename: attachment for attachment in kept(cast)}
    assert by_name["bomb.png"].kind == by_name["page.png"].kind == by_name["drawing.svg"].kind == "file"


def test_a_name_is_a_name_and_no_path(app: Flask, cast: Cast, upload: Upload) -> None:
    client = browser_of(app, BOB)
    for given in NAMES:
        assert upload((b"words", given, "text/plain")).status_code == 200, given
    broken = upload((b"words", "line\r\nSet-Cookie: a=b.txt", "text/plain"))
    assert broken.status_code == 422
    names = [attachment.filename for attachment in kept(cast)]
    for name, clean in zip(names, NAMES.values(), strict=True):
        # Werkzeug's client writes a quotation mark as it is, which ends the name there.
        assert name == clean or clean.startswith(f'{name}"'), (name, clean)
    for attachment in kept(cast):
        answer = client.get(attachment_path(attachment))
        assert answer.status_code == 200, attachment.filename
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
        assert "Set-Cookie" not in answer.headers or "a=b" not in answer.headers["Set-Cookie"]
        answer.close()
    assert all(len(path.name) == 40 for path in on_disk(app) if path.parent.parent.name == "files")


def test_what_is_too_large_too_many_or_refused_leaves_no_file(app: Flask, cast: Cast, upload: Upload) -> None:
    before, held = on_disk(app), len(kept(cast))
    limit = app.config["PARLEY"].max_upload_bytes
    too_large = upload((b"small", "a.txt", "text/plain"), (b"x" * (limit + 1_000_000), "b.bin", "text/plain"))
    too_many = upload(*[(b"x", f"{number}.txt", "text/plain") for number in range(16)])
    refused = upload((b"x", "a.txt", "text/plain"), content="x" * 150_001)
    assert (too_large.status_code, too_many.status_code, refused.status_code) == (413, 422, 422)
    assert len(kept(cast)) == held
    assert on_disk(app) == before
    with transaction(cast.account_id):
        assert db.session.scalar(select(func.count()).select_from(Message)) == 1


def test_a_file_is_shown_to_nobody_else(app: Flask, cast: Cast, talk: Conversation) -> None:
    with transaction(cast.account_id):
        message = talk.messages_before(None, 1)[0]
        file = Attachment(account_id=cast.account_id, message_id=message.id, storage_key="0" * 40, filename="a.png")
        db.session.add(file)
        db.session.flush()
        conversation = db.session.get_one(Conversation, (cast.account_id, talk.id))
        conversation.inbox_id = an_inbox(cast.account_id, "Back office").id
    for who in (BOB, CHARLIE):
        for path in (attachment_path(file), thumbnail_path(file)):
            assert browser_of(app, who).get(path).status_code == 404
            elsewhere = path.replace(f"/{cast.account_id}/", f"/{cast.other_account_id}/", 1)
            assert browser_of(app, who).get(elsewhere).status_code == 404
    assert app.test_client().get(attachment_path(file)).status_code == 303


def test_a_signed_address_opens_one_file_for_its_time(app: Flask, cast: Cast, upload: Upload) -> None:
    upload((PICTURE, "a.png", "image/png"))
    (attachment,) = kept(cast)
    client = app.test_client()
    whole = client.get(signed_path(attachment))
    assert whole.data == PICTURE
    token = signed_path(attachment).split("/")[2]
    said = {"account": cast.account_id, "attachment": str(attachment.uuid), "thumbnail": False}
    for forged in (
        # The last letter has bits that say nothing; those before it all count.
        token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:],
        token[3:],
        token.rpartition(".")[0],
        crypto.sign(said, SIGNED_FILE, timedelta(seconds=-1)),
        crypto.sign(said, "widget visitor", timedelta(days=1)),
        "x",
        "\u202e",
        "." * 500,
    ):
        assert client.get(f"/files/{forged}/a.png").status_code in (403, 404), forged
    for strange in ({"attachment": str(uuid.uuid4())}, {"account": cast.other_account_id}):
        other = crypto.sign({**said, **strange}, SIGNED_FILE, timedelta(days=1))
        assert client.get(f"/files/{other}/a.png").status_code == 404
    for asked in ("bytes=0-", "bytes=1-1", "bytes=-1", "bytes=0-0,2-3", "bytes=9999999-", "bytes=5-1", "bytes=-0", "bytes=x",
                  "items=0-1", "bytes=" + "9" * 5000 + "-", "bytes=0-" + "9" * 5000, "bytes=" + "0-1," * 2000 + "0-1", "", "="):  # fmt: skip
        answer = client.get(signed_path(attachment), headers={"Range": asked})
        assert answer.status_code in (200, 206, 416), (asked, answer.status_code)
        assert answer.status_code == 416 or answer.data in PICTURE
        assert answer.status_code != 416 or answer.headers["X-Content-Type-Options"] == "nosniff"
