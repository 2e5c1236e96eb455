"""Two names for one class, and what the next doubling of the data brings: said against seen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from sets import Clean, confusable, published, uniform

from curate.curve import VALIDATION, forecast
from curate.kernels import label_model
from curate.kernels.probe import learned
from curate.mislabels.classes import ClassPair, pairs
from curate.options import CurveSettings
from report import Bench, Section, table

TITLE = "Classes, and more data"

SETS = ("banking77", "clinc150")
NOISES = {"none": lambda clean, seed: clean.true, "confusable": confusable, "uniform": uniform}
SPLIT, TWIN = 8, " again"
SIZES = (500, 1_000, 2_000, 4_000)
SEEDS = (10, 11)
JUDGED = 2_500

FOUND, COVERED = 0.7, 0.9


def measure(bench: Bench) -> Section:
    sets = [published(bench, name) for name in SETS]
    twins, named = _twins(sets)
    lines, inside, off = _forecasts(sets)
    found = sum(line[1] for line in twins)
    missed = []
    if found < FOUND * sum(line[2] for line in twins):
        missed.append(f"of classes under two names, {found} were found, not {FOUND:.0%}")
    if inside < COVERED:
        missed.append(f"{inside:.0%} of forecasts hold, not {COVERED:.0%}")
    text = (
        f"{SPLIT} classes of each set are split at random into two names. Found: the two are said "
        "to be one class (`curate mislabels --classes`).\n\n"
        + table(["set, labels wrong", "found", "of", "other pairs named"], twins)
        + f"\nThe other pairs: {', '.join(named) or 'none'}.\n\n"
        "What the next doubling brings, in points of accuracy: said by `curate curve` from so many "
        "examples, and seen with twice as many on others. Noise is one label in ten. A mean of "
        f"{len(SEEDS)} draws; none of them chose a number of curate.\n\n"
        + table(["set, noise, examples", "said", "from", "to", "seen"], lines)
        + f"\n{inside:.0%} of forecasts hold; they are off by {off:.1f} points in the mean.\n"
    )
    return Section(TITLE, text, tuple(missed))


# -- two names for one class -----------------------------------------------------------------------


def _twins(sets: list[Clean]) -> tuple[list[list[Any]], list[str]]:
    lines, named = [], []
    for clean in sets:
        for noise, wrong in NOISES.items():
            print(clean.name, noise, "two names", file=sys.stderr)
            rng = np.random.default_rng(SEEDS[0])
            split = rng.choice(len(clean.names), SPLIT, replace=False)
            given = wrong(clean, SEEDS[0])
            again = np.isin(given, split) & (rng.random(len(given)) < 0.5)
            label = clean.names[given].astype(object)
            label[again] += TWIN
            said = [p for p in _pairs(clean, label) if p.overlap]
            right = [p for p in said if p.b == p.a + TWIN]
            others = [p for p in said if p.b != p.a + TWIN]
            lines.append([f"{clean.name}, {noise}", len(right), SPLIT, len(others)])
            named += [f"{p.a} and {p.b}" for p in others]
    return lines, sorted({name.replace(TWIN, "") for name in named})


def _pairs(clean: Clean, label: Any) -> tuple[ClassPair, ...]:
    """Returns pairs of classes as the stage counts them."""
    count, nobody = len(label), np.zeros(0, np.int64)
    task = label_model.Labelled(
        ids=np.array([f"{n:06}" for n in range(count)], object),
        label=label,
        train=np.ones(count, bool),
        by_hand=np.zeros(count, bool),
        at=np.arange(count),
        vectors=clean.vectors,
        pairs=(nobody, nobody, nobody.astype(float)),
    )
    model = label_model.Model(task)
    found = label_model.assess(task, model)
    given, suggested = model.given[found.examples], found.judgement.suggested
    suspected = found.judgement.margin > 0
    directed = [
        {"given": str(model.names[g]), "suggested": str(model.names[s]), "labels": int(many),
         "likely": 0, "chance": 0.0}
        for (g, s), many in zip(
            *np.unique(
                np.column_stack([given, suggested])[suspected], axis=0, return_counts=True
            ),
            strict=True,
        )
    ]  # fmt: skip
    sizes = np.bincount(given, minlength=len(model.names)).tolist()
    return pairs(directed, dict(zip(model.names.tolist(), sizes, strict=True)))


# -- the next doubling -----------------------------------------------------------------------------


def _forecasts(sets: list[Clean]) -> tuple[list[list[Any]], float, float]:
    lines, holds, off = [], [], []
    for where, runs in _runs(sets):
        gain, low, high, seen = np.array(runs).T * 100
        holds += ((low <= seen) & (seen <= high)).tolist()
        off += np.abs(gain - seen).tolist()
        lines.append([where, *(f"{part.mean():+.1f}" for part in (gain, low, high, seen))])
    return lines, float(np.mean(holds)), float(np.mean(off))


def _runs(sets: list[Clean]) -> Iterator[tuple[str, list[tuple[float, float, float, float]]]]:
    for clean in sets:
        for noise in ("none", "confusable"):
            given = NOISES[noise](clean, SEEDS[0]).astype(np.int64)
            for size in SIZES:
                print(clean.name, noise, size, file=sys.stderr)
                runs = [_run(clean, given, size, seed) for seed in SEEDS]
                yield f"{clean.name}, {noise}, {int(size * (1 - VALIDATION)):,}", runs


def _run(clean: Clean, given: Any, size: int, seed: int) -> tuple[float, float, float, float]:
    """Returns the forecast, its range, and what is seen."""

    def reached(learn: Any, judge: Any) -> float:
        labels = len(clean.names)
        said = learned(clean.vectors[learn], given[learn], clean.vectors[judge], labels)
        return float((said == given[judge]).mean())

    rng = np.random.default_rng(seed)
    mine, others = np.split(rng.permutation(len(given)), [size])
    cut = int(VALIDATION * size)
    before, now = [], []
    for _ in range(CurveSettings.repeats):
        judge, rest = np.split(rng.permutation(mine), [cut])
        before.append(reached(rest[: len(rest) // 2], judge))
        now.append(reached(rest, judge))
    judge, pool = others[:JUDGED], np.concatenate([mine, others[JUDGED:]])
    seen = []
    for _ in range(2):
        drawn = rng.permutation(pool)[: 2 * (size - cut)]
        seen.append(reached(drawn, judge) - reached(drawn[: size - cut], judge))
    return (*forecast(np.array(before), np.array(now)), float(np.mean(seen)))
