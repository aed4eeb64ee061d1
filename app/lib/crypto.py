"""Keeps secrets: encrypts, signs, compares and hashes, with keys derived from the one secret key of the settings."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData, URLSafeSerializer

from app.config import settings
from app.errors import NotAllowed, ParleyError
from app.lib.aside import aside
from app.lib.clock import now

# Above the least that OWASP's Password Storage Cheat Sheet asks (19 MiB, 2 passes); about 40 ms on one of two cores.
_passwords = PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)


class WrongKey(ParleyError):
    """What is stored was encrypted with a secret key that these settings do not know."""

    status = 500
    default = "This was encrypted with another SECRET_KEY; add that one to PREVIOUS_SECRET_KEYS."


def encrypt(text: str) -> str:
    """`text` as an ASCII token that only `decrypt` with the same secret key opens."""
    return _fernet(*_secret_keys()).encrypt(text.encode("utf-8", "surrogatepass")).decode()


def decrypt(token: str) -> str:
    """What `encrypt` was given. Raises WrongKey when no known secret key fits or the token was tampered with."""
    try:
        return _fernet(*_secret_keys()).decrypt(_bytes(token)).decode("utf-8", "surrogatepass")
    except InvalidToken:
        raise WrongKey from None


def token(size: int = 32) -> str:
    """A random URL-safe text with `size` bytes (by default 256 bit) of chance in it."""
    return secrets.token_urlsafe(size)


def digest(token: str) -> str:
    """SHA-256 of a token in hex: what the database keeps of a secret that is random already."""
    return hashlib.sha256(_bytes(token)).hexdigest()


def hmac_hex(key: str | bytes, text: str | bytes) -> str:
    """HMAC-SHA-256 (RFC 2104) of `text` under `key`, in hex."""
    return hmac.new(_bytes(key), _bytes(text), hashlib.sha256).hexdigest()


def derived(purpose: str) -> str:
    """A secret of this installation for one purpose, in hex: the same as long as the secret key is."""
    return _derived(settings().secret_key, purpose).hex()


def equal(a: str | bytes, b: str | bytes) -> bool:
    """Whether both are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(_bytes(a), _bytes(b))


def sign(
    payload: dict[str, Any],
    salt: str,
    expires_in: timedelta | float | None = None,
    *,
    expires_at: datetime | None = None,
) -> str:
    """`payload` (JSON values only) as a readable but unforgeable URL-safe text.

    `expires_in` is a span or seconds. With `expires_at` instead the same payload always gives the same text. `salt`
    names the purpose: what was signed for one is refused for another.
    """
    if expires_in is not None:
        expires_at = now() + (expires_in if isinstance(expires_in, timedelta) else timedelta(seconds=expires_in))
    return str(_signer(*_secret_keys(), salt=salt).dumps([payload, expires_at and int(expires_at.timestamp())]))


def unsign(token: str, salt: str) -> dict[str, Any]:
    """The payload `sign` was given. Raises NotAllowed when the text is forged, meant for another purpose or expired."""
    try:
        payload, expires_at = _signer(*_secret_keys(), salt=salt).loads(_bytes(token))
    except (BadData, ValueError, TypeError, RecursionError):
        raise NotAllowed("This link or token is not valid.") from None
    if expires_at is not None and now().timestamp() >= expires_at:
        raise NotAllowed("This link or token has expired.")
    return cast("dict[str, Any]", payload)


def hash_password(password: str) -> str:
    """The password's argon2id hash, with its salt and parameters, as PHC text (RFC 9106)."""
    return aside(_passwords.hash, _bytes(password))


def check_password(hashed: str | None, password: str) -> bool:
    """Whether `password` is the one behind `hashed`.

    `None` stands for a person who is not known: the same work is done for nobody, so that the time does not tell who
    exists.
    """
    try:
        return aside(_passwords.verify, hashed or _nobodys_hash(), _bytes(password)) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(hashed: str) -> bool:
    """Whether `hashed` was made with other parameters than today's; hash the password again at the next sign-in."""
    return _passwords.check_needs_rehash(hashed)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _passwords.hash(secrets.token_bytes(16))


def _bytes(text: str | bytes) -> bytes:
    # Input may carry lone surrogates (JSON allows them); they must compare as unequal, not raise.
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def _secret_keys() -> tuple[str, ...]:
    return (settings().secret_key, *settings().previous_secret_keys)


@lru_cache(maxsize=64)
def _derived(secret_key: str, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=None, info=f"parley:{purpose}".encode()).derive(secret_key.encode())


@lru_cache(maxsize=8)
def _fernet(*secret_keys: str) -> MultiFernet:
    # The first key encrypts, each of them decrypts.
    return MultiFernet([Fernet(urlsafe_b64encode(_derived(key, "encrypt"))) for key in secret_keys])


@lru_cache(maxsize=64)
def _signer(*secret_keys: str, salt: str) -> URLSafeSerializer:
    # itsdangerous signs with the last key of the list.
    return URLSafeSerializer(
        [_derived(key, "sign") for key in reversed(secret_keys)],
        salt=salt,
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
