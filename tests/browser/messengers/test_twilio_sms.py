"""Twilio as people use it: a number and a WhatsApp sender are connected, written to, answered, refused and sent again."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from app.models import Inbox
from tests.browser.messengers.play import Play, a_picture
from tests.fakes.provider import Told
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, posted, refusal
from tests.fakes.twilio_services import Served, twilio_serving

DANA = "+15557654321"
FORM = {"Account SID": ACCOUNT_SID, "Auth token": "wrong", "Phone number": "+1 (555) 000-1111"}


def happened(play: Play, inbox: Inbox, form: dict[str, str]) -> None:
    request = posted(inbox.webhook_url, form)
    headers = {**request["headers"], "content-type": request["content_type"]}
    play.knock(inbox.webhook_url, content=request["data"], headers=headers)


def written(play: Play, there: Served, inbox: Inbox, text: str = "", *files: tuple[str, bytes], **more: Any) -> None:
    sender, to = (f"whatsapp:{DANA}", f"whatsapp:{NUMBER}") if "ProfileName" in more else (DANA, NUMBER)
    happened(play, inbox, there.messages.customer_writes(sender, to, text, *files, **more))


def test_twilio_is_connected_written_to_and_answered(play: Play) -> None:
    with twilio_serving() as there:
        play.fill("Twilio SMS and WhatsApp", FORM, name="Fernway by text")
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text("Authenticate")
        play.pictures("twilio_sms-connect")
        inbox = play.connect("Twilio SMS and WhatsApp", {**FORM, "Auth token": AUTH_TOKEN}, name="Fernway by text")
        assert there.twilio.numbers[0].held["SmsUrl"] == inbox.webhook_url

        written(play, there, inbox, "Is the bell back?")
        play.open(DANA)
        written(play, there, inbox, "It looks like this", ("image/png", a_picture()["buffer"]))
        play.sees_picture()
        play.says("It is **back**, in blue. 🔔", files=[a_picture("#456")])
        first = there.messages.sent[0]
        assert (first["body"], first["num_media"]) == ("It is back, in blue. 🔔", "1")
        happened(play, inbox, there.messages.tells(first, "delivered"))
        play.ticks("It is back, in blue.", "Delivered")

        written(play, there, inbox, "STOP", OptOutType="STOP")
        play.sees("They opted out")
        there.twilio.instead.append(refusal(400, 21610, "Attempt to send to unsubscribed recipient"))
        play.says("Shall we keep one?")
        play.refused("Attempt to send to unsubscribed recipient")
        play.refused("They have opted out with STOP")
        play.pictures("twilio_sms")
        play.tries_again()
        assert there.messages.sent[-1]["body"] == "Shall we keep one?"


def test_whatsapp_through_twilio_is_connected_written_to_and_answered(play: Play) -> None:
    with twilio_serving() as there:
        typed = {**FORM, "Auth token": AUTH_TOKEN, "What is carried": "WhatsApp"}
        inbox = play.connect("Twilio SMS and WhatsApp", typed, name="Fernway on WhatsApp")
        play.work()
        written(play, there, inbox, "Where are you?", ProfileName="Dana Reyes", WaId=DANA[1:])
        play.open("Dana Reyes")
        place = {"Latitude": "52.52", "Longitude": "13.405", "Label": "My door", "Address": "Alexanderplatz 1"}
        written(play, there, inbox, ProfileName="Dana Reyes", MessageType="location", **place)
        play.sees("My door")
        play.says("We are **near**.", files=[a_picture("#456")])
        near = there.messages.sent[0]
        assert (near["body"], near["num_media"]) == ("We are *near*.", "1")
        happened(play, inbox, there.messages.tells(near, "read"))
        play.ticks("We are near.", "Read")
        offered(play, "Shall we bring it?", ["Bring it", "Keep it"])
        question = there.messages.sent[1]
        assert "twilio/quick-reply" in there.messages.contents[question["asked"]["ContentSid"]]["types"]
        pressed = {"ButtonText": "Bring it", "ButtonPayload": "Bring it", "OriginalRepliedMessageSid": question["sid"]}
        written(play, there, inbox, "Bring it", ProfileName="Dana Reyes", MessageType="interactive", **pressed)
        play.sees("Pressed a button")
        there.twilio.instead.append(Told(400, refusal(400, 63016, "Outside the allowed window").body))
        play.says("On our way.")
        play.refused("24 hours")
        play.pictures("twilio_whatsapp")
        play.tries_again()
        by_template(play)
        play.until(lambda: there.messages.sent[-1]["asked"].get("ContentVariables"), "the template was not sent")
        assert there.messages.sent[-1]["body"] == "Hello Dana, your order A-17 is on its way."
        play.settles()


def offered(play: Play, question: str, choices: list[str]) -> None:
    """A question with choices to press, by the composer."""
    play.page.get_by_role("button", name="Offer something to press").click()
    play.page.get_by_role("menuitem", name="Choices").click()
    for number, words in enumerate(choices, 1):
        play.page.get_by_role("textbox", name=f"Choice {number}", exact=True).fill(words)
    play.says(question)


def by_template(play: Play) -> None:
    page = play.page
    page.get_by_role("button", name="Send a template").click()
    page.locator("[data-template]").first.click()
    page.get_by_label("Text 1").fill("Dana")
    page.get_by_label("Text 2").fill("A-17")
    page.locator("#dialog-templates").get_by_role("button", name="Send", exact=True).click()
