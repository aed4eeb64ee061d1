"""Signs a call with the four keys of OAuth 1.0a (RFC 5849), for a profile whose keys were typed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from app.lib import crypto

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Keys:
    """Of an app (`consumer_…`), and of the profile that lets it act for it."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    token: str
    token_secret: str = field(repr=False)


def authorization(
    keys: Keys, method: str, url: str, params: Mapping[str, str] | None = None, *, nonce: str = "", at: int = 0
) -> str:
    """The Authorization header. `params` are those of the address; bodies of JSON and multipart are not signed (§3.4.1.3.1)."""
    oauth = {
        "oauth_consumer_key": keys.consumer_key,
        "oauth_nonce": nonce or crypto.token(24),
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(at or int(time.time())),
        "oauth_token": keys.token,
        "oauth_version": "1.0",
    }
    text = _base_string(method, url, {**(params or {}), **oauth})
    key = f"{_escaped(keys.consumer_secret)}&{_escaped(keys.token_secret)}"
    mac = hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()
    oauth["oauth_signature"] = base64.b64encode(mac).decode()
    return "OAuth " + ", ".join(f'{_escaped(name)}="{_escaped(value)}"' for name, value in sorted(oauth.items()))


def _base_string(method: str, url: str, params: Mapping[str, str]) -> str:
    """§3.4.1: method, address without its query, and all parameters in order."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port and parts.port != PORTS.get(parts.scheme) else ""
    home = f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}{port}{parts.path}"
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in params.items())
    return "&".join([method.upper(), _escaped(home), _escaped("&".join(f"{name}={value}" for name, value in pairs))])


def _escaped(text: str) -> str:
    """§3.6: all but letters, digits and -._~"""
    return quote(text, safe="-._~")
