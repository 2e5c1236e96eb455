"""`curate mislabels --evaluate FILE`: how well the suspicions find what an audit found.

The audited sample is anybody's: ids, and their true labels or whether the label is wrong. It is set
against the labels and the stored suspicions of today. Only suspected labels have a score; the
others come after them, in no order, and every figure is what random order among equals would give
on average. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.errors import ConfigError
from curate.kernels.intervals import Share, share
from curate.mislabels import audited_sample, mislabels
from curate.store import Store, sql
from curate.text.notebook import Shown
from curate.verdicts import verdicts

SIDES = ("train", "test")
TIERS = ("likely", "possible", "rated", "contested", "not suspected")
FIRST = (10, 25, 50, 100)
BUDGETS = (0.1, 0.25, 0.5)
CHANGED = "changed since the audit"
_REPEATS = 1_000
_NAMED = 5


@dataclass(frozen=True)
class Average:
    """Average precision with its 95% bootstrap interval, beside that of random order."""

    value: float
    low: float
    high: float
    random: float


@dataclass(frozen=True)
class Depth:
    """What reading the worst labels of the sample finds.

    Attributes:
        name: how far: a number, as many as are wrong, a share of the sample, or tiers.
        labels: that many.
        precision: share of them that is wrong.
        recall: share of the wrong ones that is among them; None where none is wrong.
        scored: whether all of them have a score; else random order decides about the last ones.
    """

    name: str
    labels: int
    precision: float
    recall: float | None
    scored: bool


@dataclass(frozen=True)
class Tier:
    """The audited labels of a tier: how many were wrong, and how many labels it has in all."""

    name: str
    wrong: Share
    labels: int


@dataclass(frozen=True)
class Scores:
    """How well suspicions of one side find the errors of the sample.

    Attributes:
        audited: labels in the sample that are up for judgement.
        wrong: of them.
        average: None where none, or all, are wrong.
        depths: what reading so far finds.
        tiers: precision of each tier.
        suggestions: how often the suggested label was the true one, of wrong labels that were
            suspected and whose true label the sample tells.
        without_vector: audited labels that could not be judged for want of a vector.
        suspected: share of the sample that is suspected; `suspected_of_all` of the whole side.
        random: whether the sample may be a random one, by these two.
    """

    side: str
    audited: int
    wrong: int
    average: Average | None
    depths: tuple[Depth, ...]
    tiers: tuple[Tier, ...]
    suggestions: Share
    without_vector: int
    suspected: float
    suspected_of_all: float
    random: bool


@dataclass(frozen=True)
class Evaluation(Shown):
    """What an audited sample says of the suspicions.

    Attributes:
        rows: of the file: those matched, unmatched, repeated, without an answer, or refused.
        unmatched_ids: the first of those that name no example, with their lines.
        aside: examples of the sample whose label is not up for judgement, by why.
        stale: labels have changed since they were judged.
        sides: train, then test, as far as the sample has any of them.
    """

    file: str
    rows: int
    matched: int
    unmatched: int
    unmatched_ids: tuple[str, ...]
    repeated: int
    unanswered: int
    refused: int
    aside: dict[str, int]
    stale: bool
    sides: tuple[Scores, ...]


@dataclass(frozen=True)
class AuditedLabel:
    """An audited label as it stands today."""

    example_id: str
    side: str
    wrong: bool
    true: str | None
    tier: str
    score: float
    suggested: str | None
    readable: bool


def evaluate(store: Store, path: Path) -> Evaluation:
    """Returns how well the stored suspicions find the errors of an audited sample.

    Args:
        store: the project's store; nothing in it changes.
        path: CSV, TSV, JSON Lines or another table: `id` (or `example_id`, `source_id`), if ids of
            several sources are the same `source`, and `true_label`, `label`, `is_error` or `wrong`.

    Raises:
        ConfigError: labels were never judged, a column or an answer is not understood, or no row
            names an example.
        SourceError: the file cannot be read.
    """
    sample = audited_sample.read(path)
    with verdicts.today(store) as today:
        con = today.con
        mislabels.judged(today)
        stale = mislabels.stale(today)
        mislabels.list_labels(today)
        labels = {row[0] for row in con.execute(sql("mislabels/evaluate_labels")).fetchall()}
        audited_sample.check_labels(sample, labels)
        matches = _matched(con, sample)
        population = {(side, tier): n for side, tier, n in _population(con)}
    unmatched = [t for t in sample.truths if t.number not in matches]
    if not matches:
        listing = ", ".join(repr(t.id) for t in unmatched[:_NAMED])
        raise ConfigError(
            f"{path.name}: no row names an example of this project ({listing}, ...). The id is the "
            "one of the source, or the example id. Next: curate mislabels --json, which has both"
        )
    judged, aside, repeated = _joined(path, sample, matches)
    return Evaluation(
        file=path.name,
        rows=sample.rows,
        matched=len(matches),
        unmatched=len(unmatched),
        unmatched_ids=tuple(f"{t.id} (line {t.line})" for t in unmatched[:_NAMED]),
        repeated=repeated,
        unanswered=sample.unanswered,
        refused=sample.refused,
        aside=aside,
        stale=stale,
        sides=tuple(
            scores(side, [j for j in judged if j.side == side], population)
            for side in SIDES
            if any(j.side == side for j in judged)
        ),
    )


def _population(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int]]:
    rows = con.execute(sql("mislabels/evaluate_population")).fetchall()
    return [(side, tier or TIERS[-1], count) for side, tier, count in rows]


def _matched(
    con: duckdb.DuckDBPyConnection, sample: audited_sample.Sample
) -> dict[int, dict[str, Any]]:
    """Returns the example of each row that names one."""
    columns = {
        "number": pa.array([t.number for t in sample.truths], pa.int64()),
        "id": pa.array([t.id for t in sample.truths], pa.string()),
        "source": pa.array([t.source for t in sample.truths], pa.string()),
    }
    con.register("sample", pa.table(columns))
    rows = con.sql(sql("mislabels/evaluate_rows")).to_arrow_table().to_pylist()
    con.unregister("sample")
    matches: dict[int, dict[str, Any]] = {}
    for row in rows:
        if row["number"] in matches:
            truth = next(t for t in sample.truths if t.number == row["number"])
            raise ConfigError(
                f"{sample.file} line {truth.line}: {truth.id!r} is the id of several examples. "
                "Next: add a column `source`, or use the example id (curate mislabels --json)"
            )
        matches[row["number"]] = row
    return matches


def _joined(
    path: Path, sample: audited_sample.Sample, matches: dict[int, dict[str, Any]]
) -> tuple[list[AuditedLabel], dict[str, int], int]:
    """Returns the audited labels, each once, how many are aside and why, and rows that repeat."""
    by_example: dict[str, tuple[int, AuditedLabel | None, str | None]] = {}
    repeated = 0
    for truth in sample.truths:
        row = matches.get(truth.number)
        if row is None:
            continue
        wrong = truth.label != row["label"] if truth.wrong is None else truth.wrong
        label = AuditedLabel(
            row["example_id"], row["side"] or "", wrong, truth.label, row["tier"] or TIERS[-1],
            float("inf") if row["score"] is None else row["score"], row["suggested"],
            row["readable"],
        )  # fmt: skip
        has_changed = truth.given is not None and truth.given != row["label"]
        why = row["aside"] or (CHANGED if has_changed else None)
        before = by_example.setdefault(row["example_id"], (truth.line, label, why))
        if before[1] != label:
            raise ConfigError(
                f"{path.name}: lines {before[0]} and {truth.line} disagree about {truth.id!r}. "
                "Next: settle it, and leave one of them"
            )
        repeated += before[0] != truth.line
    aside: dict[str, int] = {}
    for _, _, why in by_example.values():
        if why:
            aside[why] = aside.get(why, 0) + 1
    labels = [label for _, label, why in by_example.values() if label and not why]
    labels.sort(key=lambda label: (label.score, label.example_id))
    return labels, dict(sorted(aside.items())), repeated


def scores(
    side: str, judged: Sequence[AuditedLabel], population: dict[tuple[str, str], int]
) -> Scores:
    """Returns the figures of one side; audited labels come worst first."""
    wrong = np.array([j.wrong for j in judged], bool)
    score = np.array([j.score for j in judged])
    in_tier = {name: [j for j in judged if j.tier == name] for name in TIERS}
    flagged = share(len(judged) - len(in_tier[TIERS[-1]]), len(judged))
    total = sum(n for (of, _), n in population.items() if of == side)
    of_all = 1 - population.get((side, TIERS[-1]), 0) / total
    suggestions = [j for j in judged if j.wrong and j.suggested and j.true is not None]
    return Scores(
        side=side,
        audited=len(judged),
        wrong=int(wrong.sum()),
        average=average(score, wrong) if wrong.any() and not wrong.all() else None,
        depths=_depths(judged),
        tiers=tuple(
            Tier(
                name,
                share(sum(j.wrong for j in labels_of_tier), len(labels_of_tier)),
                population[side, name],
            )
            for name, labels_of_tier in in_tier.items()
            if (side, name) in population
        ),
        suggestions=share(sum(j.suggested == j.true for j in suggestions), len(suggestions)),
        without_vector=sum(not j.readable for j in judged),
        suspected=flagged.share,
        suspected_of_all=of_all,
        random=flagged.low <= of_all <= flagged.high,
    )


def _ties(
    score: NDArray[np.float64], wrong: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns where labels of one score begin, how many they are, and how many are wrong."""
    begins = np.flatnonzero(np.concatenate([[True], score[1:] != score[:-1]]))
    size = np.diff(begins, append=len(score)).astype(np.float64)
    return begins, size, np.add.reduceat(wrong.astype(np.float64), begins)


