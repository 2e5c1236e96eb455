"""What stands around calls: typed values, HTTP messages, log lines, pages, and histories beside."""

from __future__ import annotations

import json
import shlex
from datetime import datetime
from typing import Any

import pytest

from pulled import Workbench, talk

pytestmark = pytest.mark.slow

ASK = {"messages": [{"role": "user", "content": "Open?"}]}
REPLY = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "No."}}]}
SAID = ([("user", "Open?")], "No.")
CALL = {"prompt": "Open?", "completion": "No.", "session_id": "s1", "user_id": "guest-4417"}


def told(bench: Workbench) -> list[Any]:
    return [talk(call) for call in bench.calls().values()]


# Source: DynamoDB export to S3 and scan; Firestore REST API; Hugging Face dataset viewer; HAR 1.2;
# Portkey logs export; jq without --compact-output.
@pytest.mark.parametrize(
    "document",
    [
        {"Item": {name: {"S": text} for name, text in CALL.items()}},
        {"Items": [{name: {"S": text} for name, text in CALL.items()}], "Count": 1},
        {"documents": [{"name": "a/b/c1", "createTime": "2026-05-01T09:00:00Z", "fields":
                        {name: {"stringValue": text} for name, text in CALL.items()}}]},
        {"features": [], "rows": [{"row_idx": 0, "row": CALL, "truncated_cells": []}]},
        {"session_id": "s1", "user_id": "guest-4417",
         "request": {"url": "https://x/v1", "method": "POST", "headers": {"auth": "sk-77001"},
                     "body": ASK},
         "response": {"status": 200, "headers": {}, "body": REPLY}},
    ],
)  # fmt: skip
def test_what_stands_around_a_call_is_taken_off(bench: Workbench, document: Any) -> None:
    (bench.logs / "l.json").write_text(json.dumps(document, indent=1), "utf-8")
    bench.pull("l.json")
    assert told(bench) == [SAID]
    assert [call["session_id"] for call in bench.calls().values()] == ["s1"]
    assert bench.places("guest-4417") == bench.places("sk-77001") == []


def test_a_recording_of_a_browser(bench: Workbench) -> None:
    key = {"name": "Authorization", "value": "sk-77001"}
    request = {"method": "POST", "url": "https://x", "headers": [key],
               "postData": {"text": json.dumps(ASK)}}  # fmt: skip
    entry = {"startedDateTime": "2026-05-01T09:00:00Z", "time": 812, "request": request,
             "response": {"status": 200, "content": {"text": json.dumps(REPLY)}}}  # fmt: skip
    (bench.logs / "l.json").write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")
    bench.pull("l.json")
    assert told(bench) == [SAID] and bench.places("sk-77001") == []
    assert [call["created_at"] for call in bench.calls().values()] == [datetime(2026, 5, 1, 9)]


def test_objects_one_after_another(bench: Workbench) -> None:
    text = (
        json.dumps({"id": "1", **CALL}, indent=2) + "\n" + json.dumps({"id": "2", **CALL}, indent=2)
    )
    (bench.logs / "l.json").write_text(text, "utf-8")
    bench.pull("l.json")
    assert list(bench.calls()) == ["1", "2"]


# Source: Kafka's console consumer, Docker's json-file driver, Debezium, Google Cloud Logging, a
# column of jsonb, structlog: the call lies below, and what is printed is what to type.
@pytest.mark.parametrize(
    "row",
    [
        {"topic": "t", "offset": 1, "key": "k", "value": json.dumps(CALL)},
        {"log": json.dumps(CALL) + "\n", "stream": "stdout", "time": "2026-05-01T09:00:00Z"},
        {"before": None, "after": CALL, "op": "c", "ts_ms": 1746090000000},
        {"insertId": "i", "jsonPayload": CALL, "severity": "INFO"},
        {"id": 1, "payload": {**ASK, "response": "No.", "session_id": "s1",
                              "user_id": "guest-4417"}},
    ],
)  # fmt: skip
def test_what_is_to_be_typed_reads_it(bench: Workbench, row: dict[str, Any]) -> None:
    name = bench.write("l.jsonl", [row])
    message = bench.refused(name)
    typed = message.partition("if it stands there, ")[2].partition("; or name")[0]
    bench.pull(name, *shlex.split(typed))
    assert told(bench) == [SAID]
    assert [call["session_id"] for call in bench.calls().values()] == ["s1"]
    assert bench.places("guest-4417") == []


