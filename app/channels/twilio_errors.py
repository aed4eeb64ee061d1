"""What Twilio's error codes mean for whoever reads them on a message, and which of them pass."""

from __future__ import annotations

import re

_CODE = re.compile(r"\(error (\d{5})\)")

# https://www.twilio.com/docs/api/errors, in our words: what happened, and what can be done about it.
EXPLAINED = {
    14107: "Too many messages were sent to or from this number in a short time.",
    20003: "The account SID, the auth token or the API key is wrong, or the account is not active.",
    20404: "Twilio does not know this any more.",
    20429: "Twilio asks for patience: too many requests at once.",
    20500: "Twilio had an error of its own.",
    21201: "There is no number to call.",
    21210: "This caller ID is neither a Twilio number of the account nor a verified one.",
    21211: "This is not a number that can be written to or called.",
    21212: "The sender is not a number that can send.",
    21214: "This number cannot be called.",
    21215: "Calls to this country are not enabled in the Twilio account.",
    21216: "This number is blocked from being called.",
    21217: "This is not a valid number.",
    21219: "A trial account calls verified numbers only.",
    21220: "The call has ended already.",
    21401: "The sender is not a number that can send text messages.",
    21408: "Messages to this country are not enabled in the Twilio account (Messaging, Settings, Geo permissions).",
    21601: "The sender cannot send text messages.",
    21602: "There is nothing in the message.",
    21603: "No sender was given.",
    21604: "No recipient was given.",
    21606: "The sender is not a number of this Twilio account that can send text messages.",
    21608: "A trial account sends to verified numbers only.",
    21610: "They have opted out with STOP, and can be written to again when they send START.",
    21611: "Too many messages of this number are waiting to be sent.",
    21612: "Twilio cannot send from this sender to this number.",
    21614: "This number takes no text messages: it may be a landline.",
    21617: "The text is longer than 1,600 characters.",
    21619: "There is nothing in the message.",
    21620: "The file’s address is not one Twilio accepts.",
    21623: "More than 10 files were attached.",
    21635: "This number is a landline and takes no text messages.",
    21654: "The template does not exist in this Twilio account.",
    21655: "The template does not exist in this Twilio account.",
    21656: "The template’s values do not fit its blanks.",
    21659: "The sender is not a number of this Twilio account.",
    21660: "The sender belongs to another Twilio account.",
    21661: "The sender cannot send text messages.",
    21703: "The messaging service has no number that can send to this recipient.",
    21704: "The messaging service has no sender that fits.",
    30001: "Twilio’s queue was full.",
    30002: "The Twilio account was suspended before the message went out.",
    30003: "The phone cannot be reached: it is off, out of range, or does not take messages now.",
    30004: "The message was blocked: the recipient or their carrier takes none from this sender.",
    30005: "The number is unknown, or not in service any more.",
    30006: "The number is a landline, or its carrier cannot be reached.",
    30007: "The carrier, or Twilio, filtered the message as unwanted.",
    30008: "The carrier gave no reason.",
    30009: "A part of the message was lost on its way.",
    30010: "The message costs more than the account allows.",
    30011: "The carrier does not take MMS there.",
    30017: "The carrier’s network was overloaded.",
    30018: "The carrier did not take the sender.",
    30019: "The files are larger than the carrier takes.",
    30022: "The sender’s campaign is over the rate its carrier allows.",
    30023: "The sender’s brand is over its daily limit at the carrier.",
    30024: "The sender is not registered for this carrier.",
    30032: "The toll-free number is not verified.",
    30034: "The number is not registered for messages of businesses in the USA (A2P 10DLC).",
    30035: "Too many failed: the number’s messages are held for a while.",
    30036: "It could not be sent while it was still valid.",
    30038: "The carrier found a one-time password in the message.",
    30039: "The same message was sent again and again, and was stopped.",
    30410: "The provider’s time ran out.",
    30450: "Twilio stopped it to protect the account from fraud.",
    30453: "Twilio stopped it to protect the account from fraud.",
    30454: "The account’s daily limit of messages is reached.",
    30500: "Twilio had an error of its own.",
    60410: "Twilio blocks this number because it looks like fraud.",
    63001: "The channel refused our credentials.",
    63003: "There is nobody at this address on WhatsApp.",
    63005: "WhatsApp refused what is in the message.",
    63007: "Twilio knows no WhatsApp sender of this number in the account.",
    63010: "The channel had an error of its own.",
    63012: "WhatsApp had an error of its own.",
    63013: "WhatsApp refused the message by its policies.",
    63014: "The recipient has blocked messages from businesses, or from this one.",
    63015: "They have not joined the WhatsApp sandbox.",
    63016: "Their last message is more than 24 hours old: only an approved template is taken now.",
    63017: "The message contains what the channel does not take.",
    63018: "WhatsApp asks for patience: too many messages.",
    63019: "The file could not be fetched, or is of a kind or size that WhatsApp does not take.",
    63020: "The WhatsApp account’s invitation at Meta has not been accepted.",
    63021: "The channel cannot carry this kind of message.",
    63022: "The number’s WhatsApp name has not been approved.",
    63024: "WhatsApp does not know this recipient.",
    63025: "The media was deleted already.",
    63027: "The template does not exist in this language.",
    63028: "The template has another number of blanks.",
    63029: "The recipient cannot take this kind of message.",
    63030: "The channel does not know one of the values.",
    63031: "A sender cannot write to itself.",
    63032: "WhatsApp does not deliver this to this person, to limit what businesses send them.",
    63033: "They have blocked this sender.",
    63036: "There is nobody at this number on WhatsApp.",
    63038: "The account’s daily limit of messages is reached.",
    63040: "The template was not approved.",
    63041: "The template is paused because people disliked it.",
    63042: "The template was disabled because people disliked it.",
    63049: "Meta chose not to deliver this marketing message, to limit what people get.",
    63051: "The WhatsApp Business account is locked.",
}

# To be tried again: the account, the number or a queue is over its rate, or something broke for a moment.
FOR_NOW = frozenset({14107, 20429, 20500, 21611, 30001, 30022, 30500, 63010, 63012, 63018})


def words_of(code: int, said: str = "") -> str:
    """A refusal in Twilio's words, with its code, by which `explanation` knows it again."""
    words = said.strip() or "Twilio gave no reason."
    return f"{words.rstrip('.')} (error {code})" if code else words


def explanation(reason: str) -> str:
    """What a refusal means that `words_of` wrote down; empty where nobody here knows."""
    found = _CODE.search(reason)
    return EXPLAINED.get(int(found[1]), "") if found else ""
