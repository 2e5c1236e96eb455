"""Comparisons of two models: on what both answered, and with what one left unanswered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from curate.evaluate.options import ModelComparison
from curate.kernels.paired_bootstrap import Bar, Comparison, compare
from curate.options import GOOD_VERDICTS

if TYPE_CHECKING:
    from curate.kernels.clustered_mean import LabelAudit


def compared(
    names: tuple[str, str],
    metric: str,
    scores: tuple[NDArray[np.float64], NDArray[np.float64]],
    clusters: NDArray[np.int64],
    *,
    bar: Bar,
    seed: int,
    unanswered: NDArray[np.bool_] | None = None,
    audit: LabelAudit | None = None,
) -> ModelComparison | None:
    """Returns the comparison of two models; None where they have answered nothing together.

    The difference is that on what both answered. A good verdict has to hold where the candidate's
    unanswered examples count as lost, too; `no` has to hold without them, since they may be won.

    Args:
        names: of the candidate and of the baseline.
        metric: of the scores.
        scores: of both, (n,) from 0 to 1; NaN where there is none.
        clusters: conversation of each example, (n,).
        bar: what the candidate has to show.
        seed: of the draws.
        unanswered: (n,) examples that the candidate was asked and did not answer; None: none.
        audit: what people said about the labels, (n,).
    """
    mine, theirs = scores
    both = ~np.isnan(mine) & ~np.isnan(theirs)
    if not both.any():
        return None
    told = _of(both, mine, theirs, clusters, bar, seed, audit)
    found = ModelComparison(
        *names, metric, told.difference, told.low, told.high, told.examples, told.clusters,
        told.verdict, told.n_needed, told.corrected, missing=0.0,
    )  # fmt: skip
    if unanswered is None or not unanswered.any():
        return found
    found = replace(found, missing=float(unanswered.mean()))
    if told.verdict == "no":
        return found
    lost = unanswered & ~np.isnan(theirs)
    if audit is not None:
        audit = replace(audit, true_candidate=np.where(lost, 0.0, audit.true_candidate))
    all_told = _of(both | lost, np.where(lost, 0.0, mine), theirs, clusters, bar, seed, audit)
    if all_told.verdict in GOOD_VERDICTS:
        return replace(found, verdict=all_told.verdict)
    return replace(
        found,
        verdict="cannot_tell",
        n_needed=None if told.verdict in GOOD_VERDICTS else told.n_needed,
        note=f"{100 * all_told.difference:+.1f} where those that it did not answer are lost",
    )


def _of(
    chosen: NDArray[np.bool_],
    mine: NDArray[np.float64],
    theirs: NDArray[np.float64],
    clusters: NDArray[np.int64],
    bar: Bar,
    seed: int,
    audit: LabelAudit | None,
) -> Comparison:
    audit = audit and audit.of(chosen)
    return compare(mine[chosen], theirs[chosen], clusters[chosen], bar=bar, audit=audit, seed=seed)
