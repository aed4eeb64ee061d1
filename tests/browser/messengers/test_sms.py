"""Bandwidth as people use it: a number is connected, written to, answered, refused and sent again."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from app.channels.sms.application import USER, password
from app.models import Inbox
from tests.browser.messengers.play import Play, a_picture
from tests.channels.contract.sms import basic
from tests.fakes.bandwidth import (
    ACCOUNT,
    APPLICATION,
    CLIENT_ID,
    CLIENT_SECRET,
    NUMBER,
    bandwidth_serving,
    refusal,
)

DANA = "+15557654321"
FORM = {"Account ID": ACCOUNT, "Client ID": CLIENT_ID, "Client secret": CLIENT_SECRET, "Application ID": APPLICATION}
CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dana Reyes\r\nTEL:+15557654321\r\nEND:VCARD\r\n"


def happened(play: Play, inbox: Inbox, *events: dict[str, Any]) -> None:
    play.knock(inbox.webhook_url, json=list(events), headers=basic(USER, password(inbox.token)))


def test_bandwidth_is_connected_written_to_and_answered(play: Play) -> None:
    with bandwidth_serving() as there:
        play.fill("SMS by Bandwidth", {**FORM, "Client secret": "wrong", "Phone number": NUMBER}, name="Fernway")
        expect(play.page.get_by_text("Callback password")).to_be_visible()
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text("Authentication Failed")
        inbox = play.connect("SMS by Bandwidth", {**FORM, "Phone number": "+1 919 555 1234"})
        assert there.told("InboundCallbackUrl") == inbox.webhook_url
        assert there.told("Password") == password(inbox.token)

        provider = there.messaging
        happened(play, inbox, provider.customer_writes(DANA, "Is the bell back?"))
        play.open(DANA)
        picture = ("bell.png", "image/png", a_picture()["buffer"])
        happened(play, inbox, provider.customer_writes(DANA, "Like this", picture, ("dana.vcf", "text/vcard", CARD)))
        play.sees_picture()
        play.sees("dana.vcf")

        play.says("It is **back**.", files=[a_picture("#456")])
        first = provider.sent[0]
        assert (first["text"], len(first["media"])) == ("It is back.", 1)
        happened(play, inbox, provider.tells(first, "message-sending"), provider.tells(first, "message-delivered"))
        play.ticks("It is back.", "Delivered")

        provider.instead.append(refusal(400, "request-validation", "Your request could not be accepted"))
        play.says("Shall we keep one?")
        play.refused("Your request could not be accepted")
        play.tries_again()
        happened(play, inbox, provider.tells(provider.sent[-1], "message-failed", 4770, "destination-spam-detected"))
        play.refused("destination-spam-detected (error 4770)")
        play.refused("filtered the message as unwanted")
        play.pictures("sms")
