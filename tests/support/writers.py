"""Writes a conversation in the shapes of each API, from their documents and not from our readers.

A talk is a list of OpenAI messages with what the call says beside them. Each writer returns the
value that a log holds for the request and the one that it holds for the response.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = Any
Pair = tuple[Json, Json]

PICTURE = "iVBORw0KGgoAAAANSUhEUg=="


@dataclass(frozen=True)
class Talk:
    """A conversation that ends with one or several answers.

    Attributes:
        messages: user and assistant messages and results of tools, in OpenAI's shape; a user's
            content may be a list of a text and an image. Assistants may have `reasoning_content`.
        answers: assistant messages; only some APIs can give more than one.
        ends: why each answer ended.
    """

    system: str | None
    messages: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    ends: list[str]
    tools: list[dict[str, Any]] = field(default_factory=list)
    model: str = "model-1"
    tokens: tuple[int, int] = (7, 3)

    @property
    def whole(self) -> list[dict[str, Any]]:
        """All messages before the answer."""
        first = [{"role": "system", "content": self.system}] if self.system else []
        return [*first, *self.messages]


_CALL = {"id": "call_1", "type": "function",
        "function": {"name": "find_room", "arguments": '{"floor":3}'}}  # fmt: skip
TALK = Talk(
    "You keep the house.",
    [
        {"role": "user", "content": "Which rooms are free?"},
        {"role": "assistant", "content": "Let me look.", "reasoning_content": "They ask for rooms.",
         "tool_calls": [_CALL]},
        {"role": "tool", "content": "301 and 304", "tool_call_id": "call_1"},
        {"role": "assistant", "content": "Two of them are free."},
        {"role": "user", "content": [
            {"type": "text", "text": "And this one?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}]},
    ],
    [{"role": "assistant", "content": "It is taken.", "reasoning_content": "The picture is 302."}],
    ["stop"],
    [{"type": "function", "function": {
        "name": "find_room", "description": "Finds a room.", "parameters": {"type": "object"}}}],
)  # fmt: skip
"""A talk with all that a conversation may hold, for the tests that change documents at random."""

Writer = Callable[[Talk], Pair]
WRITERS: dict[str, Writer] = {}
MANY = {
    *("openai_chat", "openai_text", "openai_twice", "openai_batch", "openai_chunks", "openai_sse"),
    *("gemini", "gemini_snake", "gemini_sse", "langchain_constructor", "otel"),
}
"""Writers of APIs that may give several answers."""


def writer(function: Writer) -> Writer:
    WRITERS[function.__name__] = function
    return function


def calls_of(message: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Returns (id, name, arguments) of each tool call."""
    calls = message.get("tool_calls", [])
    return [(c["id"], c["function"]["name"], json.loads(c["function"]["arguments"])) for c in calls]


