"""A phone number as people use it: connected, rung, left a message on, called back from the thread, refused and called again."""

from __future__ import annotations

import math
import wave
from io import BytesIO

import httpx
from playwright.sync_api import expect

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Inbox
from tests.browser.messengers.play import Play
from tests.fakes.provider import serving
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, LANDLINE, Twilio, posted, refusal
from tests.fakes.twilio_voice import Caller, Phone, Voice

DANA, ALICES = "+4915112345678", "+493055501"


def knock(url: str, form: dict[str, str]) -> tuple[int, str, bytes]:
    request = posted(url, form)
    headers = {**request["headers"], "content-type": request["content_type"]}
    answer = httpx.post(url, content=request["data"], headers=headers, timeout=15)
    return answer.status_code, answer.headers.get("content-type", ""), answer.content


def speech(seconds: int = 8, rate: int = 8000) -> bytes:
    """Something that rises and falls as speech does."""
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(rate)
        loud = (abs(math.sin(n / rate * 2.1) * math.sin(n / rate * 7.3)) * 110 for n in range(seconds * rate))
        sound.writeframes(bytes(int(128 + by * math.sin(n * 0.35)) for n, by in enumerate(loud)))
    return file.getvalue()


def test_a_phone_is_connected_rung_and_called_back_from(play: Play) -> None:
    with serving(Twilio()) as twilio:
        voice = Voice(twilio, knock)
        voice.sound = speech()
        typed = {"Account SID": ACCOUNT_SID, "Auth token": "not it", "Phone number": LANDLINE}
        play.fill("Phone calls", typed, name="Fernway")
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text("Authenticate")
        play.pictures("twilio_voice-form")
        more = {"Auth token": AUTH_TOKEN, "Record calls": True, "Have voice messages written down": True}
        inbox = play.connect("Phone calls", {**typed, **more})
        with transaction(play.cast.account_id):
            db.session.get_one(Inbox, (play.cast.account_id, inbox.id)).set_members({play.cast.alice_id})

        play.page.goto(f"{play.desk.url}/profile")
        play.page.get_by_label("Your phone").fill("+49 30 555 01")
        play.page.get_by_label("Your phone").press("Enter")
        expect(play.page.get_by_label("Your phone")).to_have_value(ALICES)
        play.page.get_by_label("Take calls").scroll_into_view_if_needed()
        play.pictures("twilio_voice-profile")

        alices = voice.phones[ALICES] = Phone("no-answer")
        voice.call_in(Caller(DANA, name="Dana Pier", message="Hello, is the Ridge 2 back? Please call me."), LANDLINE)
        play.work()
        play.open("Dana Pier")
        play.sees("Missed call")
        play.sees("Hello, is the Ridge 2 back?")
        expect(play.thread.locator("voice-message")).to_have_count(1)

        # It is live: she takes the next one while she looks.
        alices.how, alices.seconds = "takes", 187
        voice.call_in(Caller(DANA), LANDLINE)
        play.work()
        assert alices.heard[-1].startswith("Dana Pier calls Fernway.")
        play.sees("3:07")

        voice.phones[DANA] = Phone("picks up", seconds=42)
        play.thread.get_by_role("button", name="Call back").click()
        play.until(lambda: any("asked" in row for row in voice.calls.values()), "nobody was called")
        play.settles()
        play.sees("Ringing")
        play.pictures("twilio_voice-rings")
        voice.ring()
        play.work()
        play.sees("0:42")

        twilio.instead.append(refusal(400, 21215, "Account not authorized to call +4915112345678."))
        play.page.locator(".composer-closed").get_by_role("button", name="Call", exact=True).click()
        expect(play.thread).to_contain_text("Being placed")
        play.settles()
        play.sees("Call not placed")
        play.sees("not authorized to call")
        play.pictures("twilio_voice")
        voice.phones[DANA].how = "busy"
        play.thread.get_by_role("button", name="Call again").last.click()
        play.until(lambda: sum("asked" in row for row in voice.calls.values()) == 2, "it was not called again")
        play.settles()
        voice.ring()
        play.work()
        play.sees("Busy")
