"""Amazon SNS, which carries SES's mails: its notices are signed, and it asks once whether they are wanted."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate

from app.channels.incoming import Answer, Knock
from app.config import settings
from app.errors import NotAllowed
from app.lib import http
from app.lib.http import HttpFailed

_HOST = re.compile(r"sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_CERTIFICATE_SECONDS = 24 * 3600
_certificates: dict[str, tuple[float, RSAPublicKey]] = {}


def greeted(knock: Knock) -> Answer | None:
    """Says yes to a subscription, and thanks for notices that bring no mail; None for one that does.

    Raises NotAllowed when Amazon did not sign it.
    """
    told = knock.json()
    kind = told.get("Type") if isinstance(told, dict) else None
    if kind == "SubscriptionConfirmation":
        verify(knock)
        _fetch(str(told.get("SubscribeURL", "")))
        return Answer("Subscribed.")
    if kind == "UnsubscribeConfirmation" or (kind == "Notification" and notice_in(knock) is None):
        verify(knock)
        return Answer("Thank you.")
    return None


def notice_in(knock: Knock) -> Mapping[str, Any] | None:
    """What SES says of a mail it received."""
    told = knock.json()
    if not isinstance(told, dict) or told.get("Type") != "Notification":
        return None
    try:
        notice = json.loads(str(told.get("Message", "")))
    except (ValueError, RecursionError):
        return None
    return notice if isinstance(notice, dict) and notice.get("notificationType") == "Received" else None


def verify(knock: Knock) -> None:
    """Raises NotAllowed unless Amazon signed it (Amazon SNS, “Verifying the signatures of Amazon SNS messages”)."""
    told = knock.json()
    names = _SIGNED.get(str(told.get("Type"))) if isinstance(told, dict) else None
    if names is None:
        raise NotAllowed("This is no notice of Amazon SNS.")
    text = "".join(f"{name}\n{told[name]}\n" for name in names if told.get(name) is not None)
    # Version 1 is what topics use unless they are told otherwise.
    digest = hashes.SHA256() if str(told.get("SignatureVersion")) == "2" else hashes.SHA1()  # noqa: S303
    try:
        signature = base64.b64decode(str(told.get("Signature", "")), validate=True)
        _key(str(told.get("SigningCertURL", ""))).verify(signature, text.encode(), padding.PKCS1v15(), digest)
    except (InvalidSignature, ValueError) as wrong:
        raise NotAllowed("Amazon's signature is wrong.") from wrong


def _key(url: str) -> RSAPublicKey:
    until, known = _certificates.get(url, (0.0, None))
    if known is not None and time.monotonic() < until:
        return known
    key = load_pem_x509_certificate(_fetch(url)).public_key()
    if not isinstance(key, RSAPublicKey):
        raise NotAllowed("Amazon's certificate has no RSA key.")
    if len(_certificates) > 100:
        _certificates.clear()
    _certificates[url] = (time.monotonic() + _CERTIFICATE_SECONDS, key)
    return key


def _fetch(url: str) -> bytes:
    """From Amazon's own hosts only, and over TLS; or from the stand-in that the settings name."""
    stand_in = settings().sns_url
    parts = urlsplit(url)
    is_stand_in = bool(stand_in) and url.startswith(f"{stand_in}/")
    is_amazon = parts.scheme == "https" and parts.port is None and bool(_HOST.fullmatch(parts.netloc))
    if not is_stand_in and not is_amazon:
        raise NotAllowed("This address is not Amazon's.")
    try:
        return http.get(url, timeout=10, max_bytes=100_000, allow_private=is_stand_in).body
    except HttpFailed as failed:
        raise NotAllowed(f"Amazon could not be asked: {failed.reason}") from failed
