"""Scores with names and givers, and the scales that people use."""

from __future__ import annotations

from typing import Any

import pytest

from pulled import Workbench, ratings

pytestmark = pytest.mark.slow

CALLS = [{"id": f"c{n}", "prompt": f"Stop {n}?", "completion": "Line 4."} for n in range(3)]


def with_calls(bench: Workbench) -> Workbench:
    bench.pull(bench.write("calls.jsonl", CALLS))
    return bench


# Source: Arize Phoenix documentation, span annotations.
def test_a_judge_and_a_program_are_no_people(bench: Workbench) -> None:
    rows: list[dict[str, Any]] = [
        {"request_id": "c0", "metric": "helpful", "value": 1, "annotator_kind": "HUMAN"},
        {"request_id": "c0", "metric": "grounded", "value": 0, "annotator_kind": "LLM"},
        {"request_id": "c1", "metric": "grounded", "value": 1, "annotator_kind": "LLM"},
        {"request_id": "c2", "metric": "length_ok", "value": 1, "annotator_kind": "CODE"},
        {"request_id": "c2", "metric": "helpful", "value": 0, "annotator_kind": "HUMAN"},
    ]
    with_calls(bench).pull(bench.write("scores.jsonl", rows), "--as", "feedback")
    assert {key: c["human_rating"] for key, c in bench.calls().items()} == {
        "c0": 5.0, "c1": None, "c2": 1.0,
    }  # fmt: skip
    assert sorted(ratings(bench.feedback())) == [
        ("c0", "grounded", 1.0, "llm"),
        ("c0", "helpful", 5.0, "human_expert"),
        ("c1", "grounded", 5.0, "llm"),
        ("c2", "helpful", 1.0, "human_expert"),
        ("c2", "length_ok", None, "code"),  # one value does not say a scale
    ]


TWO = [
    {"request_id": f"c{n}", "score_name": name, "value": value}
    for n, (a, b) in enumerate([(5, 1), (1, 5), (4, 2)])
    for name, value in (("friendliness", a), ("accuracy", b))
]


def test_two_names_never_become_one_rating(bench: Workbench) -> None:
    with_calls(bench)
    name = bench.write("scores.jsonl", TWO)
    message = bench.refused(name, "--as", "feedback", "--scale", "1-5")
    assert "friendliness" in message and "accuracy" in message and "--only" in message


def test_one_name_is_chosen(bench: Workbench) -> None:
    with_calls(bench)
    name = bench.write("scores.jsonl", TWO)
    bench.pull(name, "--as", "feedback", "--only", "name=accuracy", "--scale", "1-5")
    assert [c["human_rating"] for c in bench.calls().values()] == [1.0, 5.0, 2.0]
    assert {row["name"] for row in bench.feedback()} == {"accuracy"}


NAMED = [
    {"request_id": f"c{n}", "name": name, "value": value}
    for name, values in (("stars", (2, 5, 1)), ("tone", (1, 0, 1)))
    for n, value in enumerate(values)
]


@pytest.mark.parametrize(
    ("options", "scale", "placed"),
    [
        (("--scale", "5-1"), "(scale 5-1)", [4.0, 1.0, 5.0]),
        (("--scale", "1-10"), "(scale 1-10)", [1.4, 2.8, 1.0]),
        (("--scale", "stars:5-1"), "(scales by name: stars 5-1, tone 0-1)", [4.0, 1.0, 5.0]),
        (
            ("--scale", "1-10", "--scale", "stars:5-1"),
            "(scale 1-10; scales by name: stars 5-1)",
            [4.0, 1.0, 5.0],
        ),
        ((), "(scales by name: stars 1-5, tone 0-1)", [2.0, 5.0, 1.0]),
    ],
)
def test_a_declared_scale_beats_those_that_are_guessed_for_each_name(
    bench: Workbench, options: tuple[str, ...], scale: str, placed: list[float]
) -> None:
    name = bench.write("scores.jsonl", NAMED)
    with_calls(bench)
    said = bench.pull(name, "--as", "feedback", "--only", "name=stars", *options)
    assert scale in said and "scale unknown" not in said
    assert [round(c["human_rating"], 1) for c in bench.calls().values()] == placed


def test_a_guessed_scale_gives_way_to_one_that_is_declared_later(bench: Workbench) -> None:
    name = bench.write("scores.jsonl", NAMED[:3])
    with_calls(bench).pull(name, "--as", "feedback")
    bench.pull(name, "--as", "feedback", "--scale", "5-1", "--yes")
    assert [c["human_rating"] for c in bench.calls().values()] == [4.0, 1.0, 5.0]


def test_the_scale_of_yes_and_no_is_known(bench: Workbench) -> None:
    rows = [
        {"request_id": "c0", "name": "thumb", "value": 1, "data_type": "BOOLEAN"},
        {"request_id": "c1", "name": "thumb", "value": 1, "data_type": "BOOLEAN"},
    ]
    said = with_calls(bench).pull(bench.write("scores.jsonl", rows), "--as", "feedback")
    assert "(scales by name: thumb words)" in said
    assert [c["human_rating"] for c in bench.calls().values()] == [5.0, 5.0, None]


