"""Mutated documents are read or refused; none raises, and none gives an envelope as text.

The oracle that tells an envelope from a text is this file's own.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from curate.pull.bodies.bodies import Body, describe, is_envelope, read_request, read_response
from writers import TALK, WRITERS

DOCUMENTS = 1_500  # 40_000 for a thorough run: about three minutes
SEED = 15

USER = "person-4711"
# Keys by which each API's messages and bodies are known; two of them in one text are no accident.
TELLING = {
    *("role", "content", "choices", "delta", "candidates", "parts", "generations", "kwargs", "lc"),
    *(
        "tool_calls",
        "finish_reason",
        "finishReason",
        "stop_reason",
        "stopReason",
        "usage",
        "object",
    ),
    *("toolUse", "toolResult", "functionCall", "message", "messages", "output", "custom_id"),
    *("toolCallId", "additional_kwargs", "usageMetadata", "content_block", "type", "data"),
}


def is_structure(text: Any) -> bool:
    """Returns whether a text is JSON with the keys of an API, or a stream."""
    if not isinstance(text, str):
        return False
    if "data: {" in text or text.startswith(("event:", "data:")):
        return True
    try:
        value = json.loads(text)
    except ValueError:
        return False
    listed = value if isinstance(value, list) else [value]
    return any(isinstance(item, dict) and len(TELLING & item.keys()) >= 2 for item in listed)


MEDIA = {"image_url", "input_audio", "file", "image", "audio", "video", "document", "refusal",
         "audio_url", "video_url", "image_file", "search_result", "container_upload"}  # fmt: skip


def check(body: Body | None) -> None:
    """Fails where a body is not what the store may hold."""
    if body is None:
        return
    for message in [*(body.messages or []), *(body.output or [])]:
        content = message["content"]
        assert isinstance(message["role"], str)
        assert content is None or isinstance(content, str | list), message
        texts = [content]
        if isinstance(content, list):
            assert all(isinstance(p, str) or p["type"] in {"text", *MEDIA} for p in content)
            texts = [p if isinstance(p, str) else p.get("text") for p in content]
        if message["role"] != "tool":  # a tool may give anything
            assert not any(map(is_structure, texts)), message
        assert isinstance(message.get("reasoning_content", ""), str)
        for call in message.get("tool_calls", []):
            assert call.keys() <= {"id", "type", "function", "index"}
    for name, value in body.fields.items():
        is_list = name in ("tools", "finish_reasons")
        assert isinstance(value, list if is_list else str | int | float), (name, value)
    assert USER not in json.dumps(body.unread)


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Returns (container, key) of everything inside a value."""
    pairs: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, dict):
        pairs = iter(value.items())
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, inner in pairs:
        found.append((value, key))
        places(inner, found)
    return found


ODD: list[Any] = [
    None, True, 0, -7, 3.5, "", "word", [], {}, [[]], [None], {"x": 1}, "{", "[1]", "null",
    {"role": "assistant", "content": {"a": 1}}, [{"role": "user"}], '{"role": "assistant"}',
]  # fmt: skip


def mutated(value: Any, dice: random.Random) -> Any:
    """Returns a copy with up to three places dropped, renamed, retyped, nested or as JSON text."""
    value = copy.deepcopy(value)
    for _ in range(dice.randint(1, 3)):
        found = places(value, [])
        if not found:
            return dice.choice(ODD)
        holder, key = dice.choice(found)
        if key == "user":
            continue  # under another name nobody could know it
        kind = dice.randrange(7)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, dict):
            name = dice.choice([f"{key}x", key[1:], key.upper(), "other", "text", "content"])
            holder[name] = holder.pop(key)
        elif kind == 2:
            holder[key] = copy.deepcopy(dice.choice(ODD))
        elif kind == 3:
            holder[key] = {dice.choice(["value", "inner", "content"]): holder[key]}
        elif kind == 4:
            holder[key] = [holder[key]]
        elif kind == 5:
            holder[key] = json.dumps(holder[key])
        else:
            holder[key] = copy.deepcopy(dice.choice(found)[0])
    return value


def test_no_mutation_raises_or_gives_an_envelope() -> None:
    dice = random.Random(SEED)
    originals = [side for write in WRITERS.values() for side in write(TALK)]
    for value in originals:
        if isinstance(value, dict):
            value["user"] = USER
    read = 0
    for _ in range(DOCUMENTS):
        original = dice.choice(originals)
        whole = json.loads(original) if is_json(original) else original
        value = cut(whole, dice) if isinstance(whole, str) else mutated(whole, dice)
        if dice.random() < 0.3:
            value = json.dumps(value)
        for reader in (read_request, read_response):
            body = reader(value)
            check(body)
            read += body is not None
        assert is_envelope(value) in (True, False)
        assert USER not in describe(value)
    assert read > DOCUMENTS / 4, "most mutations leave something to read"


def is_json(value: Any) -> bool:
    return isinstance(value, str) and value[:1] in "{["


def cut(text: str, dice: random.Random) -> str:
    """Returns a stream with a piece of it missing."""
    begin = dice.randrange(len(text))
    end = min(len(text), begin + dice.choice([1, 5, 200, 10_000]))
    return text[:begin] + text[end:]


def test_what_is_broken_is_known_as_an_envelope() -> None:
    for name, write in WRITERS.items():
        for side in write(TALK):
            text = side if isinstance(side, str) else json.dumps(side)
            assert is_envelope(text), name


def test_depth_is_no_error() -> None:
    for pair in ('{"input":', "}"), ('{"output":', "}"), ("[", "]"), ('{"message":', "}"):
        text = pair[0] * 900 + '"x"' + pair[1] * 900
        deep = json.loads(text)
        for value in (text, deep, {"messages": deep}, {"choices": [{"message": deep}]}):
            check(read_request(value))
            check(read_response(value))
            assert is_envelope(value) in (True, False)
            assert describe(value)
