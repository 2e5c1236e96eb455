"""The budget of a queue: what comes first, what pays, what is explored, by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from curate.label import kinds
from curate.label.reviews import Detector
from curate.queue import budget
from curate.verdicts import detectors

NAMES = ("held_out", "x", "y", "unrated")


def flagged(example: str, *flags: tuple[str, int, float]) -> dict[str, Any]:
    said = [dict(zip(("detector", "place", "score"), f, strict=True)) for f in flags]
    return {"example_id": example, "flags": said}


def many(name: str, count: int, place: int = 5) -> list[dict[str, Any]]:
    return [flagged(f"{name}{n:03}", (name, place, n / count)) for n in range(count)]


def reviewed(**counts: tuple[int, int]) -> list[Detector]:
    return [Detector(name, of, changed, 0, 0) for name, (changed, of) in counts.items()]


def first(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(row["detectors"][0] for row in rows)


def test_the_mean_of_the_posterior() -> None:
    assert budget.expected("x", 0, 0) == 1 / 2
    assert budget.expected("x", 10, 9) == 10 / 12
    assert budget.expected("mislabel", 0, 0) == 6 / 12, "ten pseudo-reviews, five of them changed"
    assert budget.expected("boundary", 10, 10) == 11 / 22


def test_without_reviews_equal_detectors_take_turns() -> None:
    rows, _ = budget.share([*many("x", 50), *many("y", 50)], NAMES, [], 40)
    assert first(rows) == {"x": 20, "y": 20}
    assert [r["example_id"] for r in rows[:4]] == ["x000", "y000", "x001", "y001"]


def test_what_was_right_gets_most_and_what_was_not_is_still_explored() -> None:
    right = reviewed(x=(9, 10), y=(0, 10))
    rows, told = budget.share([*many("y", 300), *many("x", 300)], NAMES, right, 200)
    assert first(rows) == {"x": 198, "y": 2}
    assert [r["detectors"][0] for r in rows].index("y") >= 49
    assert [(s.name, s.tasks, s.available, s.reviewed, s.changed) for s in told] == [
        ("x", 198, 300, 10, 9),
        ("y", 2, 300, 10, 0),
    ]
    assert told[0].expected == pytest.approx(10 / 12)


def test_more_than_a_detector_has_goes_to_the_next() -> None:
    right = reviewed(x=(9, 10), y=(0, 10))
    rows, _ = budget.share([*many("y", 30), *many("x", 30)], NAMES, right, 45)
    assert first(rows) == {"x": 30, "y": 15}


def test_some_things_come_first_and_some_last_whatever_they_brought() -> None:
    right = reviewed(held_out=(0, 90), unrated=(90, 90))
    rows = [*many("unrated", 9, place=12), *many("x", 9), *many("held_out", 9, place=0)]
    chosen, _ = budget.share(rows, NAMES, right, 20)
    assert [r["detectors"][0] for r in chosen] == ["held_out"] * 9 + ["x"] * 9 + ["unrated"] * 2


def test_an_example_goes_by_the_detector_that_brings_most() -> None:
    rows = [
        flagged("a", ("x", 5, 0.5), ("y", 9, 0.1)),
        flagged("b", ("held_out", 0, 0), ("y", 9, 0)),
    ]
    chosen, _ = budget.share(rows, NAMES, reviewed(x=(0, 10), y=(9, 10)), 9)
    assert [(r["example_id"], r["detectors"]) for r in chosen] == [
        ("b", ["held_out", "y"]),
        ("a", ["y", "x"]),
    ]
    assert (chosen[1]["flags"][0]["detector"], chosen[1]["score"]) == ("y", 0.1)


def test_no_order_of_rows_changes_what_is_chosen() -> None:
    rows = [*many("x", 40), *many("y", 70), *many("unrated", 5, place=12)]
    right = reviewed(x=(3, 10), y=(4, 10))
    assert budget.share(rows, NAMES, right, 90) == budget.share(rows[::-1], NAMES, right, 90)
    assert budget.share([], NAMES, right, 90) == ([], ())
    assert budget.share(rows, NAMES, right, 0)[0] == []


@pytest.mark.parametrize("kind", ["relabel", "review", "spans"])
def test_a_first_queue_keeps_likely_errors_before_unlikely_ones(kind: str) -> None:
    worth = [budget.expected(name, 0, 0) for name in list(kinds.detectors_of(kind))[4:]]
    assert sum(d.prior != (0, 0) for d in detectors.detectors().values()) == 6
    assert all(0 < share < 1 for share in worth)
    assert budget.expected("mislabel", 0, 0) > 2 * budget.expected("low_confidence", 0, 0)


def test_a_third_is_left_to_the_others_while_held_out_examples_wait() -> None:
    held_out = many("held_out", 50, place=1)
    rows, told = budget.share([*held_out, *many("x", 50)], NAMES, [], 30)
    assert [s.tasks for s in told] == [20, 10]
    assert [r["example_id"] for r in rows[:20]] == [f"held_out{n:03}" for n in range(20)]
    rows, _ = budget.share([*held_out, *many("x", 4)], NAMES, [], 30)
    assert first(rows) == {"held_out": 26, "x": 4}, "what the others do not need is not lost"
