"""Gold questions: settled examples asked again, blindly, to see how often each annotator is right.

A gold question is a task that knows what is expected: what was settled when it was queued. It
measures annotators and nothing else: its answers are stored with the annotations, and no decision
follows from them, so no label, split, export or error rate ever does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import orjson

from curate.kernels.intervals import wilson
from curate.label import kinds
from curate.store import fetch_arrow, sql
from curate.text import label_sets
from curate.verdicts.verdicts import Today

GOLD_ANSWERS = 10
"""From so many answers on it is told how often an annotator is right; the interval is half of all
that is possible there, and even ten of ten may be 72%."""

STARS_APART = 1
"""A rating this far from the expected one, and no farther, is right."""

Decided = Sequence[tuple[str, str | None]]


@dataclass(frozen=True)
class GoldRecord:
    """How often one annotator was right on gold questions of one kind of work.

    Attributes:
        answered: the newest answer to each question counts.
        skipped: questions that were passed over; they are neither right nor wrong.
        share: of right answers; None below `GOLD_ANSWERS` answers.
        low: lower end of its 95% interval (Wilson), as `high` is the upper one.
    """

    kind: str
    annotator: int
    right: int
    answered: int
    skipped: int
    share: float | None
    low: float | None
    high: float | None


def draw(
    today: Today, kind: str, *, size: int, seed: int, taken: Collection[str]
) -> list[dict[str, Any]]:
    """Returns settled examples to ask again, those that were asked least first, then by lot.

    Args:
        today: today's verdicts.
        kind: of the work.
        size: how many at most.
        seed: of the lot.
        taken: examples that are asked in the same queue.
    """
    if not size:
        return []
    con, work = today.con, kinds.get(kind)
    parameters: dict[str, Any] = {"kind": kind, "seed": seed, "taken": sorted(taken)}
    if work.about == "pair":
        rows = fetch_arrow(con, sql("label/gold/settled_pairs"), parameters).to_pylist()
    else:
        parameters |= {"votes": work.votes, "marks": bool(work.marks)}
        rows = fetch_arrow(con, sql("label/gold/settled"), parameters).to_pylist()
    names = set(work.vocabulary(today.store, con)) if work.vocabulary else None
    return [row for row in rows if _can_be_given(orjson.loads(row["expected"]), names)][:size]


def _can_be_given(expected: Decided, names: Collection[str] | None) -> bool:
    """Returns whether annotators can choose what is expected: a label may be none any more."""
    for kind, value in expected:
        if kind == "relabel" and not {*label_sets.read(value or "")} <= {*(names or ())}:
            return False
    return True


def is_right(expected: Decided, answer: Decided) -> bool:
    """Returns whether an answer is what was expected.

    That is the same label or the same labels, choice, or drop, a rating at most a star away, or
    the same values of the same fields.
    """
    wanted, given = dict(expected), dict(answer)
    if "drop" in wanted or "drop" in given:
        return "drop" in wanted and "drop" in given
    return any(kind in given and _is_same(kind, value, given[kind]) for kind, value in expected)


def _is_same(kind: str, wanted: str | None, given: str | None) -> bool:
    if kind == "rate":
        return abs(float(wanted or 0) - float(given or 0)) <= STARS_APART
    if kind == "relabel":
        return {*label_sets.read(wanted or "")} == {*label_sets.read(given or "")}
    if kind == "correct":
        return bool(_fields(wanted) == _fields(given))
    return wanted == given


def _fields(answer: str | None) -> Any:
    """Returns the values of each field of a JSON object, in order; one may stand alone."""
    found = orjson.loads(answer or b"{}")
    if not isinstance(found, dict):
        return found
    several = {name: v if isinstance(v, list) else [v] for name, v in found.items()}
    return {name: sorted(values, key=str) for name, values in several.items() if values}


def records(con: duckdb.DuckDBPyConnection) -> tuple[GoldRecord, ...]:
    """Returns how often each annotator was right, by kind of work and annotator."""
    found: dict[tuple[str, int], list[bool | None]] = defaultdict(list)
    for kind, annotator, expected, answer in con.execute(sql("label/gold/answers")).fetchall():
        right = None if answer is None else is_right(orjson.loads(expected), orjson.loads(answer))
        found[kind, annotator].append(right)
    order = {name: n for n, name in enumerate(kinds.names())}
    return tuple(
        _record(kind, annotator, found[kind, annotator])
        for kind, annotator in sorted(found, key=lambda one: (order[one[0]], one[1]))
    )


def _record(kind: str, annotator: int, answers: Sequence[bool | None]) -> GoldRecord:
    right, answered = answers.count(True), len(answers) - answers.count(None)
    share = right / answered if answered >= GOLD_ANSWERS else None
    low, high = (None, None) if share is None else wilson(share, answered)
    return GoldRecord(kind, annotator, right, answered, answers.count(None), share, low, high)


def shortcomings(
    wanted: int, drawn: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, str], ...]:
    """Returns what the gold questions of a queue lack, and the command that helps.

    Args:
        wanted: how many were asked for.
        drawn: those that were found.
        others: what else is in the queue; `blind` says whether without a reason.
    """
    lacks = []
    if len(drawn) < wanted:
        lacks.append(
            (f"{len(drawn):,} of {wanted:,} gold questions: no more examples are settled by two "
             "annotators, an adjudicator or by hand", "curate label sync")
        )  # fmt: skip
    if drawn and others and not any(row["blind"] for row in others):
        lacks.append(
            ("gold questions alone show no reason, so annotators can tell them",
             f"curate queue --gold {wanted} --audit 20")
        )  # fmt: skip
    return tuple(lacks)
