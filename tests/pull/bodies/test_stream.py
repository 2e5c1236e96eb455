from __future__ import annotations

import json
from typing import Any

import pytest

from curate.pull.bodies.bodies import read_response


def chunk(delta: Any, end: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": end}
    return {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}


def sse(*events: Any, line: str = "\n") -> str:
    return "".join(f"data: {json.dumps(event)}{line}{line}" for event in events)


HI = [
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": "Ha"}),
    chunk({"content": "llo"}),
]
END = chunk({}, "stop")
SAID = [{"role": "assistant", "content": "Hallo"}]


@pytest.mark.parametrize(
    "value",
    [
        [*HI, END],
        sse(*HI, END) + "data: [DONE]\n\n",
        sse(*HI, END, line="\r\n") + "data: [DONE]\r\n\r\n",
        ": keep-alive\n\n" + sse(*HI, END),
        sse(*HI, END).replace("\n\n", "\n"),
        sse(*HI, END).replace("data: ", "data:"),
        "\n".join(map(json.dumps, [*HI, END])),
        [json.dumps(event) for event in [*HI, END]],
        [sse(event) for event in [*HI, END]],
        json.dumps(sse(*HI, END)),
    ],
)
def test_one_stream_in_its_forms(value: Any) -> None:
    body = read_response(value)
    assert body is not None and body.output == SAID
    assert body.fields == {
        "id": "c", "model": "m", "finish_reason": "stop", "finish_reasons": ["stop"],
    }  # fmt: skip


def test_a_stream_without_its_end_says_so() -> None:
    for value in (HI, sse(*HI), sse(*HI) + 'data: {"id": "c", "obj'):
        body = read_response(value)
        assert body is not None and body.output == SAID
        assert body.fields == {"id": "c", "model": "m", "status": "incomplete"}


def test_what_closes_a_stream_says_that_it_is_whole() -> None:
    done = "data: [DONE]\n\n"
    lines = [*map(json.dumps, HI), "[DONE]"]
    for value in (sse(*HI) + done, [*map(sse, HI), done], lines, json.dumps(sse(*HI) + done)):
        body = read_response(value)
        assert body is not None and body.output == SAID
        assert body.fields == {"id": "c", "model": "m"}
    cut = read_response(sse(*HI, chunk({}, "length")) + done)
    assert cut is not None and cut.fields["finish_reason"] == "length"
    delta = {"type": "text_delta", "text": "Hallo"}
    events = [
        {"type": "message_start", "message": {"id": "msg_1"}},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "message_stop"},
    ]
    body = read_response(sse(*events))
    assert body is not None and body.output == SAID and "status" not in body.fields


def test_calls_are_put_together_by_index() -> None:
    def part(index: int, **more: Any) -> dict[str, Any]:
        return chunk({"tool_calls": [{"index": index, **more}]})

    body = read_response([
        part(0, id="c1", type="function", function={"name": "f", "arguments": ""}),
        part(1, id="c2", type="function", function={"name": "g", "arguments": '{"b'}),
        part(0, function={"arguments": '{"a":'}), part(1, function={"arguments": '":2}'}),
        part(0, function={"arguments": "1}"}), chunk({}, "tool_calls", usage={"prompt_tokens": 4}),
    ])  # fmt: skip
    assert body is not None
    assert body.output == [{"role": "assistant", "content": None, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
        {"id": "c2", "type": "function", "function": {"name": "g", "arguments": '{"b":2}'}},
    ]}]  # fmt: skip
    assert body.fields["input_tokens"] == 4
    older = [chunk({"function_call": {"name": "f", "arguments": "{"}}),
             chunk({"function_call": {"arguments": "}"}}, "function_call")]  # fmt: skip
    body = read_response(older)
    assert body is not None and body.output is not None
    assert body.output[0]["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}


def test_events_of_a_cut_response() -> None:
    item = {"type": "message", "role": "assistant", "content": []}
    body = read_response(sse(
        {"type": "response.created", "response": {"id": "resp_1", "model": "m", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.output_text.delta", "output_index": 0, "delta": "Hal"},
        {"type": "response.output_text.delta", "output_index": 0, "delta": "lo"},
    ))  # fmt: skip
    assert body is not None and body.output == SAID
    assert body.fields == {"id": "resp_1", "model": "m", "status": "incomplete"}


def test_events_of_a_cut_or_failed_message() -> None:
    begin = [
        {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0,
         "delta": {"type": "text_delta", "text": "Hallo"}},
    ]  # fmt: skip
    body = read_response(sse(*begin))
    assert body is not None and body.output == SAID
    assert body.fields == {"id": "msg_1", "input_tokens": 3, "status": "incomplete"}
    failed = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    body = read_response([*begin, failed])
    assert body is not None and body.fields["error"] == "Overloaded"


@pytest.mark.parametrize(
    "value",
    [
        'data: {"x": 1}\n\n', "data: {broken\n\ndata: {}\n\n", "data: [DONE]\n\n", [{"delta": "x"}],
        [chunk({"content": 5})], [chunk({"tool_calls": [{"function": {"arguments": "{}"}}]})],
        [chunk({"contnt": "x"})], [chunk({"content": "x"}), {"x": 1}],
        [{"type": "message_start"}, 5],
    ],
)  # fmt: skip
def test_streams_that_are_not_understood(value: Any) -> None:
    assert read_response(value) is None
