"""Whether being in a group says something about a yes or no, such as whether a call was rated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TELLING = 0.01
"""Chance below which groups are said to differ: several aspects are looked at."""


@dataclass(frozen=True)
class Association:
    """How far shares differ from group to group.

    Attributes:
        strength: Cramér's V, 0 (all groups alike) to 1.
        chance: of differences as large where groups are alike.
    """

    strength: float
    chance: float

    @property
    def depends(self) -> bool:
        """Returns whether the differences are more than chance."""
        return self.chance < TELLING


def association(hits: Sequence[int], of: Sequence[int], *, units: int) -> Association | None:
    """Returns how far the share of hits depends on the group; None where nothing can be told.

    Args:
        hits: (n) in each group.
        of: (n) members of each group.
        units: independent ones among all members, such as conversations; the statistic of
            Pearson's test shrinks by their share, as calls of a conversation are alike.

    Source: Pearson 1900; Cramér 1946, Mathematical Methods of Statistics, 21.9; the correction by
    the design effect: Rao & Scott 1981, Journal of the American Statistical Association 76:221.
    """
    from scipy.special import gammaincc

    table = np.array([hits, np.subtract(of, hits)], float)
    table = table[:, table.sum(axis=0) > 0]
    total, rows, columns = table.sum(), table.sum(axis=1), table.sum(axis=0)
    if len(columns) < 2 or not rows.all():
        return None
    expected = np.outer(rows, columns) / total
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = len(columns) - 1
    chance = float(gammaincc(freedom / 2, statistic * min(1.0, units / total) / 2))
    return Association(math.sqrt(statistic / total), chance)
