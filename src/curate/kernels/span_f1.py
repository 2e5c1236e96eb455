"""How far annotators agree on spans: F1 of what both marked."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

from curate.kernels.intervals import wilson

Spans = AbstractSet[Hashable]


@dataclass(frozen=True)
class SpanAgreement:
    """The mean F1 of pairs of annotators who marked the same text, with its 95% interval.

    Attributes:
        texts: that two or more annotators marked. Pairs of one text are alike, so texts are what
            the interval counts. It is Wilson's, which is wide enough for any mean between 0 and 1.
    """

    texts: int
    f1: float
    low: float
    high: float


def f1(one: Spans, other: Spans) -> float:
    """Returns the F1 of two sets of spans; 1 where both are empty.

    A span counts where all of it is the same: start, end and field. Which set is taken for the
    truth makes no difference.

    Source: Hripcsak & Rothschild 2005, JAMIA 12:296, on F as agreement where there are no
    negatives to count.
    """
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0


def agreement(texts: Sequence[Mapping[int, Spans]], person: int | None = None) -> SpanAgreement:
    """Returns the agreement of all pairs of annotators, or of one annotator with the others.

    Args:
        texts: what each annotator marked, by the annotator's number.
        person: that annotator; None for all pairs.
    """
    scores = [
        [
            f1(marked[one], marked[other])
            for one, other in combinations(sorted(marked), 2)
            if person in (None, one, other)
        ]
        for marked in texts
    ]
    shared = [pairs for pairs in scores if pairs]
    if not shared:
        return SpanAgreement(0, 0.0, 0.0, 1.0)
    mean = sum(map(sum, shared)) / sum(map(len, shared))
    return SpanAgreement(len(shared), mean, *wilson(mean, len(shared)))
