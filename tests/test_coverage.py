"""What to label first, what lies between labels, what lies outside: by hand and by properties."""

from __future__ import annotations

import numpy as np
import pytest

from curate import coverage

pytest.importorskip("sklearn")


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def blobs(sizes: tuple[int, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Inputs around one axis each, and whose they are."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(len(sizes)), sizes)
    vectors = unit(np.eye(12)[of] + 0.05 * rng.normal(size=(len(of), 12)))
    order = rng.permutation(len(of))
    return vectors[order], of[order]


def test_each_subject_is_covered_once_the_largest_first() -> None:
    vectors, of = blobs((40, 30, 20, 10))
    none = np.zeros(len(of), bool)
    chosen = coverage.typical(vectors, none, 4)
    assert of[chosen].tolist() == [0, 1, 2, 3]
    labelled = none.copy()
    labelled[chosen[:2]] = True
    assert set(of[coverage.typical(vectors, labelled, 2)]) == {2, 3}


def test_the_typical_one_is_nearest_to_its_neighbours() -> None:
    vectors, _ = blobs((30,))
    centre = unit(np.eye(12)[:1])
    vectors = np.concatenate([vectors, centre])
    assert coverage.typical(vectors, np.zeros(31, bool), 1).tolist() == [30]


@pytest.mark.parametrize("budget", [0, 1, 5, 10, 99])
def test_never_more_than_asked_nor_twice_nor_labelled(budget: int) -> None:
    vectors, of = blobs((6, 4))
    labelled = np.arange(10) < 3
    chosen = coverage.typical(vectors, labelled, budget)
    assert len(chosen) == min(budget, 7) == len(set(chosen.tolist()))
    assert not labelled[chosen].any()
    margin = np.linspace(0, 1, len(of))
    between = coverage.between(vectors, margin, budget) if budget else chosen
    assert len(between) == min(budget, 10) == len(set(between.tolist()))


def test_small_margins_of_all_subjects() -> None:
    vectors, of = blobs((20, 20))
    margin = np.where(of == 0, 0.1, 0.2) + np.arange(40) / 1_000
    margin[of == 1] -= 0.09
    chosen = coverage.between(vectors, margin, 4)
    assert set(of[chosen]) == {0, 1}
    assert (np.diff(margin[chosen]) > 0).all()


def test_far_from_all_labels_is_out_of_scope() -> None:
    vectors, of = blobs((20, 20))
    asked = np.concatenate([vectors[:3], unit(np.eye(12)[5:6])])
    by_label = coverage.out_of_scope(asked, vectors, of)
    assert by_label[:3].max() < 0.1 and by_label[3] == pytest.approx(1, abs=0.1)
    nearest = coverage.out_of_scope(asked, vectors)
    assert nearest[:3].max() < 0.1 and nearest[3] == pytest.approx(1, abs=0.2)
    assert not coverage.out_of_scope(asked, vectors[:0]).any()
    assert len(coverage.out_of_scope(asked[:0], vectors)) == 0