def parts_of(message: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns ("text" or "image", value) of each part of a content."""
    content = message["content"]
    if isinstance(content, str):
        return [("text", content)]
    return [
        ("text", p["text"]) if p["type"] == "text" else ("image", PICTURE) for p in content or ()
    ]


def names(talk: Talk) -> dict[str, str]:
    """Returns the name of the tool of each call."""
    said = [*talk.messages, *talk.answers]
    return {id: name for message in said for id, name, _ in calls_of(message)}


def usage_of(talk: Talk) -> dict[str, int]:
    return {"prompt_tokens": talk.tokens[0], "completion_tokens": talk.tokens[1]}


@writer
def openai_chat(talk: Talk) -> Pair:
    request = {"model": "asked", "messages": talk.whole, "temperature": 0.5}
    if talk.tools:
        request["tools"] = talk.tools
    choices = [
        {"index": n, "message": answer, "finish_reason": end, "logprobs": None}
        for n, (answer, end) in enumerate(zip(talk.answers, talk.ends, strict=True))
    ]
    return request, {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_757_300_000,
        "model": talk.model, "choices": choices, "usage": usage_of(talk),
    }  # fmt: skip


@writer
def openai_text(talk: Talk) -> Pair:
    request, response = openai_chat(talk)
    return json.dumps(request), json.dumps(response, ensure_ascii=False)


@writer
def openai_twice(talk: Talk) -> Pair:
    request, response = openai_text(talk)
    return json.dumps(request), json.dumps(response)


@writer
def openai_think(talk: Talk) -> Pair:
    """Reasoning stands as a tag in the text."""

    def inline(message: dict[str, Any]) -> dict[str, Any]:
        if "reasoning_content" not in message:
            return message
        rest = {k: v for k, v in message.items() if k != "reasoning_content"}
        thought = f"<think>\n{message['reasoning_content']}\n</think>\n\n"
        return {**rest, "content": thought + (message["content"] or "")}

    messages = [inline(message) for message in talk.messages]
    answers = [inline(answer) for answer in talk.answers]
    return openai_chat(
        Talk(talk.system, messages, answers, talk.ends, talk.tools, talk.model, talk.tokens)
    )


@writer
def openai_batch(talk: Talk) -> Pair:
    request, response = openai_chat(talk)
    line = {"custom_id": "line-1", "method": "POST", "url": "/v1/chat/completions", "body": request}
    answer = {"status_code": 200, "request_id": "r", "body": response}
    return line, {"id": "b", "custom_id": "line-1", "response": answer, "error": None}


@writer
def openai_chunks(talk: Talk) -> Pair:
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": talk.model}
    chunks = []

    def add(index: int, delta: Json, end: str | None = None) -> None:
        choice = {"index": index, "delta": delta, "finish_reason": end}
        chunks.append({**base, "choices": [choice]})

    for index, answer in enumerate(talk.answers):
        add(index, {"role": "assistant", "content": ""})
        for piece in pieces_of(answer.get("reasoning_content")):
            add(index, {"reasoning_content": piece})
        for piece in pieces_of(answer["content"]):
            add(index, {"content": piece})
        for place, call in enumerate(answer.get("tool_calls", [])):
            head = {"index": place, "id": call["id"], "type": "function"}
            add(
                index,
                {
                    "tool_calls": [
                        {**head, "function": {"name": call["function"]["name"], "arguments": ""}}
                    ]
                },
            )
            for piece in pieces_of(call["function"]["arguments"]):
                add(index, {"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
    for index, end in enumerate(talk.ends):
        add(index, {}, end)
    chunks.append({**base, "choices": [], "usage": usage_of(talk)})
    return openai_chat(talk)[0], chunks


def pieces_of(text: str | None) -> list[str]:
    """Returns a text in pieces of three characters."""
    return [text[n : n + 3] for n in range(0, len(text), 3)] if text else []


def sse(events: list[Json], named: bool = False, end: str = "", line: str = "\n") -> str:
    """Returns events as they go over the wire."""
    blocks = []
    for event in events:
        name = f"event: {event['type']}{line}" if named else ""
        blocks.append(f"{name}data: {json.dumps(event)}{line}{line}")
    return "".join(blocks) + end


@writer
def openai_sse(talk: Talk) -> Pair:
    request, chunks = openai_chunks(talk)
    return request, sse(chunks, end="data: [DONE]\r\n\r\n", line="\r\n")


def _items(message: dict[str, Any]) -> list[Json]:
    items: list[Json] = []
    if "reasoning_content" in message:
        summary = [{"type": "summary_text", "text": message["reasoning_content"]}]
        items.append({"type": "reasoning", "id": "rs_1", "summary": summary})
    if message["content"] is not None:
        part = {"type": "output_text", "text": message["content"], "annotations": []}
        items.append(
            {
                "type": "message",
                "id": "m",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            }
        )
    items += [
        {
            "type": "function_call",
            "id": "fc",
            "call_id": c["id"],
            "name": c["function"]["name"],
            "arguments": c["function"]["arguments"],
            "status": "completed",
        }
        for c in message.get("tool_calls", [])
    ]
    return items


@writer
def openai_responses(talk: Talk) -> Pair:
    items: list[Json] = []
    for message in talk.messages:
        if message["role"] == "assistant":
            items += _items(message)
        elif message["role"] == "tool":
            items.append(
                {
                    "type": "function_call_output",
                    "call_id": message["tool_call_id"],
                    "output": message["content"],
                }
            )
        elif isinstance(message["content"], str):
            items.append({"role": message["role"], "content": message["content"]})
        else:
            items.append(
                {
                    "role": message["role"],
                    "content": [
                        {"type": "input_text", "text": value}
                        if kind == "text"
                        else {"type": "input_image", "image_url": f"data:image/png;base64,{value}"}
                        for kind, value in parts_of(message)
                    ],
                }
            )
    request = {"model": "asked", "input": items, "instructions": talk.system}
    if talk.tools:
        request["tools"] = [{"type": "function", **tool["function"]} for tool in talk.tools]
    response = {
        "id": "resp_1", "object": "response", "created_at": 1_757_300_000, "model": talk.model,
        "status": "incomplete", "incomplete_details": {"reason": talk.ends[0]},
        "output": _items(talk.answers[0]),
        "usage": {"input_tokens": talk.tokens[0], "output_tokens": talk.tokens[1]},
    }  # fmt: skip
    return request, response


@writer
def openai_responses_sse(talk: Talk) -> Pair:
    request, response = openai_responses(talk)
    events: list[Json] = [{"type": "response.created", "response": {**response, "output": []}}]
    for index, item in enumerate(response["output"]):
        events.append({"type": "response.output_item.added", "output_index": index, "item": item})
        if item["type"] == "message":
            events += [
                {"type": "response.output_text.delta", "output_index": index, "delta": piece}
                for piece in pieces_of(item["content"][0]["text"])
            ]
    events.append({"type": "response.incomplete", "response": response})
    return request, sse(events, named=True)


def _blocks(message: dict[str, Any]) -> list[Json]:
    blocks: list[Json] = []
    if "reasoning_content" in message:
        thought = message["reasoning_content"]
        blocks.append({"type": "thinking", "thinking": thought, "signature": "sig"})
    if message["content"] is not None:
        blocks.append({"type": "text", "text": message["content"]})
    return blocks + [
        {"type": "tool_use", "id": id, "name": name, "input": arguments}
        for id, name, arguments in calls_of(message)
    ]


@writer
def anthropic(talk: Talk) -> Pair:
    messages: list[Json] = []
    for message in talk.messages:
        if message["role"] == "assistant":
            messages.append({"role": "assistant", "content": _blocks(message)})
        elif message["role"] == "tool":
            result = {
                "type": "tool_result",
                "tool_use_id": message["tool_call_id"],
                "content": [{"type": "text", "text": message["content"]}],
            }
            if messages and messages[-1].get("results"):
                messages[-1]["content"].append(result)
            else:
                messages.append({"role": "user", "content": [result], "results": True})
        elif isinstance(message["content"], str):
            messages.append(dict(message))
        else:
            source = {"type": "base64", "media_type": "image/png"}
            messages.append(
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": value}
                        if kind == "text"
                        else {"type": "image", "source": {**source, "data": value}}
                        for kind, value in parts_of(message)
                    ],
                }
            )
    for message in messages:
        message.pop("results", None)
    request = {"model": "claude-asked", "max_tokens": 99, "messages": messages}
    if talk.system:
        request["system"] = [{"type": "text", "text": talk.system}]
    if talk.tools:
        request["tools"] = [
            {"name": f["name"], "description": f["description"], "input_schema": f["parameters"]}
            for f in (tool["function"] for tool in talk.tools)
        ]
    response = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": talk.model,
        "content": _blocks(talk.answers[0]), "stop_reason": talk.ends[0], "stop_sequence": None,
        "usage": {"input_tokens": talk.tokens[0], "output_tokens": talk.tokens[1],
                  "cache_read_input_tokens": 5},
    }  # fmt: skip
    return request, response


@writer
def anthropic_sse(talk: Talk) -> Pair:
    request, response = anthropic(talk)
    usage = response["usage"]
    start = {**response, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    events: list[Json] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(response["content"]):
        kind, key, value = {
            "text": ("text_delta", "text", block.get("text")),
            "thinking": ("thinking_delta", "thinking", block.get("thinking")),
            "tool_use": ("input_json_delta", "partial_json", json.dumps(block.get("input"))),
        }[block["type"]]
        empty = {**block, "input": {}} if block["type"] == "tool_use" else {**block, key: ""}
        place = {"index": index}
        events.append({"type": "content_block_start", **place, "content_block": empty})
        events += [
            {"type": "content_block_delta", **place, "delta": {"type": kind, key: piece}}
            for piece in pieces_of(value)
        ]
        events.append({"type": "content_block_stop", **place})
    end = {"stop_reason": talk.ends[0], "stop_sequence": None}
    events.append(
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": talk.tokens[1]}}
    )
    return request, sse([*events, {"type": "message_stop"}], named=True)


def _gemini_parts(message: dict[str, Any]) -> list[Json]:
    parts: list[Json] = []
    if "reasoning_content" in message:
        parts.append({"text": message["reasoning_content"], "thought": True})
    if message["content"] is not None:
        parts += [
            {"text": value}
            if kind == "text"
            else {"inlineData": {"mimeType": "image/png", "data": value}}
            for kind, value in parts_of(message)
        ]
    return parts + [
        {"functionCall": {"id": id, "name": name, "args": arguments}}
        for id, name, arguments in calls_of(message)
    ]


@writer
def gemini(talk: Talk) -> Pair:
    tool_names, contents = names(talk), []
    for message in talk.messages:
        if message["role"] == "tool":
            id = message["tool_call_id"]
            answered = {
                "id": id,
                "name": tool_names[id],
                "response": {"output": message["content"]},
            }
            contents.append({"role": "user", "parts": [{"functionResponse": answered}]})
        else:
            role = "model" if message["role"] == "assistant" else "user"
            contents.append({"role": role, "parts": _gemini_parts(message)})
    request: Json = {"contents": contents, "generationConfig": {"temperature": 0.5}}
    if talk.system:
        request["systemInstruction"] = {"parts": [{"text": talk.system}]}
    if talk.tools:
        request["tools"] = [{"functionDeclarations": [tool["function"] for tool in talk.tools]}]
    candidates = [
        {"content": {"role": "model", "parts": _gemini_parts(answer)}, "finishReason": end,
         "index": n}
        for n, (answer, end) in enumerate(zip(talk.answers, talk.ends, strict=True))
    ]  # fmt: skip
    usage = {"promptTokenCount": talk.tokens[0], "candidatesTokenCount": talk.tokens[1]}
    return request, {
        "candidates": candidates, "usageMetadata": usage, "modelVersion": talk.model,
        "responseId": "g-1",
    }  # fmt: skip


_SNAKE = {
    "systemInstruction": "system_instruction", "functionDeclarations": "function_declarations",
    "functionCall": "function_call", "functionResponse": "function_response",
    "inlineData": "inline_data", "mimeType": "mime_type", "finishReason": "finish_reason",
    "usageMetadata": "usage_metadata", "promptTokenCount": "prompt_token_count",
    "candidatesTokenCount": "candidates_token_count", "modelVersion": "model_version",
    "responseId": "response_id", "generationConfig": "generation_config",
}  # fmt: skip


def _snake(value: Json) -> Json:
    if isinstance(value, dict):
        return {_SNAKE.get(key, key): _snake(inner) for key, inner in value.items()}
    return [_snake(inner) for inner in value] if isinstance(value, list) else value


@writer
def gemini_snake(talk: Talk) -> Pair:
    request, response = gemini(talk)
    return _snake(request), _snake(response)


@writer
def gemini_sse(talk: Talk) -> Pair:
    request, response = gemini(talk)
    chunks = []
    for candidate in response["candidates"]:
        for part in candidate["content"]["parts"]:
            texts = pieces_of(part["text"]) if "text" in part else [None]
            for text in texts:
                said = part if text is None else {**part, "text": text}
                content = {"role": "model", "parts": [said]}
                chunks.append({"candidates": [{"content": content, "index": candidate["index"]}]})
        last = {"finishReason": candidate["finishReason"], "index": candidate["index"]}
        chunks.append(
            {"candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}, **last}]}
        )
    chunks[-1] |= {k: v for k, v in response.items() if k != "candidates"}
    return request, sse(chunks)


def _bedrock_blocks(message: dict[str, Any]) -> list[Json]:
    blocks: list[Json] = []
    if "reasoning_content" in message:
        thought = {"text": message["reasoning_content"], "signature": "s"}
        blocks.append({"reasoningContent": {"reasoningText": thought}})
    if message["content"] is not None:
        blocks += [
            {"text": value}
            if kind == "text"
            else {"image": {"format": "png", "source": {"bytes": value}}}
            for kind, value in parts_of(message)
        ]
    return blocks + [
        {"toolUse": {"toolUseId": id, "name": name, "input": arguments}}
        for id, name, arguments in calls_of(message)
    ]


@writer
def bedrock(talk: Talk) -> Pair:
    messages = []
    for message in talk.messages:
        if message["role"] == "tool":
            result = {
                "toolUseId": message["tool_call_id"],
                "content": [{"text": message["content"]}],
                "status": "success",
            }
            messages.append({"role": "user", "content": [{"toolResult": result}]})
        else:
            messages.append({"role": message["role"], "content": _bedrock_blocks(message)})
    request: Json = {"modelId": "asked", "messages": messages, "inferenceConfig": {}}
    if talk.system:
        request["system"] = [{"text": talk.system}]
    if talk.tools:
        request["toolConfig"] = {"tools": [
            {"toolSpec": {"name": f["name"], "description": f["description"],
                          "inputSchema": {"json": f["parameters"]}}}
            for f in (tool["function"] for tool in talk.tools)
        ]}  # fmt: skip
    answer = {"role": "assistant", "content": _bedrock_blocks(talk.answers[0])}
    return request, {
        "output": {"message": answer}, "stopReason": talk.ends[0], "modelId": talk.model,
        "usage": {"inputTokens": talk.tokens[0], "outputTokens": talk.tokens[1]},
        "metrics": {"latencyMs": 120},
    }  # fmt: skip


def _langchain(message: dict[str, Any], talk: Talk) -> tuple[str, Json]:
    """Returns the type of a message and what it holds."""
    role = {"user": "human", "assistant": "ai"}.get(message["role"], message["role"])
    held: Json = {
        "content": message["content"] or "",
        "additional_kwargs": {},
        "response_metadata": {},
        "id": "lc-1",
    }
    if role == "tool":
        held |= {"tool_call_id": message["tool_call_id"], "status": "success"}
    if "reasoning_content" in message:
        held["additional_kwargs"] = {"reasoning_content": message["reasoning_content"]}
    calls = calls_of(message)
    held["tool_calls"] = [
        {"name": name, "args": arguments, "id": id, "type": "tool_call"}
        for id, name, arguments in calls
    ]
    return role, held if calls else {k: v for k, v in held.items() if k != "tool_calls"}


def _answered(answer: Json, talk: Talk, end: str) -> tuple[str, Json]:
    role, held = _langchain(answer, talk)
    usage = {"input_tokens": talk.tokens[0], "output_tokens": talk.tokens[1]}
    meta = {"finish_reason": end, "model_name": talk.model}
    return role, {**held, "response_metadata": meta, "usage_metadata": usage}


_CLASSES = {"human": "HumanMessage", "ai": "AIMessage", "tool": "ToolMessage",
            "system": "SystemMessage"}  # fmt: skip


def _constructor(role: str, held: Json) -> Json:
    named = ["langchain", "schema", "messages", _CLASSES[role]]
    return {"lc": 1, "type": "constructor", "id": named, "kwargs": {**held, "type": role}}


@writer
def langchain_constructor(talk: Talk) -> Pair:
    messages = [[_constructor(*_langchain(message, talk)) for message in talk.whole]]
    generations = [[
        {"text": answer["content"] or "", "type": "ChatGeneration",
         "message": _constructor(*_answered(answer, talk, end))}
        for answer, end in zip(talk.answers, talk.ends, strict=True)
    ]]  # fmt: skip
    return {"messages": messages}, {"generations": generations, "llm_output": None, "run": None}


@writer
def langchain_data(talk: Talk) -> Pair:
    messages = [_langchain(message, talk) for message in talk.whole]
    role, held = _answered(talk.answers[0], talk, talk.ends[0])
    request = [{"type": kind, "data": {**said, "type": kind}} for kind, said in messages]
    return request, {"type": role, "data": held}


@writer
def langchain_dump(talk: Talk) -> Pair:
    messages = [_langchain(message, talk) for message in talk.whole]
    role, held = _answered(talk.answers[0], talk, talk.ends[0])
    return {"messages": [{"type": k, **m} for k, m in messages]}, {"type": role, **held}


def _otel(message: dict[str, Any]) -> Json:
    if message["role"] == "tool":
        said = {
            "type": "tool_call_response",
            "id": message["tool_call_id"],
            "response": message["content"],
        }
        return {"role": "tool", "parts": [said]}
    parts: list[Json] = []
    if "reasoning_content" in message:
        parts.append({"type": "reasoning", "content": message["reasoning_content"]})
    if message["content"] is not None:
        parts += [
            {"type": "text", "content": value}
            if kind == "text"
            else {"type": "blob", "modality": "image", "mime_type": "image/png", "content": value}
            for kind, value in parts_of(message)
        ]
    parts += [
        {"type": "tool_call", "id": id, "name": name, "arguments": arguments}
        for id, name, arguments in calls_of(message)
    ]
    return {"role": message["role"], "parts": parts}


@writer
def otel(talk: Talk) -> Pair:
    answers = [
        {**_otel(answer), "finish_reason": end}
        for answer, end in zip(talk.answers, talk.ends, strict=True)
    ]
    return json.dumps([_otel(message) for message in talk.whole]), json.dumps(answers)


@writer
def vercel_ui(talk: Talk) -> Pair:
    tool_names, listed = names(talk), []
    results = {m["tool_call_id"]: m["content"] for m in talk.messages if m["role"] == "tool"}

    def steps(message: dict[str, Any]) -> list[Json]:
        parts: list[Json] = [{"type": "step-start"}]
        if "reasoning_content" in message:
            thought = message["reasoning_content"]
            parts.append({"type": "reasoning", "text": thought, "state": "done"})
        if message["content"] is not None:
            parts.append({"type": "text", "text": message["content"], "state": "done"})
        for id, name, arguments in calls_of(message):
            part = {"type": f"tool-{name}", "toolCallId": id, "input": arguments}
            done = {"state": "output-available", "output": results[id]} if id in results else {}
            parts.append({"state": "input-available", **part, **done})
        return parts

    for number, message in enumerate(talk.whole):
        if message["role"] == "tool":
            continue
        if message["role"] != "assistant":
            parts = [
                {"type": "text", "text": value}
                if kind == "text"
                else {
                    "type": "file",
                    "mediaType": "image/png",
                    "url": f"data:image/png;base64,{value}",
                }
                for kind, value in parts_of(message)
            ]
            listed.append({"id": f"m{number}", "role": message["role"], "parts": parts})
        elif listed and listed[-1]["role"] == "assistant":
            listed[-1]["parts"] += steps(message)
        else:
            listed.append({"id": f"m{number}", "role": "assistant", "parts": steps(message)})
    assert all(name for name in tool_names.values())
    return listed, {"id": "m-last", "role": "assistant", "parts": steps(talk.answers[0])}


@writer
def vercel_model(talk: Talk) -> Pair:
    tool_names = names(talk)

    def said(message: dict[str, Any]) -> Json:
        if message["role"] == "tool":
            id = message["tool_call_id"]
            output = {"type": "text", "value": message["content"]}
            part = {"type": "tool-result", "toolCallId": id, "toolName": tool_names[id]}
            return {"role": "tool", "content": [{**part, "output": output}]}
        if message["role"] != "assistant":
            return message
        parts: list[Json] = []
        if "reasoning_content" in message:
            parts.append({"type": "reasoning", "text": message["reasoning_content"]})
        if message["content"] is not None:
            parts.append({"type": "text", "text": message["content"]})
        parts += [
            {"type": "tool-call", "toolCallId": id, "toolName": name, "input": arguments}
            for id, name, arguments in calls_of(message)
        ]
        return {"role": "assistant", "content": parts}

    return [said(message) for message in talk.whole], said(talk.answers[0])


@writer
def ollama(talk: Talk) -> Pair:
    def said(message: dict[str, Any]) -> Json:
        made: Json = {"role": message["role"]}
        made["content"] = "".join(value for kind, value in parts_of(message) if kind == "text")
        if any(kind == "image" for kind, _ in parts_of(message)):
            made["images"] = [PICTURE]
        if "reasoning_content" in message:
            made["thinking"] = message["reasoning_content"]
        calls = [
            {"id": id, "function": {"name": name, "arguments": arguments}}
            for id, name, arguments in calls_of(message)
        ]
        extra = {"tool_calls": calls} if calls else {}
        if "tool_call_id" in message:
            extra["tool_call_id"] = message["tool_call_id"]
        return {**made, **extra}

    request = {"model": "asked", "messages": [said(m) for m in talk.whole], "stream": False}
    if talk.tools:
        request["tools"] = talk.tools
    return request, {
        "model": talk.model, "created_at": "2026-09-01T10:00:00Z", "done": True,
        "message": said(talk.answers[0]), "done_reason": talk.ends[0],
        "prompt_eval_count": talk.tokens[0], "eval_count": talk.tokens[1],
        "total_duration": 5_000_000,
    }  # fmt: skip
