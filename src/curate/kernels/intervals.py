"""Shares with their confidence intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

CONFIDENCE = 0.95


def clopper_pearson(share: float, size: float) -> tuple[float, float]:
    """Returns the exact 95% interval of a binomial share.

    Source: Clopper & Pearson 1934, Biometrika 26:404; as quantiles of beta distributions, which
    also allow a size that is no whole number.
    """
    from scipy.special import betaincinv

    tail = (1 - CONFIDENCE) / 2
    wrong, right = share * size, (1 - share) * size
    low = betaincinv(wrong, right + 1, tail) if wrong > 0 else 0.0
    high = betaincinv(wrong + 1, right, 1 - tail) if right > 0 else 1.0
    return float(low), float(high)


@dataclass(frozen=True)
class Share:
    """A share of what was looked at, with its 95% interval; all 0 to 1 where nothing was."""

    hits: int
    of: int
    share: float
    low: float
    high: float


def share(hits: int, of: int) -> Share:
    """Returns a share with Wilson's interval, which holds for small numbers too.

    Source: Wilson 1927, Journal of the American Statistical Association 22:209.
    """
    if not of:
        return Share(0, 0, 0.0, 0.0, 1.0)
    return Share(hits, of, hits / of, *wilson(hits / of, of))


def wilson(part: float, of: int) -> tuple[float, float]:
    """Returns Wilson's 95% interval of a share of so many; see `share`."""
    from scipy.special import ndtri

    z2 = float(ndtri((1 + CONFIDENCE) / 2)) ** 2
    middle = (part + z2 / (2 * of)) / (1 + z2 / of)
    half = math.sqrt(z2 * part * (1 - part) / of + z2 * z2 / (4 * of * of)) / (1 + z2 / of)
    # At the ends rounding would leave a sliver of nothing.
    return 0.0 if not part else middle - half, 1.0 if part == 1 else middle + half
