"""What a provider's words of refusal mean, in plain ones: shown under the bubble that was not sent."""

from __future__ import annotations

import re

from app.channels import CHANNELS

SIGN_IN = "This inbox's sign-in does not work any more. An administrator can connect it again."

# The first that fits explains. SMTP's enhanced codes are those of RFC 3463; the numbers after a hash are Meta's.
EXPLANATIONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (
            r"\b5\.1\.[1236]\b|user unknown|no such user|unknown (user|recipient)|does not exist"  # noqa: ISC004  # one pattern
            r"|mailbox (not found|unavailable)|recipient.{0,20}(rejected|not found)",
            "This address does not exist, or takes no mail. Look for a typing error in it.",
        ),
        (r"\b[45]\.2\.2\b|mailbox (is )?full|over quota", "The customer's mailbox is full. Try again in a day or two."),
        (
            r"\b5\.3\.4\b|\b552\b|too (large|big)|size limit|entity too large|\b413\b",
            "The message or its files are larger than the other side takes. Send less, or a link.",
        ),
        (r"\b53[045]\b|\b5\.7\.8\b", SIGN_IN),
        (
            r"\b5\.7\.\d+\b|spam|blacklist|block ?list|blocked|policy",
            "The other side refused it by its rules against spam. An administrator can look at the sender's domain.",
        ),
        (r"\b401\b|\b403\b|authenticat|credential|access token|unauthori[sz]ed|sign.?in|password", SIGN_IN),
        (
            r"#?131047|24.?hour|outside (of )?(the )?allowed window|reply window|#10\b",
            "The customer wrote too long ago: the channel takes answers only for a while after their last message.",
        ),
        (
            r"\b429\b|rate.?limit|too many",
            "The channel takes no more messages for the moment. Try again in a few minutes.",
        ),
        (
            r"timed? ?out|did not answer|no answer|unreachable|connection|refused to connect|\b50[0234]\b|temporar",
            "The other side cannot be reached. Try again in a few minutes.",
        ),
    )
)


def explained(reason: str | None, kind: str = "") -> str:
    """What to make of `reason`, and what to do, first by the channel of that kind; empty where nobody knows better."""
    own = CHANNELS[kind].explain(reason or "") if kind in CHANNELS else ""
    return own or next((words for pattern, words in EXPLANATIONS if pattern.search(reason or "")), "")
