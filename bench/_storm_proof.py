"""What must be true after a storm, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.ledger.transaction import transaction
from app.queries.ledger import ledger
from bench._letters import Letter
from bench._storm import Storm

# On the way, waiting again, or not known: these may follow each other. What was taken never goes back.
RANK = {"queued": 0, "sending": 0, "unsure": 0, "failed": 0, "sent": 1, "delivered": 2, "read": 3}

SAID = text("""
    select btrim(content, E' \\r\\n') as words, count(*) as times from messages
    where account_id = :account and message_type = 'incoming' and content like 'Letter %' group by 1
""")
ANSWERS = text("""
    select m.id, m.client_id, m.status, m.source_id, m.external_error, i.channel, m.content from messages m
    join inboxes i on i.account_id = m.account_id and i.id = m.inbox_id
    where m.account_id = :account and m.message_type = 'outgoing' and m.content like 'Answer to %'
""")
STEPS = text("""
    select subject_id, data->>'status' as status from events
    where account_id = :account and name = 'message.updated' and data ? 'status' order by id
""")
PARKED = text("select job, last_error from work where account_id = :account and state = 'parked'")


@dataclass(frozen=True)
class Proof:
    """Counts; `problems` has a line for each thing that should not be."""

    letters: int
    messages: int
    lost: int
    doubled: int
    answers: int
    sent: int
    unsure: int
    failed: int
    taken: int
    repeats_under_one_key: int
    steps_back: int
    unaccounted: int
    problems: list[str]

    def as_figures(self) -> dict[str, Any]:
        return asdict(self)


def prove(app: Flask, storm: Storm, letters: Sequence[Letter]) -> Proof:
    said = {row.words: int(row.times) for row in storm.rows(SAID)}
    wanted = {each.words for each in letters}
    lost, doubled = wanted - said.keys(), [words for words, times in said.items() if times > 1]
    answers = storm.rows(ANSWERS)
    problems = [*storm.tally.refused[:5], *storm.tally.gave_up[:5], *storm.talk.refused[:5], *storm.talk.gave_up[:5]]
    problems += [f"lost: {words}" for words in sorted(lost)[:5]]
    problems += [f"doubled: {words}" for words in doubled[:5]]
    problems += [f"nobody wrote: {words}" for words in sorted(said.keys() - wanted)[:5]]
    problems += [f"parked: {row.job} {row.last_error}" for row in storm.rows(PARKED)[:5]]
    problems += (
        [f"not settled: {row.content} is {row.status}" for row in answers if RANK[row.status] == 0][:5]
        if (not storm.is_settled())
        else []
    )
    problems += _mailed(storm, answers) + _posted(storm, answers) + _messaged(storm, answers)
    twice = [words for words, times in Counter(row.content for row in answers).items() if times > 1]
    problems += [f"answered twice: {words}" for words in twice[:5]]
    back = _steps_back(storm)
    problems += [f"status went back: {words}" for words in back[:5]]
    with app.app_context(), transaction(storm.account_id):
        unaccounted = ledger(storm.account_id).unaccounted
    if unaccounted:
        problems.append(f"{unaccounted} unaccounted for")
    statuses = Counter(row.status for row in answers)
    if statuses["failed"]:
        problems.append(f"{statuses['failed']} answers failed for good")
        problems += sorted({f"  {row.channel}: {row.external_error}" for row in answers if row.status == "failed"})
    return Proof(
        letters=len(wanted),
        messages=sum(said.values()),
        lost=len(lost),
        doubled=len(doubled),
        answers=len(answers),
        sent=statuses["sent"] + statuses["delivered"] + statuses["read"],
        unsure=statuses["unsure"],
        failed=statuses["failed"],
        taken=len(storm.post.taken) + len(storm.program.taken) + len(storm.far_ends.taken),
        repeats_under_one_key=sum(storm.program.taken.values()) - len(storm.program.taken),
        steps_back=len(back),
        unaccounted=unaccounted,
        problems=problems,
    )


def _mailed(storm: Storm, answers: Sequence[Any]) -> list[str]:
    """A mail server cannot tell a repeat: each mail was taken once, or nobody knows of it."""
    mine = [row for row in answers if row.channel == "email"]
    known = {row.source_id for row in mine if RANK[row.status]}
    unsure = sum(row.status == "unsure" for row in mine)
    twice = [key for key, times in storm.post.taken.items() if times > 1]
    unknown = storm.post.taken.keys() - known
    problems = [f"mailed twice: {key}" for key in twice[:5]]
    problems += [f"told as sent, and never mailed: {key}" for key in sorted(known - storm.post.taken.keys())[:5]]
    if len(unknown) > unsure:
        problems.append(f"{len(unknown)} mails were taken that are not told as sent; {unsure} are unsure")
    return problems


def _posted(storm: Storm, answers: Sequence[Any]) -> list[str]:
    """A program knows a repeat by its key: each message was taken, and under one key."""
    mine = [row for row in answers if row.channel == "api"]
    known = {f"{row.client_id}-0" for row in mine if RANK[row.status]}
    problems = [f"told as sent, and never posted: {key}" for key in sorted(known - storm.program.taken.keys())[:5]]
    others = storm.program.taken.keys() - known
    unsure = sum(row.status == "unsure" for row in mine)
    if len(others) > unsure:
        problems.append(f"{len(others)} posts were taken that are not told as sent; {unsure} are unsure")
    return problems


def _messaged(storm: Storm, answers: Sequence[Any]) -> list[str]:
    """Each answer was taken by its provider once; where nobody knows, once at the most."""
    problems = []
    for row in answers:
        times = storm.far_ends.taken[row.content.strip()]
        if row.channel in storm.messengers and times > 1:
            problems.append(f"sent {times} times by {row.channel}: {row.content} ({row.status})")
        elif row.channel in storm.messengers and not times and RANK[row.status]:
            problems.append(f"told as {row.status}, and never taken by {row.channel}: {row.content}")
    return problems[:10]


def _steps_back(storm: Storm) -> list[str]:
    reached: dict[int, str] = {}
    back = []
    for row in storm.rows(STEPS):
        before = reached.get(row.subject_id, "queued")
        if RANK[row.status] < RANK[before]:
            back.append(f"message {row.subject_id}: {before}, then {row.status}")
        reached[row.subject_id] = row.status
    return back
