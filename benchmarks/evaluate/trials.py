"""Many worlds of a kind: how often an interval covers the truth, ours beside that of scipy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap
from simulated_models import Setting, World, simulated

from curate.kernels.clustered_mean import RESAMPLES
from curate.kernels.paired_bootstrap import Bar, compare

MARGIN = Bar().margin


@dataclass(frozen=True)
class Outcome:
    """What a method said of many worlds with one true difference.

    Attributes:
        covered: share of the intervals that hold the true difference.
        above: share of those that lie above it; `below` likewise.
        beats: share of the worlds in which it says that the candidate beats the baseline.
        width: mean width of the intervals.
        estimate: mean of the estimated differences.
    """

    covered: float
    above: float
    below: float
    beats: float
    width: float
    estimate: float


def ours(world: World) -> tuple[float, float, float, bool]:
    found = compare(world.candidate, world.baseline, world.clusters, audit=world.audit)
    return found.difference, found.low, found.high, found.verdict == "beats"


def plain(world: World, seed: int) -> tuple[float, float, float, bool]:
    """Returns what the percentile bootstrap of scipy says, which draws conversations, too."""
    sizes = np.bincount(world.clusters).astype(np.float64)
    sums = np.bincount(world.clusters, weights=world.candidate - world.baseline)

    def ratio(
        sums: NDArray[np.float64], sizes: NDArray[np.float64], axis: int = -1
    ) -> NDArray[np.float64]:
        return np.asarray(sums.sum(axis=axis) / sizes.sum(axis=axis))

    alone = bool((sizes == 1).all())
    found = bootstrap(
        (sums,) if alone else (sums, sizes),
        np.mean if alone else ratio,
        paired=not alone,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=100,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    difference = float(sums.sum() / sizes.sum())
    beats = bool(found.low > 0 and difference >= MARGIN - 1e-9)
    return difference, float(found.low), float(found.high), beats


def outcome(found: list[tuple[float, float, float, bool]], truth: float) -> Outcome:
    difference, low, high, beats = np.array(found, dtype=np.float64).T
    above, below = float((low > truth + 1e-9).mean()), float((high < truth - 1e-9).mean())
    return Outcome(
        covered=1 - above - below,
        above=above,
        below=below,
        beats=float(beats.mean()),
        width=float((high - low).mean()),
        estimate=float(difference.mean()),
    )


def both(setting: Setting, times: int) -> tuple[Outcome, Outcome]:
    """Returns what we and what scipy said of the same worlds."""
    worlds = [simulated(setting, seed) for seed in range(times)]
    return (
        outcome([ours(world) for world in worlds], setting.difference),
        outcome([plain(world, seed) for seed, world in enumerate(worlds)], setting.difference),
    )
