"""A conversation with everything a messenger can bring and carry beside words."""

from __future__ import annotations

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Conversation
from tests.browser.channels import a_file, a_picture, an_api_inbox, answered, begun_in, came, held
from tests.cast import Cast, a_contact

CARDS = [
    {
        "title": "Ridge 2",
        "description": "Aluminium, 11 gears, size M and L",
        "media_url": "https://pictures.example/ridge.jpg",
        "actions": [
            {"type": "link", "text": "See it", "uri": "https://shop.example/ridge"},
            {"type": "postback", "text": "Keep one for me", "payload": "keep:ridge"},
        ],
    },
    {"title": "Harbour", "actions": [{"type": "postback", "text": "Keep one for me", "payload": "keep:harbour"}]},
    {"title": "Tandem", "actions": [{"type": "postback", "text": "Keep one for me", "payload": "keep:tandem"}]},
]
CHOICES = [{"title": day, "value": day.lower()} for day in ("Monday", "Tuesday at noon", "Friday")]
ORDER = {
    "items": [
        {"name": "Inner tube 28″", "quantity": 2, "price": 6.5, "currency": "EUR"},
        {"product_id": "SKU-7731", "quantity": 1, "price": "24.00", "currency": "EUR"},
    ],
    "text": "By Friday, please",
}
REFERRAL = {
    "source": "ad",
    "headline": "Wheels trued while you wait",
    "body": "Bring it in the morning, ride home at noon.",
    "url": "https://www.social.example/ads/991",
}
TEMPLATE = {
    "key": "order_update:en",
    "name": "order_update",
    "language": "en",
    "category": "utility",
    "params": {"body": {"1": "Tomás"}, "header": {"kind": "image", "url": "https://pictures.example/parcel.jpg"}},
    "footer": "Fernway Bicycles",
    "buttons": [{"kind": "url", "text": "Track it"}, {"kind": "quick_reply", "text": "Not mine"}],
}


def every_kind(cast: Cast) -> int:
    """Returns the conversation's number."""
    with transaction(cast.account_id):
        talk = begun_in(an_api_inbox(cast), a_contact(cast.account_id, "Tomás Ferreira"))
        came(talk, "Is the shop open?", content_attributes={"referral": REFERRAL})
        place = came(talk, "I am here", content_attributes={"is_forwarded": True})
        about = {"address": "Rua da Prata 24, 1100-420 Lisboa"}
        a_file(place, "location", latitude=38.7085, longitude=-9.1367, fallback_title="Café da Garagem", meta=about)
        people = came(talk)
        a_file(people, "contact", fallback_title="Anna Lindqvist", meta={"phones": ["+46 70 123 45 67", "+46 8 11"]})
        a_file(people, "contact", fallback_title="Noor Haddad", meta={"email": "noor@haddad.example"})
        shared_things(talk)
        stories(talk)
        came(talk, content_attributes={"order": ORDER})
        sticker = came(talk)
        held(sticker, a_picture("#7a9", (256, 256)), "sticker.png", meta={"is_sticker": True})
        album = came(talk, "Three of them")
        for colour in ("#7a9", "#b86", "#89b"):
            held(album, a_picture(colour), "wheel.png")
        asked = answered(talk, cast, "When does it suit you?", content_type="input_select", status="read")
        asked.content_attributes = {"items": CHOICES, "submitted_values": [{"title": "Friday", "value": "friday"}]}
        came(talk, "Friday", content_attributes={"payload": "friday"}, reply_to_id=asked.id)
        offered = answered(talk, cast, "What we have in your size", content_type="cards", status="delivered")
        offered.content_attributes = {"items": CARDS, "submitted_values": [{"value": "keep:ridge"}]}
        sent = answered(talk, cast, "Hello Tomás, your order **FW-20881** is with the courier.", status="sent")
        sent.content_attributes = {"template": TEMPLATE}
        came(talk, "@fernway do you do tandems?", content_attributes={"link": "https://x.com/tomas/status/17"})
        came(talk, "نعم، شكرا جزيلا", content_attributes={"reactions": {"❤️": ["Bob"]}})
        db.session.flush()
        return talk.display_id


def shared_things(talk: Conversation) -> None:
    said = came(talk)
    a_file(said, "ig_post", external_url="https://www.instagram.com/p/abc", fallback_title="Sunday ride")
    a_file(said, "fallback", external_url="https://shop.example/ridge", fallback_title="Ridge 2 | Fernway")
    held(said, a_picture("#89b", (400, 500)), "post.png", kind="share", external_url="https://www.tiktok.com/@a/1")
    a_file(said, "ig_reel")


def stories(talk: Conversation) -> None:
    seen = came(talk, "Love this!")
    held(seen, a_picture("#b86", (360, 640)), "story.png", kind="story_reply", external_url="https://ig.example/s/1")
    gone = came(talk)
    a_file(gone, "story_mention", state="failed", error="gone")
    told = came(talk, "And this?")
    told.content_attributes = {"story": {"sender": "fernway", "id": "17", "url": "https://ig.example/s/2"}}
