"""A call of a tool that annotators better is trained as a call; prose never takes its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.export.options import ExportSettings
from desk import Desk
from projects import WriteJsonl
from shown_talks import TOOLS

pytestmark = pytest.mark.slow


def row(n: int) -> dict[str, Any]:
    function = {"name": "find", "arguments": json.dumps({"city": f"City {n}"})}
    call = {"id": f"c{n}", "type": "function", "function": function}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": f"What is the weather like in place {n} today?"},
        {"role": "assistant", "content": f"Looking, {n}.", "reasoning_content": "Hm.",
         "tool_calls": [call]},
    ]  # fmt: skip
    return {"id": f"r{n}", "messages": messages, "tools": TOOLS, "rating": 1 if n < 6 else 5}


@pytest.fixture
def desk(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    return Desk(tmp_path, write_jsonl, [row(n) for n in range(30)], "sft")


def edited(text: str) -> list[dict[str, Any]]:
    return [{"from_name": "corrected", "type": "textarea", "value": {"text": [text]}}]


def answers(desk: Desk) -> dict[str, dict[str, Any]]:
    """Returns the answers of the exported files, by question."""
    made = desk.project.export("set", ExportSettings(("openai-chat",)))
    lines = [
        orjson.loads(line)["messages"]
        for side in ("train", "test")
        for line in (made.folder / f"{side}.jsonl").read_bytes().splitlines()
    ]
    return {line[-2]["content"]: line[-1] for line in lines}


def test_a_better_call_is_exported_as_a_call(desk: Desk) -> None:
    tasks = desk.push(kind="review")
    task = tasks["r1"]
    assert "Be brief." in task["data"]["conversation"]
    assert "City 1" in task["data"]["answer"]
    box = task["data"]["response"]
    desk.answer(task, edited(box.replace("City 1", "Köln")))
    desk.answer(tasks["r2"], edited("It is sunny there."))
    desk.answer(tasks["r3"], edited(box.replace('"City 1"', "17")))
    desk.answer(tasks["r4"], edited(tasks["r4"]["data"]["response"]))
    result = desk.sync()
    assert result.decisions == {"correct": 1}
    assert sorted(why for _, why in result.problems)[:2] == [
        "not understood: a tool call was replaced by prose",
        "not understood: the tool does not take this: find.city 17 is not of type string",
    ]
    by = desk.examples()
    assert by["r1"]["corrected"] and by["r1"]["response"] == "Looking, 1."
    assert [by[f"r{n}"]["corrected"] for n in (2, 3, 4)] == [False] * 3
    said = answers(desk)
    assert by["r2"]["query"] not in said, "rated 1, and not bettered"
    answer = said[by["r1"]["query"]]
    assert answer["content"] == "Looking, 1."
    ((function),) = [call["function"] for call in answer["tool_calls"]]
    assert function["name"] == "find"
    assert json.loads(function["arguments"]) == {"city": "Köln"}
    assert "reasoning_content" not in answer, "it led to the call that was wrong"


def test_words_that_the_log_itself_corrects_stay_words(desk: Desk) -> None:
    """A log may replace a call by an answer in words; only annotators are held to calls."""
    desk.rows[1]["correction"] = "It is sunny in place 1."
    desk.pull()
    answer = answers(desk)[desk.examples()["r1"]["query"]]
    assert (answer["content"], answer.get("tool_calls")) == ("It is sunny in place 1.", None)
