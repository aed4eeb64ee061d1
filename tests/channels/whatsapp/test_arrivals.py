"""What Meta tells by WhatsApp's webhook, as facts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.channels.base import Deleted, Echo, Edited, Inbound, Knock, Reaction, Receipt, Unsupported
from app.channels.incoming import Renamed
from app.channels.whatsapp import arrivals
from app.channels.whatsapp.channel import Whatsapp
from app.channels.whatsapp.numbers import canonical, phone_number
from tests.channels.whatsapp.conftest import PAYLOADS, body_of, facts_of, letters_of
from tests.fakes.whatsapp import PHONE

EVERY = sorted(path.stem for path in PAYLOADS.glob("*.json"))


def said(name: str) -> Inbound:
    (fact,) = facts_of(name)
    assert isinstance(fact, Inbound)
    assert fact.sender is not None
    return fact


def test_a_text_is_a_message_of_a_person_with_a_name_and_a_number() -> None:
    told = said("text")
    assert told.content == "Does it come in another colour?"
    assert told.sender is not None
    assert (told.sender.source_id, told.sender.name) == ("16505551234", "Sheena Nelson")
    assert told.sender.phone_number == "+16505551234"
    assert told.source_id == "wamid.INTEXT01"
    assert told.provider_at is not None


def test_a_letter_is_for_the_number_and_of_the_sender() -> None:
    (letter,) = letters_of("text")
    assert (letter.address, letter.sender, letter.key) == (PHONE, "16505551234", "message:wamid.INTEXT01")


@pytest.mark.parametrize("name", ["text_reply", "text_about_product", "button", "button_reply", "list_reply"])
def test_an_answer_knows_what_it_answers(name: str) -> None:
    assert said(name).reply_to_source == "wamid.OUT1"


@pytest.mark.parametrize(
    ("name", "words", "payload"),
    [
        ("button", "Unsubscribe", "Unsubscribe"),
        ("button_reply", "Cancel", "cancel-button"),
        ("list_reply", "Priority Mail Express", "priority_express"),
    ],
)
def test_a_press_of_a_button_is_its_title_and_what_stands_behind_it(name: str, words: str, payload: str) -> None:
    told = said(name)
    assert (told.content, told.content_attributes["payload"]) == (words, payload)


def test_a_form_that_was_filled_in_can_be_read() -> None:
    told = said("form_reply")
    assert told.content == "size: 54 cm\nextras: bell, light"
    assert told.content_attributes["form"]["size"] == "54 cm"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("image", "image", "Taj Mahal"),
        ("sticker", "image", ""),
        ("voice", "audio", ""),
        ("video", "video", "The noise it makes"),
        ("document", "file", "The invoice"),
    ],
)
def test_media_are_to_be_fetched_by_their_id_and_the_caption_is_the_text(name: str, kind: str, words: str) -> None:
    told = said(name)
    (media,) = told.attachments
    assert (media.kind, told.content, media.ref) == (kind, words, {"id": "900000"})  # type: ignore[union-attr]
    assert not told.is_odd


def test_a_file_keeps_its_name_and_kind() -> None:
    (media,) = said("document").attachments
    assert (media.filename, media.content_type) == ("invoice 17.pdf", "application/pdf")


def test_a_place_has_coordinates_and_a_name() -> None:
    (place,) = said("location").attachments
    assert (place.kind, place.latitude, place.longitude) == ("location", 37.442882, -122.163246)  # type: ignore[union-attr]
    assert place.title == "Philz Coffee, 101 Forest Ave, Palo Alto, CA 94301"  # type: ignore[union-attr]


def test_each_contact_is_a_card() -> None:
    first, second = said("contacts").attachments
    assert first.title == "Barbara J. Johnson"  # type: ignore[union-attr]
    assert first.meta["phones"] == ["+1 (650) 555-1234", "+1 650 555 9999"]  # type: ignore[union-attr]
    assert first.meta["email"] == "barbara@example.com"  # type: ignore[union-attr]
    assert (second.title, second.meta["phones"]) == ("The shop", [])  # type: ignore[union-attr]


def test_an_order_lists_what_is_ordered() -> None:
    told = said("order")
    assert told.content == "Love these!"
    order = told.content_attributes["order"]
    assert order["items"][0] == {"product_id": "di9ozbzfi4", "quantity": 2, "price": 7.99, "currency": "USD"}
    assert order["text"] == "Love these!"


def test_an_ad_that_somebody_came_from_is_told_and_kept_with_the_conversation() -> None:
    told = said("text_from_ad")
    referral = told.content_attributes["referral"]
    assert (referral["source"], referral["headline"], referral["url"]) == (
        "ad",
        "Chat with us",
        "https://fb.me/3cr4Wqqkv",
    )
    assert told.begun_with == {"referral": referral}


def test_what_was_forwarded_says_so() -> None:
    assert said("text_forwarded").content_attributes["is_forwarded"] is True


def test_a_product_that_is_asked_about_is_named() -> None:
    assert said("text_about_product").content_attributes["product"]["product_retailer_id"] == "di9ozbzfi4"


@pytest.mark.parametrize(("name", "emoji"), [("reaction", "👍"), ("reaction_removed", "")])
def test_a_reaction_is_put_and_taken_back(name: str, emoji: str) -> None:
    assert facts_of(name) == [Reaction("wamid.OUT1", "16505551234", emoji)]


def test_an_edit_and_a_revocation_tell_of_the_message_there_is() -> None:
    assert facts_of("edit") == [Edited("wamid.INTEXT01", "Does it come in blue?")]
    assert facts_of("revoke") == [Deleted("wamid.INTEXT01")]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("unsupported", "a message of the kind poll (Message type is currently not supported)"),
        ("media_failed", "a message of the kind image (Failed to download the media from the sender)"),
    ],
)
def test_what_cannot_be_shown_is_told_with_metas_own_reason(name: str, what: str) -> None:
    (fact,) = facts_of(name)
    assert isinstance(fact, Unsupported)
    assert fact.what == what
    assert fact.sender is not None
    assert fact.sender.name == "Sheena Nelson"


def test_a_new_number_is_told_in_the_thread_and_they_are_called_by_it() -> None:
    told, renamed = facts_of("number_changed")
    assert isinstance(told, Inbound)
    assert told.content == "User Sheena Nelson changed from 16505551234 to 12195555358"
    assert renamed == Renamed("16505551234", "12195555358", "+16505551234", "+12195555358")


def test_somebody_who_shows_no_number_is_called_by_their_id() -> None:
    sender = said("no_number").sender
    assert sender is not None
    assert (sender.source_id, sender.phone_number) == ("US.13491208655302741918", "")
    assert sender.attributes["whatsapp_username"] == "sheena.n"


@pytest.mark.parametrize("name", ["status_sent", "status_delivered", "status_read"])
def test_a_status_tells_how_far_a_message_has_come_and_what_it_is_charged_as(name: str) -> None:
    (receipt,) = facts_of(name)
    assert isinstance(receipt, Receipt)
    assert (receipt.status, receipt.source_id) == (name.removeprefix("status_"), "wamid.OUT1")
    assert receipt.about == {"pricing": {"category": "utility", "type": "regular", "billable": True}}


def test_a_failure_is_told_with_its_number_and_details() -> None:
    (receipt,) = facts_of("status_failed")
    assert isinstance(receipt, Receipt)
    assert receipt.status == "failed"
    assert receipt.error.startswith(
        "131049: This message was not delivered to maintain healthy ecosystem engagement: In"
    )
    assert "marketing" in Whatsapp.explain(receipt.error)


def test_what_was_sent_from_the_business_app_is_ours() -> None:
    (echo,) = facts_of("echo")
    assert isinstance(echo, Echo)
    assert (echo.recipient.source_id, echo.source_id) == ("16505551234", "wamid.ECHO1")


def test_a_delivery_of_several_is_a_letter_each() -> None:
    keys = [letter.key for letter in letters_of("several")]
    assert len(keys) == 3
    assert len(set(keys)) == 3
    assert keys[-1] == "status:wamid.OUT1:delivered"


def test_a_message_in_a_group_belongs_to_the_group() -> None:
    assert said("in_group").thread == "HUI0PuJQWLT2"


@pytest.mark.parametrize("name", ["template_news", "account_error"])
def test_news_that_are_no_messages_are_taken_and_bring_no_letters(name: str) -> None:
    knock = Knock("POST", "", "https://desk.test/", {}, {}, json.dumps(body_of(name)).encode())
    assert Whatsapp.sort(knock) == []
    greeted = Whatsapp.greet(knock)
    assert greeted is not None
    assert greeted.status == 200


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("551187654321", "5511987654321"),
        ("+55 (11) 98765-4321", "551187654321"),
        ("5491123456789", "541123456789"),
        ("+54 9 11 2345-6789", "541123456789"),
        ("5215512345678", "525512345678"),
    ],
)
def test_two_forms_of_one_number_are_one_person(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize("number", ["551133334444", "16505551234", "4915112345678", "525512345678"])
def test_other_numbers_stay_as_they_are(number: str) -> None:
    assert canonical(number) == number


def test_a_number_can_be_dialled_whatever_we_call_the_person() -> None:
    assert phone_number("5491123456789") == "+5491123456789"
    assert phone_number("551187654321") == "+5511987654321"


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("instead", [None, [], {}, 7, "x" * 5000, [None, 3, {"a": []}], {"id": {}, "type": []}])
def test_no_part_that_is_missing_or_odd_makes_it_stumble(name: str, instead: Any) -> None:
    for broken in broken_at_each_place(body_of(name), instead):
        for letter in arrivals.letters(broken):
            arrivals.facts(letter.payload)


def broken_at_each_place(value: Any, instead: Any) -> list[Any]:
    """One copy for each place in it, with that place replaced."""
    if isinstance(value, dict):
        return [{**value, key: each} for key in value for each in [instead, *broken_at_each_place(value[key], instead)]]
    if isinstance(value, list):
        return [
            [*value[:at], each, *value[at + 1 :]]
            for at, inner in enumerate(value)
            for each in [instead, *broken_at_each_place(inner, instead)]
        ]
    return []


MARKUP = "<script>alert(1)</script>\u202e\0{{7*7}}"


@pytest.mark.parametrize("name", EVERY)
def test_markup_in_every_field_is_only_words(name: str) -> None:
    for broken in broken_at_each_place(body_of(name), MARKUP):
        for letter in arrivals.letters(broken):
            arrivals.facts(letter.payload)
