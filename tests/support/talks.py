"""Generated conversations, for tests by hypothesis, and how two of them are compared.

Roles, tools and their results, parts, images, reasoning, unicode, and several answers.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from writers import PICTURE, Talk

# Words that could be taken for something else are in the tests of each dialect.
CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="<>")
TEXTS = st.text(CHARACTERS, min_size=1, max_size=30).map(str.strip).filter(bool)
TEXTS = st.one_of(TEXTS, st.sampled_from(["Hé\nллo", "日本 🎉", "a\r\nb", "7", '"x"', "data of"]))
NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
ARGUMENTS = st.dictionaries(NAMES, st.one_of(TEXTS, st.integers(-9, 9), st.booleans()), max_size=3)


@st.composite
def asked(draw: Any) -> dict[str, Any]:
    text = draw(TEXTS)
    if draw(st.booleans()):
        return {"role": "user", "content": text}
    url = {"url": f"data:image/png;base64,{PICTURE}"}
    image = {"type": "image_url", "image_url": url}
    return {"role": "user", "content": [{"type": "text", "text": text}, image]}


@st.composite
def said(draw: Any, calling: bool, first: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": draw(TEXTS)}
    if draw(st.booleans()):
        message["reasoning_content"] = draw(TEXTS)
    if calling:
        message["content"] = draw(st.one_of(st.none(), st.just(message["content"])))
        message["tool_calls"] = [
            {"id": f"call_{first + n}", "type": "function", "function": {
                "name": draw(NAMES),
                "arguments": json.dumps(draw(ARGUMENTS), separators=(",", ":"),
                                        ensure_ascii=False)}}
            for n in range(draw(st.integers(1, 2)))
        ]  # fmt: skip
    return message


@st.composite
def talks(draw: Any, most_answers: int = 1) -> Talk:
    messages: list[dict[str, Any]] = []
    for turn in range(draw(st.integers(1, 3))):
        if turn:
            messages.append(draw(said(calling=False, first=0)))
        messages.append(draw(asked()))
        if draw(st.booleans()):
            messages.append(draw(said(calling=True, first=10 * turn)))
            messages += [
                {"role": "tool", "content": draw(TEXTS), "tool_call_id": call["id"]}
                for call in messages[-1]["tool_calls"]
            ]
    count = draw(st.integers(1, most_answers))
    answers = [draw(said(calling=draw(st.booleans()), first=90 + n * 5)) for n in range(count)]
    tools = [
        {"type": "function", "function": {
            "name": draw(NAMES), "description": draw(TEXTS),
            "parameters": {"type": "object", "properties": {}}}}
        for _ in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    ends = draw(st.lists(st.sampled_from(["stop", "length", "END"]), min_size=count,
                         max_size=count))  # fmt: skip
    tokens = draw(st.tuples(st.integers(0, 99), st.integers(0, 99)))
    return Talk(draw(st.one_of(st.none(), TEXTS)), messages, answers, ends, tools, tokens=tokens)


def plain(messages: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Returns messages with images as marks, and without the names of tools in their results."""
    plainer = []
    for message in messages or []:
        content = message["content"]
        if isinstance(content, list) and all(p["type"] == "text" for p in content):
            content = "\n".join(p["text"] for p in content)  # as OpenAI's own lists are kept
        elif isinstance(content, list):
            content = [
                p if p["type"] == "text" else "PICTURE" if PICTURE in json.dumps(p) else p
                for p in content
            ]
        made = {**message, "content": content}
        if message["role"] == "tool":
            made.pop("name", None)
        plainer.append(made)
    return plainer
