"""The door in: nothing forged, nothing lost, nothing twice, and always in order."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.channels.base import DeliveryFailed
from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Contact, Conversation, Inbox, Letter, Message, Orphan, Work
from tests.cast import Cast
from tests.doors.conftest import SECRET, Knocks, open_loft, work
from tests.fakes.pigeon import Loft, post, ring


def messages(account_id: int) -> list[Message]:
    with transaction(account_id):
        found = db.session.scalars(
            select(Message)
            .where(Message.account_id == account_id, Message.message_type != "activity")
            .order_by(Message.conversation_id, Message.sequence)
            .options(*Message.shown())
        ).all()
        return list(found)


def letters(account_id: int) -> list[Letter]:
    with transaction(account_id):
        return list(db.session.scalars(select(Letter).where(Letter.account_id == account_id).order_by(Letter.id)))


def test_a_letter_becomes_a_message_of_its_sender(knock: Knocks, cast: Cast) -> None:
    assert knock({"id": 1, "text": "Coo", "name": "Dana", "source": "s1"}).status_code == 200
    assert [letter.state for letter in letters(cast.account_id)] == ["kept"]
    work()
    (message,) = messages(cast.account_id)
    assert (message.content, message.source_id, message.message_type) == ("Coo", "s1", "incoming")
    (letter,) = letters(cast.account_id)
    assert (letter.state, letter.message_id) == ("received", message.id)
    with transaction(cast.account_id):
        assert db.session.get_one(Contact, (cast.account_id, message.sender_contact_id)).name == "Dana"


def test_a_forged_delivery_is_401_and_kept_nowhere(knock: Knocks, cast: Cast) -> None:
    assert knock({"id": 1, "text": "Coo"}, secret="tin").status_code == 401
    assert letters(cast.account_id) == []


def test_a_signature_of_another_body_is_401(client: FlaskClient, inbox: Inbox, cast: Cast) -> None:
    body = post([{"loft": "fernway", "from": "dana", "id": 1, "text": "Coo"}])
    answer = client.post("/webhooks/pigeon", data=body.replace(b"Coo", b"Hawk"), headers={"X-Ring": ring(SECRET, body)})
    assert answer.status_code == 401
    assert letters(cast.account_id) == []


def test_an_address_of_nobodys_is_404(knock: Knocks, cast: Cast) -> None:
    assert knock({"id": 1, "loft": "nowhere", "text": "Coo"}).status_code == 404
    assert knock().status_code == 404


def test_a_channel_without_a_door_is_404(client: FlaskClient, cast: Cast) -> None:
    for kind in ("web_widget", "hawk", "..", "%00"):
        assert client.post(f"/webhooks/{kind}/x", data=b"{}").status_code == 404


def test_a_delivery_that_is_nonsense_is_refused(client: FlaskClient, inbox: Inbox) -> None:
    for body in (b"", b"{", b"[[[[", b"null", b"\xff\xfe", b"[1, null, {}]", b"[" * 100_000):
        assert client.post("/webhooks/pigeon", data=body).status_code == 404


def test_more_than_5_mb_is_413(client: FlaskClient, inbox: Inbox) -> None:
    assert client.post("/webhooks/pigeon", data=b"x" * 5_000_001).status_code == 413


def test_one_delivery_may_hold_letters_of_several_accounts(knock: Knocks, cast: Cast) -> None:
    other = open_loft(cast.other_account_id, "elsewhere")
    answer = knock(
        {"id": 1, "text": "Ours"}, {"id": 1, "loft": other.address, "text": "Theirs"}, {"id": 2, "loft": "gone"}
    )
    assert answer.status_code == 200
    work()
    assert [message.content for message in messages(cast.account_id)] == ["Ours"]
    assert [message.content for message in messages(cast.other_account_id)] == ["Theirs"]
    with system(why="tests"):
        (orphan,) = db.session.scalars(select(Orphan))
        assert (orphan.channel, orphan.address) == ("pigeon", "gone")


def test_a_repeated_delivery_is_kept_once(knock: Knocks, cast: Cast) -> None:
    for _ in range(3):
        assert knock({"id": 1, "text": "Coo"}, {"id": 1, "text": "Coo"}).status_code == 200
        work()
    assert len(letters(cast.account_id)) == len(messages(cast.account_id)) == 1


def test_the_same_thing_in_two_letters_is_one_message(knock: Knocks, cast: Cast) -> None:
    knock({"id": 1, "text": "Coo", "source": "s1"}, {"id": 2, "text": "Coo", "source": "s1"})
    work()
    assert len(messages(cast.account_id)) == 1


def test_an_id_that_another_sender_used_before_hides_nothing(knock: Knocks, cast: Cast) -> None:
    knock({"id": 1, "text": "Coo", "source": "s1"}, {"id": 2, "from": "mallory", "text": "Caw", "source": "s1"})
    work()
    assert sorted(message.content for message in messages(cast.account_id)) == ["Caw", "Coo"]


def test_letters_of_one_sender_keep_their_order(knock: Knocks, cast: Cast) -> None:
    knock(*({"id": number, "from": f"bird {number % 3}", "text": str(number)} for number in range(60)))
    work()
    said: dict[int, list[int]] = {}
    for message in messages(cast.account_id):
        said.setdefault(message.conversation_id, []).append(int(message.content))
    assert len(said) == 3
    assert all(numbers == sorted(numbers) for numbers in said.values())
    assert sum(map(len, said.values())) == 60


def test_a_receipt_that_comes_before_its_message_waits_for_it(knock: Knocks, cast: Cast) -> None:
    knock({"id": 1, "kind": "reaction", "about": "s1", "emoji": "🌽"})
    work()
    assert letters(cast.account_id)[0].state == "waiting"
    knock({"id": 2, "text": "Coo", "source": "s1"})
    work()
    hurry(cast)
    work()
    assert [letter.state for letter in letters(cast.account_id)] == ["received", "received"]
    (message,) = messages(cast.account_id)
    assert message.content_attributes["reactions"] == {"🌽": ["Visitor"]}


def test_a_receipt_of_nothing_of_ours_is_ignored_after_an_hour(knock: Knocks, cast: Cast) -> None:
    knock({"id": 1, "kind": "receipt", "status": "read", "about": "never sent"})
    work()
    with transaction(cast.account_id):
        db.session.execute(update(Letter).values(received_at=clock.now() - timedelta(hours=2)))
    hurry(cast)
    work()
    (letter,) = letters(cast.account_id)
    assert letter.state == "ignored"
    assert "never sent" in (letter.error or "")


def test_what_cannot_be_understood_is_shown_and_kept(knock: Knocks, cast: Cast) -> None:
    knock({"id": 1, "kind": "riddle"}, {"id": 2, "kind": "explodes"}, {"id": 3, "text": ""})
    work()
    riddle, broken, empty = messages(cast.account_id)
    assert riddle.content_attributes["unsupported"] == "a riddle"
    assert broken.content_attributes["is_unsupported"]
    assert [message.content for message in (riddle, broken, empty)] == ["", "", ""]
    assert riddle.content_attributes["letter_id"] == letters(cast.account_id)[0].id


def test_odd_text_is_kept_as_far_as_it_can_be(knock: Knocks, cast: Cast) -> None:
    odd = ["NUL \0 in it", "lone \ud800 surrogate", "x" * 200_000, "<script>alert(1)</script>", "عربي 🏳️‍🌈"]
    knock(*({"id": number, "text": text, "nested": [[[text]]]} for number, text in enumerate(odd)))
    work()
    said = [message.content for message in messages(cast.account_id)]
    assert said[0] == "NUL  in it"
    assert len(said[2]) == 150_000
    assert said[3:] == odd[3:]
    assert len(said) == 5


def test_edits_deletions_and_echoes(knock: Knocks, cast: Cast) -> None:
    knock(
        {"id": 1, "text": "Coo", "source": "s1"},
        {"id": 2, "kind": "edited", "about": "s1", "text": "Coo coo"},
        {"id": 3, "kind": "echo", "to": "dana", "text": "From a phone", "source": "e1"},
        {"id": 4, "kind": "deleted", "about": "s1"},
    )
    work()
    ours = messages(cast.account_id)
    assert [(message.message_type, message.content) for message in ours] == [
        ("incoming", "Coo coo"),
        ("outgoing", "From a phone"),
    ]
    assert ours[0].edited_at
    assert ours[0].content_attributes["edits"][0]["content"] == "Coo"
    assert ours[0].deleted_at
    assert ours[1].content_attributes["external_echo"]


def test_media_comes_later_and_never_holds_up_the_message(knock: Knocks, cast: Cast, loft: Loft, inbox: Inbox) -> None:
    loft.media = {"a.txt": b"corn", "gone.txt": DeliveryFailed("It has flown.", permanent=True)}
    knock({"id": 1, "text": "Look", "media": ["a.txt", "gone.txt"]})
    work(Queue.INBOUND)
    assert [each.state for each in messages(cast.account_id)[0].attachments] == ["pending", "pending"]
    work()
    there, gone = messages(cast.account_id)[0].attachments
    assert (there.state, there.content_type, there.byte_size) == ("ready", "text/plain", 4)
    assert (gone.state, gone.error) == ("failed", "It has flown.")
    loft.media["gone.txt"] = b"back again"
    with transaction(cast.account_id):
        db.session.get_one(Attachment, (cast.account_id, gone.id)).wish_fetch(inbox.id)
    work()
    assert messages(cast.account_id)[0].attachments[1].state == "ready"


def test_a_loop_waits_and_loses_nothing(knock: Knocks, cast: Cast) -> None:
    knock(*({"id": number, "text": "again"} for number in range(230)))
    work()
    assert len(messages(cast.account_id)) == 200
    with transaction(cast.account_id):
        db.session.execute(update(Message).values(created_at=clock.now() - timedelta(minutes=2)))
    hurry(cast)
    work()
    assert len(messages(cast.account_id)) == 230


def test_who_has_an_inbox_with_the_same_customer_is_one_person(knock: Knocks, cast: Cast) -> None:
    knock({"id": 1, "from": "dana 1", "text": "One", "email": "Dana@Example.com"})
    knock(
        {"id": 2, "from": "dana 2", "text": "Two", "email": "dana@example.com"},
        {"id": 3, "from": "x", "email": "no address", "text": "Three"},
    )
    work()
    one, two, three = messages(cast.account_id)
    assert one.sender_contact_id == two.sender_contact_id != three.sender_contact_id


def hurry(cast: Cast) -> None:
    """All that waits is due now."""
    with system(why="tests"):
        db.session.execute(update(Work).values(run_at=clock.now()))


def test_a_flood_on_one_inbox_does_not_hold_up_another(knock: Knocks, cast: Cast) -> None:
    knock(*({"id": number, "from": f"bird {number}", "text": "flood"} for number in range(150)))
    open_loft(cast.account_id, "quiet")
    knock({"id": 1, "loft": "quiet", "from": "robin", "text": "Am I heard?"})
    work(Queue.INBOUND)
    with transaction(cast.account_id):
        ids = db.session.execute(
            select(Message.id, Message.content).where(Message.account_id == cast.account_id).order_by(Message.id)
        ).all()
    place = [content for _, content in ids].index("Am I heard?")
    assert place <= 100
    with transaction(cast.account_id):
        assert len(db.session.scalars(select(Conversation)).all()) == 151
