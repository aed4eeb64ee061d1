"""What leaves through Twilio: texts, files along with them or as links, templates; and what it refuses."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from app.channels.base import DeliveryFailed, Outbound
from app.channels.twilio_sms.channel import TwilioMms, TwilioSms, TwilioWhatsApp
from tests.channels.contract.twilio_sms import DANA, a_line
from tests.channels.twilio_sms.conftest import a_channel, a_file, outbound
from tests.fakes.provider import Told
from tests.fakes.twilio import KEY_SECRET, KEY_SID, refusal
from tests.fakes.twilio_messages import SERVICE_SID, TEMPLATE_SID
from tests.fakes.twilio_services import Served

TEMPLATE = {
    "key": TEMPLATE_SID,
    "name": "order_shipped",
    "language": "en",
    "params": {"body": {"1": "Dana", "2": "A-17"}},
}


def refused(channel: TwilioSms, out: Outbound) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        channel.send(out)
    return caught.value


def test_a_text_goes_from_the_number_and_says_where_news_of_it_go(there: Served) -> None:
    sent = a_channel().send(outbound("It is back. ü 🔔"))
    (row,) = there.messages.sent
    assert sent.source_id == row["sid"]
    assert row["asked"] == {
        "To": DANA,
        "From": "+15550001111",
        "Body": "It is back. ü 🔔",
        "StatusCallback": "http://localhost/webhooks/twilio_sms/token",
        "MediaUrl": [],
    }


def test_a_service_chooses_the_number_itself(there: Served) -> None:
    a_channel(phone_number="", messaging_service_sid=SERVICE_SID).send(outbound())
    (row,) = there.messages.sent
    assert (row["asked"]["MessagingServiceSid"], row["from"]) == (SERVICE_SID, None)


def test_an_api_key_is_used_where_there_is_one(there: Served) -> None:
    line = a_line()
    held = {**line.credentials, "api_key_sid": KEY_SID, "api_key_secret": KEY_SECRET}
    TwilioSms(type(line)(line.address, "token", "", held, line.settings)).send(outbound())
    assert there.twilio.user(there.twilio.asked[-1]) == KEY_SID


def test_files_ride_along_where_mms_goes(there: Served) -> None:
    channel = a_channel(can_mms=True)
    channel.send(outbound("Look", a_file(), a_file("song.mp3", "audio/mpeg"), a_file("card.pdf", "application/pdf")))
    (row,) = there.messages.sent
    assert row["body"] == "Look"
    assert [url.rpartition("/")[2] for url in row["asked"]["MediaUrl"]] == ["bell.png", "song.mp3", "card.pdf"]
    channel.send(outbound("", a_file()))
    assert there.messages.sent[1]["body"] == ""


def test_what_cannot_ride_is_a_link_in_the_text(there: Served) -> None:
    large = a_file("plan.pdf", "application/pdf", 600_000)
    cases = [
        (a_channel(can_mms=False), outbound("Look", a_file())),
        (a_channel(can_mms=True), outbound("Look", a_file(), to="+4915112345678")),
        (a_channel(can_mms=True), outbound("Look", large)),
        (a_channel(can_mms=True), outbound("Look", a_file("setup.exe", "application/x-msdownload"))),
    ]
    for channel, out in cases:
        channel.send(out)
        row = there.messages.sent[-1]
        assert row["asked"]["MediaUrl"] == []
        assert row["body"] == f"Look\n\n{out.files[0].filename}: {out.files[0].url}"


def test_eleven_files_and_more_than_five_megabytes_are_ten_and_as_many_as_fit(there: Served) -> None:
    channel = a_channel(can_mms=True)
    channel.send(outbound("", *(a_file(f"{n}.png") for n in range(11))))
    channel.send(outbound("", *(a_file(f"{n}.png", size=2_000_000) for n in range(3))))
    assert [len(row["asked"]["MediaUrl"]) for row in there.messages.sent] == [10, 2]
    assert there.messages.sent[0]["body"].startswith("10.png: ")


def test_a_text_that_has_no_room_for_its_links_is_refused_in_words(there: Served) -> None:
    failed = refused(a_channel(), outbound("x" * 1590, a_file()))
    assert failed.permanent
    assert "1,600 characters" in failed.reason
    assert not there.messages.sent


def test_nothing_at_all_is_not_sent(there: Served) -> None:
    assert refused(a_channel(), outbound("")).permanent
    assert not there.twilio.asked


def test_whatsapp_goes_between_senders_with_its_prefix_whatever_form_was_kept(there: Served) -> None:
    channel = a_channel(medium="whatsapp")
    channel.send(outbound("*Back*", to=f"whatsapp:{DANA}"))
    channel.send(outbound("", a_file("voice.ogg", "audio/ogg"), to=DANA))
    first, second = there.messages.sent
    assert (first["from"], first["to"]) == ("whatsapp:+15550001111", f"whatsapp:{DANA}")
    assert (second["to"], len(second["asked"]["MediaUrl"])) == (f"whatsapp:{DANA}", 1)


def test_whatsapp_takes_one_file_of_its_kinds_the_others_are_links(there: Served) -> None:
    channel = a_channel(medium="whatsapp")
    channel.send(outbound("Look", a_file(), a_file("two.png"), to=DANA))
    channel.send(outbound("Look", a_file("plan.zip", "application/zip"), to=DANA))
    first, second = there.messages.sent
    assert len(first["asked"]["MediaUrl"]) == 1
    assert "two.png: https://" in first["body"]
    assert second["asked"]["MediaUrl"] == []


def test_a_text_is_the_caption_of_its_picture_in_whatsapp() -> None:
    picture, song = outbound("", a_file()), outbound("", a_file("song.mp3", "audio/mpeg"))
    arranged = TwilioWhatsApp.arranged([outbound("Look"), song, picture])
    assert [(each.text, each.files[0].filename) for each in arranged] == [("", "song.mp3"), ("Look", "bell.png")]
    for sends in (
        [outbound("Listen"), song],
        [outbound("x" * 1025), picture],
        [outbound("One"), outbound("Two"), picture],
        [outbound("Which?", content_type="input_select"), picture],
    ):
        assert TwilioWhatsApp.arranged(sends) == sends


def test_a_template_goes_by_its_sid_with_its_blanks_filled(there: Served) -> None:
    out = outbound("Hello Dana", to=DANA, content_attributes={"template": TEMPLATE})
    a_channel(medium="whatsapp").send(out)
    (row,) = there.messages.sent
    assert row["asked"]["ContentSid"] == TEMPLATE_SID
    assert json.loads(row["asked"]["ContentVariables"]) == {"1": "Dana", "2": "A-17"}
    assert "Body" not in row["asked"]
    assert row["body"] == "Hello Dana, your order A-17 is on its way."


def test_blanks_of_a_template_are_one_list_wherever_they_stand(there: Served) -> None:
    buttons = [None, {"type": "url", "parameter": "track/17", "blank": "3"}]
    params = {"header": {"1": "bell.png", "media_type": "image"}, "body": {"2": "Dana"}, "buttons": buttons}
    out = outbound("", to=DANA, content_attributes={"template": {**TEMPLATE, "params": params}})
    a_channel(medium="whatsapp").send(out)
    variables = json.loads(there.messages.sent[0]["asked"]["ContentVariables"])
    assert variables == {"1": "bell.png", "2": "Dana", "3": "track/17"}


def test_a_template_that_is_gone_is_refused(there: Served) -> None:
    out = outbound("", to=DANA, content_attributes={"template": {**TEMPLATE, "key": "HX" + "0" * 32}})
    failed = refused(a_channel(medium="whatsapp"), out)
    assert failed.permanent
    assert "template does not exist" in TwilioSms.explain(failed.reason)


@pytest.mark.parametrize(
    ("code", "words", "explained"),
    [
        (21610, "Attempt to send to unsubscribed recipient", "opted out"),
        (21211, "Invalid 'To' Phone Number", "not a number"),
        (21614, "'To' number is not a valid mobile number", "landline"),
        (21408, "Permission to send an SMS has not been enabled for the region", "country"),
        (21608, "The number is unverified", "trial"),
    ],
)
def test_refusals_for_good_are_final_told_and_explained(there: Served, code: int, words: str, explained: str) -> None:
    there.twilio.instead.append(refusal(400, code, words))
    failed = refused(a_channel(), outbound())
    assert (failed.permanent, failed.is_unsure) == (True, False)
    assert failed.reason == f"{words} (error {code})"
    assert explained in TwilioSms.explain(failed.reason)


def test_who_opted_out_and_who_is_no_number_are_refused_by_twilio(there: Served) -> None:
    there.messages.opted_out.add(DANA)
    assert "error 21610" in refused(a_channel(), outbound()).reason
    assert "error 21211" in refused(a_channel(), outbound(to="FERNBANK")).reason
    assert "error 21606" in refused(a_channel(phone_number="+15550004444"), outbound(to="+15558881111")).reason


@pytest.mark.parametrize(
    ("told", "permanent", "is_unsure", "retry_after"),
    [
        (refusal(429, 20429, "Too Many Requests"), False, False, None),
        (Told(429, refusal(429, 20429, "Too Many Requests").body, {"retry-after": "9"}), False, False, 9),
        (
            refusal(400, 21611, "This 'From' number has exceeded the maximum number of queued messages"),
            False,
            False,
            None,
        ),
        (refusal(401, 20003, "Authenticate"), True, False, None),
        (refusal(503, 20503, "Service unavailable"), False, False, None),
        (Told(500, b"oops"), False, True, None),
        (Told(502, b"<html>Bad gateway</html>"), False, True, None),
        (Told(hangs_up=True), False, True, None),
    ],
)
def test_what_passes_is_tried_again_and_what_may_have_arrived_is_asked_for(
    there: Served, told: Told, permanent: bool, is_unsure: bool, retry_after: float | None
) -> None:
    there.twilio.instead.append(told)
    failed = refused(a_channel(), outbound())
    assert (failed.permanent, failed.is_unsure, failed.retry_after) == (permanent, is_unsure, retry_after)
    assert failed.reason


def test_an_inbox_can_what_its_line_can(context: Flask) -> None:
    assert TwilioSms.variant({"medium": "sms", "can_mms": False}) is TwilioSms
    assert TwilioSms.variant({"medium": "sms", "can_mms": True}) is TwilioMms
    assert TwilioSms.variant({"medium": "whatsapp", "can_mms": True}) is TwilioWhatsApp
    assert TwilioWhatsApp.abilities.reply_window is not None
    assert TwilioWhatsApp.abilities.has_templates
    assert not TwilioMms.abilities.has_templates
    assert TwilioMms.abilities.attachments_per_message == 10
    assert TwilioSms.abilities.attachments_per_message == 0
    assert TwilioSms.source_id_of(DANA) == DANA
    assert TwilioWhatsApp.source_id_of(DANA) == f"whatsapp:{DANA}"
