"""The kernel of the signals: hand-checked cases, no order of rows, no leak between folds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from curate.kernels import answer_quality
from curate.kernels.answer_quality import Rater


def unit(rng: np.random.Generator, count: int, width: int = 8) -> Any:
    made = rng.normal(size=(count, width)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_relevance_is_the_cosine_and_chance_meets_other_answers() -> None:
    asked = np.eye(4, dtype=np.float32)
    assert answer_quality.relevance(asked, asked).tolist() == [1, 1, 1, 1]
    assert answer_quality.by_chance(asked, asked) == 0
    assert answer_quality.by_chance(asked[:1], asked[:1]) == 0


def test_a_rating_is_expected_by_whether_the_answer_fits() -> None:
    rng = np.random.default_rng(0)
    asked = unit(rng, 400)
    fits = rng.random(400) < 0.5
    said = np.where(fits[:, None], asked, unit(rng, 400))
    given = np.where(fits, 5.0, 1.0)
    found = answer_quality.expected(
        asked, said, np.full(400, 50.0), given, [str(n) for n in range(400)]
    )
    assert found[fits].mean() - found[~fits].mean() > 2
    assert ((found > 3) == fits).mean() > 0.9


def test_an_answer_does_not_vouch_for_its_own_group() -> None:
    rng = np.random.default_rng(1)
    asked, said = unit(rng, 60, 200), unit(rng, 60, 200)
    given = rng.permutation(np.repeat([1.0, 5.0], 30))
    copies = np.repeat(np.arange(60), 2)
    alone = [f"g{n}" for n in copies]
    apart = [f"g{n}" for n in range(120)]
    rows = (asked[copies], said[copies], np.full(120, 9.0), given[copies])

    def agrees(groups: list[str]) -> float:
        return float(np.corrcoef(answer_quality.expected(*rows, groups), rows[3])[0, 1])

    assert agrees(apart) > 0.5 > agrees(alone) + 0.2


def test_unrated_answers_are_expected_and_teach_nothing() -> None:
    rng = np.random.default_rng(2)
    asked, said = unit(rng, 90), unit(rng, 90)
    given, groups = rng.uniform(1, 5, 90), [f"g{n:03}" for n in range(90)]
    lengths = np.full(90, 20.0)
    some = np.where(np.arange(90) < 60, given, np.nan)
    found = answer_quality.expected(asked, said, lengths, some, groups)
    assert np.isfinite(found).all()
    other = np.where(np.arange(90) < 60, given, np.nan)
    moved = said.copy()
    moved[60:] = unit(rng, 30)
    assert (answer_quality.expected(asked, moved, lengths, other, groups)[:60] == found[:60]).all()


def test_no_order_of_rows_counts() -> None:
    rng = np.random.default_rng(3)
    asked, said = unit(rng, 70), unit(rng, 70)
    given, groups = rng.uniform(1, 5, 70), np.array([f"g{n % 50}" for n in range(70)])
    lengths = rng.uniform(1, 900, 70)
    found = answer_quality.expected(asked, said, lengths, given, list(groups))
    order = rng.permutation(70)
    mixed = answer_quality.expected(
        asked[order], said[order], lengths[order], given[order], list(groups[order])
    )
    np.testing.assert_allclose(mixed, found[order], atol=2e-6)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ('{"b": 1, "a": 2}', "a JSON object (a, b)"),
        (" [1] ", "a JSON list"),
        ('{"a": ', "broken JSON"),
        ("```py\nx\n```", "a code block"),
        ("Use {this}.", "prose"),
        ("", "prose"),
    ],
)
def test_shapes(text: str, shape: str) -> None:
    assert answer_quality.shape(text) == shape


def test_a_form_is_a_rule_where_eight_of_ten_have_it() -> None:
    obeyed = ["a JSON object (a)"] * 8 + ["prose", "broken JSON"]
    assert answer_quality.format_outliers(obeyed, [1] * 10) == {
        8: ("a JSON object (a)", 0.8), 9: ("a JSON object (a)", 0.8),
    }  # fmt: skip
    assert answer_quality.format_outliers(obeyed[1:], [1] * 9) == {}
    assert answer_quality.format_outliers(["a JSON list", *obeyed[1:]], [1] * 10) == {}
    assert answer_quality.format_outliers(["prose"] * 10 + ["a JSON list"], [1] * 11) == {}
    assert answer_quality.format_outliers(obeyed, [None] * 10) == {}
    assert answer_quality.format_outliers([], []) == {}


def test_raters_are_told_by_what_they_share() -> None:
    harsh = [("harsh", f"e{n}", 2.0) for n in range(15)]
    fair = [("fair", f"e{n}", 4.0) for n in range(15)]
    alone = [("alone", "other", 1.0)]
    found = answer_quality.raters(*zip(*harsh, *fair, *alone, strict=True))
    assert found == (
        Rater("alone", 1, 0, 0.0, 0.0),
        Rater("fair", 15, 15, 1.5, 0.0),
        Rater("harsh", 15, 15, -1.5, 0.0),
    )
    assert answer_quality.raters((), (), ()) == ()


def test_a_rater_who_swings_is_inconsistent_and_not_biased() -> None:
    rows = [("fair", f"e{n}", 3.0) for n in range(20)]
    rows += [("swings", f"e{n}", 5.0 if n % 2 else 1.0) for n in range(20)]
    _, swings = answer_quality.raters(*zip(*rows, strict=True))
    assert (swings.bias, swings.apart) == (0.0, 2.0)
