"""Nothing is lost in a storm: letters by all doors while everything is killed; and how fast the doors are in good weather.

Run as `python -m bench.storm [--letters 10000] [--calm]`. Promised: every letter one message, every answer taken once or
shown as unsure, no status back, 0 unaccounted; and of the doors what `bench._doors` says.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

from bench import _ground as at
from bench._doors import measured
from bench._storm import Storm, blow, gathering
from bench._storm_proof import Proof, prove

LETTERS, SECONDS = 10_000, 900.0
KILLS = (1.0, 4.0)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--letters", type=int, default=LETTERS, help="how many letters the storm has")
    asked.add_argument("--calm", action="store_true", help="only measure the doors, in good weather")
    asked.add_argument("--wild", action="store_true", help="only the storm")
    given = asked.parse_args()
    figures: dict[str, Any] = {}
    if not given.calm:
        figures |= storm(given.letters)
    if not given.wild:
        figures |= {"doors": measured()}
    at.close("storm", figures)


def storm(number: int) -> dict[str, Any]:
    with gathering() as place:
        began = time.monotonic()
        letters = blow(place, number, seconds=SECONDS, pause=KILLS)
        took = time.monotonic() - began
        proof = prove(place.ground.app(), place, letters)
    report(place, proof, took)
    return {
        "seconds": round(took, 1),
        "killed": place.killed,
        "tries": place.tally.tries,
        "unheard": place.tally.unheard,
        **asdict(proof),
    }


def report(place: Storm, proof: Proof, took: float) -> None:
    killed = ", ".join(f"{what} {times}" for what, times in sorted(place.killed.items()))
    print(f"{proof.letters:,} letters were posted {place.tally.posted:,} times in {place.tally.tries:,} tries.")
    print(f"Meanwhile, killed or emptied: {killed}. All was settled after {took:.0f} s.")
    print(f"They are {proof.messages:,} messages: {proof.lost} lost, {proof.doubled} doubled.")
    print(
        f"{proof.answers:,} answers: {proof.sent:,} sent, {proof.unsure} unsure, {proof.failed} failed;"
        f" {proof.taken:,} taken by the far ends, {proof.repeats_under_one_key} of them again under their key."
    )
    print(f"Statuses that went back: {proof.steps_back}. Unaccounted: {proof.unaccounted}.")
    for problem in proof.problems:
        print(f"  PROBLEM {problem}")
    print("Nothing was lost." if not proof.problems else "The promise is MISSED.")


if __name__ == "__main__":
    main()
