"""What channels can leave in a thread: a message in every state, with every kind of file, and mails."""

from __future__ import annotations

import math
import struct
import wave
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

from PIL import Image

from app.channels.base import Inbound
from app.ledger.transaction import transaction
from app.lib import clock, storage
from app.lib.database import db
from app.models import Attachment, Contact, Conversation, Inbox, Letter, Message
from tests.cast import Cast, a_contact, a_session, bob

HTML = """
<div style="font-family: Georgia; color: #333"><h2 style="color: #0a6">Invoice 2041</h2>
<p>Dear team,</p><p>please find the invoice for <b>14 club bikes</b> below.</p>
<table width="100%" cellpadding="6"><tr bgcolor="#eeeeee"><th align="left">What</th><th align="right">Price</th></tr>
<tr><td>Ridge 2, size M</td><td align="right">EUR 1,480.00</td></tr></table>
<p><img src="cid:logo@fernway" width="160" alt="Logo"> <img src="https://pictures.example/pixel.png" width="1" height="1"></p>
<p>Best wishes<br>Greta</p>
<blockquote><p>On Monday you wrote:</p><p>Could you send us the invoice once more?</p></blockquote></div>
<script>parent.document.title = "broken into"</script>
"""


def an_email_inbox(cast: Cast, name: str = "hello@fernway.cc", **values: Any) -> Inbox:
    """A mailbox that Bob works in."""
    inbox = Inbox(account_id=cast.account_id, name=name, channel="email", address="hello@fernway.cc", **values)
    db.session.add(inbox)
    db.session.flush()
    inbox.set_members({cast.bob_id})
    return inbox


def an_api_inbox(cast: Cast, **values: Any) -> Inbox:
    inbox = Inbox(account_id=cast.account_id, name="Shop app", channel="api", address=uuid4().hex, **values)
    db.session.add(inbox)
    db.session.flush()
    inbox.set_members({cast.bob_id})
    return inbox


def begun_in(inbox: Inbox, contact: Contact, **values: Any) -> Conversation:
    return Conversation.start(a_session(contact, inbox.id), **values)


def came(conversation: Conversation, content: str = "", **values: Any) -> Message:
    """Something the customer said; `values` are columns of the message."""
    message = conversation.receive(
        Inbound(content, client_id=str(uuid4()), is_odd=not content), contact=conversation.contact
    )
    return written(message, values)


def answered(conversation: Conversation, cast: Cast, content: str, **values: Any) -> Message:
    """What Bob answered."""
    message = conversation.reply(content, by=bob(cast).actor, client_id=str(uuid4()))
    return written(message, values)


def written(message: Message, values: dict[str, Any]) -> Message:
    for name, value in values.items():
        setattr(message, name, value)
    db.session.flush()
    return message


def a_file(message: Message, kind: str = "file", **values: Any) -> Attachment:
    attachment = Attachment(account_id=message.account_id, message_id=message.id, kind=kind, **values)
    db.session.add(attachment)
    db.session.flush()
    return attachment


def held(message: Message, content: BytesIO, filename: str, **values: Any) -> Attachment:
    """A file that is here, as its bytes are."""
    attachment = Attachment.made_of(storage.save(content, filename=filename, limit_bytes=10**7), message)
    for name, value in values.items():
        setattr(attachment, name, value)
    db.session.add(attachment)
    db.session.flush()
    return attachment


def a_picture(colour: str = "#7a9", size: tuple[int, int] = (640, 400)) -> BytesIO:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    file.seek(0)
    return file


def a_sound(seconds: float = 2.0) -> BytesIO:
    """A tone that swells and fades twice."""
    file, rate = BytesIO(), 8000
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        samples = (
            int(24_000 * abs(math.sin(2 * math.pi * at / (rate * seconds))) * math.sin(at / 6))
            for at in range(int(rate * seconds))
        )
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    file.seek(0)
    return file


