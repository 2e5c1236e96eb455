"""A mean over clusters with its 95% interval, where an audit corrects it for wrong labels.

Clusters are drawn with all that they hold (bootstrap). Percentiles are those of Student's t where
clusters are few, and they move by the skewness of the mean where an audit corrects it: wrong labels
are few and mostly favour the same model. Without an audit that does not help, and harms where few
clusters are long.

Source: Hesterberg 2015, The American Statistician 69:371, section 5.3 (expanded percentile);
Angelopoulos et al. 2023, Science 382:669 (prediction-powered inference); Angelopoulos, Duchi &
Zrnic 2023, arXiv:2311.01453 (its power tuning); Efron 1987, Journal of the American Statistical
Association 82:171 (acceleration).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.kernels.intervals import CONFIDENCE

RESAMPLES = 3_000
LEAST_AUDITED = 20
"""Audited examples below which labels are taken as they are: they would say next to nothing."""

_CHUNK = 500_000  # draws at a time, which fit into the cache of a processor
_SIZE, _EXACT, _REST, _NOISY, _AUDITED, _TRUE, _SEEN, _COMMON, _SPREAD = range(9)


@dataclass(frozen=True)
class LabelAudit:
    """What people said about the labels of the examples; arrays (n,) in the order of the scores.

    Scores of the other arrays are to be against the labels that stood before people judged them:
    what people corrected because something spoke for it is not random, and what they left is not
    as wrong as what they drew (`curate.kernels.audit_weights`).

    Attributes:
        weights: float64; how much the example says of those that are not `known`: 1 where its
            label was drawn at random and judged, 0 where it says nothing.
        true_candidate: float64, the candidate's score against the true label, 0 to 1, where the
            weight is not 0; whatever elsewhere. `true_baseline` likewise.
        known: bool; its label is certain, and it could not be drawn: its score is exact.
    """

    weights: NDArray[np.float64]
    true_candidate: NDArray[np.float64]
    true_baseline: NDArray[np.float64]
    known: NDArray[np.bool_] | None = None

    def of(self, chosen: NDArray[np.bool_]) -> LabelAudit:
        """Returns what was said of some of the examples, bool (n,)."""
        known = None if self.known is None else self.known[chosen]
        true = self.true_candidate[chosen], self.true_baseline[chosen]
        return LabelAudit(self.weights[chosen], *true, known)


@dataclass(frozen=True)
class ClusterSums:
    """Sums of clusters.

    Attributes:
        table: float64 (clusters, 7 or 9). Its columns: examples; sum over those whose value is
            taken as exact; examples of the rest; sum over these as labelled; weights of the audited
            ones; sums over these by the true labels and as labelled. In the order of the values.
        corrected: the rest is corrected by its audit.
        prior: what keeps the tuning near 1 where an audit says little of it.
        swing: by how much a wrong label is taken to move a value before an audit says more: a
            score by 1; a difference by 1 or 2, as their root mean square. With 1, verdicts on a
            candidate that wrong labels favour are false too often (benchmarks/evaluate).
    """

    table: NDArray[np.float64]
    corrected: bool
    prior: float = 0.0
    swing: float = 1.0

    @property
    def clusters(self) -> int:
        """Returns how many clusters there are."""
        return len(self.table)

    @property
    def size(self) -> float:
        """Returns the mean number of examples of a cluster."""
        return float(self.table[:, _SIZE].mean()) if self.clusters else 0.0

    @property
    def labelled(self) -> NDArray[np.float64]:
        """Returns the sums of the clusters by the labels as they are, (clusters,)."""
        table: NDArray[np.float64] = self.table
        return table[:, _EXACT] + (table[:, _NOISY] if self.tuned else 0)

    @property
    def tuned(self) -> bool:
        """Returns whether labels have a weight that an audit decides."""
        return self.table.shape[1] > 2


def cluster_sums(
    values: NDArray[np.float64],
    clusters: NDArray[np.int64],
    truth: NDArray[np.float64] | None,
    audit: LabelAudit | None,
) -> ClusterSums:
    """Returns the sums over clusters of values, which an audit corrects where it is enough.

    Args:
        values: of the examples by the labels as they are, float64 (n,).
        clusters: of each example, int64 (n,).
        truth: values by the true labels where `audit.weights`, float64 (n,); None: no audit.
        audit: which labels people judged.

    Raises:
        ValueError: audited examples without true values.
    """
    if audit is None or truth is None:
        return ClusterSums(_sums(clusters, np.ones_like(values), values), False)
    known = np.zeros(len(values), dtype=bool) if audit.known is None else audit.known
    weights = np.where(known, 0.0, audit.weights)
    if not np.isfinite(truth[weights > 0]).all():
        raise ValueError("audited examples need scores against their true labels")
    if known.all() or weights.sum() < LEAST_AUDITED:
        return ClusterSums(_sums(clusters, np.ones_like(values), values), bool(known.all()))
    columns = (
        np.ones_like(values),
        np.where(known, values, 0.0),
        (~known).astype(np.float64),
        np.where(known, 0.0, values),
        weights,
        np.where(weights > 0, weights * truth, 0.0),
        weights * values,
    )
    table = _sums(clusters, *columns)
    return ClusterSums(_with_tuning(table), True, 1 / table[:, _AUDITED].sum() ** 2)


def _sums(clusters: NDArray[np.int64], *columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the sums of columns over clusters, in an order that only the values decide."""
    order = np.lexsort((*columns, clusters))
    rows: NDArray[np.float64] = np.stack(columns, axis=1)[order]
    of = clusters[order]
    if not len(of):
        return rows
    first = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    sums = np.add.reduceat(rows, first, axis=0)
    in_order: NDArray[np.float64] = sums[np.lexsort(sums.T)]
    return in_order