def average_precision(size: NDArray[np.float64], wrong: NDArray[np.float64]) -> float:
    """Returns the mean average precision over all orders of labels with the same score.

    Args:
        size: labels of each score, the worst score first; float64 whole numbers.
        wrong: how many of them are wrong; not all zero.

    Source: McSherry & Najork 2008, "Computing information retrieval performance measures
    efficiently in the presence of tied scores", section 3.3.
    """
    size, wrong = size[size > 0], wrong[size > 0]
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, size.sum() + 1))])
    after = np.cumsum(size).astype(int)
    before = after - size.astype(int)
    right = np.cumsum(wrong) - wrong
    slope = (wrong - 1) / np.maximum(size - 1, 1) * (size > 1)
    rest = (right + 1 - slope * (before + 1)) * (harmonic[after] - harmonic[before])
    total = wrong / size * (size * slope + rest)
    return float(total.sum() / wrong.sum())


def average(score: NDArray[np.float64], wrong: NDArray[np.bool_]) -> Average:
    """Returns average precision, its interval over resampled labels, and that of random order.

    Source: Efron & Tibshirani 1993, chapter 13 (percentile interval).
    """
    begins, size, bad = _ties(score, wrong)
    count, dice = len(score), np.random.default_rng(0)
    precisions = []
    for _ in range(_REPEATS):
        times = np.bincount(dice.integers(0, count, count), minlength=count).astype(np.float64)
        again = np.add.reduceat(times * wrong, begins)
        if again.any():
            precisions.append(average_precision(np.add.reduceat(times, begins), again))
    low, high = np.percentile(precisions, [2.5, 97.5])
    total, everyone = np.array([float(count)]), np.array([float(wrong.sum())])
    value = average_precision(size, bad)
    return Average(value, float(low), float(high), average_precision(total, everyone))


