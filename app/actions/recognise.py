"""Finds who someone is by what is known of them, and takes nobody for another on their word alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import select

from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.provable import REACHES, Proof


def find_person(
    account_id: int,
    *,
    identifier: str = "",
    email: str = "",
    phone: str = "",
    proof: Proof = Proof.TYPED,
) -> Contact | None:
    """The contact whose identifier, else e-mail, else phone number this is, or None.

    Values are as they are stored: e-mail in lower case, phone in E.164 (see `app.lib.address`). `proof` says how sure
    they are: `Proof.MAIL` for the sender of a mail, `Proof.VERIFIED` for a number or id that the provider vouches for
    or an identifier with its HMAC, `Proof.TYPED` for what a visitor writes into a form. What is typed finds nobody who
    has proven that value, nor who was ever verified. Nobody is found who has another identifier, nor by their number
    when their e-mail is another. Note what the person has proven with `contact.prove("email", Proof.MAIL)`.
    """
    said = {"identifier": identifier, "email": email, "phone_number": phone}
    for field, contact in holders(account_id, said):
        if is_same(contact, field, said, proof):
            return contact
    return None


def holders(account_id: int, said: Mapping[str, str]) -> Iterator[tuple[str, Contact]]:
    """Who has one of these values now, by the strongest field first; proofs and conflicts are not looked at."""
    for field in REACHES:
        if said.get(field) and (contact := Contact.having(account_id, field, said[field])):
            yield field, contact


def is_same(contact: Contact, field: str, said: Mapping[str, str], proof: Proof) -> bool:
    """Whether who says all this with `proof` is `contact`, who has the same value in `field`."""
    if said.get("identifier") and contact.identifier not in (None, said["identifier"]):
        return False
    if field == "phone_number" and said.get("email") and contact.email not in (None, said["email"]):
        return False
    if not proof.suffices(contact.proof_of(field)):
        return False
    return proof is not Proof.TYPED or not was_verified(contact)


def was_verified(contact: Contact) -> bool:
    """Whether one of their sessions was proven with the inbox's secret: then they are joined by proof alone."""
    verified = select(ContactInbox.id).where(
        ContactInbox.account_id == contact.account_id,
        ContactInbox.contact_id == contact.id,
        ContactInbox.hmac_verified,
    )
    return db.session.scalar(verified.limit(1)) is not None
