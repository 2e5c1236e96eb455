"""Leave-one-group-out: what it says is what fitting again without the group says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import cholesky, solve_triangular
from scipy.sparse import csr_array

from curate.kernels import leave_one_out

NONE = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)


def unit(rng: np.random.Generator, count: int, dim: int = 6) -> np.ndarray:
    vectors = rng.normal(size=(count, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def alike(vectors: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    i, j = np.triu_indices(len(vectors), 1)
    cosine = np.einsum("ij,ij->i", vectors[i], vectors[j]).astype(float)
    keep = cosine >= threshold
    return i[keep], j[keep], cosine[keep]


def problem(seed: int, count: int = 60, labels: int = 4) -> tuple[np.ndarray, Any, Any]:
    """Inputs, some of many examples, some contradictory, some not fitted; and their groups."""
    rng = np.random.default_rng(seed)
    vectors = unit(rng, count)
    counts = rng.integers(0, 4, (count, labels)) * (rng.random((count, labels)) < 0.4)
    counts[rng.random(count) < 0.3] = 0
    counts[0] = 0
    without = leave_one_out.left_out(counts.sum(axis=1) > 0, *alike(vectors, 0.8), cap=5)
    assert without.nnz > (counts.sum(axis=1) > 0).sum() + 5
    return vectors, csr_array(counts), without


def rows_without(counts: Any, left: set[int]) -> tuple[np.ndarray, np.ndarray]:
    """The examples one by one: number of the input and one-hot label, without some inputs."""
    inputs, targets = [], []
    for number, row in enumerate(counts.toarray()):
        for label, many in enumerate(row):
            if number not in left:
                inputs += [number] * int(many)
                targets += [np.eye(len(row))[label]] * int(many)
    return np.array(inputs), np.array(targets)


def left_of(without: Any, number: int) -> set[int]:
    return set(without.indices[without.indptr[number] : without.indptr[number + 1]].tolist())


def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    # Of unit vectors |x - z|^2 is 2 - 2 x'z.
    return np.exp(-leave_one_out.GAMMA * (2 - 2 * a @ b.T))


def centred(vectors: np.ndarray, counts: Any) -> np.ndarray:
    fitted = counts.toarray().sum(axis=1) > 0
    away = vectors.astype(float) - vectors[fitted].astype(float).mean(axis=0)
    return np.asarray(away / np.linalg.norm(away, axis=1, keepdims=True))


@pytest.fixture(params=[0.05, 1.0])
def ridge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(leave_one_out, "RIDGES", (request.param,))
    return float(request.param)


@pytest.mark.parametrize("seed", range(8))
def test_it_says_what_the_exact_kernel_refitted_without_the_group_says(
    seed: int, ridge: float
) -> None:
    vectors, counts, without = problem(seed)
    found = leave_one_out.predictions(vectors, counts, without)
    vectors = centred(vectors, counts)
    for number in range(len(vectors)):
        inputs, targets = rows_without(counts, left_of(without, number))
        among = kernel(vectors[inputs], vectors[inputs]) + 1
        weights = np.linalg.solve(among + ridge * np.eye(len(inputs)), targets)
        expected = (kernel(vectors[[number]], vectors[inputs]) + 1) @ weights
        # Within what the jitter on the landmarks moves.
        np.testing.assert_allclose(found[number], expected[0], atol=2e-3)


@pytest.mark.parametrize("seed", range(8))
def test_with_fewer_landmarks_it_is_still_exact(
    seed: int, ridge: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leave_one_out, "LANDMARKS", 9)
    monkeypatch.setattr(leave_one_out, "_ROWS", 7)
    monkeypatch.setattr(leave_one_out, "_ROWS_OF_TEST", 3)
    vectors, counts, without = problem(100 + seed)
    found = leave_one_out.predictions(vectors, counts, without)
    vectors = centred(vectors, counts)
    landmarks = vectors[np.flatnonzero(counts.sum(axis=1) > 0)[:9]]
    root = cholesky(kernel(landmarks, landmarks) + leave_one_out._JITTER * np.eye(9), lower=True)
    features = np.ones((len(vectors), 10))
    features[:, :9] = solve_triangular(root, kernel(landmarks, vectors), lower=True).T
    for number in range(len(vectors)):
        inputs, targets = rows_without(counts, left_of(without, number))
        part = features[inputs]
        weights = np.linalg.solve(part.T @ part + ridge * np.eye(10), part.T @ targets)
        np.testing.assert_allclose(found[number], features[number] @ weights, atol=1e-8)


def test_the_ridge_is_the_one_that_predicts_what_was_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(7)
    vectors = unit(rng, 80)
    said = np.where(rng.random(80) < 0.15, rng.integers(0, 3, 80), vectors[:, :3].argmax(axis=1))
    targets = np.eye(3)[said]
    counts, without = (
        csr_array(targets.astype(int)),
        leave_one_out.left_out(np.ones(80, bool), *NONE),
    )

    def found(*ridges: float) -> Any:
        monkeypatch.setattr(leave_one_out, "RIDGES", ridges)
        return leave_one_out.predictions(vectors, counts, without)

    wrong = {ridge: np.square(targets - found(ridge)).sum() for ridge in (0.001, 1.0, 1000.0)}
    best = min(wrong, key=lambda ridge: wrong[ridge])
    assert best == 1.0
    np.testing.assert_array_equal(found(*wrong), found(best))


def test_two_inputs_by_hand() -> None:
    vectors = np.eye(2, dtype=np.float32)
    counts = csr_array(np.array([[1, 0], [0, 1]]))
    found = leave_one_out.predictions(
        vectors, counts, leave_one_out.left_out(np.ones(2, bool), *NONE)
    )
    # Only the other one is left, on the other side of the centre: k(x, z) = 1 + e^-4g, and
    # k(z, z) + ridge = 2 + ridge; the largest ridge is the least wrong about the opposite label.
    seen = (1 + np.exp(-4 * leave_one_out.GAMMA)) / (2 + max(leave_one_out.RIDGES))
    np.testing.assert_allclose(found, [[0, seen], [seen, 0]], atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_centres_are_those_of_the_examples_that_are_left(seed: int) -> None:
    vectors, counts, without = problem(seed)
    found = leave_one_out.centres(vectors, counts, without)
    vectors = centred(vectors, counts)
    for number in range(len(vectors)):
        inputs, targets = rows_without(counts, left_of(without, number))
        for label in range(counts.shape[1]):
            of = vectors[inputs[targets[:, label] == 1]].sum(axis=0)
            cosine = vectors[number] @ of / np.linalg.norm(of) if of.any() else 0.0
            assert found[number, label] == pytest.approx(cosine, abs=1e-9)


def test_centres_of_nothing_are_nothing() -> None:
    vectors = unit(np.random.default_rng(0), 3)
    none = csr_array(np.zeros((3, 2), np.int64))
    assert not leave_one_out.centres(
        vectors, none, leave_one_out.left_out(np.zeros(3, bool), *NONE)
    ).any()
    one = csr_array(np.array([[1, 0], [0, 0], [0, 0]]))
    alone = leave_one_out.centres(
        vectors, one, leave_one_out.left_out(np.array([True, False, False]), *NONE)
    )
    assert np.isfinite(alone).all() and alone[0, 0] == 0


def test_inputs_that_are_not_fitted_change_nothing_for_the_others() -> None:
    vectors, counts, _ = problem(3)
    fitted = counts.sum(axis=1) > 0
    pairs = alike(vectors, 0.8)
    found = leave_one_out.predictions(
        vectors, counts, leave_one_out.left_out(fitted, *pairs, cap=5)
    )
    alone = leave_one_out.predictions(
        vectors[fitted],
        counts[fitted],
        leave_one_out.left_out(
            np.ones(int(fitted.sum()), bool), *alike(vectors[fitted], 0.8), cap=5
        ),
    )
    np.testing.assert_allclose(found[fitted], alone, atol=1e-9)


def test_the_order_of_inputs_does_not_matter() -> None:
    vectors, counts, without = problem(4)
    order = np.random.default_rng(0).permutation(len(vectors))
    fitted = counts[order].sum(axis=1) > 0
    again = leave_one_out.left_out(fitted, *alike(vectors[order], 0.8), cap=5)
    for place, number in enumerate(order.tolist()):
        assert {int(order[i]) for i in left_of(again, place)} == left_of(without, number)
    found = leave_one_out.predictions(vectors[order], counts[order], again)
    np.testing.assert_allclose(
        found, leave_one_out.predictions(vectors, counts, without)[order], atol=1e-9
    )


def test_progress_sees_every_block_and_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leave_one_out, "_ROWS", 10)
    seen = []

    def progress(items: Any) -> Any:
        yield from items
        seen.append(len(items))

    vectors, counts, without = problem(5)
    leave_one_out.predictions(vectors, counts, without, progress=progress)
    assert len(seen) == 1 and seen[0] > 3


def test_nothing_fitted_predicts_nothing() -> None:
    vectors = unit(np.random.default_rng(0), 3)
    counts = csr_array(np.zeros((3, 2), np.int64))
    found = leave_one_out.predictions(
        vectors, counts, leave_one_out.left_out(np.zeros(3, bool), *NONE)
    )
    assert found.shape == (3, 2) and not found.any()


# -- groups ----------------------------------------------------------------------------------------


def groups(fitted: list[int], pairs: list[tuple[int, int, float]], cap: int = 50) -> list[set[int]]:
    a, b, similarity = (np.array(part) for part in zip(*pairs, strict=True))
    without = leave_one_out.left_out(np.array(fitted, bool), a, b, similarity, cap=cap)
    return [left_of(without, number) for number in range(len(fitted))]


def test_alike_inputs_leave_together() -> None:
    found = groups([1, 1, 1, 1], [(0, 1, 0.9), (1, 2, 0.8)])
    assert found == [{0, 1, 2}, {0, 1, 2}, {0, 1, 2}, {3}]


def test_a_chain_is_cut_where_it_is_weakest() -> None:
    found = groups([1] * 4, [(0, 1, 0.81), (1, 2, 0.95), (2, 3, 0.9)], cap=3)
    assert found == [{0}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}]


def test_an_input_that_is_not_fitted_joins_nothing() -> None:
    # 1 is not fitted: it would tie 0 and 2 together.
    found = groups([1, 0, 1, 1, 0], [(0, 1, 0.9), (1, 2, 0.8), (2, 3, 0.7), (1, 4, 1.0)])
    assert found == [{0}, {0, 2, 3}, {2, 3}, {2, 3}, set()]


def test_an_input_that_is_not_fitted_leaves_out_the_most_alike_first() -> None:
    found = groups([0, 1, 1, 1], [(0, 1, 0.8), (0, 2, 0.95), (0, 3, 0.9)], cap=2)
    assert found == [{2, 3}, {1}, {2}, {3}]


# -- judgements ------------------------------------------------------------------------------------


def test_a_judgement_by_hand() -> None:
    scores = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.5]])
    found = leave_one_out.judge(scores, np.array([0, 0, 1]), np.array([0, 1, 0]), 0.1)
    np.testing.assert_allclose(found.margin, [-0.8, 0.8, 0.3])
    # Ties go to the first label in order.
    assert found.suggested.tolist() == [1, 0, 1]
    np.testing.assert_allclose(found.score, 1 / (1 + np.exp([-8, 8, 3])), rtol=1e-7)
    assert found.given_probability.tolist() == [0.9995, 0.0003, 0.0243]
    assert found.probability.tolist() == [0.0003, 0.9995, 0.4879]


def test_scores_rank_as_margins_do() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(500, 5))
    found = leave_one_out.judge(scores, np.arange(500), rng.integers(0, 5, 500), 0.05)
    assert ((found.score > 0) & (found.score <= 1)).all()
    suspected = found.margin > 0
    assert (suspected == (found.score < 0.5)).all()
    score, margin = found.score[suspected], found.margin[suspected]
    assert (np.argsort(score, kind="stable") == np.argsort(-margin, kind="stable")).all()


@pytest.mark.parametrize("true", [0.05, 0.3, 1.0])
def test_the_temperature_is_the_one_that_made_the_labels(true: float) -> None:
    rng = np.random.default_rng(2)
    scores = rng.normal(size=(4_000, 3)) * 0.5
    chances = leave_one_out.probabilities(scores, np.arange(4_000), true)
    given = (rng.random(4_000)[:, None] > chances.cumsum(axis=1)).sum(axis=1)
    assert leave_one_out.temperature(scores, np.arange(4_000), given) == pytest.approx(
        true, rel=0.1
    )


def test_probabilities_are_those_of_the_softmax() -> None:
    scores = np.array([[0.0, np.log(3) * 0.5]])
    np.testing.assert_allclose(
        leave_one_out.probabilities(scores, np.array([0]), 0.5), [[0.25, 0.75]]
    )


def test_threads_do_not_change_the_ranking() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    rng = np.random.default_rng(6)
    vectors, given = unit(rng, 1_200, 64), rng.integers(0, 7, 1_200)
    vectors[given == 3, :8] += 0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    counts = csr_array((np.ones(1_200, int), (np.arange(1_200), given)), shape=(1_200, 7))
    without = leave_one_out.left_out(np.ones(1_200, bool), *NONE)
    found = []
    for threads in (1, 2):
        with threadpoolctl.threadpool_limits(threads):
            scores = leave_one_out.predictions(vectors, counts, without)
            heat = leave_one_out.temperature(scores, np.arange(1_200), given)
            found.append(leave_one_out.judge(scores, np.arange(1_200), given, heat))
    assert (found[0].score == found[1].score).all()
    assert (found[0].suggested == found[1].suggested).all()
