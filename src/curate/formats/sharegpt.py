"""`sharegpt`: conversations for LLaMA-Factory, with the entry that its dataset list needs."""

from __future__ import annotations

from typing import Any

import orjson

from curate.formats import Contents, Example, Files, Inexpressible, _chat, _recipes, export_format
from curate.messages import Message

_SPEAKERS = {"user": "human", "assistant": "gpt", "tool": "observation"}


def _features(contents: Contents) -> str:
    tools = "  - name: tools\n    dtype: string\n" if contents.tools else ""
    system = "  - name: system\n    dtype: string\n"
    return _chat.MESSAGES.format("conversations") + system + tools


def _side_files(contents: Contents, files: Files) -> dict[str, str]:
    columns = {"messages": "conversations", "system": "system"}
    if contents.tools:
        columns["tools"] = "tools"
    return _recipes.dataset_info(files, {"formatting": "sharegpt", "columns": columns})


def _snippet(contents: Contents, files: Files) -> str:
    return _recipes.llama_factory(files)


@export_format("sharegpt", features=_features, snippet=_snippet, side_files=_side_files)
def sharegpt(example: Example) -> dict[str, Any]:
    """Returns `{"conversations": [{"from", "value"}], "system"}`, and `tools` as JSON text.

    A tool call is a turn of `function_call` whose value is `{"name", "arguments"}`, or a list of
    several; the result is one turn of `observation`.

    Source: LLaMA-Factory, data/README.md, sharegpt format.
    """
    system, turns = _chat.turns([*_chat.prompt(example), *_chat.answer(example)])
    row = {"conversations": [_turn(turn) for turn in turns], "system": system}
    definitions = _chat.tools(example)
    if definitions is not None:
        flat = [tool["function"] for tool in definitions]
        row["tools"] = orjson.dumps(flat).decode() if flat else ""
    return row


def _turn(message: Message) -> dict[str, str]:
    text = _chat.text(message)
    if not (calls := message.get("tool_calls")):
        return {"from": _SPEAKERS[message["role"]], "value": text}
    if text:
        raise Inexpressible("text beside a tool call")
    functions = [
        dict(zip(("name", "arguments"), _chat.function(call), strict=True)) for call in calls
    ]
    value = orjson.dumps(functions[0] if len(functions) == 1 else functions).decode()
    return {"from": "function_call", "value": value}
