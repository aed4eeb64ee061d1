"""Says which certificates Parley trusts: the system's, and Mozilla's for images that carry none."""

from __future__ import annotations

import ssl
from functools import lru_cache

import certifi


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """A client's context that verifies certificate and name; OpenSSL's own SSL_CERT_FILE adds a private authority."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
