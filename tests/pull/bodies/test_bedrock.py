from __future__ import annotations

from typing import Any

import pytest

from curate.pull.bodies.bodies import read_request, read_response


def u(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def a(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def test_converse() -> None:
    request = {
        "modelId": "m", "system": [{"text": "Be kind."}, {"cachePoint": {"type": "default"}}],
        "messages": [
            u([{"text": "q"}]),
            a([{"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}}]),
            u([{"toolResult": {"toolUseId": "t1",
                               "content": [{"json": {"b": 2}}, {"text": "x"}]}}]),
        ],
        "toolConfig": {"tools": [
            {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]},
        "inferenceConfig": {"maxTokens": 9},
    }  # fmt: skip
    body = read_request(request)
    assert body is not None and body.messages == [
        {"role": "system", "content": "Be kind."}, u("q"),
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}]},
        {"role": "tool", "content": '{"b":2}\nx', "tool_call_id": "t1"},
    ]  # fmt: skip
    function = {"name": "f", "parameters": {"type": "object"}}
    assert body.fields == {"model": "m", "tools": [{"type": "function", "function": function}]}
    assert body.unread["request"] == {"inferenceConfig": {"maxTokens": 9}}
    response = {
        "output": {"message": a([{"reasoningContent": {"reasoningText": {"text": "hm"}}},
                                 {"text": "Five."}])},
        "stopReason": "end_turn", "metrics": {"latencyMs": 120},
        "usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10},
    }  # fmt: skip
    body = read_response(response)
    assert body is not None and body.output == [{**a("Five."), "reasoning_content": "hm"}]
    assert body.fields == {
        "latency_ms": 120, "input_tokens": 7, "output_tokens": 3,
        "finish_reason": "end_turn", "finish_reasons": ["end_turn"],
    }  # fmt: skip
    log = {"inputBodyJson": request}, {"outputBodyJson": response}
    logged = [read_request(log[0]), read_response(log[1])]
    assert [body and body.output for body in logged] == [None, body.output]


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ({"inputText": "q", "textGenerationConfig": {}}, [u("q")]),
        ({"prompt": "q", "max_gen_len": 9}, [u("q")]),
        ({"prompt": "\n\nHuman: q\n\nAssistant:", "max_tokens_to_sample": 9}, [u("q")]),
        ({"schemaVersion": "messages-v1", "messages": [u([{"text": "q"}])]}, [u("q")]),
        ({"anthropic_version": "bedrock-2023-05-31", "system": "s", "messages": [u("q")]},
         [{"role": "system", "content": "s"}, u("q")]),
        ({"message": "q", "preamble": "s",
          "chat_history": [{"role": "USER", "message": "p"}, {"role": "CHATBOT", "message": "r"}]},
         [{"role": "system", "content": "s"}, u("p"), a("r"), u("q")]),
    ],
)  # fmt: skip
def test_bodies_of_models_that_are_asked(value: Any, messages: Any) -> None:
    body = read_request(value)
    assert body is not None and body.messages == messages


@pytest.mark.parametrize(
    ("value", "output", "fields"),
    [
        ({"inputTextTokenCount": 7, "results": [
            {"tokenCount": 3, "outputText": "r", "completionReason": "FINISH"}]}, [a("r")],
         {"input_tokens": 7, "output_tokens": 3, "finish_reason": "FINISH",
          "finish_reasons": ["FINISH"]}),
        ({"generation": "r", "prompt_token_count": 7, "generation_token_count": 3,
          "stop_reason": "stop"}, [a("r")],
         {"input_tokens": 7, "output_tokens": 3, "finish_reason": "stop",
          "finish_reasons": ["stop"]}),
        ({"outputs": [{"text": "r", "stop_reason": "length"}, {"text": "s"}]}, [a("r"), a("s")],
         {"finish_reason": "length", "finish_reasons": ["length", None]}),
        ({"text": "r", "generation_id": "g", "finish_reason": "COMPLETE", "chat_history": []},
         [a("r")], {"id": "g", "finish_reason": "COMPLETE", "finish_reasons": ["COMPLETE"]}),
        ({"generations": [{"id": "g", "text": "r", "finish_reason": "COMPLETE"}]}, [a("r")],
         {"finish_reason": "COMPLETE", "finish_reasons": ["COMPLETE"]}),
    ],
)  # fmt: skip
def test_bodies_of_models_that_answer(value: Any, output: Any, fields: Any) -> None:
    body = read_response(value)
    assert body is not None and (body.output, body.fields) == (output, fields)


def test_blocks_that_are_not_understood() -> None:
    for block in (
        {"txt": "x"},
        {"text": 5},
        {"toolUse": {}},
        {"image": {}},
        {"toolResult": {"content": [5]}},
    ):
        assert read_request({"modelId": "m", "messages": [u([block])]}) is None
        assert read_response({"output": {"message": a([block])}, "stopReason": "x"}) is None


TITAN = [
    {"outputText": "At ", "index": 0, "completionReason": None, "inputTextTokenCount": 5},
    {"outputText": "nine.", "completionReason": "FINISH", "totalOutputTextTokenCount": 2},
]
LLAMA = [
    {"generation": "At ", "prompt_token_count": 5, "stop_reason": None},
    {"generation": "nine.", "generation_token_count": 2, "stop_reason": "stop"},
]
MISTRAL = [
    {"outputs": [{"text": "At ", "stop_reason": None}]},
    {
        "outputs": [{"text": "nine.", "stop_reason": "stop"}],
        "amazon-bedrock-invocationMetrics": {"inputTokenCount": 5, "outputTokenCount": 2},
    },
]


@pytest.mark.parametrize("chunks", [TITAN, LLAMA, MISTRAL])
def test_chunks_of_texts_are_one_answer(chunks: list[dict[str, Any]]) -> None:
    body = read_response(chunks)
    assert body is not None and body.output == [a("At nine.")]
    assert (body.fields["input_tokens"], body.fields["output_tokens"]) == (5, 2)
    assert body.fields["finish_reason"] in ("FINISH", "stop")
    cut = read_response(chunks[:1])
    assert cut is not None and cut.output == [a("At ")]
    assert cut.fields["status"] == "incomplete"


def test_texts_that_only_look_like_chunks_are_no_stream() -> None:
    assert read_response([{"generation": "A"}, {"generation": "B"}]) is None
    assert read_response([*TITAN, {"score": 1}]) is None


def test_events_of_converse_are_one_answer() -> None:
    events: list[dict[str, Any]] = [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"delta": {"reasoningContent": {"text": "Look "}},
                               "contentBlockIndex": 0}},
        {"contentBlockDelta": {"delta": {"reasoningContent": {"text": "it up."}},
                               "contentBlockIndex": 0}},
        {"contentBlockDelta": {"delta": {"text": "One "}, "contentBlockIndex": 1}},
        {"contentBlockDelta": {"delta": {"text": "moment."}, "contentBlockIndex": 1}},
        {"contentBlockStop": {"contentBlockIndex": 1}},
        {"contentBlockStart": {"start": {"toolUse": {"toolUseId": "t1", "name": "hours"}},
                               "contentBlockIndex": 2}},
        {"contentBlockDelta": {"delta": {"toolUse": {"input": '{"day":'}},
                               "contentBlockIndex": 2}},
        {"contentBlockDelta": {"delta": {"toolUse": {"input": ' 1}'}}, "contentBlockIndex": 2}},
        {"messageStop": {"stopReason": "tool_use"}},
        {"metadata": {"usage": {"inputTokens": 9, "outputTokens": 4},
                      "metrics": {"latencyMs": 70}}},
    ]  # fmt: skip
    body = read_response(events)
    function = {"name": "hours", "arguments": '{"day": 1}'}
    assert body is not None and body.output == [
        {
            "role": "assistant",
            "content": "One moment.",
            "tool_calls": [{"id": "t1", "type": "function", "function": function}],
            "reasoning_content": "Look it up.",
        }
    ]
    assert body.fields == {
        "input_tokens": 9,
        "output_tokens": 4,
        "latency_ms": 70,
        "finish_reason": "tool_use",
        "finish_reasons": ["tool_use"],
    }
    cut = read_response(events[:4])
    assert cut is not None and cut.fields["status"] == "incomplete"
    assert read_response([*events, {"score": 1}]) is None
    odd = {"contentBlockDelta": {"delta": {"text": {"x": "y"}}, "contentBlockIndex": 1}}
    assert read_response([*events[:5], odd]) is None
