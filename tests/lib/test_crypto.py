"""Secrets stay secret, survive a change of the secret key, and nothing forged or expired is believed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.errors import NotAllowed
from app.lib import crypto

if TYPE_CHECKING:
    from tests.lib.conftest import Bare

quick = hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(text=st.text(st.characters()))
def test_what_is_encrypted_comes_back_as_it_was(bare: Bare, text: str) -> None:
    hidden = crypto.encrypt(text)
    assert crypto.decrypt(hidden) == text
    assert hidden.isascii()


def test_the_same_text_is_never_encrypted_the_same_twice(bare: Bare) -> None:
    assert crypto.encrypt("token") != crypto.encrypt("token")


def test_after_a_change_of_the_secret_key_old_secrets_open_and_new_ones_use_the_new_key(bare: Bare) -> None:
    old, signed = crypto.encrypt("whatsapp"), crypto.sign({"visitor": 7}, "visitor")
    bare(secret_key="n" * 40, previous_secret_keys=["s" * 40])
    assert crypto.decrypt(old) == "whatsapp"
    assert crypto.unsign(signed, "visitor") == {"visitor": 7}
    fresh, fresh_signed = crypto.encrypt("line"), crypto.sign({"visitor": 8}, "visitor")
    bare(secret_key="n" * 40)
    assert crypto.decrypt(fresh) == "line"
    assert crypto.unsign(fresh_signed, "visitor") == {"visitor": 8}
    with pytest.raises(crypto.WrongKey):
        crypto.decrypt(old)
    with pytest.raises(NotAllowed):
        crypto.unsign(signed, "visitor")


@pytest.mark.parametrize("broken", ["", "x", "gAAAA", "\x00", "ключ", "\ud800", "a" * 100_000])
def test_what_was_never_encrypted_does_not_open(bare: Bare, broken: str) -> None:
    with pytest.raises(crypto.WrongKey):
        crypto.decrypt(broken)


def test_a_tampered_secret_does_not_open(bare: Bare) -> None:
    hidden = crypto.encrypt("password")
    with pytest.raises(crypto.WrongKey):
        crypto.decrypt(hidden[:30] + ("A" if hidden[30] != "A" else "B") + hidden[31:])


def test_tokens_carry_256_bits_and_never_repeat() -> None:
    tokens = {crypto.token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(token) == 43 for token in tokens)
    assert len(crypto.token(16)) == 22


def test_digest_is_the_sha256_in_hex() -> None:
    assert crypto.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_hmac_agrees_with_the_published_vector() -> None:
    # RFC 4231, test case 2.
    published = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert crypto.hmac_hex("Jefe", "what do ya want for nothing?") == published
    assert crypto.hmac_hex(b"Jefe", b"what do ya want for nothing?") == published


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [("a", "a", True), ("a", "b", False), ("é", "é", True), ("a", "aa", False), ("\ud800", "?", False)],
)
def test_texts_compare_whatever_they_hold(a: str, b: str, same: bool) -> None:
    assert crypto.equal(a, b) is same
    assert crypto.equal(a.encode("utf-8", "surrogatepass"), b) is same


def test_a_signed_payload_comes_back(bare: Bare) -> None:
    assert crypto.unsign(crypto.sign({"contact": 5}, "visitor", 60), "visitor") == {"contact": 5}
    assert crypto.unsign(crypto.sign({"contact": 5}, "visitor", timedelta(days=180)), "visitor") == {"contact": 5}


def test_what_was_signed_for_one_purpose_is_refused_for_another(bare: Bare) -> None:
    with pytest.raises(NotAllowed):
        crypto.unsign(crypto.sign({"contact": 5}, "visitor", 60), "reset")


def test_an_expired_signature_is_refused(bare: Bare) -> None:
    with pytest.raises(NotAllowed, match="expired"):
        crypto.unsign(crypto.sign({}, "reset", -1), "reset")


def test_an_expiry_at_a_fixed_hour_gives_the_same_text_each_time(bare: Bare) -> None:
    midnight = datetime(2999, 1, 1, tzinfo=UTC)
    assert crypto.sign({"file": 1}, "file", expires_at=midnight) == crypto.sign(
        {"file": 1}, "file", expires_at=midnight
    )


def test_every_changed_character_breaks_a_signature(bare: Bare) -> None:
    signed = crypto.sign({"a": 1}, "visitor", 60)
    # The very last character holds padding bits that base64 does not read.
    for at in range(len(signed) - 1):
        forged = signed[:at] + ("A" if signed[at] != "A" else "B") + signed[at + 1 :]
        with pytest.raises(NotAllowed):
            crypto.unsign(forged, "visitor")


@quick
@given(forged=st.text(st.characters(), max_size=200))
def test_no_text_makes_unsign_fail_in_another_way(bare: Bare, forged: str) -> None:
    with pytest.raises(NotAllowed):
        crypto.unsign(forged, "visitor")


def test_a_password_is_checked_against_its_hash() -> None:
    hashed = crypto.hash_password("correct horse")
    assert hashed.startswith("$argon2id$")
    assert crypto.check_password(hashed, "correct horse")
    assert not crypto.check_password(hashed, "Correct horse")


@pytest.mark.parametrize("password", ["", "\x00", "пароль 🐎", "\ud800", "a" * 1_000_000])
def test_odd_passwords_are_passwords_too(password: str) -> None:
    hashed = crypto.hash_password(password)
    assert crypto.check_password(hashed, password)
    assert not crypto.check_password(hashed, password + "x")


@pytest.mark.parametrize("hashed", [None, "", "nonsense", "$argon2id$v=19$m=1,t=1,p=1$a$b"])
def test_a_missing_or_broken_hash_matches_no_password(hashed: str | None) -> None:
    assert not crypto.check_password(hashed, "anything")


def test_an_unknown_person_takes_as_long_as_a_known_one() -> None:
    hashed = crypto.hash_password("right")
    crypto.check_password(None, "warm up")
    known = min(_seconds(hashed) for _ in range(5))
    unknown = min(_seconds(None) for _ in range(5))
    assert unknown == pytest.approx(known, rel=0.5)


def _seconds(hashed: str | None) -> float:
    """Of the processor: what else the machine does is not counted."""
    begun = time.process_time()
    crypto.check_password(hashed, "wrong")
    return time.process_time() - begun


def test_hashes_of_weaker_times_ask_to_be_made_anew() -> None:
    assert crypto.needs_rehash(PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("x"))
    assert not crypto.needs_rehash(crypto.hash_password("x"))
