from __future__ import annotations

from typing import Any

from curate.sources.presets import LeftOut
from platform_rows import only_row, parts

MARKS = {"_input_hash": 1, "_task_hash": 2, "_annotator_id": "d-ann", "_timestamp": 1746090000}
CHOICE: dict[str, Any] = {
    "text": "Open on Sunday?",
    "options": [{"id": "h", "text": "hours"}, {"id": "p", "text": "place"}],
    "accept": ["h"],
    "answer": "accept",
    "meta": {"source": "mail"},
    **MARKS,
}
BINARY = {"text": "Open on Sunday?", "label": "place", "answer": "reject", **MARKS}
SKIPPED = {**BINARY, "answer": "ignore"}
EXAMPLES: dict[str, list[dict[str, Any]]] = {"prodigy": [CHOICE, BINARY, SKIPPED]}


def test_the_options_that_were_chosen_are_the_label() -> None:
    row = only_row("prodigy", CHOICE)
    (piece,) = row.pop("ratings")
    assert row == {"id": "2", "query": "Open on Sunday?", "meta": {"source": "mail"}}
    assert (piece["kind"], piece["value"], piece["rater"]) == ("label", "hours", "d-ann")
    assert (piece["rater_type"], piece["created_at"]) == ("expert", 1746090000)


def test_a_rejected_label_is_no_label_and_no_answer() -> None:
    row = only_row("prodigy", BINARY)
    assert row == {"id": "2", "query": "Open on Sunday?", "rejected_label": "place"}


def test_an_example_that_was_skipped_is_left_out() -> None:
    assert parts("prodigy", SKIPPED) == [LeftOut("example that was skipped")]