# Source: Elastic Common Schema, session.id and user.id; Google Analytics, user_pseudo_id.
def test_objects_that_name_a_session_and_a_user(bench: Workbench) -> None:
    rows = [
        {"id": n, "prompt": f"Hall {n}?", "completion": "East.", "session": {"id": "s1"},
         "user": {"id": "guest-4417"}, "user_pseudo_id": "guest-9921",
         "createTime": {"_seconds": 1746090000, "_nanoseconds": 0}}
        for n in (1, 2)
    ]  # fmt: skip
    bench.pull(bench.write("l.jsonl", rows))
    calls = bench.calls().values()
    assert {(call["session_id"], call["created_at"]) for call in calls} == {
        ("s1", datetime(2025, 5, 1, 9))
    }
    assert len({call["user_key"] for call in calls}) == 1
    assert bench.places("guest-4417") == bench.places("guest-9921") == []


# Source: Gradio (pairs), Prompt flow (inputs, outputs), OpenAI (messages).
@pytest.mark.parametrize(
    "history",
    [
        [["Hi", "Hello"]],
        [{"inputs": {"question": "Hi"}, "outputs": {"answer": "Hello"}}],
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
    ],
)
def test_a_history_beside_its_question(bench: Workbench, history: Any) -> None:
    rows = [{"id": 1, "chat_history": history, "question": "Open?", "answer": "No."}]
    bench.pull(bench.write("l.jsonl", rows))
    assert told(bench) == [([("user", "Hi"), ("assistant", "Hello"), ("user", "Open?")], "No.")]


def test_a_context_is_a_part_of_its_instruction(bench: Workbench) -> None:
    rows = [{"instruction": "When?", "context": "Since 1999.", "response": "1999."}]
    bench.pull(bench.write("l.jsonl", rows))
    assert told(bench) == [([("user", "When?\nSince 1999.")], "1999.")]


def test_a_template_beside_the_messages_is_not_what_was_asked(bench: Workbench) -> None:
    rows = [{"id": 1, **ASK, "prompt": {"path": "faq", "version": 3}, "output": "No."}]
    bench.pull(bench.write("l.jsonl", rows))
    assert told(bench) == [SAID]


def test_spans_of_labels_are_no_label_and_a_judged_score_no_rating(bench: Workbench) -> None:
    rows: list[dict[str, Any]] = [
        {"id": n, "prompt": "Open?", "completion": "No.", "label": [[0, 4, "X"]], "score": n,
         "judge_model": "m"}
        for n in (1, 5)
    ]  # fmt: skip
    bench.pull(bench.write("l.jsonl", rows))
    calls = bench.calls().values()
    assert [(c["label"], c["human_rating"]) for c in calls] == [(None, None)] * 2


def test_rows_of_several_kinds_are_asked_about(bench: Workbench) -> None:
    rows = [
        {"id": n, "type": kind, "input": "Open?", "output": "No."}
        for n, kind in enumerate(("llm", "tool", "agent"))
    ]
    name = bench.write("l.jsonl", rows)
    assert "Next: --only type=llm" in bench.refused(name)
    bench.pull(name, "--only", "type=llm")
    assert list(bench.calls()) == ["0"]


def test_turns_without_a_text_or_an_answering_role_are_refused(bench: Workbench) -> None:
    def rows(**more: Any) -> list[dict[str, Any]]:
        return [{"conversationId": "c", "seq": n, **more} for n in (1, 2)]

    parts = rows(direction="incoming", payload={"text": "Open?"})
    assert "text=$.payload.text" in bench.refused(bench.write("a.jsonl", parts), "--turns")
    said = rows(role="user", text="Open?")
    said[1] |= {"role": "sys_out", "text": "No."}
    name = bench.write("b.jsonl", said)
    assert "--role sys_out=assistant" in bench.refused(name, "--turns")
    bench.pull(name, "--turns", "--role", "sys_out=assistant")
    assert told(bench) == [SAID]


def test_a_file_without_any_json_stores_nothing(bench: Workbench) -> None:
    (bench.logs / "l.jsonl").write_text('09:00 INFO {"prompt": "Open?"}\n', "utf-8")
    assert "bad-json" in bench.refused("l.jsonl")


def test_null_of_a_dump_is_no_answer(bench: Workbench) -> None:
    (bench.logs / "l.tsv").write_text("id\tprompt\tcompletion\n1\tOpen?\tNo.\n2\tLate?\t\\N\n")
    bench.pull("l.tsv")
    assert [talk(call)[1] for call in bench.calls().values()] == ["No.", None]
