"""Association against scipy's own test, and under chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from curate.kernels.association import association


def test_against_scipy() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        of = rng.integers(20, 200, 6)
        hits = rng.binomial(of, rng.uniform(0.2, 0.8, 6))
        found = association(hits.tolist(), of.tolist(), units=int(of.sum()))
        right = chi2_contingency(np.array([hits, of - hits]), correction=False)
        assert found is not None
        assert found.chance == pytest.approx(right.pvalue)
        assert found.strength == pytest.approx(np.sqrt(right.statistic / of.sum()))


def test_calls_of_one_conversation_count_as_one() -> None:
    """Ten copies of each unit say no more than one: chance alone is seldom taken for more."""
    rng = np.random.default_rng(2)
    seen = 0
    for _ in range(300):
        units = rng.integers(30, 60, 5)
        hits = rng.binomial(units, 0.4)
        found = association((10 * hits).tolist(), (10 * units).tolist(), units=int(units.sum()))
        assert found is not None
        seen += found.depends
    assert seen <= 12


@pytest.mark.parametrize(
    ("hits", "of"), [([3], [10]), ([0, 0], [5, 5]), ([5, 5], [5, 5]), ([], []), ([1, 0], [4, 0])]
)
def test_nothing_to_compare(hits: list[int], of: list[int]) -> None:
    assert association(hits, of, units=10) is None
