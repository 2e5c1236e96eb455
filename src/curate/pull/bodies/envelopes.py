"""Tells the message, body or stream of an API from an answer that is JSON on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from curate.pull.bodies.opening import is_odd, literal, opened
from curate.pull.bodies.registry import all_dialects

_ROLES = {
    *("system", "developer", "user", "assistant", "tool", "function", "model", "human", "ai"),
    *("gpt", "bot", "chatbot"),
}
_CONTENTS = (
    *("content", "contents", "parts", "tool_calls", "toolCalls", "function_call", "refusal"),
    *("tool_call_id", "toolInvocations", "reasoning_content", "text", "message"),
)
_SAID = ("content", "parts", "tool_calls")
# Under these, an envelope may stand inside another one.
_WAYS = (
    *("message", "messages", "output", "outputs", "response", "result", "body", "delta", "data"),
    *("kwargs", "generation", "completion", "input", "inputs", "request", "value", "item"),
)
_LEVELS = 6

STREAM = re.compile(r"\s*(?::|event:|id:|retry:|data:)")
_DATA = re.compile(r"^data:\s*(?:[{\[]|$)", re.MULTILINE)
# Objects that a program wrote with str(), such as AIMessage and ChatCompletion.
_PRINTED = re.compile(
    r"\s*(?:content=(?:'.*'|\".*\"|\[.*\]) (?:additional_kwargs|response_metadata|id|name)="
    r"|\[?(?:\w+\.)*(?:ChatCompletion\w*|Completion|ParsedChatCompletion|AIMessage\w*|HumanMessage"
    r"|SystemMessage|ToolMessage|ChatMessage|Message|Response|ModelResponse|ChatResult|LLMResult"
    r"|GenerateContentResponse|Choices?|TextBlock|ThinkingBlock|ToolUseBlock)\((?:\w+=|['\"]))",
    re.DOTALL,
)
# JSON that was cut, or that Python wrote: a key and a value that only messages have.
_HALF = re.compile(
    r"""\s*(?:\[\s*){0,2}\{.{0,200}?['"](?:"""
    r"""role['"]\s*:\s*['"](?:assistant|user|system|developer|tool|model)['"]"""
    r"""|object['"]\s*:\s*['"](?:chat\.completion|response|text_completion)"""
    r"""|id['"]\s*:\s*['"](?:chatcmpl-|cmpl-|msg_|resp_)"""
    r"""|(?:choices|generations)['"]\s*:\s*(?:\[\s*)+(?:\{|$)"""
    r"""|candidates['"]\s*:\s*\[\s*(?:\{\s*)?"""
    r"""(?:['"](?:content|finish_?[rR]eason|index|safety|avg)|['"]?$)"""
    r"""|(?:messages|contents)['"]\s*:\s*\[\s*(?:\{\s*)?(?:['"](?:role|content|parts|type|lc)|$)"""
    r"""|(?:content|output|parts)['"]\s*:\s*\[\s*\{\s*['"](?:(?:text|toolUse|thought)(?:['"]|$)"""
    r"""|type['"]\s*:\s*['"](?:\w+_)?(?:text|message|thinking|reasoning|tool_use|call|image)\b)"""
    r"""|output['"]\s*:\s*\{\s*['"]message['"]|delta['"]\s*:\s*\{"""
    r"""|(?:outputText|stopReason|stop_reason|finish_reason|system_fingerprint|candidatesTokenCount"""
    r"""|prompt_tokens|completion_tokens)['"]\s*:)""",
    re.DOTALL,
)
# Under these an envelope keeps a list of objects. Where they hold something else, and only other
# keys of envelopes stand beside it, it is a broken one.
_STRONG = ("messages", "choices", "candidates", "contents", "generations")
_ENVELOPE_KEYS = {
    *(*_STRONG, "id", "object", "model", "created", "usage", "tools", "stream", "temperature"),
    *("max_tokens", "system", "metadata", "user", "delta", "index", "finish_reason", "llm_output"),
    *("usageMetadata", "modelVersion", "responseId", "generationConfig", "systemInstruction"),
}


def is_envelope(value: Any) -> bool:
    """Returns whether a value is meant as a message, a body or a stream of an API.

    It says yes to broken ones too, which no reader understands, and no to an answer that is JSON
    on purpose. Text is taken for what it holds.
    """
    if isinstance(value, str):
        if value[:1] not in "{[\"':(" and not value[:1].isspace() and not _begins(value):
            return False
        inner = opened(value)
        if isinstance(inner, str):
            inner = _first_line(inner) or literal(inner)
        if isinstance(inner, str):
            return is_stream(inner) or _is_printed(inner)
        value = inner
    return _is_envelope(value, _LEVELS)


def _begins(text: str) -> bool:
    """Returns whether a text begins as a stream or a printed object may."""
    return is_odd(text) and bool(STREAM.match(text) or _PRINTED.match(text[:2000]))


def is_stream(text: str) -> bool:
    """Returns whether a text is what went over the wire as server-sent events."""
    return bool(STREAM.match(text) and _DATA.search(text))


def _is_printed(text: str) -> bool:
    return bool(_PRINTED.match(text) or _HALF.match(text))


def _first_line(text: str) -> dict[str, Any] | None:
    """Returns the object in the first of several lines of JSON, None for another text."""
    first, separator, _ = text.strip().partition("\n")
    inner = opened(first) if separator and first.startswith("{") else None
    return inner if isinstance(inner, dict) else None


def _is_envelope(value: Any, levels: int) -> bool:
    if levels == 0:
        return False
    if isinstance(value, list):
        return any(map(_is_text_part, value[:3])) or any(
            _is_envelope(item, levels - 1) for item in value[:3]
        )
    if not isinstance(value, dict):
        return False
    if is_message(value) or _is_error(value) or _is_misshapen(value) or _has_odd_role(value):
        return True
    if any(dialect.envelope and dialect.envelope(value) for dialect in all_dialects()):
        return True
    inner = (value.get(way) for way in _WAYS)
    return any(_is_envelope(part, levels - 1) for part in inner if isinstance(part, dict | list))


def _has_odd_role(value: Mapping[str, Any]) -> bool:
    """Returns whether an object is a message whose role was wrapped into something."""
    return isinstance(value.get("role"), list | dict) and not value.keys().isdisjoint(_SAID)


def _is_text_part(value: Any) -> bool:
    """Returns whether an item of a list is the text of a message that has several parts."""
    return isinstance(value, dict) and value.get("type") == "text" and "text" in value


def is_message(value: Any) -> bool:
    """Returns whether a dict is meant as a message, also where its keys are misspelt.

    Roles stand in other data too, such as `{"name": "Bob", "role": "manager"}`, so that both the
    role and a content must be there.
    """
    if not isinstance(value, dict):
        return False
    roles = [k for k, v in value.items() if isinstance(v, str) and v.casefold() in _ROLES]
    role = [key for key in roles if "role" in key.casefold() or key in ("from", "author")]
    if not role:
        return False
    return any(_is_content(key) for key in value if key not in role)


def _is_content(key: str) -> bool:
    plain = key.casefold()
    if key in _CONTENTS or "content" in plain or (plain == "value"):
        return True
    return bool(get_close_matches(plain, ("content", "tool_calls", "parts"), 1, 0.75))


def _is_error(value: Mapping[str, Any]) -> bool:
    error = value.get("error")
    is_body = isinstance(error, dict) and "message" in error
    return is_body and len(value.keys() - {"error", "type", "request_id", "id", "status"}) == 0


def _is_misshapen(value: Mapping[str, Any]) -> bool:
    if not value.keys() <= _ENVELOPE_KEYS:
        return False
    if isinstance(value.get("delta"), str) or any(isinstance(value.get(k), dict) for k in _STRONG):
        return True
    return any(isinstance(value.get(key), str) for key in ("messages", "generations"))


def describe(value: Any) -> str:
    """Returns the keys of a value that nobody understood, and which shape comes nearest.

    Values are not shown: they may be ids of users.
    """
    value = opened(value)
    if isinstance(value, str):
        if is_stream(value):
            return "a stream of events (data: lines) whose chunks no reader knows"
        return "the text of a broken message or body" if is_envelope(value) else "plain text"
    if isinstance(value, list):
        inner = next((item for item in value if isinstance(item, dict)), None)
        begin = f"a list of {len(value)}"
        return f"{begin}, {_described(inner)}" if inner is not None else begin
    return _described(value) if isinstance(value, dict) else f"a {type(value).__name__}"


_SHOWN = 12


def _described(value: Mapping[str, Any]) -> str:
    keys = [key if len(key) <= 40 and key.isprintable() else "..." for key in map(str, value)]
    listed = ", ".join(keys[:_SHOWN]) + (", ..." if len(keys) > _SHOWN else "")
    return f"keys {listed or '(none)'}; nearest: {_nearest(value)}"


def _nearest(value: Mapping[str, Any]) -> str:
    shapes = [
        (_likeness(value, keys), name, keys)
        for dialect in all_dialects()
        for name, keys in dialect.shapes.items()
    ]
    likeness, name, keys = max(shapes, key=lambda shape: shape[0])
    return f"{name} ({keys[0]})" if likeness else "no shape that is known"


def _likeness(value: Mapping[str, Any], keys: Iterable[str]) -> float:
    """Returns how many keys of a shape a value has; the first counts twice, misspelt ones half."""
    found = 0.0
    for place, key in enumerate(keys):
        weight = 2 if place == 0 else 1
        if key in value:
            found += weight
        elif get_close_matches(key, [str(k)[:40] for k in value], 1, 0.8):
            found += weight / 2
    return found
