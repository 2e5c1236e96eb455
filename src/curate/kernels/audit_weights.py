"""What judged examples say of those that nobody judged, where audits alternate with other work.

Each audit is a random sample of what had not been judged when it was drawn; what was judged before
it, with a reason, is known. So each audit alone estimates the sum over all without bias, and the
mean of these estimates, by the size of the audits, gives every judged example one weight.
Arrays in, numbers out.

Source: Cochran 1977, Sampling Techniques, chapter 5 (a stratum that is known entirely, and a random
sample of the rest).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def audit_weights(rounds: NDArray[np.int64], drawn: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns the weights of examples, float64 (n,); 0: it says nothing. One audit: 1 each.

    Args:
        rounds: when people judged each example, int64 (n,): those of one round are chosen before
            any of it is answered; negative: not judged.
        drawn: bool (n,); it was drawn at random in its round.
    """
    weights = np.zeros(len(rounds))
    judged = rounds >= 0
    audits, sizes = np.unique(rounds[judged & drawn], return_counts=True)
    if not len(audits):
        return weights
    share = sizes / sizes.sum()
    later = np.where(audits > rounds[:, None], share, 0.0).sum(axis=1)
    left = np.array([(~judged | (rounds >= audit)).sum() for audit in audits])
    weights[judged] = later[judged]
    for audit, population in zip(audits, left, strict=True):
        weights[judged & drawn & (rounds == audit)] += population / sizes.sum()
    scaled: NDArray[np.float64] = weights * sizes.sum() / len(rounds)
    return scaled
