"""Templates as Meta lists them."""

from __future__ import annotations

from typing import Any


def a_form(name: str, *components: dict[str, Any], language: str = "en_US", **more: Any) -> dict[str, Any]:
    known = {"id": f"1{len(name):012}", "category": "UTILITY", "status": "APPROVED", "parameter_format": "POSITIONAL"}
    return {"name": name, "language": language, "components": list(components), **known, **more}


SHIPPED = a_form(
    "order_shipped",
    {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["17"]}},
    {"type": "BODY", "text": "Hi {{1}}, your *{{2}}* is on its way.\nIt comes ~soon~ today."},
    {"type": "FOOTER", "text": "Fernway Bicycles"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "URL", "text": "Track it", "url": "https://shop.test/track/{{1}}"},
            {"type": "QUICK_REPLY", "text": "Thanks"},
            {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+15550783881"},
        ],
    },
)
PICTURE = a_form(
    "new_season",
    {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://scontent.example/x.jpg"]}},
    {"type": "BODY", "text": "The new season is here, {{first_name}}."},
    category="MARKETING",
    parameter_format="NAMED",
)
COUPON = a_form(
    "coupon",
    {"type": "BODY", "text": "Here is your code."},
    {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "text": "Copy offer code", "example": ["SAVE20"]}]},
    category="MARKETING",
)
CODE = a_form(
    "sign_in_code",
    {"type": "BODY", "text": "*{{1}}* is your verification code."},
    {
        "type": "BUTTONS",
        "buttons": [
            {
                "type": "OTP",
                "otp_type": "COPY_CODE",
                "text": "Copy code",
                "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}",
            }
        ],
    },
    category="AUTHENTICATION",
)
HELLO = a_form("hello_world", {"type": "BODY", "text": "Welcome!"})
HALLO = a_form("hello_world", {"type": "BODY", "text": "Willkommen!"}, language="de")
REFUSED = a_form("too_loud", {"type": "BODY", "text": "BUY NOW"}, status="REJECTED")
CAROUSEL = a_form("three_cards", {"type": "BODY", "text": "Look"}, {"type": "CAROUSEL", "cards": []})

ALL = [SHIPPED, PICTURE, COUPON, CODE, HELLO, HALLO, REFUSED, CAROUSEL]
