"""Notices that two contacts may be one person, at the moment one of them changes, and suggests it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.lib import clock
from app.lib.database import db
from app.models.actor import SYSTEM
from app.models.contact import Contact
from app.models.event import Event, record
from app.models.likeness import ContactKey, Suggestion
from app.models.provable import REACHES, Proof

COMPARED = 20
LONGEST_KEY = 200
PHONE_DIGITS = 8
LIKE_ENOUGH = 0.8

# Addresses of an office rather than of a person, and of everyone rather than of a company.
SHARED = frozenset(
    {"admin", "billing", "contact", "hello", "help", "info", "mail", "me", "no-reply", "noreply", "office", "orders"}
    | {"sales", "service", "shop", "support", "team"}
)
FREE_MAIL = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "icloud.com"}
    | {"me.com", "mac.com", "aol.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "proton.me", "protonmail.com"}
    | {"mail.ru", "yandex.ru", "qq.com", "163.com", "orange.fr", "free.fr"}
)


@dataclass(frozen=True)
class Likeness:
    """Why two may be the same: `reason` is a word of `contacts/_lookalike.html`, `value` what they have in common."""

    other: Contact
    reason: str
    value: str
    proof: Proof = Proof.TYPED


def look_for_likeness(account_id: int, event_id: int) -> None:
    """The contact of that event was made or changed: whoever has a key in common is compared."""
    event = db.session.get(Event, (account_id, event_id))
    if event is None:
        return
    # Held, so that they are not merged meanwhile: what is noted of them must find them there.
    still_there = {"read": True, "key_share": True, "of": Contact}
    contact = db.session.get(Contact, (account_id, event.subject_id), with_for_update=still_there)
    if contact is not None and contact.deleted_at is None:
        liken(contact)


def liken(contact: Contact) -> list[Likeness]:
    """Suggest whom the contact may be, and take back what fits no more. Pairs that were told apart stay so."""
    keys = set(keys_of(contact))
    _note(contact, keys)
    found: dict[int, Likeness] = {}
    for likeness in [*_of_claims(contact), *_of_keys(contact, keys)]:
        found.setdefault(likeness.other.id, likeness)
    changed = _forget(contact, set(found)) + [each.other.id for each in found.values() if _suggest(contact, each)]
    if changed:
        record("contact.likened", contact, by=SYSTEM)
        for other in db.session.scalars(
            select(Contact).where(Contact.account_id == contact.account_id, Contact.id.in_(changed))
        ):
            record("contact.likened", other, by=SYSTEM)
    return list(found.values())


def keys_of(contact: Contact) -> Iterator[tuple[str, str]]:
    """What those who look like them have in common with them; short lists, each looked up in an index."""
    words = words_of(contact)
    local, _, domain = (contact.email or "").partition("@")
    local = local.partition("+")[0]
    if words and len(local) >= 3 and local not in SHARED:
        yield "local", local[:LONGEST_KEY]
    if len(digits := re.sub(r"\D", "", contact.phone_number or "")) >= PHONE_DIGITS:
        yield "phone", digits[-PHONE_DIGITS:]
    if len("".join(words)) >= 5:
        name = " ".join(sorted(words))[:LONGEST_KEY]
        for place in _places(contact, domain):
            yield "name", f"{name}@{place}"[: 2 * LONGEST_KEY]
    for field, value in contact.claims.items():
        yield f"claim:{field}", str(value)[:LONGEST_KEY]


def _places(contact: Contact, domain: str) -> Iterator[str]:
    if domain and domain not in FREE_MAIL:
        yield domain
    if company := " ".join(folded(str(contact.additional_attributes.get("company_name") or ""))):
        yield company


def words_of(contact: Contact) -> list[str]:
    """The words of their name, folded; none where they have not said it."""
    return folded(f"{contact.name} {contact.middle_name} {contact.last_name}")


def folded(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text[:300].casefold())
    return re.findall(r"\w+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def is_similar(one: list[str], other: list[str]) -> bool:
    """Whether two names may be written for one: all words of the shorter are in the longer, or but for a slip."""
    if not one or not other:
        return False
    if set(one) <= set(other) or set(other) <= set(one):
        return True
    return SequenceMatcher(None, " ".join(sorted(one)), " ".join(sorted(other))).ratio() >= LIKE_ENOUGH


def _of_claims(contact: Contact) -> Iterator[Likeness]:
    """Whose address they typed, and who typed theirs."""
    for field, value in contact.claims.items():
        holder = Contact.having(contact.account_id, field, value)
        if holder is not None and holder.id != contact.id:
            yield Likeness(holder, f"typed_{field}", value, holder.proof_of(field))
    for field in REACHES:
        if value := getattr(contact, field):
            for other in _with_key(contact, f"claim:{field}", value[:LONGEST_KEY]):
                if other.claims.get(field) == value:
                    yield Likeness(other, f"typed_{field}", value, contact.proof_of(field))


def _of_keys(contact: Contact, keys: set[tuple[str, str]]) -> Iterator[Likeness]:
    words = words_of(contact)
    for kind, key in sorted(keys):
        if kind.startswith("claim:"):
            continue
        for other in _with_key(contact, kind, key):
            if contact.identifier and other.identifier and contact.identifier != other.identifier:
                # Their own systems know the two as two.
                continue
            if kind == "phone" and _same_country(contact, other):
                yield Likeness(other, "phone", other.phone_number or "", other.proof_of("phone_number"))
            elif kind == "local" and is_similar(words, words_of(other)):
                yield Likeness(other, "email", other.email or "", other.proof_of("email"))
            elif kind == "name":
                yield Likeness(other, "name", key.rpartition("@")[2])


def _same_country(contact: Contact, other: Contact) -> bool:
    return (contact.phone_number or "")[:3] == (other.phone_number or "")[:3]


def _with_key(contact: Contact, kind: str, key: str) -> list[Contact]:
    ids = (
        select(ContactKey.contact_id)
        .where(
            ContactKey.account_id == contact.account_id,
            ContactKey.kind == kind,
            ContactKey.key == key,
            ContactKey.contact_id != contact.id,
        )
        .order_by(ContactKey.contact_id.desc())
        .limit(COMPARED)
    )
    wanted = list(db.session.scalars(ids))
    found = select(Contact).where(
        Contact.account_id == contact.account_id, Contact.id.in_(wanted), Contact.deleted_at.is_(None)
    )
    return list(db.session.scalars(found.order_by(Contact.id.desc()))) if wanted else []


def _note(contact: Contact, keys: set[tuple[str, str]]) -> None:
    """Keep by which keys the contact is found."""
    own = [ContactKey.account_id == contact.account_id, ContactKey.contact_id == contact.id]
    known = {(kind, key) for kind, key in db.session.execute(select(ContactKey.kind, ContactKey.key).where(*own))}
    for kind, key in known - keys:
        db.session.execute(delete(ContactKey).where(*own, ContactKey.kind == kind, ContactKey.key == key))
    if fresh := keys - known:
        rows = [
            {"account_id": contact.account_id, "kind": kind, "key": key, "contact_id": contact.id}
            for kind, key in sorted(fresh)
        ]
        db.session.execute(insert(ContactKey).values(rows).on_conflict_do_nothing())


def _suggest(contact: Contact, likeness: Likeness) -> bool:
    """Whether it is news."""
    low, high = sorted((contact.id, likeness.other.id))
    told = insert(Suggestion).values(
        account_id=contact.account_id,
        contact_id=low,
        other_id=high,
        reason=likeness.reason,
        value=likeness.value,
        proof=likeness.proof.value,
        created_at=clock.now(),
    )
    news = told.on_conflict_do_nothing(index_elements=["account_id", "contact_id", "other_id"]).returning(Suggestion.id)
    return db.session.scalar(news) is not None


def _forget(contact: Contact, still: set[int]) -> list[int]:
    """Suggestions that nobody has answered and that nothing speaks for any more; returns whom they were of."""
    own = [Suggestion.account_id == contact.account_id, Suggestion.dismissed_at.is_(None)]
    gone: list[int] = []
    for mine, theirs in (
        (Suggestion.contact_id, Suggestion.other_id),
        (Suggestion.other_id, Suggestion.contact_id),
    ):
        stale = delete(Suggestion).where(*own, mine == contact.id, theirs.not_in(still)).returning(theirs)
        gone += db.session.scalars(stale.execution_options(synchronize_session=False))
    return gone
