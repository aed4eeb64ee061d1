"""How sure it is that an address, a number or an identifier really is a contact's own."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

REACHES = ("identifier", "email", "phone_number")


class Proof(StrEnum):
    """From the weakest to the strongest."""

    TYPED = "typed"
    """A visitor says so; anybody can type anything."""
    ENTERED = "entered"
    """Someone at the desk, an import or a program of the account put it there."""
    MAIL = "mail"
    """Mail comes from that address: answers go there and nowhere else."""
    VERIFIED = "verified"
    """Signed with the inbox's secret (HMAC of the identifier), or vouched for by the provider, as of a phone number."""

    @property
    def rank(self) -> int:
        return list(Proof).index(self)

    @property
    def is_proven(self) -> bool:
        return self in (Proof.MAIL, Proof.VERIFIED)

    def suffices(self, held: Proof) -> bool:
        """Whether a value said with this proof is the same person's who holds it with `held`: what is merely typed
        never claims what somebody has proven to be theirs.
        """
        return self is not Proof.TYPED or not held.is_proven


class Provable:
    """A proof is noted with the value it is of, so that it lapses when the value is changed."""

    if TYPE_CHECKING:
        proofs: Mapped[dict[str, Any]]
        claims: Mapped[dict[str, Any]]

    def proof_of(self, field: str) -> Proof:
        """How sure `identifier`, `email` or `phone_number` is; the weakest where nothing was noted."""
        noted = self.noted_proof_of(field)
        return noted or Proof.TYPED

    def noted_proof_of(self, field: str) -> Proof | None:
        noted = self.proofs.get(field)
        value = getattr(self, field)
        return Proof(noted["proof"]) if noted and value and noted["of"] == value else None

    def prove(self, field: str, proof: Proof) -> None:
        """Note how its present value is known; what is better known already stays so."""
        value, noted = getattr(self, field), self.noted_proof_of(field)
        if value and (noted is None or proof.rank > noted.rank):
            self.proofs = {**self.proofs, field: {"proof": proof.value, "of": value}}

    def may_replace(self, field: str, proof: Proof) -> bool:
        """Whether a value with this proof may take the place of what there is."""
        held = self.proof_of(field)
        return not getattr(self, field) or not held.is_proven or proof.rank >= held.rank
