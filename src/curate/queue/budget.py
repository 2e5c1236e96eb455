"""How the budget of a queue is shared among its detectors, by what their flags have been worth.

What has to be asked comes first, whatever it brings, but for a third of the budget while there is
more to ask: held-out examples alone would better no training data. The rest goes, task by task, to
the detector whose next flag is expected to bring most: the mean of its Beta posterior, falling from
its first flag to half of that at its last, since the best flags come first. One task in a hundred
is kept for each detector, so that none is given up on what little is known. Nothing is drawn at
random.

Source: greedy choice by posterior mean with forced exploration, as in Sutton and Barto 2018,
Reinforcement learning, chapter 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.label.reviews import Detector
from curate.verdicts import detectors

FIRST, LAST = 3, 12
"""Places of detectors up to which, and from which on, the order is fixed."""


EXPLORE = 0.01
"""Share of the budget that each detector gets however little it brought: the first of 50 tasks."""


REST = 1 / 3
"""Share of the budget that is left to the others while what has to be asked could fill it."""


FALL = 0.5
"""What the last flag of a detector is worth, of what its first one is."""


@dataclass(frozen=True)
class BudgetShare:
    """What one detector gets of a budget.

    Attributes:
        tasks: that it put into the queue.
        available: examples that it could have put there.
        reviewed: answered examples that it had flagged.
        changed: those of them where the answer changed what was there.
        expected: share of its tasks whose answer is expected to change something: the mean of
            Beta(1 + changed, 1 + unchanged), pseudo-reviews included.
    """

    name: str
    tasks: int
    available: int
    reviewed: int
    changed: int
    expected: float


def expected(name: str, reviewed: int, changed: int) -> float:
    """Returns the share of a detector's flags that are expected to bring a change.

    Until people have answered, that is what its header says (`prior`), on top of one changed and
    one unchanged for every detector.

    Source: benchmarks/loop, which detector pays: 54% of likely mislabels were wrong, 48% of what
    copies alone contradict, 14% of low confidence, 2% of outliers; rounded to ten reviews. With
    Beta(1, 1) for all, a first queue finds a seventh fewer wrong labels (benchmarks/quality, the
    first budget).
    """
    file = detectors.detectors().get(name)
    good, many = file.prior if file else (0, 0)
    return (1 + good + changed) / (2 + many + reviewed)


def share(
    candidates: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    right: Sequence[Detector],
    budget: int,
) -> tuple[list[dict[str, Any]], tuple[BudgetShare, ...]]:
    """Returns which candidates are asked, in order, and what each detector gets of them.

    Args:
        candidates: each with `flags` (detector, place, score), the first place first, and
            `example_id`.
        names: of the detectors; of equal ones the first is preferred.
        right: how often they were right.
        budget: how many are asked at most.
    """
    reviews_of = {d.name: (d.reviewed, d.changed) for d in right}
    worth = {name: expected(name, *reviews_of.get(name, (0, 0))) for name in names}
    lists = _lists([_at_home(c, worth, names) for c in candidates])
    first, mixed, last = ([*part] for part in lists)
    chosen = first[: budget - min(len(mixed), round(REST * budget))]
    chosen += _mixed(mixed, worth, budget - len(chosen))
    chosen += last[: budget - len(chosen)]
    asked, there = (
        [row["detectors"][0] for row in rows] for rows in (chosen, [*first, *mixed, *last])
    )
    shares = tuple(
        BudgetShare(
            name, asked.count(name), there.count(name), *reviews_of.get(name, (0, 0)), worth[name]
        )
        for name in names
        if name in there
    )
    return chosen, shares


def _at_home(
    candidate: Mapping[str, Any], worth: Mapping[str, float], names: Sequence[str]
) -> dict[str, Any]:
    """Returns a candidate with the detector that asks for it first.

    That is the one with a fixed place, or else the one that is expected to bring most.
    """
    flags = candidate["flags"]
    mixed = [f for f in flags if FIRST < f["place"] < LAST]
    home = flags[0]
    if home["place"] > FIRST and mixed:
        home = max(mixed, key=lambda f: (worth[f["detector"]], -names.index(f["detector"])))
    ordered = [home, *(f for f in flags if f is not home)]
    return {
        **candidate,
        "flags": ordered,
        "detectors": [f["detector"] for f in ordered],
        "place": home["place"],
        "score": home["score"],
    }


def _lists(
    rows: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns what comes first, what shares the rest of the budget, and what comes last."""
    order = sorted(
        rows, key=lambda r: (r["place"], r["score"], -len(r["detectors"]), r["example_id"])
    )
    return (
        [row for row in order if row["place"] <= FIRST],
        [row for row in order if FIRST < row["place"] < LAST],
        [row for row in order if row["place"] >= LAST],
    )


def _mixed(
    rows: Sequence[dict[str, Any]], worth: Mapping[str, float], budget: int
) -> list[dict[str, Any]]:
    """Returns rows in the order in which their detectors are chosen, each list in its order."""
    waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in worth}
    for row in reversed(rows):
        waiting[row["detectors"][0]].append(row)
    available = {name: len(mine) for name, mine in waiting.items()}
    chosen: list[dict[str, Any]] = []
    for place in range(1, min(budget, len(rows)) + 1):
        names_left = [name for name in worth if waiting[name]]

        def lag(name: str, place: int = place) -> int:
            return round(EXPLORE * place) - (available[name] - len(waiting[name]))

        def next_worth(name: str) -> float:
            return worth[name] * (FALL + (1 - FALL) * len(waiting[name]) / available[name])

        behind = max(names_left, key=lag)
        name = behind if lag(behind) > 0 else max(names_left, key=next_worth)
        chosen.append(waiting[name].pop())
    return chosen
