"""Semantic-pair kernel: what it finds is what all products say, in whatever blocks and steps."""

from __future__ import annotations

import numpy as np
import pytest

from curate.kernels import cosine as semantic


def unit_vectors(seed: int, count: int = 300, dim: int = 160) -> np.ndarray:
    """Vectors around a few centres, as embeddings of few subjects are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(12, dim))
    vectors = centres[rng.integers(0, 12, count)] + rng.normal(size=(count, dim)) * 0.5
    vectors[1] = vectors[0]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def brute_force(vectors: np.ndarray, threshold: float) -> set[tuple[int, int]]:
    cosine = np.round(vectors.astype(np.float64) @ vectors.T.astype(np.float64), 6)
    i, j = np.nonzero(np.triu(cosine >= threshold, 1))
    return set(zip(i.tolist(), j.tolist(), strict=True))


def pairs(old: np.ndarray, new: np.ndarray, threshold: float) -> dict[tuple[int, int], float]:
    found: dict[tuple[int, int], float] = {}
    for a, b, cosine in semantic.pairs(old, new, threshold=threshold):
        for i, j, c in zip(a.tolist(), b.tolist(), cosine.tolist(), strict=True):
            assert (i, j) not in found
            found[i, j] = c
    return found


@pytest.mark.parametrize("from_", [10**9, 1], ids=["whole", "sketched"])
@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_pairs_are_those_of_all_products(
    seed: int, threshold: float, from_: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semantic, "SKETCH_FROM", from_)
    monkeypatch.setattr(semantic, "_ROWS", 64)
    monkeypatch.setattr(semantic, "_COLUMNS", 50)
    vectors = unit_vectors(seed)
    expected = brute_force(vectors, threshold)
    found = pairs(vectors[:0], vectors, threshold)
    assert set(found) == expected
    assert (0, 1) in expected
    assert found[0, 1] == pytest.approx(1, abs=1e-6)


def test_new_vectors_meet_the_old_ones_and_each_other() -> None:
    vectors = unit_vectors(5)
    found = pairs(vectors[:200], vectors[200:], 0.7)
    assert set(found) == {p for p in brute_force(vectors, 0.7) if p[1] >= 200}
    whole = pairs(vectors[:0], vectors, 0.7)
    assert all(whole[p] == c for p, c in found.items())


@pytest.mark.parametrize("from_", [10**9, 1], ids=["whole", "sketched"])
@pytest.mark.parametrize("size", [1, 70, 200])
def test_new_vectors_meet_the_old_ones_part_by_part(
    size: int, from_: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semantic, "SKETCH_FROM", from_)
    monkeypatch.setattr(semantic, "_ROWS", 64)
    monkeypatch.setattr(semantic, "_COLUMNS", 50)
    vectors = unit_vectors(9)
    old, new = vectors[:200], vectors[200:]
    parts = [old[start : start + size] for start in range(0, 200, size)]
    met: dict[tuple[int, int], float] = {}
    found = semantic.meetings(parts, new, count=200, threshold=0.7)
    for number, (a, b, cosine) in enumerate(found):
        for i, j, c in zip(a.tolist(), b.tolist(), cosine.tolist(), strict=True):
            met[number * size + i, 200 + j] = c
    assert met == {p: c for p, c in pairs(old, new, 0.7).items() if p[0] < 200}
    assert met


def test_a_sketch_never_says_less_than_the_cosine() -> None:
    vectors = unit_vectors(7)
    short = semantic.sketch(vectors)
    assert short.shape == (300, 65)
    assert (short @ short.T >= vectors @ vectors.T - 1e-5).all()


def test_nothing_new_is_no_work() -> None:
    vectors = unit_vectors(1)
    assert pairs(vectors, vectors[:0], 0.5) == {}
    assert semantic.blocks(0) == []
