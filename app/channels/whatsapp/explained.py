"""What WhatsApp's refusals mean, by their numbers, and what to do about each."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"^\s*\(?#?(\d{1,7})\b")

ADMINISTRATOR = "An administrator can see more in WhatsApp Manager."

# developers.facebook.com, WhatsApp Business Platform, error codes.
MEANINGS: dict[int, str] = {
    3: "The access token may not do this: it needs whatsapp_business_messaging. An administrator can connect the inbox again.",
    10: "The access token may not do this. An administrator can connect the inbox again, with both WhatsApp permissions.",
    190: "This inbox’s access token has ended or was taken back. An administrator can connect it again.",
    368: "WhatsApp has blocked this number for a while, for messages against its policy. " + ADMINISTRATOR,
    130429: "More messages at once than this number may send. It is tried again by itself.",
    130472: "This customer is in an experiment of Meta’s and gets no marketing messages. They can write first, or be reached elsewhere.",
    130497: "WhatsApp lets this business write to no customers in that country.",
    131005: "The access token may not do this. An administrator can connect the inbox again, with both WhatsApp permissions.",
    131008: "Something that the message needs is missing: look at the blanks of the template.",
    131009: "A value does not fit: look at the blanks of the template, and at the customer’s number.",
    131021: "A number cannot write to itself.",
    131026: "WhatsApp cannot deliver to this number: it may not be on WhatsApp, have an old version of it, or have blocked you.",
    131030: "This is a test number, and the customer’s is not on its list of recipients. An administrator can add it in Meta’s console.",
    131031: "WhatsApp has locked this business account. " + ADMINISTRATOR,
    131037: "The name of this number is not approved yet, so that it may not write. " + ADMINISTRATOR,
    131042: "The way of paying for WhatsApp does not work or is missing: an administrator can set it in Meta’s billing settings.",
    131045: "This number is not registered with the Cloud API: an administrator can connect the inbox again, with a PIN.",
    131047: "The customer wrote more than 24 hours ago: only a template may be sent now.",
    131048: "Too many messages of this number were blocked or reported as spam: WhatsApp limits what it may send.",
    131049: "WhatsApp held it back: this customer gets only so many marketing messages. Try again tomorrow, or wait until they write.",
    131050: "This customer has asked to get no marketing messages from you on WhatsApp.",
    131051: "WhatsApp does not know this kind of message.",
    131052: "WhatsApp could not fetch what the customer sent. Ask them to send it again.",
    131053: "WhatsApp could not take the file: look at its kind and size, or send it as a link.",
    131056: "Too many messages to this one customer in a short time. It is tried again by itself.",
    131057: "This number is being maintained by WhatsApp. It is tried again by itself.",
    132000: "The template has another number of blanks than were filled in. Sync the templates and choose it again.",
    132001: "There is no such template in that language, or it is not approved yet. Sync the templates and choose again.",
    132005: "Filled in, the template is too long. Write less in its blanks.",
    132007: "WhatsApp refused it: the filled in template breaks its rules for words or form.",
    132012: "A blank was filled in with something of another form than the template wants.",
    132015: "WhatsApp has paused this template for its poor quality. Choose another, or wait.",
    132016: "WhatsApp has switched this template off for its poor quality. Choose another.",
    133010: "This number is not registered with the Cloud API: an administrator can connect the inbox again, with a PIN.",
    134011: "The business has not accepted WhatsApp’s terms for payments. " + ADMINISTRATOR,
}


def explain(reason: str) -> str:
    """By the number that the reason begins with; empty for one that is not known."""
    found = _NUMBER.match(reason)
    return MEANINGS.get(int(found[1]), "") if found else ""
