"""Calls of an agent: one question, other results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.inputs.agents import MOST, steps_since_asked
from curate.project import Project
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
ASK = {"role": "user", "content": "Please find me a table for four people on the terrace tonight"}


def call(name: str, number: int, **arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    calls = [{"id": f"call_{number:08}", "type": "function", "function": function}]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def told(number: int, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"call_{number:08}", "content": content}


def test_steps_are_calls_and_results_in_order_since_the_last_question() -> None:
    before = [ASK, call("old", 1, a=1), told(1, "gone"), {"role": "assistant", "content": "Hm."}]
    talk = [*before, ASK, call("find", 2, day="tonight"), told(2, "two are free")]
    assert steps_since_asked(talk) == 'find {"day": "tonight"}\ntwo are free'
    assert steps_since_asked([ASK]) == steps_since_asked([]) == ""


@pytest.mark.parametrize(
    "volatile",
    [
        "3f2b8c1e-9a4d-4c7e-8b1f-0d2e4a6c8e9f", "call_a81bc81bdead",
        "d41d8cd98f00b204e9800998ecf8427e", "2026-11-30T09:12:55Z", "2026-11-30 09:12",
        "1795938775", "1795938775123",
    ],
)  # fmt: skip
def test_what_is_another_each_time_counts_for_nothing(volatile: str) -> None:
    steps = steps_since_asked([ASK, told(1, f"table 7 {volatile} is free")])
    assert steps.split() == ["table", "7", "is", "free"]


def test_long_results_are_capped_and_the_last_ones_count() -> None:
    steps = steps_since_asked([ASK, *[told(n, f"{n} " + "word " * 2_000) for n in range(9)]])
    assert len(steps) <= MOST and "8 word" in steps and "0 word" not in steps


@pytest.mark.store
def test_sessions_with_other_results_are_no_duplicates(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [
        {
            "id": name,
            "messages": [ASK, call("find", n, day="tonight"), told(n, json.dumps(found))],
            "response": f"Table {found['table']} is yours.",
            "rating": 5,
        }
        for n, (name, found) in enumerate(
            [
                ("a", {"table": 7, "seats": "by the wall"}),
                ("b", {"table": 9, "seats": "by the sea"}),
                ("c", {"table": None, "seats": "none is free"}),
                ("again", {"table": 7, "seats": "by the wall"}),
            ]
        )
    ]
    project: Project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "l.jsonl", rows))])
    project.filter()
    result = project.dedupe(semantic=None)
    assert (result.inputs, result.exact_dropped + result.near_dropped) == (3, 1)
