"""How wrong the data still is: an estimate with an interval, from examples drawn at random.

An audit draws from the kept examples that nobody was asked about. Meanwhile people go through what
detectors flag, so errors leave the data, and what an audit says has to be set against that. Each
side, flagged examples and the others apart, is counted like this: the share that was wrong among
those drawn, times what there was to draw from, less the wrong ones that people have found there
since. Nothing is assumed about the order in which flagged examples are answered, nor about how
good a detector is; what was drawn at random is the only ground. Numbers in, numbers out: no store.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from curate.kernels.intervals import clopper_pearson

TELLING = 10
"""Audited answers below which a rate is not shown; even with none wrong, it may be 31%."""


@dataclass(frozen=True)
class Judged:
    """An answered question about an example that was kept when it was asked.

    Attributes:
        run: that put it into the queue; audits and queues are ordered by it.
        audit: drawn at random.
        flagged: a detector spoke for it, whether it was drawn or not.
        wrong: the answer changed what was there.
        rows: kept examples that the answer speaks for: its own, and exact duplicates.
    """

    run: int
    audit: bool
    flagged: bool
    wrong: bool
    rows: int = 1


@dataclass(frozen=True)
class ErrorRate:
    """How wrong a side still is; rates are shares of its kept examples.

    Attributes:
        examples: that are kept.
        reviewed: those of them that people judged, which are right by now.
        audited: answered questions that were drawn at random.
        wrong: how many of these were wrong.
        low: lower end of the 95% interval; `high` its upper end.
        more: further audited answers that would halve the interval.
    """

    side: str
    examples: int
    reviewed: int
    audited: int
    wrong: int
    rate: float
    low: float
    high: float
    more: int

    @property
    def told(self) -> bool:
        """Returns whether enough was audited for the rate to be more than a guess."""
        return self.audited >= TELLING

    @property
    def said(self) -> str:
        """Returns the rate with its interval, as people read it."""
        if not self.rate:
            return f"none seen (95%: at most {self.high:.1%})"
        return f"{self.rate:.1%} (95%: {self.low:.1%} to {self.high:.1%})"


@dataclass(frozen=True)
class Side:
    """What is known of one side.

    Attributes:
        name: train or test.
        judged: every answered question, audited or not.
        left: kept examples that nobody judged: how many are flagged (True), and how many not.
        examples: kept examples, judged or not.
        flags_since: the run since which detectors flag; to an earlier audit, a flagged example
            looked like any other.
    """

    name: str
    judged: Sequence[Judged]
    left: Mapping[bool, int]
    examples: int
    flags_since: int = 0


def error_rate(side: Side) -> ErrorRate | None:
    """Returns the share of wrong examples that is left; None where no audit was answered."""
    reviews, strata = _strata(side)
    audits = [j for j in reviews if j.audit]
    if not audits or not side.examples:
        return None
    rate, low, high = _total(strata)

    def half(extra: int) -> bool:
        _, lower, upper = _total(strata, extra)
        return upper - lower <= (high - low) / 2

    unseen = sum(side.left.values())
    return ErrorRate(
        side=side.name,
        examples=side.examples,
        reviewed=side.examples - unseen,
        audited=len(audits),
        wrong=sum(j.wrong for j in audits),
        rate=rate / side.examples,
        low=low / side.examples,
        high=high / side.examples,
        more=_least(half, unseen),
    )


def more_to_show(side: Side, most: float) -> int | None:
    """Returns how many more audited answers, as good as those so far, would show a lower rate.

    None where no number would: the estimate itself is not lower.
    """
    _, strata = _strata(side)
    if _total(strata)[0] > most * side.examples:
        return None
    return _least(
        lambda extra: _total(strata, extra)[2] <= most * side.examples, sum(side.left.values())
    )


@dataclass(frozen=True)
class _Stratum:
    """Examples of which some were drawn.

    Attributes:
        size: of the sample, in independent draws.
        share: of it that was wrong; without a sample, a guess.
        frame: examples that were drawn from, as a mean over audits.
        found: wrong ones among them that people know by now, as a mean over audits.
        left: examples that nobody judged.
    """

    size: float
    share: float
    frame: float
    found: float
    left: int

    def wrong(self, share: float, extra: float = 0.0) -> float:
        """Returns how many wrong ones are left if that share of the frame was wrong."""
        return max(min(self.frame * share - self.found, self.left - extra), 0.0)


def _strata(side: Side) -> tuple[list[Judged], list[_Stratum]]:
    """Returns what counts, and its strata: flagged and not, or one where audits knew no flags."""
    since = side.flags_since
    old = sum(j.audit and j.run < since for j in side.judged)
    new = sum(j.audit and j.run >= since for j in side.judged)
    if old > new:
        reviews = [replace(j, flagged=False) for j in side.judged]
        return reviews, [_stratum(reviews, sum(side.left.values()))]
    reviews = [replace(j, audit=j.audit and j.run >= since) for j in side.judged]
    return reviews, [
        _stratum([j for j in reviews if j.flagged is flag], side.left.get(flag, 0))
        for flag in (True, False)
    ]


def _stratum(reviews: Sequence[Judged], left: int) -> _Stratum:
    """Sums up audits: each drew from what nobody had judged by then.

    With f_k the share that audit k drew of its frame and W_k the wrong ones of the frame that are
    known by now, as many as sum(f_k * (E + W_k)) of those drawn are expected to be wrong where E
    wrong ones are left; so E = frame * share - found with the means below.
    """
    audits = [j for j in reviews if j.audit]
    rows = sum(j.rows for j in audits)
    if not rows:
        known = sum(j.rows for j in reviews)
        guess = sum(j.rows for j in reviews if j.wrong) / known if known else 0.5
        return _Stratum(0.0, guess, left, 0.0, left)
    fraction = errors = 0.0
    for run in sorted({j.run for j in audits}):
        later = [j for j in reviews if j.run >= run]
        frame = left + sum(j.rows for j in later)
        part = sum(j.rows for j in audits if j.run == run) / frame
        fraction += part
        errors += part * sum(j.rows for j in later if j.wrong)
    return _Stratum(
        # Source: Kish 1965, Survey Sampling, section 8.2 (draws of unequal weight).
        size=rows**2 / sum(j.rows**2 for j in audits),
        share=sum(j.rows for j in audits if j.wrong) / rows,
        frame=rows / fraction,
        found=errors / fraction,
        left=left,
    )


def _total(strata: Sequence[_Stratum], extra: int = 0) -> tuple[float, float, float]:
    """Returns how many wrong ones are left in all strata: estimate, lower and upper end.

    Source: Zou & Donner 2008, Statistics in Medicine 27:1693 (limits of a sum from the limits of
    its parts, MOVER).

    Args:
        strata: to sum up.
        extra: further draws, spread over what is left, that find what was found so far.
    """
    left = sum(s.left for s in strata)
    middle = below = above = 0.0
    for s in strata:
        more = extra * s.left / left if left else 0.0
        low, high = clopper_pearson(s.share, s.size + more)
        wrong = s.wrong(s.share, more)
        middle += wrong
        below += (wrong - s.wrong(low, more)) ** 2
        above += (s.wrong(high, more) - wrong) ** 2
    low, high = middle - math.sqrt(below), middle + math.sqrt(above)
    return middle, max(low, 0.0), min(high, float(left - extra))


def _least(holds: Callable[[int], bool], most: int) -> int:
    """Returns the smallest number from 0 to `most` from which on it holds."""
    below = -1
    while most - below > 1:
        half = (below + most) // 2
        below, most = (below, half) if holds(half) else (half, most)
    return most
