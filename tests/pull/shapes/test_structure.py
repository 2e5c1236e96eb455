"""Bodies of APIs in columns and paths, and JSON that stands inside of text."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from typing import Any

import pytest

from pulled import Workbench, talk, tool_calls

pytestmark = pytest.mark.slow

ASK = {"role": "user", "content": "Does the ferry take dogs?"}


def write_csv(bench: Workbench, name: str, rows: list[dict[str, Any]]) -> str:
    with (bench.logs / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return name


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_messages_that_are_json_text_several_times_over(bench: Workbench, depth: int) -> None:
    messages: Any = [{"role": "system", "content": "Short answers."}, ASK]
    answer: Any = {"role": "assistant", "content": "Yes, on a lead."}
    for _ in range(depth):
        messages, answer = json.dumps(messages), json.dumps(answer)
    name = write_csv(bench, "log.csv", [{"id": "c1", "messages": messages, "response": answer}])
    bench.pull(name)
    (call,) = bench.calls().values()
    assert talk(call) == (
        [("system", "Short answers."), ("user", "Does the ferry take dogs?")],
        "Yes, on a lead.",
    )


def test_texts_with_the_quotes_of_json_around_them(bench: Workbench) -> None:
    rows = [
        {"id": f"c{n}", "input": json.dumps(f"Deck {n}?"), "output": json.dumps(f'Yes, "{n}".')}
        for n in range(6)
    ]
    bench.pull(write_csv(bench, "log.csv", rows))
    assert [talk(call) for call in bench.calls().values()] == [
        ([("user", f"Deck {n}?")], f'Yes, "{n}".') for n in range(6)
    ]


def test_a_path_reaches_into_json_text_inside_of_json_text(bench: Workbench) -> None:
    inner = json.dumps({"answer": {"text": "Yes, on a lead."}, "score": "4"})
    rows = [{"id": "c1", "prompt": "Dogs?", "payload": json.dumps({"body": inner})}]
    bench.pull(
        *(bench.write("l.jsonl", rows), "--map", "response=$.payload.body.answer.text"),
        *("--map", "rating=$.payload.body.score", "--scale", "1-5"),
    )
    (call,) = bench.calls().values()
    assert (talk(call)[1], call["human_rating"]) == ("Yes, on a lead.", 4.0)


def test_arguments_of_a_function_as_text(bench: Workbench) -> None:
    rows = [
        {"id": "c1", "input": json.dumps({"args": ["Dogs?"], "kwargs": {}}), "output": "Yes."},
        {"id": "c2", "input": json.dumps({"args": [], "kwargs": {"user_query": "Cats?"}}),
         "output": "No."},
        {"id": "c3", "input": json.dumps({"question": "Birds?"}), "output": "Ask."},
    ]  # fmt: skip
    bench.pull(bench.write("l.jsonl", rows))
    assert [talk(call) for call in bench.calls().values()] == [
        ([("user", "Dogs?")], "Yes."),
        ([("user", "Cats?")], "No."),
        ([("user", "Birds?")], "Ask."),
    ]


# Source: OpenPipe documentation, request logs export.
def test_a_request_as_input_and_a_completion_as_output(bench: Workbench) -> None:
    tool = {"type": "function", "function": {"name": "tide", "parameters": {"type": "object"}}}
    rows = [
        {
            "input": {"model": "ft-1", "tools": [tool], "messages": [ASK]},
            "output": {
                "id": "c7",
                "object": "chat.completion",
                "model": "ft-1",
                "created": 1775120400,
                "usage": {"prompt_tokens": 47, "completion_tokens": 9},
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "tool_calls",
                        "message": {
                            "role": "assistant",
                            "content": None,
                            "tool_calls": [
                                {"id": "t1", "type": "function",
                                 "function": {"name": "tide", "arguments": '{"port": "Kiel"}'}},
                            ],
                        },
                    }
                ],
            },
            "tags": {"prompt_id": "ferry"},
        }
    ]  # fmt: skip
    bench.pull(bench.write("l.jsonl", rows))
    (call,) = bench.calls().values()
    assert talk(call) == ([("user", "Does the ferry take dogs?")], None)
    assert tool_calls(call["output"][0]) == [("tide", {"port": "Kiel"})]
    assert [t["function"]["name"] for t in call["tools"]] == ["tide"]
    assert (call["input_tokens"], call["output_tokens"], call["model"]) == (47, 9, "ft-1")
    assert (call["finish_reason"], call["created_at"]) == (
        "tool_calls",
        datetime(2026, 4, 2, 9),
    )
    assert call["metadata"]["tags"] == {"prompt_id": "ferry"}


# Source: W&B Weave documentation, call schema.
def test_calls_of_a_tracer_with_inputs_and_output(bench: Workbench) -> None:
    rows = [
        {
            "id": f"w{n}",
            "op_name": "weave:///team/bot/op/openai.chat.completions.create:*",
            "trace_id": f"t{n}",
            "parent_id": None,
            "started_at": f"2026-04-02T09:0{n}:00Z",
            "ended_at": f"2026-04-02T09:0{n}:02Z",
            "inputs": {"model": "gpt-4o", "messages": [ASK]},
            "output": {
                "object": "chat.completion",
                "model": "gpt-4o",
                "choices": [
                    {"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": f"Deck {n} only."}},
                ],
                "usage": {"prompt_tokens": 8, "completion_tokens": 3},
            },
            "summary": {"usage": {"gpt-4o": {"requests": 1}}},
            "wb_user_id": "VXNlcjo0NTY3",
        }
        for n in range(2)
    ]  # fmt: skip
    bench.pull(bench.write("calls.jsonl", rows))
    calls = bench.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        f"w{n}": ([("user", "Does the ferry take dogs?")], f"Deck {n} only.") for n in range(2)
    }
    assert calls["w1"]["created_at"] == datetime(2026, 4, 2, 9, 1)
    assert (calls["w0"]["input_tokens"], calls["w0"]["model"]) == (8, "gpt-4o")
    assert bench.places("VXNlcjo0NTY3") == []


# Source: Gemini API reference, generateContent.
def test_gemini_bodies_in_columns_of_another_name(bench: Workbench) -> None:
    rows = [
        {
            "logId": "g1",
            "requestPayload": {
                "systemInstruction": {"parts": [{"text": "Harbour desk."}]},
                "contents": [
                    {"role": "user", "parts": [{"text": "Dogs?"}]},
                    {"role": "model", "parts": [{"text": "Which size?"}]},
                    {"role": "user", "parts": [{"text": "Small."}]},
                ],
            },
            "responsePayload": {
                "candidates": [
                    {
                        "content": {
                            "role": "model",
                            "parts": [{"text": "Yes, "}, {"text": "free."}],
                        },
                        "finishReason": "STOP",
                    }
                ],
                "usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 4},
                "modelVersion": "gemini-2.5-flash",
            },
        }
    ]
    name = bench.write("l.jsonl", rows)
    bench.pull(name, "--map", "request=requestPayload", "--map", "response=responsePayload")
    (call,) = bench.calls().values()
    assert talk(call) == (
        [("system", "Harbour desk."), ("user", "Dogs?"), ("assistant", "Which size?"),
         ("user", "Small.")],
        "Yes, free.",
    )  # fmt: skip
    assert (call["input_tokens"], call["output_tokens"]) == (12, 4)
    assert call["model"] == "gemini-2.5-flash"


# Source: AWS documentation, Converse.
def test_converse_bodies(bench: Workbench) -> None:
    rows = [
        {
            "request_id": "b1",
            "request": {
                "modelId": "anthropic.claude-3-haiku",
                "system": [{"text": "Harbour desk."}],
                "messages": [{"role": "user", "content": [{"text": "Dogs?"}]}],
            },
            "response": {
                "output": {"message": {"role": "assistant", "content": [{"text": "Yes."}]}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11},
                "metrics": {"latencyMs": 640},
            },
        }
    ]
    bench.pull(bench.write("l.jsonl", rows))
    (call,) = bench.calls().values()
    assert talk(call) == ([("system", "Harbour desk."), ("user", "Dogs?")], "Yes.")
    assert (call["input_tokens"], call["output_tokens"], call["latency_ms"]) == (9, 2, 640.0)


# Source: Anthropic documentation, streaming messages.
def test_a_stream_of_events(bench: Workbench) -> None:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant",
         "model": "claude-x", "content": [], "usage": {"input_tokens": 11, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0,
         "delta": {"type": "text_delta", "text": "Yes,"}},
        {"type": "content_block_delta", "index": 0,
         "delta": {"type": "text_delta", "text": " two."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
         "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]  # fmt: skip
    wire = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
    rows = [{"id": "s1", "messages": [ASK], "response": wire}]
    bench.pull(bench.write("l.jsonl", rows))
    (call,) = bench.calls().values()
    assert talk(call) == ([("user", "Does the ferry take dogs?")], "Yes, two.")
    assert (call["finish_reason"], call["model"]) == ("end_turn", "claude-x")
    assert (call["input_tokens"], call["output_tokens"]) == (11, 5)


def test_a_stream_without_an_end_is_said_to_be_one(bench: Workbench) -> None:
    chunks = [
        {"object": "chat.completion.chunk", "model": "m",
         "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Yes, but"}}]},
        {"object": "chat.completion.chunk", "model": "m",
         "choices": [{"index": 0, "delta": {"content": " only"}}]},
    ]  # fmt: skip
    rows = [{"id": "s1", "messages": [ASK], "response": chunks}]
    said = bench.pull(bench.write("l.jsonl", rows))
    (call,) = bench.calls().values()
    assert talk(call)[1] == "Yes, but only"
    told = f"{call['finish_reason']} {call['status']} {call['error']} {call['metadata']} {said}"
    assert "incomplete" in told or "without an end" in told or "no end" in told


# Source: Ollama API reference, chat.
def test_ollama_bodies(bench: Workbench) -> None:
    rows = [
        {
            "id": "o1",
            "request": {"model": "llama3.2", "stream": False, "messages": [ASK]},
            "response": {
                "model": "llama3.2",
                "created_at": "2026-04-02T09:00:00Z",
                "message": {"role": "assistant", "content": "Yes."},
                "done": True,
                "done_reason": "stop",
                "prompt_eval_count": 14,
                "eval_count": 3,
            },
        }
    ]
    bench.pull(bench.write("l.jsonl", rows))
    (call,) = bench.calls().values()
    assert talk(call) == ([("user", "Does the ferry take dogs?")], "Yes.")
    assert (call["input_tokens"], call["output_tokens"], call["finish_reason"]) == (14, 3, "stop")


def test_an_answer_in_a_thinking_block_and_text(bench: Workbench) -> None:
    rows = [
        {"id": "t1", "prompt": "3 times 7?", "completion": "<think>7+7+7</think>21"},
        {"id": "t2", "prompt": "How do I write a think tag?", "completion": "Type <think> first."},
    ]
    bench.pull(bench.write("l.jsonl", rows))
    one, two = bench.calls().values()
    assert (talk(one)[1], one["output"][0]["reasoning_content"]) == ("21", "7+7+7")
    assert talk(two)[1] == "Type <think> first."
