"""What to label first, what lies between labels, what lies outside: by hand and by properties."""

from __future__ import annotations

import numpy as np
import pytest

from curate.kernels import active_learning

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
    chosen = active_learning.typical(vectors, none, 4)
    assert of[chosen].tolist() == [0, 1, 2, 3]
    labelled = none.copy()
    labelled[chosen[:2]] = True
    assert set(of[active_learning.typical(vectors, labelled, 2)]) == {2, 3}


def test_the_typical_one_is_nearest_to_its_neighbours() -> None:
    vectors, _ = blobs((30,))
    centre = unit(np.eye(12)[:1])
    vectors = np.concatenate([vectors, centre])
    assert active_learning.typical(vectors, np.zeros(31, bool), 1).tolist() == [30]


@pytest.mark.parametrize("budget", [0, 1, 5, 10, 99])
def test_never_more_than_asked_nor_twice_nor_labelled(budget: int) -> None:
    vectors, of = blobs((6, 4))
    labelled = np.arange(10) < 3
    chosen = active_learning.typical(vectors, labelled, budget)
    assert len(chosen) == min(budget, 7) == len(set(chosen.tolist()))
    assert not labelled[chosen].any()
    margin = np.linspace(0, 1, len(of))
    between = active_learning.between(vectors, margin, budget) if budget else chosen
    assert len(between) == min(budget, 10) == len(set(between.tolist()))


def test_small_margins_of_all_subjects() -> None:
    vectors, of = blobs((20, 20))
    margin = np.where(of == 0, 0.1, 0.2) + np.arange(40) / 1_000
    margin[of == 1] -= 0.09
    chosen = active_learning.between(vectors, margin, 4)
    assert set(of[chosen]) == {0, 1}
    assert (np.diff(margin[chosen]) > 0).all()


def test_far_from_all_labels_is_out_of_scope() -> None:
    vectors, of = blobs((20, 20))
    asked = np.concatenate([vectors[:3], unit(np.eye(12)[5:6])])
    by_label = active_learning.out_of_scope(asked, vectors, of)
    assert by_label[:3].max() < 0.1 and by_label[3] == pytest.approx(1, abs=0.1)
    nearest = active_learning.out_of_scope(asked, vectors)
    assert nearest[:3].max() < 0.1 and nearest[3] == pytest.approx(1, abs=0.2)
    assert not active_learning.out_of_scope(asked, vectors[:0]).any()
    assert len(active_learning.out_of_scope(asked[:0], vectors)) == 0


@pytest.mark.parametrize(("width", "count"), [(5, 5), (63, 5), (320, 5), (500, 5), (641, 1)])
def test_the_largest_are_those_of_all_sorted(width: int, count: int) -> None:
    values = np.random.default_rng(width).integers(0, 90, (40, width)).astype(np.float32)
    assert (active_learning._largest(values, count) == np.sort(values, axis=1)[:, -count:]).all()


def test_tiny_clusters_come_last() -> None:
    vectors, of = blobs((30, 20, 2))
    assert of[active_learning.typical(vectors, np.zeros(52, bool), 3)][-1] == 2


def test_margins_are_those_of_a_model_without_the_input() -> None:
    vectors, of = blobs((8, 8, 8))
    vectors = unit(vectors + 0.3)
    label = np.where(np.arange(24) % 4 == 3, -1, of)
    margin, best = active_learning.margins(vectors, label)
    wide = np.c_[vectors, np.ones(24)].astype(float)
    for n in range(24):
        used = (label >= 0) & (np.arange(24) != n)
        gram = wide[used].T @ wide[used] + active_learning.RIDGE * np.eye(13)
        scores = wide[n] @ np.linalg.solve(gram, wide[used].T @ np.eye(3)[label[used]])
        first, second = np.argsort(-scores)[:2]
        assert best[n].tolist() == [first, second]
        assert margin[n] == pytest.approx(scores[first] - scores[second], abs=1e-5)


def test_what_is_labelled_is_measured_without_itself() -> None:
    vectors, of = blobs((6, 6, 1))
    found = active_learning.out_of_scope(vectors, vectors, of, own=of)
    for n in range(13):
        rest = [vectors[(of == k) & (np.arange(13) != n)].sum(axis=0) for k in range(3)]
        cosine = [v @ vectors[n] / np.linalg.norm(v) for v in rest if v.any()]
        assert found[n] == pytest.approx(1 - max(cosine), abs=1e-5)
    assert found[of == 2][0] == found.max(), "a label of one input has no centre without it"
