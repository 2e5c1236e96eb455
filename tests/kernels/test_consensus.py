"""The kernels of agreement, by hand and against plain loops; cleanlab's by cleanlab itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from curate.kernels import consensus
from curate.kernels.consensus import TIE, Answers, alpha, crowd, dawid_skene, majority, pairwise


def answers(rows: Sequence[Sequence[int | None]], values: int = 2) -> Answers:
    """Answers from one row per item and one column per annotator."""
    said = [(i, a, v) for i, row in enumerate(rows) for a, v in enumerate(row) if v is not None]
    item, annotator, value = (np.array(column, np.int64) for column in zip(*said, strict=True))
    return Answers(item, annotator, value, (len(rows), len(rows[0]), values))


def test_majority_and_pairs_by_hand() -> None:
    made = answers([(0, 0, 1), (1, 1, None), (0, 1, None), (1, None, None)])
    assert made.votes().tolist() == [[2, 1], [0, 2], [1, 1], [0, 1]]
    assert majority(made.votes()).tolist() == [0, 1, TIE, 1]
    # Of 3 + 1 + 1 pairs, 1 + 1 + 0 are the same.
    assert pairwise(made) == pytest.approx(2 / 5)
    assert math.isnan(pairwise(answers([(0, None), (None, 1)])))


def test_alpha_by_hand() -> None:
    made = answers([(0, 0), (1, 1), (0, 1), (0, 0), (1, None)])
    # 8 answers that can be paired, 5 of them 0: observed disagreement 2/8, expected 2*5*3/(8*7).
    assert alpha(made, "nominal") == pytest.approx(1 - (2 / 8) / (30 / 56))
    assert alpha(answers([(1, 1), (1, 1)]), "nominal") is None
    assert alpha(answers([(1, None), (None, 0)]), "nominal") is None
    near, far = answers([(0, 1), (3, 3), (1, 1)], 5), answers([(0, 3), (3, 3), (1, 1)], 5)
    assert (alpha(near, "ordinal") or 0) > (alpha(far, "ordinal") or 0)


def slowly(made: Answers) -> list[list[float]]:
    """Dawid and Skene's method as their paper has it, in loops."""
    items, annotators, values = made.shape
    said = list(zip(made.item.tolist(), made.annotator.tolist(), made.value.tolist(), strict=True))
    truth = [[0.0] * values for _ in range(items)]
    for i, _, v in said:
        truth[i][v] += 1
    truth = [[n / sum(row) for n in row] for row in truth]
    for _ in range(1_000):
        habit = [[[0.01] * values for _ in range(values)] for _ in range(annotators)]
        for i, a, v in said:
            for t in range(values):
                habit[a][t][v] += truth[i][t]
        habit = [[[n / sum(row) for n in row] for row in person] for person in habit]
        share = [sum(row[t] for row in truth) / items for t in range(values)]
        chance = [list(share) for _ in range(items)]
        for i, a, v in said:
            for t in range(values):
                chance[i][t] *= habit[a][t][v]
        truth = [[n / sum(row) for n in row] for row in chance]
    return truth


def simulated(seed: int, skills: Sequence[float], items: int = 60) -> tuple[Answers, list[int]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, items)
    rows: list[list[int | None]] = []
    for t in truth.tolist():
        right = rng.random(len(skills)) < np.array(skills)
        wrong = (t + rng.integers(1, 3, len(skills))) % 3
        row: list[int | None] = np.where(right, t, wrong).tolist()
        row[int(rng.integers(len(skills)))] = None
        rows.append(row)
    return answers(rows, 3), truth.tolist()


def test_dawid_skene_is_what_the_paper_says() -> None:
    made, _ = simulated(1, (0.9, 0.7, 0.6, 0.5))
    assert dawid_skene(made) == pytest.approx(np.array(slowly(made)), abs=1e-4)
    assert dawid_skene(made).sum(axis=1) == pytest.approx(np.ones(60))


def test_an_annotator_who_turns_everything_round_tells_as_much_as_a_good_one() -> None:
    truth = [n % 2 for n in range(40)]
    rows = [(t if n % 10 else 1 - t, 1 - t, t) for n, t in enumerate(truth)]
    made = answers(rows)
    assert (majority(made.votes()) != truth).sum() == 4
    assert dawid_skene(made).argmax(axis=1).tolist() == truth


def test_the_order_of_answers_changes_nothing_that_shows() -> None:
    made, _ = simulated(2, (0.9, 0.7, 0.6))
    turned = Answers(made.item[::-1], made.annotator[::-1], made.value[::-1], made.shape)
    assert dawid_skene(made) == pytest.approx(dawid_skene(turned), abs=1e-9)


def test_cleanlab_knows_who_is_good() -> None:
    pytest.importorskip("cleanlab")
    made, truth = simulated(3, (0.95, 0.7, 0.4, 0.9), items=300)
    found = crowd(made, dawid_skene(made))
    assert (found.value == truth).mean() > 0.85
    assert set(found.annotators.argsort()[:2].tolist()) == {1, 2}
    assert ((found.quality >= 0) & (found.quality <= 1)).all()
    shared = made.votes().sum(axis=1)[made.item] > 1
    for person in range(4):
        mine = shared & (made.annotator == person)
        same = (made.value[mine] == found.value[made.item[mine]]).mean()
        assert found.agreement[person] == pytest.approx(same)


def test_cleanlab_is_seen_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"cleanlab": object(), "pandas": None}
    monkeypatch.setattr(consensus.importlib.util, "find_spec", seen.get)
    assert not consensus.has_cleanlab()