# Source: LangSmith documentation, feedback data format.
def test_corrections_and_categories_are_no_ratings(bench: Workbench) -> None:
    rows: list[dict[str, Any]] = [
        {"request_id": "c0", "name": "thumb", "value": 1, "data_type": "BOOLEAN"},
        {"request_id": "c0", "name": "fix", "value": "Line 5.", "data_type": "CORRECTION"},
        {"request_id": "c1", "name": "topic", "value": "tram", "data_type": "CATEGORICAL"},
        {"request_id": "c1", "name": "thumb", "value": 0, "data_type": "BOOLEAN"},
    ]
    with_calls(bench).pull(bench.write("scores.jsonl", rows), "--as", "feedback")
    assert {key: c["human_rating"] for key, c in bench.calls().items()} == {
        "c0": 5.0, "c1": 1.0, "c2": None,
    }  # fmt: skip
    told = {
        (r["source_id"], r["kind"], r["value"]) for r in bench.feedback() if r["kind"] != "rating"
    }
    assert told == {("c0", "correction", "Line 5."), ("c1", "label", "tram")}


def test_a_judges_column_beside_peoples_stars(bench: Workbench) -> None:
    rows = [
        {**call, "user_rating": stars, "judge_score": 0.9}
        for call, stars in zip(CALLS, (5, 1, 4), strict=True)
    ]
    said = bench.pull(bench.write("calls.jsonl", rows))
    assert [c["human_rating"] for c in bench.calls().values()] == [5.0, 1.0, 4.0]
    assert "judge_score" in said


@pytest.mark.parametrize(
    ("values", "placed"),
    [
        (["4 / 5", "1 / 5", "5 / 5"], [4.0, 1.0, 5.0]),
        (["9/10", "0/10", "10/10"], [4.6, 1.0, 5.0]),
        (["3.5 stars", "1 star", "5 stars"], [3.5, 1.0, 5.0]),
        (["★★★", "★", "★★★★★"], [3.0, 1.0, 5.0]),
        (["👍🏿", "👎🏾", "👍"], [5.0, 1.0, 5.0]),
        (["like", "dislike", "like"], [5.0, 1.0, 5.0]),
        (["Positive", "Negative", "--"], [5.0, 1.0, None]),
        (["UPVOTE", "DOWNVOTE", "N/A"], [5.0, 1.0, None]),
        (["3,5", "1,0", "5,0"], [3.5, 1.0, 5.0]),
        (["75 %", "0 %", "100 %"], [4.0, 1.0, 5.0]),
        ([True, False, None], [5.0, 1.0, None]),
        (["up", "down", "null"], [5.0, 1.0, None]),
    ],
)
def test_ratings_that_leave_no_doubt(
    bench: Workbench, values: list[Any], placed: list[float | None]
) -> None:
    rows = [{**call, "rating": value} for call, value in zip(CALLS, values, strict=True)]
    bench.pull(bench.write("calls.jsonl", rows))
    found = [c["human_rating"] for c in bench.calls().values()]
    assert [v if v is None else round(v, 6) for v in found] == placed


@pytest.mark.parametrize(
    ("values", "scale", "placed"),
    [
        ([1, 2, 3], "1-3", [1.0, 3.0, 5.0]),
        ([1, 3, 4], "1-4", [1.0, 3.666667, 5.0]),
        ([1, 6, 2], "6-1", [5.0, 1.0, 4.2]),  # school marks, 1 is best
        ([2, 1, 2], "1-2", [5.0, 1.0, 5.0]),
        ([7, 1, 4], "1-7", [5.0, 1.0, 3.0]),
        (["B", "F", "A"], "A=5,B=4,F=1", [4.0, 1.0, 5.0]),
    ],
)
def test_scales_in_doubt_are_asked_about_and_can_be_said(
    bench: Workbench, values: list[Any], scale: str, placed: list[float]
) -> None:
    rows = [{**call, "rating": value} for call, value in zip(CALLS, values, strict=True)]
    name = bench.write("calls.jsonl", rows)
    said = bench.pull(name)
    assert [c["human_rating"] for c in bench.calls().values()] == [None] * 3
    assert "the scale of rating is not clear" in said and "--scale" in said
    bench.pull(name, "--scale", scale)
    found = [round(c["human_rating"], 6) for c in bench.calls().values()]
    assert found == placed


@pytest.mark.parametrize(
    ("values", "example"),
    [
        (["sehr gut", "schlecht", "sehr gut"], "--scale 'sehr gut=N,schlecht=N', where you put"),
        ([1, 2, 4], "--scale 1-4 or 1-5 (where 1 is the best, 4-1 or 5-1)"),
        ([0, 3, 2], "--scale 0-3 or 0-5 (where 0 is the best, 3-0 or 5-0)"),
        ([6, 1, 2], "--scale 1-6 or 1-10 (where 1 is the best, 6-1 or 10-1)"),
        ([1, 1, 1], "--scale 1-5 (where 1 is the best, 5-1)"),
        ([60, 20, 30], "--scale 0-100 (where 0 is the best, 100-0)"),
    ],
)
def test_the_scale_that_is_proposed_fits_what_was_seen(
    bench: Workbench, values: list[Any], example: str
) -> None:
    rows = [{**call, "rating": value} for call, value in zip(CALLS, values, strict=True)]
    assert example in bench.pull(bench.write("calls.jsonl", rows))


def test_feedback_with_a_comma_and_another_key(bench: Workbench) -> None:
    with_calls(bench)
    (bench.logs / "late.csv").write_text("call;stars;when\nc0;4,5;01.12.2026\nc2;1,0;13.12.2026\n")
    bench.pull("late.csv", "--as", "feedback", "--key", "call")
    assert [c["human_rating"] for c in bench.calls().values()] == [4.5, None, 1.0]
