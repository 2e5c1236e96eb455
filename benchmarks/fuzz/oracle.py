"""Says what a store may hold of documents; it knows nothing of how they are read.

A text that is stored was written by somebody: it is a text of the document, a part of one, or
several of them one after the other. What an API puts around texts is none.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

# Keys by which each API's messages and bodies are known; two of them in one object are no accident,
# unless both are weak. What has a type that no API knows may be data on purpose.
TELLING = {
    *("role", "content", "choices", "delta", "candidates", "parts", "generations", "kwargs", "lc"),
    *("tool_calls", "finish_reason", "finishReason", "stop_reason", "stopReason", "usage"),
    *("object", "toolUse", "toolResult", "functionCall", "message", "messages", "output"),
    *("custom_id", "toolCallId", "additional_kwargs", "usageMetadata", "content_block", "type"),
    *("contents", "input", "text", "thinking", "stringValue", "response_metadata"),
}
WEAK = {"text", "input", "output", "object", "message", "type", "thinking", "usage"}
TYPES = {"text", "input_text", "output_text", "summary_text", "thinking", "reasoning", "refusal",
         "tool_use", "tool_call", "tool_result", "tool-call", "tool-result", "message", "ai",
         "human", "system", "constructor", "function", "function_call"}  # fmt: skip
_KEY = re.compile(r"""["'](\w+)["']\s*:""")
_STREAM = re.compile(r"^data:\s*[{\[]", re.MULTILINE)


def opened(text: str) -> Any:
    """Returns the object, list or text that stands in a text as JSON or as Python; else None."""
    if text.lstrip()[:1] not in ("{", "[", '"', "'", "("):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, dict | list | str):
            return value
    return None


def is_structure(text: str) -> bool:
    """Returns whether a text is what an API wraps around texts, whole or broken."""
    if _STREAM.search(text):
        return True
    value = opened(text)
    if isinstance(value, str):
        return is_structure(value)
    if value is None:
        keys = set(_KEY.findall(text))
        looks = text.lstrip()[:1] in ("{", "[")
        return looks and len(TELLING & keys) >= 2 and bool(TELLING & keys - WEAK)
    listed = value if isinstance(value, list) else [value]
    return any(isinstance(item, dict) and _is_meant(item) for item in listed)


def _is_meant(item: dict[str, Any]) -> bool:
    found = TELLING & item.keys()
    return len(found) >= 2 and (bool(found - WEAK) or str(item.get("type")) in TYPES)


def texts_in(value: Any, found: set[str]) -> set[str]:
    """Returns all texts of a document, at any depth, without those that hold structure."""
    if isinstance(value, dict):
        for inner in value.values():
            texts_in(inner, found)
    elif isinstance(value, list | tuple):
        for inner in value:
            texts_in(inner, found)
    elif isinstance(value, bool):
        found |= {str(value), json.dumps(value)}
    elif isinstance(value, int | float):
        found |= {str(value), json.dumps(value), f"{value:g}", str(int(float(value)))}
    elif isinstance(value, str):
        _texts_in_text(value, found)
    return found


def _texts_in_text(text: str, found: set[str]) -> None:
    if not is_structure(text):
        found.add(text)
    for line in text.splitlines() if _STREAM.search(text) else ():
        if line.startswith("data:"):
            texts_in(line.removeprefix("data:").strip(), found)
    inner = opened(text)
    if inner is not None:
        texts_in(inner, found)


def is_made_of(text: str, texts: Iterable[str]) -> bool:
    """Returns whether a text is one of the texts, a part of one, or some of them in a row."""
    texts = set(texts)
    if not text.strip() or text in texts or any(text in whole for whole in texts):
        return True
    begins: dict[str, list[str]] = {}
    for each in texts:
        if each:
            begins.setdefault(each[0], []).append(each)
    ends, done = [0], {0}
    while ends:
        at = ends.pop()
        if at == len(text):
            return True
        steps = [len(each) for each in begins.get(text[at], ()) if text.startswith(each, at)]
        for step in [*steps, *([1] if text[at].isspace() else [])]:
            if at + step not in done:
                done.add(at + step)
                ends.append(at + step)
    return False


# What a part of a content may be beside a text: something that is no text.
MEDIA = {"image_url", "input_audio", "file", "image", "audio", "video", "document", "refusal",
         "audio_url", "video_url", "image_file", "search_result", "container_upload"}  # fmt: skip
# These may hold curate's own words.
_WORDS = ("session_id", "given_split", "model", "finish_reason", "status", "label", "rating")


def said(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yields the place and the value of each text that a stored call holds."""
    for side in ("messages", "output"):
        for number, message in enumerate(json.loads(row[side] or "[]")):
            place = f"{side}[{number}]"
            yield f"{place}.reasoning_content", message.get("reasoning_content")
            if message["role"] == "tool":  # a tool may give anything
                continue
            content = message["content"]
            for part in content if isinstance(content, list) else [content]:
                is_media = isinstance(part, dict) and part.get("type") in MEDIA
                is_text = isinstance(part, dict) and part.get("type") == "text"
                if not is_media:
                    yield f"{place}.content", part.get("text") if is_text else part
    for name in ("query", "response", "label", *_WORDS[:-2]):
        yield name, row[name]


def _of_feedback(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield row["kind"], row["value"]
    yield "comment", row["comment"]


def _is_labels(place: str, value: str) -> bool:
    """Returns whether a text is several labels."""
    listed = opened(value)
    return (
        place == "label"
        and isinstance(listed, list)
        and all(not isinstance(item, dict | list) for item in listed)
    )


def _words(text: str) -> str:
    """Returns the words of a text in a row: thoughts stand in the marks of a quotation."""
    return " ".join(re.findall(r"\w+", re.sub(r"&\w+;", " ", text)))


def faults(row: dict[str, Any], texts: set[str]) -> Iterator[str]:
    """Yields what is wrong with a stored call, a label, a correction or a comment.

    Args:
        row: as it is stored.
        texts: of the documents that it was made of.
    """
    is_call = "messages" in row
    pairs = said(row) if is_call else _of_feedback(row)
    for place, value in pairs:
        if value is None:
            continue
        if not isinstance(value, str):
            yield f"{place} holds {type(value).__name__}: {value!r:.200}"
        elif is_structure(value):
            yield f"{place} holds an envelope: {value!r:.200}"
        elif place in _WORDS:
            if isinstance(opened(value), dict | list) and not _is_labels(place, value):
                yield f"{place} holds an object as text: {value!r:.200}"
        elif place.endswith("reasoning_content"):
            if not is_made_of(_words(value), map(_words, texts)):
                yield f"{place} holds what nobody thought: {value!r:.200}"
        elif not is_made_of(value, texts):
            yield f"{place} holds what nobody said: {value!r:.200}"
    roles = [m["role"] for m in json.loads(row["output"] or "[]")] if is_call else []
    if set(roles) - {"assistant"} and row.get("preference") is None and len(roles) == 1:
        yield f"output is said by {roles}"
