"""`bedrock-events`: streams of Converse and Nova, and of models that give texts.

Source: Amazon Bedrock API reference, "ConverseStreamOutput"; user guide, "Inference request
parameters": the chunks that Titan, Llama, Mistral and Cohere send for
InvokeModelWithResponseStream; the last one has the counts of tokens under
`amazon-bedrock-invocationMetrics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from curate.pull.bodies.body import (
    Body,
    BodyTurn,
    as_list,
    as_mapping,
    fields,
    number,
    read_answers,
    word,
)
from curate.pull.bodies.dialects.bedrock import read_response
from curate.pull.bodies.reasoning import with_reasoning
from curate.pull.bodies.registry import BodyDialect, register

_METRICS = "amazon-bedrock-invocationMetrics"


_EVENTS = {
    *("messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop"),
    *("metadata", _METRICS),
}


def read_stream(events: list[Mapping[str, Any]]) -> Body | None:
    """Returns the answer that events or chunks make together."""
    named = [name for event in events for name in event if name in _EVENTS]
    if not {"messageStart", "contentBlockDelta"}.isdisjoint(named):
        is_ours = all(not _EVENTS.isdisjoint(event) for event in events)
        return _conversed(events) if is_ours else None
    return _joined(events)


def _conversed(events: list[Mapping[str, Any]]) -> Body | None:
    """Returns the answer of a stream of Converse: its blocks, put together by their index."""
    blocks: dict[Any, dict[str, Any]] = {}
    whole: dict[str, Any] = {}
    for event in events:
        begun, more = (as_mapping(event.get(f"contentBlock{n}")) for n in ("Start", "Delta"))
        index = {**begun, **more}.get("contentBlockIndex", 0)
        if not isinstance(index, int | str):
            return None
        for said in (as_mapping(begun.get("start")), as_mapping(more.get("delta"))):
            for kind, value in said.items():
                _add(blocks.setdefault(index, {}), kind, value)
        for kind in ("messageStop", "metadata"):
            whole.update(as_mapping(event.get(kind)))
    message = {"role": "assistant", "content": list(blocks.values())}
    body = read_response({**whole, "output": {"message": message}})
    if body is None or "stopReason" in whole:
        return body
    return replace(body, fields={"status": "incomplete", **body.fields})


def _add(block: dict[str, Any], kind: str, value: Any) -> None:
    """Adds a piece to a block: texts follow each other, at any depth."""
    if isinstance(value, dict):
        if kind == "reasoningContent" and "text" in value:
            value = {"reasoningText": {"text": value["text"]}}
        inner = block[kind] = dict(as_mapping(block.get(kind)))
        for key, said in value.items():
            _add(inner, key, said)
    elif isinstance(value, str) and isinstance(block.get(kind), str):
        block[kind] += value
    else:
        block[kind] = value


def _joined(events: list[Mapping[str, Any]]) -> Body | None:
    """Returns the answer of a stream of texts."""
    pieces = [piece for event in events if (piece := _piece(event)) is not None]
    if not pieces or len(pieces) != sum(event.keys() != {_METRICS} for event in events):
        return None
    end = next((end for _, end in reversed(pieces) if end is not None), None)
    answer = with_reasoning({"role": "assistant", "content": "".join(text for text, _ in pieces)})
    counts = [as_mapping(event.get(_METRICS)) for event in reversed(events)]
    extra = fields(
        input_tokens=number(*_all(counts, "inputTokenCount"), *_all(events, *_ASKED)),
        output_tokens=number(*_all(counts, "outputTokenCount"), *_all(events[::-1], *_SAID)),
        latency_ms=number(*_all(counts, "invocationLatency")),
    )
    body = read_answers([[BodyTurn(answer)]], extra, [end])
    if body is None or end is not None:
        return body
    return replace(body, fields={"status": "incomplete", **body.fields})


_ASKED = ("inputTextTokenCount", "prompt_token_count")
_SAID = ("totalOutputTextTokenCount", "generation_token_count")


def _all(events: list[Mapping[str, Any]], *keys: str) -> list[Any]:
    return [event[key] for event in events for key in keys if event.get(key) is not None]


def _piece(event: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """Returns (text, why it ended) of a chunk, None for a chunk of another API."""
    if isinstance(event.get("outputText"), str):  # Titan
        return event["outputText"], word(event.get("completionReason"))
    if isinstance(event.get("generation"), str) and "stop_reason" in event:  # Llama
        return event["generation"], word(event.get("stop_reason"))
    if isinstance(event.get("is_finished"), bool):  # Cohere
        said = event.get("text")
        return said if isinstance(said, str) else "", word(event.get("finish_reason"))
    outputs = as_list(event.get("outputs"))  # Mistral
    inner = as_mapping(outputs[0]) if len(outputs) == 1 else {}
    if isinstance(inner.get("text"), str) and "stop_reason" in inner:
        return inner["text"], word(inner["stop_reason"])
    return None


def _is_envelope(value: Mapping[str, Any]) -> bool:
    if {"contentBlockDelta", "contentBlockStop", "messageStop", _METRICS} & value.keys():
        return True
    return {"outputText", "completionReason"} <= value.keys()


register(
    BodyDialect(
        "bedrock-events",
        {"a Bedrock Titan chunk": ("outputText", "totalOutputTextTokenCount", "completionReason")},
        order=46,
        stream=read_stream,
        envelope=_is_envelope,
    )
)
