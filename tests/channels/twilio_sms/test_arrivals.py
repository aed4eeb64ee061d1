"""What Twilio's deliveries say, every kind of them."""

from __future__ import annotations

from typing import Any

import pytest

from app.channels.base import Envelope, Inbound, Receipt, Unsupported
from tests.channels.twilio_sms.conftest import NAMES, a_channel, recorded, said, the
from tests.fakes.twilio import ACCOUNT_SID


def test_a_text_says_who_from_where_and_what() -> None:
    said = the("sms")
    assert said.content == "Is the bell back in blue? ü 🔔"
    assert said.source_id == recorded("sms")["MessageSid"]
    assert (said.sender.source_id, said.sender.phone_number, said.sender.name) == ("+15557654321", "+15557654321", "")
    assert said.sender.attributes == {
        "city": "SAN FRANCISCO",
        "state": "CA",
        "zip_code": "94105",
        "country_code": "US",
    }
    assert said.attachments == []


def test_files_are_told_of_with_their_kinds_and_fetched_later() -> None:
    said = the("mms")
    assert said.content == "It looks like this"
    assert [(each.kind, each.content_type) for each in said.attachments] == [
        ("image", "image/jpeg"),
        ("video", "video/3gpp"),
        ("file", "text/x-vcard"),
    ]
    assert said.attachments[0].ref["url"].startswith(f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/")
    assert said.attachments[0].filename == f"{said.source_id}-1.jpg"
    assert the("mms_without_text").content == ""
    assert len(the("mms_eleven").attachments) == 10


@pytest.mark.parametrize("count", ["", "-1", "x", "1e9", "99999999999999999999", "٣", "3"])
def test_a_count_of_files_that_is_none_counts_nothing(count: str) -> None:
    form = {**recorded("sms"), "NumMedia": count}
    (fact,) = a_channel().parse(Envelope("", "", "", form))
    assert isinstance(fact, Inbound)
    assert fact.attachments == []


def test_an_empty_message_and_an_unknown_kind_are_seen() -> None:
    for name, what in (("sms_empty", "an empty message"), ("whatsapp_unknown", "a message of the kind order")):
        fact = the(name)
        assert isinstance(fact, Unsupported)
        assert fact.what == what
        assert fact.sender is not None


def test_who_opts_out_and_in_is_noted() -> None:
    assert the("sms_stop").content_attributes["opt_out"] == "stop"
    assert "START" in the("sms_stop").content_attributes["notice"]
    assert the("sms_stop_without_advanced_opt_out").content_attributes["opt_out"] == "stop"
    assert the("sms_start").content_attributes["opt_out"] == "start"
    assert the("sms_help").content_attributes["opt_out"] == "help"
    assert "opt_out" not in the("whatsapp_template_button").content_attributes
    assert the("whatsapp_template_button").content == "Stop promotions"


def test_senders_without_a_number_are_people_too() -> None:
    for name, sender in (("sms_short_code", "72345"), ("sms_alphanumeric", "FERNBANK")):
        said = the(name)
        assert (said.sender.source_id, said.sender.phone_number) == (sender, "")


def test_whatsapp_tells_the_name_and_the_number() -> None:
    said = the("whatsapp_text")
    assert said.content == "Is it *back*?"
    assert (said.sender.source_id, said.sender.phone_number) == ("whatsapp:+15557654321", "+15557654321")
    assert said.sender.name == "Dana Reyes"


def test_whatsapps_own_forms_of_numbers_are_brought_to_the_one_people_dial() -> None:
    ana = the("whatsapp_brazil")
    assert (ana.sender.source_id, ana.sender.phone_number) == ("whatsapp:+556199887766", "+5561999887766")


def test_whatsapps_files_have_their_kinds() -> None:
    for name, kind, content_type in (
        ("whatsapp_image", "image", "image/jpeg"),
        ("whatsapp_voice", "audio", "audio/ogg"),
        ("whatsapp_contacts", "file", "text/vcard"),
    ):
        (media,) = the(name).attachments
        assert (media.kind, media.content_type) == (kind, content_type)


def test_a_place_is_a_place() -> None:
    (place,) = the("whatsapp_location").attachments
    assert (place.kind, place.latitude, place.longitude) == ("location", 52.520008, 13.404954)
    assert place.title == "Fernway, Alexanderplatz 1, Berlin"
    (bare,) = the("whatsapp_live_location").attachments
    assert (bare.latitude, bare.title) == (-33.86, None)
    assert isinstance(the("whatsapp_impossible_location"), Unsupported)


def test_the_press_of_a_button_and_the_choice_from_a_list_say_what_was_chosen() -> None:
    pressed, chosen = the("whatsapp_button"), the("whatsapp_list")
    assert (pressed.content, pressed.content_attributes) == ("Yes, please", {"payload": "confirm:17"})
    assert pressed.reply_to_source == "MM" + "9" * 32
    assert (chosen.content, chosen.content_attributes) == ("Blue bell", {"payload": "sku-17"})


def test_answers_forwards_and_ads_are_told() -> None:
    assert the("whatsapp_reply").reply_to_source == "SM" + "8" * 32
    assert the("whatsapp_forwarded").content_attributes == {"is_forwarded": True}
    assert the("whatsapp_referral").content_attributes["referral"] == {
        "source_type": "ad",
        "source_id": "1202",
        "url": "https://fb.me/3xy",
        "headline": "Fernway bells",
        "body": "Bells for every door",
        "picture": "https://scontent.example/bell.jpg",
        "ctwa_clid": "ARAk",
    }


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("status_sent", "sent"),
        ("status_delivered", "delivered"),
        ("status_read", "read"),
        ("status_undelivered", "failed"),
        ("status_failed", "failed"),
        ("status_failed_without_code", "failed"),
        ("status_canceled", "failed"),
    ],
)
def test_a_receipt_says_how_far_one_of_ours_has_come(name: str, status: str) -> None:
    receipt = the(name)
    assert isinstance(receipt, Receipt)
    assert (receipt.status, receipt.source_id) == (status, recorded(name)["MessageSid"])
    assert bool(receipt.error) == (status == "failed")


def test_a_failure_is_told_in_twilios_words_and_explained_in_ours() -> None:
    assert the("status_undelivered").error == "Twilio says: undelivered (error 30005)"
    assert "not in service" in a_channel().explain(the("status_undelivered").error)
    window = the("status_failed").error
    assert window.startswith("Failed to send freeform message")
    assert "24 hours" in a_channel().explain(window)
    assert a_channel().explain(the("status_failed_without_code").error) == ""
    assert a_channel().explain("(error 99999)") == ""


@pytest.mark.parametrize("name", ["status_queued", "status_unknown"])
def test_other_news_of_ours_are_none(name: str) -> None:
    assert said(name) == ()


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_missing_or_odd_nothing_raises(name: str) -> None:
    form = recorded(name)
    odd: list[dict[str, Any]] = [{key: value for key, value in form.items() if key != left} for left in form]
    odd += [{**form, key: value} for key in form for value in (None, 7, [], {}, "", "\0", "x" * 5000, "<script>")]
    for each in odd:
        for fact in a_channel().parse(Envelope("", "", "", each)):
            assert fact is not None
