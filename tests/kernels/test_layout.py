"""The map kernel: neighbours stay neighbours, and nothing but vectors and seed decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from curate.kernels import layout


def blobs(seed: int, groups: int, size: int, dim: int = 24) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), size)
    vectors = rng.normal(size=(groups, dim))[group] + rng.normal(size=(len(group), dim)) * 0.4
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), group


def group_kept(points: Any, group: Any) -> float:
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((group[apart.argmin(axis=1)] == group).mean())


@pytest.mark.parametrize("gradient", ["tree", "grid"])
def test_groups_stay_together_whatever_the_threads(
    monkeypatch: pytest.MonkeyPatch, gradient: str
) -> None:
    if gradient == "grid":
        monkeypatch.setattr(layout, "_INTERPOLATED_FROM", 0)
        monkeypatch.setattr(layout, "_LATER", 50)
    vectors, group = blobs(1, 6, 30)
    one, two = (layout.fit(vectors, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)
    assert group_kept(one, group) > 0.95
    assert not np.array_equal(one, layout.fit(vectors, seed=1, threads=1))


@pytest.mark.parametrize("count", [1, 2, 3, 10, 12, 13, 50])
def test_few_vectors_and_equal_vectors_have_points(count: int) -> None:
    vectors, _ = blobs(2, 1, count)
    for some in (vectors, np.repeat(vectors[:1], count, axis=0)):
        points = layout.fit(some, threads=1)
        assert points.shape == (count, 2) and points.dtype == np.float32
        assert np.isfinite(points).all()


def test_the_nearest_are_those_of_all_sorted() -> None:
    vectors, _ = blobs(3, 4, 90)
    vectors[7] = vectors[3]
    near, distance = layout._nearest(vectors, vectors, 20, 2, iter(()))
    cosine = np.round(vectors.astype(float) @ vectors.T.astype(float), 6)
    np.fill_diagonal(cosine, -2)
    expected = [sorted(range(360), key=lambda n: (-row[n], n))[:20] for row in cosine]
    assert near.tolist() == expected
    assert distance[3, 0] == 0 and near[3, 0] == 7


def test_a_later_vector_has_its_place_whatever_comes_with_it() -> None:
    vectors, group = blobs(4, 5, 60)
    first = np.arange(len(vectors)) % 2 == 0
    points = layout.fit(vectors[first], threads=1)
    later = layout.place(vectors[~first], vectors[first], points, threads=2)
    parts = [layout.place(vectors[~first][a:b], vectors[first], points) for a, b in
             ((0, 1), (1, 50), (50, 150))]  # fmt: skip
    np.testing.assert_array_equal(later, np.concatenate(parts))
    apart = np.linalg.norm(later[:, None] - points[None], axis=2)
    assert (group[first][apart.argmin(axis=1)] == group[~first]).mean() > 0.95


def test_a_later_copy_of_a_vector_lies_near_it() -> None:
    vectors, _ = blobs(5, 5, 30)
    points = layout.fit(vectors, threads=1)
    copies = layout.place(vectors[:20], vectors, points, threads=1)
    apart = np.linalg.norm(copies - points[:20], axis=1)
    assert np.median(apart) < 0.15 * np.linalg.norm(points.std(axis=0))
