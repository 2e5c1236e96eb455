"""`openai-chunks`: streamed chat completions and completions.

Source: OpenAI API reference, "The chat completion chunk object". Deltas of tool calls belong
together by their index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from curate.pull.bodies.body import Body, as_list, as_mapping
from curate.pull.bodies.dialects.openai_chat import read_response
from curate.pull.bodies.opening import opened
from curate.pull.bodies.registry import BodyDialect, register

_TEXTS = ("content", "reasoning_content", "reasoning", "refusal", "thinking")


def read_stream(events: list[Mapping[str, Any]]) -> Body | None:
    """Returns the response that chunks make together."""
    events = [event for event in events if not _says_nothing(event)]
    if not events or not all(map(_is_chunk, events)):
        return None
    by_index: dict[Any, list[Mapping[str, Any]]] = {}
    for event in events:
        for choice in as_list(event.get("choices")):
            index = as_mapping(choice).get("index", 0)
            by_index.setdefault(str(index), []).append(choice)
    choices = [_choice(parts) for parts in by_index.values()]
    if not choices or None in choices:
        return None
    whole = dict(events[0]) | {
        key: value for event in events for key, value in event.items() if value
    }
    body = read_response({**whole, "choices": choices})
    ends = [choice.get("finish_reason") for choice in choices if choice]
    if body is None or all(ends):
        return body
    return replace(body, fields={**body.fields, "status": "incomplete"})


def _says_nothing(event: Mapping[str, Any]) -> bool:
    """Returns whether an event is Azure's first one, which has filter results only."""
    return event.get("choices") == [] and not event.get("usage")


def _is_chunk(event: Mapping[str, Any]) -> bool:
    choices = event.get("choices")
    if not isinstance(choices, list):
        return False
    is_completion = event.get("object") == "text_completion"
    return all(
        isinstance(choice, dict)
        and (isinstance(opened(choice.get("delta")), dict) or (is_completion and "text" in choice))
        for choice in choices
    )


def _choice(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Returns the choice that its parts make together."""
    ends = [part["finish_reason"] for part in parts if part.get("finish_reason")]
    end = {"finish_reason": ends[-1] if ends else None}
    if all("delta" not in part for part in parts):
        texts = [part.get("text") for part in parts]
        is_text = all(isinstance(text, str) for text in texts)
        return {"text": "".join(map(str, texts)), **end} if is_text else None
    deltas = [as_mapping(opened(part.get("delta"))) for part in parts]
    message: dict[str, Any] = {"role": "assistant"}
    for name in _TEXTS:
        said = [delta[name] for delta in deltas if delta.get(name) is not None]
        if not all(isinstance(text, str) for text in said):
            return None
        if said:
            message[name] = "".join(said)
    calls = _calls([call for delta in deltas for call in as_list(delta.get("tool_calls"))])
    older = [{"function": delta["function_call"]} for delta in deltas if delta.get("function_call")]
    calls = calls if calls or not older else _calls(older)
    if calls is None or _has_unknown(deltas):
        return None
    return {"message": {"content": None, **message, "tool_calls": calls or None}, **end}


_KEYS = {
    *("role", "tool_calls", "function_call", "reasoning_details", "annotations", "audio"),
    *("provider_specific_fields", "thinking_blocks", "images", "name"),
    *_TEXTS,
}


def _has_unknown(deltas: Sequence[Mapping[str, Any]]) -> bool:
    """Returns whether deltas hold a text that would be lost, and nothing that is known."""
    keys = {key for delta in deltas for key, value in delta.items() if value}
    return not keys <= _KEYS and not keys & {*_TEXTS, "tool_calls", "function_call"}


def _calls(parts: Sequence[Any]) -> list[Any] | None:
    """Returns the tool calls that their deltas make together; None where they are odd."""
    calls: dict[Any, dict[str, Any]] = {}
    last: Any = 0
    for part in parts:
        function = as_mapping(as_mapping(part).get("function"))
        name, arguments = function.get("name"), function.get("arguments")
        if not isinstance(name, str | None) or not isinstance(arguments, str | dict | None):
            return None
        last = _place(part, last)
        made = calls.setdefault(last, {"name": "", "arguments": ""})
        if part.get("id"):
            made["id"] = part["id"]
        made["name"] = made["name"] or name or ""
        is_text = isinstance(arguments, str) and isinstance(made["arguments"], str)
        made["arguments"] = (
            made["arguments"] + arguments if is_text else arguments or made["arguments"]
        )
    if not all(made["name"] for made in calls.values()):
        return None
    return [
        {"id": made.get("id"), "type": "function", "function": {
            "name": made["name"], "arguments": made["arguments"]}}
        for made in calls.values()
    ]  # fmt: skip


def _place(part: Any, last: Any) -> Any:
    """Returns which call a delta belongs to: by its index, else by its id, else to the last one."""
    index, name = (as_mapping(part).get(key) for key in ("index", "id"))
    if isinstance(index, int | str):
        return index
    return name if isinstance(name, str) and name else last


def _is_envelope(value: Mapping[str, Any]) -> bool:
    delta = value.get("delta")
    return isinstance(delta, dict) and not delta.keys().isdisjoint(_KEYS)


register(
    BodyDialect(
        "openai-chunks",
        {"a chunk of an OpenAI stream": ("delta", "choices", "object")},
        order=16,
        stream=read_stream,
        envelope=_is_envelope,
    )
)
