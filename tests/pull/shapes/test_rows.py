"""Which rows are calls: pages, spans, failures, and calls in two files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulled import Workbench, talk

pytestmark = pytest.mark.slow


def user(text: str) -> tuple[str, str]:
    return ("user", text)


def answered(bench: Workbench) -> dict[str, Any]:
    return {key: talk(call)[1] for key, call in bench.calls().items()}


ITEMS = [
    {"id": "p1", "input": "Is the lift working?", "output": "Yes."},
    {"id": "p2", "input": "Which floor?", "output": "Three."},
]


# Source: reference of Cloudflare's API (result, result_info), OpenAI's (data, has_more), Spring's
# pages (content, totalElements), Elasticsearch's search (hits).
@pytest.mark.parametrize(
    "page",
    [
        {"object": "list", "data": ITEMS, "first_id": "p1", "last_id": "p2", "has_more": False},
        {"items": ITEMS, "nextPageToken": "abc", "totalItems": 2},
        {"result": ITEMS, "result_info": {"page": 1, "count": 2}, "success": True, "errors": []},
        {"content": ITEMS, "totalElements": 2, "last": True, "number": 0},
        {"logs": ITEMS, "pagination": {"next": None}},
    ],
)
def test_a_page_is_taken_apart(bench: Workbench, page: dict[str, Any]) -> None:
    (bench.logs / "page.json").write_text(json.dumps(page), "utf-8")
    result = bench.run("pull", "page.json")
    if result.exit_code:
        assert "Next: " in result.output and bench.calls() == {}
    else:
        assert answered(bench) == {"p1": "Yes.", "p2": "Three."}


def test_pages_of_several_files_and_lines(bench: Workbench) -> None:
    bench.write("pages.jsonl", [{"data": ITEMS[:1], "meta": {"page": 1}}, {"data": ITEMS[1:]}])
    bench.pull("pages.jsonl")
    assert answered(bench) == {"p1": "Yes.", "p2": "Three."}
    assert {call["line"] for call in bench.calls().values()} == {1, 2}


# Source: Datadog documentation, agent observability, span kinds.
SPANS: list[dict[str, Any]] = [
    {"span_id": "k1", "kind": "agent", "input": "Lift?", "output": "Yes."},
    {"span_id": "k2", "kind": "llm", "input": [{"role": "user", "content": "Lift?"}],
     "output": {"role": "assistant", "content": "Yes."}},
    {"span_id": "k3", "kind": "retrieval", "input": "Lift?",
     "output": {"documents": [{"id": "d1", "score": 0.7, "text": "The lift is old."}]}},
    {"span_id": "k4", "kind": "embedding", "input": "Lift?",
     "output": {"object": "list", "data": [{"object": "embedding", "embedding": [0.1, 0.2]}]}},
    {"span_id": "k5", "kind": "tool", "input": {"floor": 3}, "output": {"status": "ok"}},
]  # fmt: skip


def test_rows_are_chosen_by_a_value_or_a_condition(bench: Workbench) -> None:
    name = bench.write("spans.jsonl", SPANS)
    bench.pull(name, "--only", "kind=llm")
    assert answered(bench) == {"k2": "Yes."}
    other = Workbench(bench.logs / "q", bench.logs)
    other.pull(name, "--where", "kind = 'llm'")
    assert answered(other) == {"k2": "Yes."}


def test_retrievers_and_embeddings_never_become_answers(bench: Workbench) -> None:
    bench.run("pull", bench.write("spans.jsonl", SPANS))
    stored = json.dumps([[c["messages"], c["output"]] for c in bench.calls().values()])
    assert "embedding" not in stored and "The lift is old" not in stored and "floor" not in stored


@pytest.mark.parametrize(
    "failure",
    [
        {"status": "error", "error": "timeout", "response": {}},
        {"status": "failed", "error": {"message": "timeout", "code": 504}, "response": None},
        {"status": "error", "error": "timeout", "response": {"error": {"message": "timeout"}}},
        {
            "response": {
                "error": {"type": "overloaded_error", "message": "timeout"},
                "type": "error",
            }
        },
    ],
)
def test_a_failed_call_has_no_answer(bench: Workbench, failure: dict[str, Any]) -> None:
    ask = [{"role": "user", "content": "Lift?"}]
    good = {"status": "ok", "error": None, "response": {"role": "assistant", "content": "Yes."}}
    rows = [{"id": "f1", "messages": ask, **failure}, {"id": "f2", "messages": ask, **good}]
    bench.pull(bench.write("l.jsonl", rows))
    calls = bench.calls()
    assert talk(calls["f1"]) == ([user("Lift?")], None)
    assert calls["f1"]["output"] is None
    assert "timeout" in (calls["f1"]["error"] or "")
    assert talk(calls["f2"])[1] == "Yes."


QUESTIONS = [{"request_id": f"j{n}", "prompt": f"Room {n}?", "user_id": "zoe-11"} for n in range(3)]
ANSWERS = [{"request_id": f"j{n}", "completion": f"Floor {n}.", "model": "m9"} for n in range(3)]


@pytest.mark.parametrize("first", ["questions", "answers", "both"])
def test_a_second_file_fills_what_is_missing(bench: Workbench, first: str) -> None:
    bench.write("questions.jsonl", QUESTIONS)
    bench.write("answers.jsonl", ANSWERS)
    if first == "both":
        bench.pull("questions.jsonl", "answers.jsonl")
    elif first == "questions":
        bench.pull("questions.jsonl", "--map", "response=")
        bench.pull("answers.jsonl", "--map", "response=completion")
    else:
        assert bench.run("pull", "answers.jsonl").exit_code == 1, "no document has a question"
        return
    assert {key: talk(call) for key, call in bench.calls().items()} == {
        f"j{n}": ([user(f"Room {n}?")], f"Floor {n}.") for n in range(3)
    }


# Source: Anthropic documentation, message batches (custom_id, result).
def test_results_of_a_batch_before_its_requests(bench: Workbench) -> None:
    results = [
        {"custom_id": "z1", "result": {"type": "succeeded", "message": {
            "id": "msg_9", "type": "message", "role": "assistant", "model": "claude-x",
            "content": [{"type": "text", "text": "Third door."}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 7, "output_tokens": 3}}}},
        {"custom_id": "z2", "result": {"type": "errored", "error": {"type": "error", "error": {
            "type": "invalid_request_error", "message": "too long"}}}},
    ]  # fmt: skip
    requests = [
        {"custom_id": key, "params": {"model": "claude-x", "max_tokens": 9, "messages": [
            {"role": "user", "content": text}]}}
        for key, text in (("z1", "Which door?"), ("z2", "Which gate?"))
    ]  # fmt: skip
    bench.write("results.jsonl", results)
    bench.write("requests.jsonl", requests)
    result = bench.run("pull", "results.jsonl", "requests.jsonl")
    if result.exit_code:
        assert "Next: " in result.output and bench.calls() == {}
        return
    assert {key: talk(call) for key, call in bench.calls().items()} == {
        "z1": ([user("Which door?")], "Third door."),
        "z2": ([user("Which gate?")], None),
    }
    assert "too long" in bench.calls()["z2"]["error"]


# Source: OpenAI documentation, batch: /v1/responses and /v1/embeddings.
def test_a_batch_of_responses_and_of_embeddings(bench: Workbench) -> None:
    rows: list[dict[str, Any]] = [
        {"custom_id": "v1", "method": "POST", "url": "/v1/responses",
         "body": {"model": "m", "instructions": "Porter.", "input": "Which door?"}},
        {"custom_id": "v2", "method": "POST", "url": "/v1/embeddings",
         "body": {"model": "e", "input": ["door"]}},
    ]  # fmt: skip
    outputs: list[dict[str, Any]] = [
        {"id": "b1", "custom_id": "v1", "error": None, "response": {"status_code": 200, "body": {
            "id": "resp_1", "object": "response", "model": "m-1", "output": [
                {"type": "message", "role": "assistant",
                 "content": [{"type": "output_text", "text": "The third."}]}],
            "usage": {"input_tokens": 5, "output_tokens": 2}}}},
        {"id": "b2", "custom_id": "v2", "error": None, "response": {"status_code": 200, "body": {
            "object": "list", "data": [{"object": "embedding", "embedding": [0.5], "index": 0}]}}},
    ]  # fmt: skip
    bench.pull(bench.write("out.jsonl", outputs), bench.write("in.jsonl", rows))
    assert {key: talk(call) for key, call in bench.calls().items()} == {
        "v1": ([("system", "Porter."), user("Which door?")], "The third."),
    }
    assert bench.calls()["v1"]["input_tokens"] == 5


# Source: OpenTelemetry semantic conventions for generative AI, spans of tools and embeddings.
def test_a_trace_with_spans_of_other_work(bench: Workbench) -> None:
    def span(number: int, operation: str, **texts: str) -> dict[str, Any]:
        values = {
            "gen_ai.operation.name": operation,
            **{k.replace("__", "."): v for k, v in texts.items()},
        }
        return {
            "traceId": "aa" * 16, "spanId": f"{number:016x}", "name": operation, "kind": 3,
            "startTimeUnixNano": "1775120400000000000", "endTimeUnixNano": "1775120401000000000",
            "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in values.items()],
        }  # fmt: skip

    said_in = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Door?"}]}])
    said_out = json.dumps(
        [
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": "Third."}],
                "finish_reason": "stop",
            }
        ]
    )
    spans = [
        span(1, "invoke_agent"),
        span(2, "execute_tool", gen_ai__tool__name="plan"),
        span(3, "embeddings"),
        span(4, "chat", gen_ai__input__messages=said_in, gen_ai__output__messages=said_out),
    ]
    document = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": spans}]}]}
    said = bench.pull(bench.write("otlp.jsonl", [document]))
    assert answered(bench) == {f"{4:016x}": "Third."}
    assert "left out" in said


def braintrust_span(name: str, root: str, kind: str, said: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "span_id": name, "root_span_id": root, "is_root": name == root,
        "span_attributes": {"type": kind}, "metrics": {}, "created": "2026-05-01T09:00:00Z",
        "input": said, "output": "Yes.", **more,
    }  # fmt: skip


# Source: Braintrust, documentation of logs: a trace is a root span and those below it.
def test_a_root_beside_the_calls_of_its_trace_counts_once(bench: Workbench) -> None:
    about = {"session_id": "k1", "user_id": "guest-4417"}
    rows = [
        braintrust_span("r1", "r1", "task", "Lift?", scores={"user_rating": 1}, metadata=about),
        braintrust_span("c1", "r1", "llm", [{"role": "user", "content": "Lift?"}]),
        braintrust_span("r2", "r2", "task", "Stairs?"),
    ]
    said = bench.pull(bench.write("spans.jsonl", rows))
    assert answered(bench) == {"c1": "Yes.", "r2": "Yes."}
    assert "1 span that holds others" in said
    call = bench.calls()["c1"]  # what is said of the trace is said of its call
    assert (call["session_id"], call["human_rating"]) == ("k1", 5.0)
    assert call["user_key"] and bench.places("guest-4417") == []


# Source: Langfuse, UI export: a file of traces and one of observations.
def test_traces_and_their_observations_in_two_files(bench: Workbench) -> None:
    trace = {"id": "t1", "timestamp": "2026-05-01T09:00:00Z", "sessionId": "k1", "public": False,
             "tags": [], "input": "Lift?", "output": "Yes."}  # fmt: skip
    call = {"id": "o1", "traceId": "t1", "projectId": "p", "type": "GENERATION", "level": "DEFAULT",
            "startTime": "2026-05-01T09:00:00Z", "input": "Lift?", "output": "Yes."}  # fmt: skip
    files = (bench.write("traces.jsonl", [trace]), bench.write("observations.jsonl", [call]))
    bench.pull(files[1])
    assert "Next: name the files of both in one pull, with --reread" in bench.pull(files[0])
    assert answered(bench) == {"o1": "Yes."}
    bench.pull(*files, "--reread", "--yes")
    assert answered(bench) == {"o1": "Yes."}
    assert bench.calls()["o1"]["session_id"] == "k1"
