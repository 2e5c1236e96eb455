from __future__ import annotations

import json
from typing import Any

from curate.sources.presets import LeftOut
from platform_rows import only_row, parts

RUN: dict[str, Any] = {
    "id": "run-1",
    "name": "ChatOpenAI",
    "run_type": "llm",
    "start_time": "2026-09-03T07:00:00.000000",
    "end_time": "2026-09-03T07:00:01.500000",
    "status": "success",
    "error": None,
    "trace_id": "run-0",
    "parent_run_id": "run-0",
    "dotted_order": "20260903",
    "session_id": "project-1",
    "inputs": {"messages": [{"role": "user", "content": "Is the gym full?"}]},
    "outputs": {"generations": [[{"text": "Half."}]]},
    "feedback_stats": {"stars": {"n": 1, "avg": 1.0}},
    "extra": {
        "metadata": {"thread_id": "th-5", "user_id": "guest-1", "ls_model_name": "gpt-4o"},
        "invocation_params": {"tools": [{"type": "function", "function": {"name": "count"}}]},
        "runtime": {"sdk": "py"},
    },
    "prompt_tokens": 6,
    "completion_tokens": 2,
    "total_cost": "0.0002",
}
FAILED = {
    **{"id": "run-2", "run_type": "llm", "session_id": "project-1", "trace_id": "run-2"},
    **{"status": "error", "error": "RateLimitError('slow down')", "outputs": None},
    "inputs": {"prompts": ["Is the gym full?"]},
}
TOOL = {"id": "run-3", "run_type": "tool", "session_id": "project-1", "trace_id": "run-0"}
ROOT = {
    **{"id": "run-0", "run_type": "chain", "session_id": "project-1", "trace_id": "run-0"},
    **{"parent_run_id": None, "inputs": {"question": "Full?"}, "outputs": {"answer": "Half."}},
}
INNER = {**ROOT, "id": "run-4", "parent_run_id": "run-0"}
EMPTY = {**ROOT, "outputs": {}}
EXPORTED = {**RUN, "inputs": json.dumps(RUN["inputs"]), "extra": json.dumps(RUN["extra"])}
FEEDBACK: dict[str, Any] = {
    "id": "fb-1",
    "run_id": "run-1",
    "trace_id": "run-0",
    "session_id": "project-1",
    "key": "user_score",
    "score": 1.0,
    "value": None,
    "comment": "quick",
    "correction": None,
    "created_at": "2026-09-03T08:00:00Z",
    "feedback_source": {"type": "api", "metadata": None, "user_id": "guest-1"},
}
JUDGED = {**FEEDBACK, "key": "correctness", "feedback_source": {"type": "model"}}
CORRECTED = {
    **{**FEEDBACK, "key": "fix", "score": None, "value": "wrong"},
    **{"correction": {"output": "It is full."}, "feedback_source": {"type": "app"}},
}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "langsmith": [
        *(RUN, FAILED, TOOL, ROOT, INNER, EMPTY, EXPORTED, FEEDBACK, JUDGED, CORRECTED),
    ]
}


def test_a_run_of_a_model_is_a_call() -> None:
    assert only_row("langsmith", RUN) == {
        "name": "ChatOpenAI",
        "run_type": "llm",
        "parent_run_id": "run-0",
        "dotted_order": "20260903",
        "feedback_stats": {"stars": {"n": 1, "avg": 1.0}},
        "project_id": "project-1",
        "metadata": {"ls_model_name": "gpt-4o"},
        "id": "run-1",
        "trace": "run-0",
        "request": RUN["inputs"],
        "response": RUN["outputs"],
        "tools": [{"type": "function", "function": {"name": "count"}}],
        "session": "th-5",
        "user": "guest-1",
        "created_at": "2026-09-03T07:00:00.000000",
        "latency_ms": 1500.0,
        "model": "gpt-4o",
        "input_tokens": 6,
        "output_tokens": 2,
        "cost_usd": "0.0002",
        "status": "success",
    }


def test_the_bulk_export_keeps_json_as_text() -> None:
    row = only_row("langsmith", EXPORTED)
    assert row == {**only_row("langsmith", RUN), "request": EXPORTED["inputs"]}


def test_a_failed_run_has_an_error_and_no_answer() -> None:
    assert only_row("langsmith", FAILED) == {
        "run_type": "llm",
        "project_id": "project-1",
        "id": "run-2",
        "trace": "run-2",
        "request": {"prompts": ["Is the gym full?"]},
        "status": "error",
        "error": "RateLimitError('slow down')",
    }


def test_only_models_and_roots_with_texts_are_calls() -> None:
    assert parts("langsmith", TOOL) == [LeftOut("tool")]
    assert parts("langsmith", INNER) == [LeftOut("chain")]
    assert parts("langsmith", EMPTY) == [LeftOut("chain")]
    root = only_row("langsmith", ROOT)
    assert (root["request"], root["response"]) == ({"question": "Full?"}, {"answer": "Half."})


def test_feedback_of_a_user() -> None:
    assert only_row("langsmith", FEEDBACK) == {
        **{key: value for key, value in FEEDBACK.items() if key != "correction"},
        "key": "run-1",
        "trace": "run-0",
        "name": "user_score",
        "rating": 1.0,
        "comment": "quick",
        "rater": "guest-1",
        "rater_type": "user",
        "created_at": "2026-09-03T08:00:00Z",
    }


def test_feedback_of_others() -> None:
    assert only_row("langsmith", JUDGED)["rater_type"] == "llm"
    row = only_row("langsmith", CORRECTED)
    assert (row["rater_type"], row["correction"]) == ("expert", "It is full.")
    assert row["label"] == "wrong" and "rating" not in row


def test_a_root_is_marked_and_the_runs_of_models_are_not() -> None:
    assert only_row("langsmith", {**ROOT, "child_run_ids": ["run-1"]})["is_root"] is True
    root, call = parts("langsmith", {**ROOT, "child_runs": [{**RUN, "is_root": True}]})
    assert isinstance(root, dict) and root["is_root"] is True
    assert isinstance(call, dict) and "is_root" not in call