def _with_tuning(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adds two columns, whose sums' ratio is the weight of labels that makes the variance least.

    The mean over the audited by true labels is T, as labelled U, the mean of the rest as labelled
    S; the estimate T - w (U - S) varies least with w = cov(T, U - S) / var(U - S), which is the
    regression estimator of two-phase sampling.
    """
    rest, noisy, audited, true, seen = table[:, _REST : _SEEN + 1].T
    number, whole = audited.sum(), rest.sum()
    of_true = (true - audited * true.sum() / number) / number
    of_seen = (seen - audited * seen.sum() / number) / number
    of_noisy = (noisy - rest * noisy.sum() / whole) / whole
    gap = of_seen - of_noisy
    return np.column_stack([table, of_true * gap, gap**2])


def _estimate(sums: NDArray[np.float64], prior: float) -> NDArray[np.float64]:
    """Returns the mean of each row of sums, (rows,)."""
    columns = sums.T
    if len(columns) == 2:
        plain: NDArray[np.float64] = columns[_EXACT] / columns[_SIZE]
        return plain
    weight = np.clip((columns[_COMMON] + prior) / (columns[_SPREAD] + prior), 0.0, 1.0)
    wrong = (columns[_TRUE] - weight * columns[_SEEN]) / np.maximum(columns[_AUDITED], 1e-9)
    rest = weight * columns[_NOISY] + columns[_REST] * wrong
    corrected: NDArray[np.float64] = (columns[_EXACT] + rest) / columns[_SIZE]
    return corrected


def usual_sum(sums: NDArray[np.float64], most: float) -> float:
    """Returns the root mean square of the sums that are not 0 and one of the most there can be."""
    return math.sqrt((float(sums @ sums) + most**2) / (np.count_nonzero(sums) + 1))


def _with_more(sample: ClusterSums, more: list[tuple[float, float]]) -> NDArray[np.float64]:
    """Returns the table with further clusters; where it is corrected, two are audited and wrong."""
    table = sample.table
    rows = np.zeros((len(more), table.shape[1]))
    rows[:, [_SIZE, _EXACT]] = more
    if not sample.tuned:
        return np.concatenate([table, rows])
    # Those that were drawn; what is known beside them may weigh next to nothing.
    audited = table[table[:, _AUDITED] >= 0.5]
    size = float(audited[:, _AUDITED].mean())
    wrong = np.zeros((2, table.shape[1]))
    wrong[:, _AUDITED] = size
    wrong_by = usual_sum(audited[:, _TRUE] - audited[:, _SEEN], sample.swing * size)
    wrong[:, _TRUE] = wrong_by, -wrong_by
    return np.concatenate([table, rows, wrong])


def mean_interval(
    sample: ClusterSums, more: list[tuple[float, float]], seed: int, ends: tuple[float, float]
) -> tuple[float, float, float]:
    """Returns the mean and both ends of its interval; anything may be where one cluster speaks.

    Args:
        sample: of the values.
        more: clusters (examples, sum) that are drawn, too, without being in the mean.
        seed: of the draws.
        ends: the least and the most that a mean can be.
    """
    least, most = ends
    if not sample.clusters:
        return (0.0, least, most)
    mean = float(_estimate(sample.table.sum(axis=0)[None], sample.prior)[0])
    counted = sample.table[:, _AUDITED if sample.tuned else _SIZE]
    # Source: Kish 1965, Survey Sampling, section 8.2 (draws of unequal weight).
    effective = float(counted.sum() ** 2 / (counted @ counted))
    if effective < 1 + 1e-9:
        return (mean, least, most)
    table = _with_more(sample, more)
    means = _estimate(_resampled(table, seed), sample.prior)
    acceleration = _acceleration(table, sample.prior) if sample.tuned else 0.0
    percentiles = _percentiles(effective, acceleration)
    low, high = (float(end) for end in np.quantile(means, percentiles))
    mean = min(max(mean, least), most)
    return mean, max(min(low, mean), least), min(max(high, mean), most)


def _percentiles(clusters: float, acceleration: float) -> tuple[float, float]:
    """Returns the percentiles of the draws between which a 95% interval lies.

    The bias correction of a mean equals its acceleration, a sixth of the skewness.
    Source: Efron 1987, Journal of the American Statistical Association 82:171, section 4.
    """
    from scipy.special import ndtr, stdtrit

    quantile = float(stdtrit(clusters - 1, (1 + CONFIDENCE) / 2))
    far = math.sqrt(clusters / (clusters - 1)) * quantile
    ends = []
    for z in (acceleration - far, acceleration + far):
        shrunk = 1 - acceleration * z
        ends.append(float(ndtr(acceleration + z / shrunk)) if shrunk > 0 else float(z > 0))
    return ends[0], ends[1]


def _acceleration(table: NDArray[np.float64], prior: float) -> float:
    """Returns a sixth of the skewness of the mean: what each row does to it, cubed."""
    total, step = table.sum(axis=0), 1e-4
    rows = _estimate(np.concatenate([total[None], total + step * table]), prior)
    moves = rows[1:] - rows[0]
    spread = float(moves @ moves) ** 1.5
    return float((moves**3).sum()) / (6 * spread) if spread else 0.0


def _resampled(table: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Returns the sums of rows drawn with replacement, as many as there are: (RESAMPLES, columns).

    Where many rows are alike, it is drawn how often each kind comes.
    """
    rng = np.random.default_rng(seed)
    rows, counts = np.unique(table, axis=0, return_counts=True)
    number = len(table)
    if len(rows) * 10 <= number:
        times = rng.multinomial(number, counts / number, size=RESAMPLES)
        return _weighted(times, rows)
    each = np.repeat(rows, counts, axis=0)
    step = max(1, _CHUNK // number)
    parts = []
    for first in range(0, RESAMPLES, step):
        size = (min(step, RESAMPLES - first), number)
        draws = rng.integers(0, number, size, dtype=np.uint16 if number <= 2**16 else np.uint32)
        parts.append(_drawn(each, draws))
    return np.concatenate(parts)


def _drawn(rows: NDArray[np.float64], draws: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Returns the sums of the rows of each draw; a few columns are faster one by one."""
    number = len(rows)
    varying = np.flatnonzero((rows != rows[0]).any(axis=0))
    sums = np.tile(rows[0] * number, (len(draws), 1))
    if len(varying) <= 2:
        for column in varying:
            sums[:, column] = rows[:, column].take(draws).sum(axis=1)
        return sums
    cells = draws + np.arange(len(draws))[:, None] * number
    times = np.bincount(cells.ravel(), minlength=draws.size).reshape(draws.shape)
    sums[:, varying] = _weighted(times, rows[:, varying])
    return sums


def _weighted(times: NDArray[np.int64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns times @ rows, with the same digits whatever the number of threads."""
    result: NDArray[np.float64] = np.einsum("bk,ck->bc", times.astype(np.float64), rows.T.copy())
    return result
