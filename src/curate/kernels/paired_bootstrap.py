"""Is one model better than another on the same examples: the difference, how sure, a verdict.

Examples of one conversation are alike, so conversations (clusters) are drawn, not examples
(`curate.kernels.clustered_mean`, which corrects for wrong labels, too). Where few examples differ,
two more clusters keep the interval honest, one that each model wins: no interval is [0, 0].
Source: Bonett & Price 2012, Journal of Educational and Behavioral Statistics 37:479.

What comes out depends on the seed, not on the order of rows or the numbers of clusters. An
interval says how other examples of the same kind would come out; of another kind, it says nothing.
Arrays in, numbers out: no store, no screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from curate.kernels.clustered_mean import (
    ClusterSums,
    LabelAudit,
    cluster_sums,
    mean_interval,
    usual_sum,
)

Verdict = Literal["beats", "as_good_and_cheaper", "no", "cannot_tell"]

_ROUNDING = 1e-9
_ONE_OR_TWO = math.sqrt((1**2 + 2**2) / 2)


@dataclass(frozen=True)
class Bar:
    """What a candidate has to show.

    Attributes:
        margin: difference from which on it is worth a change, as a fraction (0.02 = 2 points).
        cheaper: it costs less than the baseline, so as good is enough.
    """

    margin: float = 0.02
    cheaper: bool = False


@dataclass(frozen=True)
class Comparison:
    """A candidate against a baseline; differences are fractions (0.02 = 2 points).

    Attributes:
        difference: mean score of the candidate less that of the baseline.
        low: lower end of the 95% interval; `high` its upper end.
        examples: compared ones.
        clusters: conversations they come from.
        verdict: 'beats': better, and by the margin as estimated. 'as_good_and_cheaper': not worse
            by the margin. 'no': not better by the margin. 'cannot_tell': too few examples.
        n_needed: held-out examples that would decide if the difference stayed as it is, with as
            large conversations and a like share of them audited; None where it is decided, or no
            number would.
        corrected: an audit of labels was enough to correct for wrong ones.
    """

    difference: float
    low: float
    high: float
    examples: int
    clusters: int
    verdict: Verdict
    n_needed: int | None
    corrected: bool


@dataclass(frozen=True)
class MeanScore:
    """A model's mean score with its 95% interval, 0 to 1; `corrected` as for a comparison."""

    mean: float
    low: float
    high: float
    examples: int
    clusters: int
    corrected: bool


def compare(
    candidate: NDArray[np.float64],
    baseline: NDArray[np.float64],
    clusters: NDArray[np.int64],
    *,
    bar: Bar = Bar(),
    audit: LabelAudit | None = None,
    seed: int = 0,
) -> Comparison:
    """Returns whether the candidate is better than the baseline on the same examples.

    Args:
        candidate: its score on each example, float64 (n,), 0 to 1.
        baseline: its scores, likewise.
        clusters: conversation of each example, int64 (n,).
        bar: what the candidate has to show.
        audit: what people said about the labels that the scores are against.
        seed: of the draws.

    Raises:
        ValueError: arrays of different lengths, scores that are not within 0 and 1, or audited
            examples without true scores.
    """
    _check(clusters, candidate, baseline)
    truth = None if audit is None else audit.true_candidate - audit.true_baseline
    sample = cluster_sums(candidate - baseline, clusters, truth, audit)
    sample = replace(sample, swing=_ONE_OR_TWO)
    difference, low, high = mean_interval(sample, _one_won_each(sample), seed, (-1.0, 1.0))
    verdict, n_needed = _verdict(difference, low, high, len(candidate), bar)
    return Comparison(
        difference, low, high, len(candidate), sample.clusters, verdict, n_needed, sample.corrected
    )


def interval(
    scores: NDArray[np.float64],
    clusters: NDArray[np.int64],
    *,
    audit: LabelAudit | None = None,
    seed: int = 0,
) -> MeanScore:
    """Returns the mean score of one model; of the audit, `true_candidate` is its true score.

    Args:
        scores: of the examples, float64 (n,), 0 to 1.
        clusters: conversation of each example, int64 (n,).
        audit: what people said about the labels that the scores are against.
        seed: of the draws.

    Raises:
        ValueError: arrays of different lengths, or scores that are not within 0 and 1.
    """
    _check(clusters, scores)
    truth = None if audit is None else audit.true_candidate
    sample = cluster_sums(scores, clusters, truth, audit)
    mean, low, high = mean_interval(sample, _two_right_two_wrong(sample, scores), seed, (0.0, 1.0))
    return MeanScore(mean, low, high, len(scores), sample.clusters, sample.corrected)


def _check(clusters: NDArray[np.int64], *scores: NDArray[np.float64]) -> None:
    for values in scores:
        if values.shape != clusters.shape:
            raise ValueError(f"{len(values)} scores for {len(clusters)} examples")
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError("scores must be within 0 and 1")


def _one_won_each(sample: ClusterSums) -> list[tuple[float, float]]:
    """Returns two clusters (examples, sum): the candidate wins one, the baseline the other.

    As much is won as in other clusters where something is, so that scores which hardly differ keep
    a narrow interval; without any, all of it.
    """
    won = usual_sum(sample.labelled, sample.size)
    return [(sample.size, won), (sample.size, -won)]


def _two_right_two_wrong(
    sample: ClusterSums, scores: NDArray[np.float64]
) -> list[tuple[float, float]]:
    """Returns four clusters (examples, sum), smaller where scores vary less than right and wrong.

    Source: Agresti & Coull 1998, The American Statistician 52:119 (two of each).
    """
    if not len(scores):
        return []
    mean = float(np.sort(scores).mean())
    spread = float(np.sort((scores - mean) ** 2).sum())
    size = sample.size * (spread + 1) / (len(scores) * mean * (1 - mean) + 1)
    return [(size, 0.0), (size, 0.0), (size, size), (size, size)]


def _verdict(
    difference: float, low: float, high: float, examples: int, bar: Bar
) -> tuple[Verdict, int | None]:
    """Returns the verdict and, where it cannot be told, the examples that would decide."""
    enough = difference >= bar.margin - _ROUNDING
    if low > _ROUNDING and enough:
        return "beats", None
    if bar.cheaper and low > -bar.margin + _ROUNDING:
        return "as_good_and_cheaper", None
    if high < bar.margin - _ROUNDING:
        return "no", None
    if not examples:
        return "cannot_tell", None
    below, above = difference - low, high - difference
    ways = [(above, bar.margin - difference)]
    if enough:
        ways.append((below, difference))
    if bar.cheaper:
        ways.append((below, difference + bar.margin))
    # The width falls with the root of the number; it has to be narrower than what is between.
    needed = [examples * (width / gap) ** 2 for width, gap in ways if gap > _ROUNDING]
    return "cannot_tell", max(math.ceil(min(needed)), examples + 1) if needed else None