def a_mail(conversation: Conversation, *, html: str = HTML, **about: Any) -> Message:
    """A mail with its HTML, a quote, two more recipients, and its original kept."""
    letter = Letter(
        account_id=conversation.account_id,
        inbox_id=conversation.inbox_id,
        sender="greta@lindqvist.example",
        key=uuid4().hex,
        raw=b"From: greta@lindqvist.example\r\nSubject: Invoice\r\n\r\nplease find the invoice below.\r\n",
    )
    db.session.add(letter)
    db.session.flush()
    whole = "Dear team,\n\nplease find the invoice below.\n\nOn Monday you wrote:\n> Could you send it once more?"
    email = {
        "subject": "Invoice for 14 club bikes",
        "from": ["greta@lindqvist.example"],
        "reply_to": [],
        "to": ["hello@fernway.cc", "anna@lindqvist.example"],
        "cc": ["office@lindqvist.example"],
        "names": {"greta@lindqvist.example": "Greta Lindqvist", "anna@lindqvist.example": "Anna Lindqvist"},
        "recipient_count": 3,
        "text_content": {"full": whole},
        "html_content": {"full": html},
        "parts": [{"content_type": "text/html", "filename": ""}, {"content_type": "image/png", "filename": "logo.png"}],
        **about,
    }
    return came(
        conversation,
        whole,
        processed_content="Dear team,\n\nplease find the invoice below.",
        content_type="incoming_email",
        content_attributes={"email": email, "letter_id": letter.id},
    )


def every_state(cast: Cast) -> int:
    """One conversation with a message in each state; returns its number."""
    with transaction(cast.account_id):
        inbox = an_api_inbox(cast, channel_settings={"agent_reply_time_window": 24})
        dana = a_contact(cast.account_id, "Tomás Ferreira", email="tomas@sapo.example", phone_number="+351912604118")
        talk = begun_in(inbox, dana)
        came(talk, "Good evening, is my wheel ready?", provider_at=clock.now() - timedelta(hours=2))
        came(talk, "I meant the rear one.", edited_at=clock.now(), content_attributes={"reactions": {"👍": ["Bob"]}})
        came(talk, content_attributes={"is_unsupported": True, "unsupported": "a poll", "letter_id": 7})
        came(talk, "Never mind", deleted_at=clock.now(), content_attributes={"deleted_by_sender": True})
        photos = came(talk, "Here it is")
        for colour in ("#7a9", "#b86"):
            held(photos, a_picture(colour), "wheel.png")
        a_file(photos, "image", state="pending", byte_size=812_000, ref={"id": "1"})
        voice = came(talk)
        a_wave = [round(50 + 45 * math.sin(at / 3)) for at in range(64)]
        held(
            voice,
            a_sound(),
            "voice.wav",
            meta={"waveform": a_wave, "duration": 2, "transcribed_text": "Tomorrow is fine."},
        )
        lost = came(talk)
        a_file(lost, "video", state="failed", error="the provider answered 404", ref={"id": "2"}, filename="ride.mp4")
        a_file(lost, "location", latitude=38.7223, longitude=-9.1393, fallback_title="Praça do Comércio")
        a_file(lost, "contact", fallback_title="Anna Lindqvist", meta={"phones": ["+46 70 123 45 67"]})
        held(lost, BytesIO(b"%PDF-1.4 " * 999), "Return label.pdf")
        answered(talk, cast, "It is ready.", status="read", content_attributes={"reactions": {"❤️": ["Tomás", "Ana"]}})
        answered(talk, cast, "From ten to six.", status="sent", content_attributes={"external_echo": True})
        answered(talk, cast, "Shall we keep it for you?", status="delivered")
        answered(talk, cast, "On its way", status="sending")
        answered(
            talk,
            cast,
            "Here is the bill",
            status="queued",
            retry_at=clock.now() + timedelta(minutes=2),
            external_error="The receiver answered 503",
        )
        answered(talk, cast, "And the form", status="failed", external_error="550 5.1.1 No such user here")
        answered(talk, cast, "Is this right?", status="unsure")
        return talk.display_id


def a_correspondence(cast: Cast) -> int:
    """A mail with everything, and an answer to it; returns its number."""
    with transaction(cast.account_id):
        inbox = an_email_inbox(cast, channel_settings={"signature": "Bob, **Fernway**"})
        greta = a_contact(cast.account_id, "Greta Lindqvist", email="greta@lindqvist.example")
        talk = begun_in(inbox, greta, subject="Invoice for 14 club bikes")
        mail = a_mail(talk)
        held(mail, a_picture(size=(320, 96)), "logo.png", inline_id="logo@fernway")
        held(mail, BytesIO(b"%PDF-1.4 " * 999), "Invoice 2041.pdf")
        plain = {"subject": "Re: Invoice for 14 club bikes", "html_content": {"full": ""}, "cc": []}
        answered(
            talk,
            cast,
            "Thank you, Greta.",
            status="sent",
            content_attributes={
                "to_emails": ["greta@lindqvist.example"],
                "cc_emails": ["anna@lindqvist.example"],
                "refused": {"anna@lindqvist.example": "452 4.2.2 Mailbox full"},
            },
        )
        a_mail(talk, **plain)
        return talk.display_id
