"""A small storm: letters by all doors while web and workers are killed, Redis is emptied and PostgreSQL falls over."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from bench._storm import answered, blow, gathering
from bench._storm_proof import prove

LETTERS = 300
# As long as a machine may take that runs other tests beside this one; mostly it is a tenth of it.
PATIENCE = 240.0


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """The benches end by SIGTERM as by Ctrl-C; the tests have their own way."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_in_a_storm() -> None:
    with gathering(lease_seconds=3.0) as storm:
        letters = blow(storm, LETTERS, seconds=PATIENCE, pause=(1.0, 3.0))
        proof = prove(storm.ground.app(), storm, letters)
    assert proof.problems == []
    assert proof.messages == LETTERS
    assert (proof.lost, proof.doubled, proof.steps_back, proof.unaccounted) == (0, 0, 0, 0)
    assert proof.sent + proof.unsure == proof.answers == answered(letters)
    assert storm.killed["redis flushed"] == 2
    assert storm.killed["postgres restarted"] == 1
