"""Texts that are meant for an API, and texts that only look like one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from platform_rows import examples

# Of each dialect that knows its envelopes, one at least; by name, so that a new one needs a line.
ENVELOPES: dict[str, list[Any]] = {
    "openai-chat": [
        {"choices": [{"message": {"content": "Two days."}}]},
        {"choices": []},
        {"usage": {"prompt_tokens": 4}},
        {"id": "chatcmpl-9", "n": 1},
        {"object": "chat.completion"},
        {"system_fingerprint": "fp"},
        {"role": ["assistant"], "content": "Two days."},
    ],
    "openai-chunks": [{"delta": {"content": "Two"}}],
    "openai-responses": [
        {"object": "response"},
        {"type": "function_call", "arguments": "{}"},
        {"type": "output_text", "text": "Two days."},
        {"previous_response_id": None},
    ],
    "openai-responses-events": [
        {"type": "response.output_text.delta", "delta": "Two"},
        {"type": "error", "sequence_number": 3},
    ],
    "openai-batch": [{"custom_id": "7", "response": {}}, {"status_code": 200, "body": {}}],
    "anthropic": [
        {"type": "message", "content": []},
        {"stop_reason": "end_turn", "content": []},
        {"type": "tool_use", "input": {}},
        {"type": "thinking", "thinking": "Hm."},
        {"type": "error", "error": {"kind": "busy"}, "more": 1},
    ],
    "anthropic-events": [{"type": "content_block_delta", "index": 0}],
    "bedrock": [
        {"stopReason": "end_turn"},
        {"generation": "Two days.", "stop_reason": "stop"},
        {"results": [{"outputText": "Two days."}]},
        {"outputs": [{"text": "Two days.", "stop_reason": "stop"}]},
        {"toolUse": {"name": "track"}},
    ],
    "bedrock-events": [
        {"contentBlockDelta": {"delta": {"text": "Two"}}},
        {"outputText": "Two days.", "completionReason": "FINISH"},
    ],
    "gemini": [
        {"candidates": [{"content": {}}]},
        {"contents": [{"parts": []}]},
        {"usageMetadata": {}},
        {"functionCall": {}},
    ],
    "langchain": [
        {"lc": 1, "kwargs": {}},
        {"type": "ai", "content": "Two days."},
        {"type": "human", "data": {}},
        {"generations": [[{"text": "Two days."}]]},
        {"generations": [{"text": "Two days."}]},
        {"response_metadata": {}},
    ],
    "ollama": [{"done": True, "eval_count": 4}],
    "otel": [{"type": "text", "content": "Two days."}, {"type": "tool_call", "arguments": {}}],
    "wrapper": [
        [{"generated_text": "Two days."}],
        {"data": {"choices": [{"text": "Two days."}]}},
        {"output": {"text": "Two days."}},
        {"response": "Two days.", "usage": {"total_tokens": 4}},
        {"result": {"output": "Two days."}, "requestId": "r1"},
        {"outputText": "Two days."},
    ],
    "vercel": [{"toolInvocations": []}, {"finishReason": "stop", "text": "Two days."}],
}
MESSAGE = {"role": "assistant", "content": "Two days."}
TEXTS = [
    *(MESSAGE, {"Role": "User", "conten": "Hi."}, {"from": "gpt", "value": "Hi."}),
    *(
        [MESSAGE],
        [{"day": 2}, MESSAGE],
        {"output": {"message": MESSAGE}},
        {"error": {"message": "x"}},
    ),
    {"data": [{"result": {"body": {"response": MESSAGE}}}]},
    json.dumps(json.dumps(MESSAGE)),
    "{'role': 'assistant', 'content': 'Two days.', 'tool_calls': None, 'ok': True}",
    '{"role": "assistant", "content": "cut o',
    '{"choices": [{"mess',
    '{"role": "user", "content": "Hi."}\n{"role": "assistant", "content": "Ho."}',
    'data: {"choices": []}\n\ndata: [DONE]\n',
    ": ping\n\nevent: done\ndata: {}\n",
    "AIMessage(content='Two days.')",
    "content='Two days.' additional_kwargs={}",
    "openai.types.Response(id='r')",
]
# What only looks like one: answers that are JSON on purpose, and texts.
ON_PURPOSE = [
    *({"carrier": "post", "days": 2}, {"name": "Ada", "role": "manager"}),
    {"name": "Ada", "role": "user"},
    *({"choices": ["red", "blue"]}, {"candidates": [{"name": "Ada"}]}, {"candidates": ["Ada"]}),
    *({"contents": "glass"}, {"delta": 5}, {"delta": {"days": 2}}),
    {"results": [{"outputText": 1}]},
    *({"type": "text", "text": "Hi."}, {"type": "tool", "content": "hammer"}, {"type": "thinking"}),
    *({"generations": [{"year": 1990}]}, {"finishReason": "sold out"}, {"done": True}),
    *({"error": "late"}, {"error": {"message": "x"}, "field": "zip"}, {"usage": 4}, {"lc": 1}),
    *({"parcel": {"role": "user", "content": "books"}}, [1, 2], [], {}, [0, 0, 0, MESSAGE]),
    *("", "Two days.", "data: what I told you\n", "id: ORDER-55 is yours", "Response (late)"),
    *('"quoted"', "(no answer)", "Choice of colours", "Message (from us)", '{"carrier": "po'),
    *({"city": "Rome", "total": 4}, {"output": "x"}, {"text": "x"}, {"answer": "x"}),
    {"question": "Which?", "choices": [{"text": "red"}]},
    {"output": {"text": "x", "lang": "en"}},
    *({"request_id": "R-5", "city": "Rome"}, {"usage": {"total": 4}}, {"result": {"total": 4}}),
    {"choices": [{"text": "red"}, {"text": "blue"}]},
    *("{'city': 'Rome'}", '```json\n{"role": "user", "content": "Hi."}\n```', "null"),
    '{"a": 1}\n{"b": 2}',
]  # fmt: skip

# More of each, of the readers of bodies.
VALUES: list[Any] = [
    MESSAGE,
    [MESSAGE],
    {"role": "assistant", "contnt": "x"},
    {"role": "user", "parts": []},
    {"choices": [{"message": MESSAGE}]},
    {"choices": [{"delta": {}}]},
    {"choices": []},
    {"object": "chat.completion", "x": 1},
    {"id": "chatcmpl-1", "y": 2},
    {"output": [MESSAGE]},
    {"candidates": [{"content": {}}]},
    {"usageMetadata": {}},
    {"contents": [{"parts": []}]},
    {"generations": [[{"text": "x"}]]},
    {"lc": 1, "kwargs": {}},
    {"type": "ai", "content": "x"},
    {"type": "human", "data": {"content": "x"}},
    {"type": "message_start", "message": {}},
    {"type": "response.created", "response": {}},
    {"stopReason": "end_turn", "output": {}},
    {"id": "resp_1"},
    {"custom_id": "1", "response": {}},
    {"status_code": 200, "body": {}},
    {"error": {"message": "quota", "type": "x"}},
    {"type": "message", "content": []},
    {"object": "list", "data": [{"object": "embedding", "embedding": [1]}]},
    {"done": True, "message": {"x": 1}},
    {"kwargs": {"messages": [MESSAGE]}},
    [{"type": "tool_use", "id": "1", "name": "f", "input": {}}],
    {"finishReason": "stop", "text": ""},
    {"results": [{"outputText": "x"}]},
    {"generation": "x", "stop_reason": "stop"},
    [{"type": "text", "content": "x"}],
    {"toolCallId": "1"},
    {"response_metadata": {}},
]
BROKEN = [
    'data: {"id": "x"}\n\n',
    "event: message\r\ndata: {}\r\n\r\n",
    ": ping\ndata: {}\n",
    '{"role": "assistant", "content": "cut',
    "{'role': 'assistant', 'content': 'x'}",
    "content='Hi.' additional_kwargs={} response_metadata={}",
    "ChatCompletion(id='chatcmpl-1', choices=[])",
    "AIMessage(content='Hi.')",
    '{"model":"m","message":{"role":"assistant","content":"a"},"done":false}\n{"done":true}',
]
ANSWERS: list[Any] = [
    "Hi.",
    "",
    "5",
    "null",
    "[1, 2]",
    "{}",
    "[]",
    "data: none",
    "data of {x}",
    "(a)",
    "'x'",
    {"name": "Bob", "role": "manager"},
    {"name": "Bob", "role": "user"},
    {"answer": "x"},
    {"label": "refund", "score": 0.5},
    {"question": "Why?", "choices": ["a", "b"]},
    {"candidates": [{"name": "Bob", "votes": 3}]},
    {"error": "not found"},
    {"output": "x"},
    {"type": "refund", "content": "x"},
    {"messages": ["a", "b"]},
    {"message": "sent"},
    {"status": "ok", "data": {"id": 1}},
    {"id": 7, "object": "lamp"},
    {"text": "x"},
    [{"name": "a"}, {"name": "b"}],
    {"parts": ["a"]},
    {"generations": 3},
    {"result": {"a": 1}},
    {"usage": "daily"},
    {"delta": 4},
    {"type": "text", "text_length": 4},
    {"done": True},
    {"error": {"message": "x"}, "line": 5, "file": "a.py"},
    {"contents": ["flour"]},
]


def as_text(value: Any) -> str:
    """Returns a text as it is, and another value as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def many() -> list[str]:
    """Returns these texts and the documents of platforms, each in the ways that logs have them.

    Once and twice encoded, as Python writes it, in a list, in other objects, as two lines, and cut.
    """
    known = [*ENVELOPES.values(), TEXTS, ON_PURPOSE, VALUES, BROKEN, ANSWERS, *examples().values()]
    return sorted({way for values in known for value in values for way in _ways(value)})


def _ways(value: Any) -> Iterator[str]:
    text = as_text(value)
    yield text
    if isinstance(value, str):
        return
    for around in ([value], {"data": value}, {"output": [value]}, {"note": value}, text):
        yield json.dumps(around)
    yield json.dumps(value, indent=1)
    yield f"{text}\n{text}"
    yield from (text[:end] for end in (15, 25, 40, 60, len(text) // 2, len(text) - 1) if end > 0)
    # A text within, in quotes of the other kind, is what only Python can open again.
    if '"' not in repr(value):
        yield repr(value)
