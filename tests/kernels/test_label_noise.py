"""Suspicions: what is found in labels that were made wrong, and what must not change it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from curate.kernels import label_model, label_noise
from curate.kernels.label_model import Labelled, Problem

NO_PAIRS = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def made(seed: int, count: int = 120, labels: int = 4, wrong: int = 6) -> tuple[Labelled, set[str]]:
    """Inputs around a centre per label, one in four on the test side; the first ones are wrong."""
    rng = np.random.default_rng(seed)
    given = np.arange(count) % labels
    vectors = unit(rng.normal(size=(labels, 16))[given] * 2 + rng.normal(size=(count, 16)))
    order = rng.permutation(count)
    vectors, given = vectors[order], given[order]
    given[:wrong] = (given[:wrong] + 1) % labels
    train = np.arange(count) % 4 != 3
    ids = np.array([f"{n:04d}" for n in range(count)], object)
    task = Labelled(
        ids=ids,
        label=np.array([f"label {g}" for g in given], object),
        train=train,
        by_hand=np.zeros(count, bool),
        at=np.arange(count),
        vectors=vectors,
        pairs=NO_PAIRS,
    )
    return task, set(ids[:wrong].tolist())


def chosen(task: Labelled, keep: np.ndarray) -> Labelled:
    """Some of the examples, and only the inputs that they have."""
    used, at = np.unique(task.at[keep], return_inverse=True)
    place = {int(n): i for i, n in enumerate(used)}
    pairs = [p for p in zip(*task.pairs, strict=True) if p[0] in place and p[1] in place]
    a, b, s = zip(*pairs, strict=True) if pairs else ((), (), ())
    return Labelled(
        task.ids[keep],
        task.label[keep],
        task.train[keep],
        task.by_hand[keep],
        at,
        task.vectors[used],
        (
            np.array([place[int(n)] for n in a], np.int64),
            np.array([place[int(n)] for n in b], np.int64),
            np.array(s, float),
        ),
    )


def by_id(task: Labelled, detector: str = "kernel") -> dict[str, dict[str, Any]]:
    return {row["example_id"]: row for row in label_noise.find(task, detector=detector)[0]}


@pytest.mark.parametrize("seed", range(5))
def test_wrong_labels_are_the_worst(seed: int) -> None:
    task, wrong = made(seed)
    rows, counts = label_noise.find(task)
    worst = sorted(rows, key=lambda row: row["score"])[: len(wrong)]
    assert {row["example_id"] for row in worst} == wrong
    for row in worst:
        given, suggested = int(row["given"][-1]), int(row["suggested"][-1])
        assert (suggested + 1) % 4 == given
        assert row["probability"] > 0.5 > row["given_probability"]
    assert sum(row["tier"] == "likely" for row in worst) >= 4
    assert counts["sides"]["train"]["judged"] == 90 and counts["sides"]["test"]["judged"] == 30
    assert (counts["classes"], counts["too_rare"], counts["problem"]) == (4, [], None)
    for side in label_model.SIDES:
        mine = [row for row in rows if task.train[int(row["example_id"])] == (side == "train")]
        likely = [row["score"] for row in mine if row["tier"] == "likely"]
        possible = [row["score"] for row in mine if row["tier"] == "possible"]
        assert counts["sides"][side]["likely"] == len(likely)
        assert counts["sides"][side]["possible"] == len(possible)
        assert max(likely, default=0) <= min([*possible, 0.5])
        assert len(likely) <= counts["sides"][side]["estimated"]


@pytest.mark.parametrize("detector", ["cleanlab-lr", "datalab"])
def test_stock_detectors_rank_by_self_confidence(detector: str) -> None:
    task, wrong = made(1)
    rows, counts = label_noise.find(task, detector=detector)
    worst = sorted(rows, key=lambda row: row["score"])
    assert wrong <= {row["example_id"] for row in worst[: 2 * len(wrong)]}
    assert all(row["score"] == pytest.approx(row["given_probability"], rel=1e-7) for row in rows)
    assert all(row["probability"] > row["given_probability"] for row in rows)
    assert counts["sides"]["train"]["judged"] == 90 and counts["sides"]["test"]["judged"] == 30
    alone = by_id(chosen(task, task.train), detector)
    in_train = {row["example_id"]: row for row in rows if task.train[int(row["example_id"])]}
    assert in_train == alone and alone


@pytest.mark.parametrize("seed", range(6))
def test_the_test_side_changes_nothing_for_train(seed: int) -> None:
    rng = np.random.default_rng(seed)
    task, _ = made(seed, wrong=12)
    a, b = rng.integers(0, 120, (2, 60))
    distinct = a != b
    pairs = a[distinct], b[distinct], rng.uniform(0.8, 1, int(distinct.sum()))
    task = dataclasses.replace(task, pairs=pairs)
    whole = by_id(task)
    alone = by_id(chosen(task, task.train))
    some = by_id(chosen(task, task.train | (rng.random(120) < 0.5)))
    in_train = {i: row for i, row in whole.items() if task.train[int(i)]}
    assert in_train == alone and alone
    assert {i: row for i, row in some.items() if task.train[int(i)]} == alone


@pytest.mark.parametrize("seed", range(3))
def test_other_ids_and_another_order_find_the_same(seed: int) -> None:
    task, _ = made(seed, wrong=12)
    order = np.random.default_rng(seed).permutation(120)
    shuffled = Labelled(
        task.ids, task.label[order], task.train[order], task.by_hand, np.arange(120),
        task.vectors[order], NO_PAIRS,
    )  # fmt: skip
    named = {str(new): str(task.ids[old]) for new, old in zip(task.ids, order, strict=True)}
    found, expected = by_id(shuffled), by_id(task)
    assert {named[i] for i in found} == set(expected)
    for i, row in found.items():
        there = expected[named[i]]
        assert row["score"] == pytest.approx(there["score"], rel=1e-6)
        assert [named[n] for n in row["like_suggested"]] == there["like_suggested"]
        assert [named[n] for n in row["nearest"]] == there["nearest"]


def test_copies_with_the_same_wrong_label_do_not_vouch_for_each_other() -> None:
    task, _ = made(1, wrong=0)
    # Five train inputs of label 0, all but equal, all called label 1.
    rng = np.random.default_rng(0)
    right = np.flatnonzero((task.label == "label 0") & task.train)[0]
    near = unit(task.vectors[right] + rng.normal(size=(5, 16)) * 0.005)
    count = len(task.ids)
    ids = np.array([*task.ids, *(f"{n:04d}" for n in range(count, count + 5))], object)
    copied = Labelled(
        ids=ids,
        label=np.array([*task.label, *["label 1"] * 5], object),
        train=np.ones(count + 5, bool),
        by_hand=np.zeros(count + 5, bool),
        at=np.arange(count + 5),
        vectors=np.concatenate([task.vectors, near]),
        pairs=NO_PAIRS,
    )
    i, j = np.triu_indices(5, 1)
    told = dataclasses.replace(copied, pairs=(i + count, j + count, np.full(len(i), 0.99, float)))
    wrong = set(ids[-5:].tolist())
    assert wrong <= set(by_id(told))
    assert {by_id(told)[i]["suggested"] for i in wrong} == {"label 0"}
    # What keeps them from hiding each other is that they leave together.
    assert not wrong & set(by_id(copied))


def test_examples_of_one_text_do_not_vouch_for_each_other() -> None:
    task, _ = made(2, wrong=0)
    several = np.flatnonzero((task.label == "label 0") & task.train)[0]
    at = np.concatenate([task.at, np.full(6, several)])
    ids = np.array([f"{n:04d}" for n in range(len(at))], object)
    label = np.array([*task.label, *["label 2"] * 6], object)
    label[several] = "label 2"
    many = Labelled(
        ids, label, np.ones(len(at), bool), np.zeros(len(at), bool), at, task.vectors, NO_PAIRS
    )
    found = by_id(many)
    assert {*ids[-6:].tolist(), str(ids[several])} <= set(found)
    assert {found[i]["suggested"] for i in ids[-6:].tolist()} == {"label 0"}


def test_a_rare_label_is_neither_judged_nor_suggested() -> None:
    task, _ = made(3)
    label = task.label.copy()
    mine = np.flatnonzero((label == "label 3") & task.train)
    label[mine[:2]] = "rare"
    on_test = np.flatnonzero((label == "label 3") & ~task.train)[0]
    label[on_test] = "unheard of"
    rows, counts = label_noise.find(dataclasses.replace(task, label=label))
    assert counts["too_rare"] == ["rare", "unheard of"] and counts["too_rare_examples"] == 3
    assert counts["classes"] == 4
    assert not {task.ids[i] for i in (*mine[:2], on_test)} & {r["example_id"] for r in rows}
    assert "rare" not in {row["suggested"] for row in rows}


def test_copies_do_not_make_a_label_frequent() -> None:
    task, _ = made(4)
    label = task.label.copy()
    mine = np.flatnonzero((label == "label 3") & task.train)[:4]
    label[mine] = "four copies"
    i, j = np.triu_indices(4, 1)
    pairs = mine[i], mine[j], np.full(len(i), 0.9)
    rows, counts = label_noise.find(dataclasses.replace(task, label=label, pairs=pairs))
    assert counts["too_rare"] == ["four copies"] and counts["too_rare_examples"] == 4
    assert not set(task.ids[mine]) & {row["example_id"] for row in rows}


def test_what_a_human_labelled_is_used_and_not_suspected() -> None:
    task, wrong = made(5)
    by_hand = np.array([i in wrong for i in task.ids])
    rows, counts = label_noise.find(dataclasses.replace(task, by_hand=by_hand))
    assert not wrong & {row["example_id"] for row in rows}
    assert sum(side["judged"] for side in counts["sides"].values()) == 120 - len(wrong)
    # All of a small label by hand: it is suggested where it fits.
    named = task.label == "label 2"
    rows, counts = label_noise.find(dataclasses.replace(task, by_hand=named))
    assert {row["example_id"] for row in rows if row["suggested"] == "label 2"} & wrong


@pytest.mark.parametrize(
    ("label", "train", "problem"),
    [
        ("one", True, Problem("one_class", label="one")),
        ("one", False, Problem("too_few_inputs")),
    ],
)
def test_nothing_to_compare(label: str, train: bool, problem: Problem) -> None:
    task, _ = made(0)
    count = len(task.ids)
    single = dataclasses.replace(
        task, label=np.full(count, label, object), train=np.full(count, train)
    )
    rows, counts = label_noise.find(single)
    assert rows == [] and counts["problem"] == problem


def test_labels_that_are_all_copies() -> None:
    task, _ = made(0, count=6, labels=2, wrong=0)
    task = dataclasses.replace(task, train=np.ones(6, bool))
    same = [(a, b) for k in range(2) for a in range(6) for b in range(a)
            if task.label[a] == task.label[b] == f"label {k}"]  # fmt: skip
    a, b = np.array(same).T
    rows, counts = label_noise.find(dataclasses.replace(task, pairs=(a, b, np.full(len(a), 0.9))))
    assert rows == [] and counts["problem"] == Problem("only_copies")


def test_no_examples_at_all() -> None:
    task = chosen(made(0)[0], np.zeros(120, bool))
    assert label_noise.find(task)[0] == []


def test_texts_for_labels_are_told_apart_from_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_model, "_MOST_CELLS", 400)
    rows, counts = label_noise.find(made(0)[0])
    assert rows == [] and counts["problem"] == Problem("no_classes", labels=4, inputs=120)


# -- neighbours ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_are_those_of_all_cosines(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_noise, "_ROWS", 7)
    monkeypatch.setattr(label_noise, "_SLACK", 2)
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(80, 8)))
    vectors[3] = vectors[5] = vectors[4]
    left = rng.random((80, 80)) < 0.1
    asked = rng.integers(0, 80, 30)
    sets = [[np.arange(80), np.sort(rng.choice(80, 9, replace=False))] for _ in asked]
    found = label_noise.nearest(vectors, asked, sets, csr_array(left), count=4)
    cosine = np.round(vectors.astype(float) @ vectors.astype(float).T, 6)
    for row, parts, answers in zip(asked.tolist(), sets, found, strict=True):
        for part, answer in zip(parts, answers, strict=True):
            near = sorted(
                (-cosine[row, i], i) for i in part.tolist() if i != row and not left[row, i]
            )[:4]
            assert [(i, c) for i, c in answer] == [(i, -c) for c, i in near]


def test_neighbours_stand_for_inputs_and_have_the_labels() -> None:
    task, wrong = made(6)
    twice = Labelled(
        ids=np.array([f"{n:04d}" for n in range(240)], object),
        label=np.concatenate([task.label, task.label]),
        train=np.concatenate([task.train, task.train]),
        by_hand=np.zeros(240, bool),
        at=np.concatenate([task.at, task.at]),
        vectors=task.vectors,
        pairs=NO_PAIRS,
    )
    labels = dict(zip(twice.ids.tolist(), twice.label.tolist(), strict=True))
    found = by_id(twice)
    for i in wrong:
        row = found[i]
        assert [labels[n] for n in row["like_given"]] == [row["given"]] * 3
        assert [labels[n] for n in row["like_suggested"]] == [row["suggested"]] * 3
        assert len(row["nearest"]) == 5
        # One example per input, the one with the smallest id, of the train side, never itself.
        for name in (*row["nearest"], *row["like_given"], *row["like_suggested"]):
            assert int(name) < 120 and twice.train[int(name)] and name != i
        near = twice.vectors[int(row["like_suggested"][0])] @ twice.vectors[int(i)]
        assert row["similarity"] == pytest.approx(float(near), abs=1e-5)
