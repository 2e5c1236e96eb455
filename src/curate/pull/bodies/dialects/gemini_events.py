"""`gemini-events`: the stream of streamGenerateContent.

Source: Gemini API reference, "Method: models.streamGenerateContent": each chunk is a
GenerateContentResponse, as server-sent events or as one JSON array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from curate.pull.bodies.body import Body, as_list, as_mapping
from curate.pull.bodies.dialects.gemini import read_response
from curate.pull.bodies.registry import BodyDialect, register


def read_stream(events: list[Mapping[str, Any]]) -> Body | None:
    """Returns the response that chunks make together."""
    if not any("candidates" in event for event in events) or not all(map(_is_chunk, events)):
        return None
    candidates: dict[Any, dict[str, Any]] = {}
    whole: dict[str, Any] = {}
    for event in events:
        whole |= event
        for candidate in as_list(event.get("candidates")):
            index = as_mapping(candidate).get("index", 0)
            parts = as_list(as_mapping(as_mapping(candidate).get("content")).get("parts"))
            if not isinstance(candidate, dict) or not isinstance(index, int | str):
                return None
            made = candidates.setdefault(index, {"content": {"parts": []}})
            made["content"]["parts"] += parts
            made |= {key: value for key, value in candidate.items() if key != "content"}
    listed = [_with_joined(candidate) for candidate in candidates.values()]
    body = read_response({**whole, "candidates": listed})
    is_ended = all("finishReason" in each or "finish_reason" in each for each in listed)
    if body is None or is_ended:
        return body
    return replace(body, fields={"status": "incomplete", **body.fields})


def _is_chunk(event: Mapping[str, Any]) -> bool:
    keys = ("candidates", "usageMetadata", "usage_metadata", "promptFeedback", "prompt_feedback")
    return not event.keys().isdisjoint(keys)


def _with_joined(candidate: dict[str, Any]) -> dict[str, Any]:
    """Returns a candidate with the pieces of each text put together."""
    joined: list[Any] = []
    for part in candidate["content"]["parts"]:
        last = joined[-1] if joined else None
        if last and _is_text(part) and _is_text(last) and _thought(part) == _thought(last):
            joined[-1] = {**last, "text": last["text"] + part["text"]}
        elif part != {"text": ""}:
            joined.append(part)
    return {**candidate, "content": {"role": "model", "parts": joined}}


def _thought(part: dict[str, Any]) -> bool:
    return part.get("thought") is True


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


register(
    BodyDialect(
        "gemini-events",
        {},
        order=19,
        stream=read_stream,
    )
)
