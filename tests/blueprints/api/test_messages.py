"""Messages over REST: reading them, and writing with and without files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from flask import Flask

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Conversation, Message
from tests.cast import Cast, bob
from tests.programs import Program

PIXEL = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0"
    b"\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82"
)


def kept(app: Flask) -> list[Path]:
    folder = Path(app.config["PARLEY"].data_dir) / "files"
    return [path for path in folder.rglob("*") if path.is_file()]


def stored(cast: Cast) -> list[Message]:
    with transaction(cast.account_id):
        return db.session.query(Message).order_by(Message.id).all()


def test_a_reply_is_said_by_the_tokens_owner(bobs: Program, conversation: Conversation, cast: Cast) -> None:
    answer = bobs.post("/conversations/1/messages", json={"content": "It is back on Friday.", "echo_id": "tmp-1"})
    assert answer.status_code == 200
    body = answer.json
    assert (body["content"], body["message_type"], body["echo_id"]) == ("It is back on Friday.", 1, "tmp-1")
    assert (body["sender"]["id"], body["sender_type"], body["conversation_id"]) == (cast.bob_id, "User", 1)
    assert stored(cast)[-1].client_id == "tmp-1"


def test_a_repeat_of_an_echo_id_is_one_message(bobs: Program, conversation: Conversation, cast: Cast) -> None:
    sent = {"content": "Hello", "echo_id": "again-7"}
    first, second = (bobs.post("/conversations/1/messages", json=sent).json for _ in range(2))
    assert first["id"] == second["id"]
    assert len(stored(cast)) == 2


def test_an_echo_id_that_names_no_bubble_is_only_echoed(bobs: Program, conversation: Conversation, cast: Cast) -> None:
    for echo in ("0.8127", 'a"><script>', "x" * 65, 0.25):
        assert bobs.post("/conversations/1/messages", json={"content": "Hi", "echo_id": echo}).json["echo_id"] == echo
    assert len({message.client_id for message in stored(cast)}) == 5


def test_a_private_note_is_for_colleagues(bobs: Program, conversation: Conversation) -> None:
    assert bobs.post("/conversations/1/messages", json={"content": "Careful", "private": True}).json["private"] is True


def test_files_come_along(app: Flask, bobs: Program, conversation: Conversation) -> None:
    answer = bobs.post(
        "/conversations/1/messages",
        data={
            "attachments[]": [(BytesIO(PIXEL), "../../wheel.png"), (BytesIO(b"1,2"), "sizes.csv")],
            "private": "false",
        },
    )
    assert answer.status_code == 200
    picture, sheet = answer.json["attachments"]
    assert (picture["file_type"], picture["width"], picture["extension"]) == ("image", 1, "png")
    assert "/" not in picture["data_url"].rsplit("wheel", 1)[1]
    assert sheet["file_size"] == 3
    served = app.test_client().get(sheet["data_url"].removeprefix("http://localhost"))
    assert served.data == b"1,2"


def test_the_files_of_a_repeat_are_kept_once(app: Flask, bobs: Program, conversation: Conversation) -> None:
    before = len(kept(app))
    for _ in range(2):
        sent = {"attachments[]": (BytesIO(b"the same"), "a.txt"), "echo_id": "once"}
        assert len(bobs.post("/conversations/1/messages", data=sent).json["attachments"]) == 1
    assert len(kept(app)) == before + 1


def test_refused_files_are_not_kept(app: Flask, bobs: Program, conversation: Conversation, cast: Cast) -> None:
    before = len(kept(app))
    many = [(BytesIO(b"x"), f"{number}.txt") for number in range(16)]
    assert bobs.post("/conversations/1/messages", data={"attachments[]": many}).status_code == 422
    long = {"content": "x" * 150_001, "attachments[]": (BytesIO(b"x"), "a.txt")}
    assert bobs.post("/conversations/1/messages", data=long).status_code == 422
    assert (len(kept(app)), len(stored(cast))) == (before, 1)


def test_nobody_speaks_for_the_customer_of_a_website(bobs: Program, conversation: Conversation, cast: Cast) -> None:
    answer = bobs.post("/conversations/1/messages", json={"content": "I am Dana", "message_type": "incoming"})
    assert answer.status_code == 422
    assert answer.json["attributes"] == ["message_type"]
    assert len(stored(cast)) == 1


def test_an_answer_names_the_message_it_answers(bobs: Program, conversation: Conversation, cast: Cast) -> None:
    asked = stored(cast)[0].id
    for given, told in ((asked, asked), (999_999, None), (2**70, None), ("x", None)):
        sent = {"content": "Yes", "content_attributes": {"in_reply_to": given}}
        answer = bobs.post("/conversations/1/messages", json=sent).json
        assert answer["content_attributes"].get("in_reply_to") == told


def test_messages_are_read_around_each_other(bobs: Program, conversation: Conversation, cast: Cast) -> None:
    with transaction(cast.account_id):
        talk = db.session.get_one(Conversation, (cast.account_id, conversation.id))
        for number in range(40):
            talk.reply(f"Line {number}", by=bob(cast).actor, private=number == 39)
    ids = [message.id for message in stored(cast)]

    def read(query: str) -> list[int]:
        answer = bobs.get(f"/conversations/1/messages{query}")
        assert answer.status_code == 200
        return [message["id"] for message in answer.json["payload"]]

    assert read("") == ids[-20:]
    assert read(f"?before={ids[20]}") == ids[:20]
    assert read(f"?after={ids[30]}") == ids[31:]
    assert read(f"?after={ids[3]}&before={ids[9]}") == ids[3:9]
    assert read("?before=0") == []
    assert read(f"?after={2**62}") == []
    assert read("?filter_internal_messages=true")[-1] == ids[-2]


def test_what_was_done_is_told_in_words(bobs: Program, conversation: Conversation) -> None:
    bobs.post("/conversations/1/toggle_status", json={"status": "resolved"})
    last = bobs.get("/conversations/1/messages").json["payload"][-1]
    assert (last["message_type"], last["content"]) == (2, "Conversation was marked resolved by Bob")


def test_text_of_every_kind_comes_back_as_it_was(bobs: Program, conversation: Conversation) -> None:
    for text in ("<script>alert(1)</script>", "مرحبا 👋🏽", "{{ 7 * 7 }} %s {0}", "a\nb"):
        assert bobs.post("/conversations/1/messages", json={"content": text}).json["content"] == text