def _depths(judged: Sequence[AuditedLabel]) -> tuple[Depth, ...]:
    """Returns what reading finds: numbers, as many as are wrong, shares, and tiers."""
    import math

    count, errors = len(judged), sum(j.wrong for j in judged)
    score = np.array([j.score for j in judged])
    begins, size, bad = _ties(score, np.array([j.wrong for j in judged], bool))
    wanted_depths = [(f"the worst {k}", k) for k in FIRST if k < count]
    wanted_depths += [("as many as are wrong", errors)] if errors else []
    wanted_depths += [(f"{b:.0%} of the sample", math.ceil(b * count)) for b in BUDGETS]
    depths = []
    for name, k in wanted_depths:
        tie = int(np.searchsorted(begins, k, side="left")) - 1
        hits = float(bad[:tie].sum() + (k - begins[tie]) / size[tie] * bad[tie])
        scored = bool(np.isfinite(score[k - 1]))
        depths.append(Depth(name, k, hits / k, hits / errors if errors else None, scored))
    for names in (TIERS[:1], TIERS[:2]):
        part = [j.wrong for j in judged if j.tier in names]
        recall = sum(part) / errors if errors else None
        if part:
            depths.append(Depth(" + ".join(names), len(part), sum(part) / len(part), recall, True))
    return tuple(depths)
