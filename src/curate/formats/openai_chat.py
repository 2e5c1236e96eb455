"""`openai-chat`: chat fine-tuning rows that OpenAI, Azure, Together, Fireworks and Mistral read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curate.formats import Contents, Example, Files, Inexpressible, _chat, _recipes, export_format


def _features(contents: Contents) -> str:
    tools = "  - name: tools\n    list: json\n" if contents.tools else ""
    return _chat.MESSAGES.format("messages") + tools


def _axolotl(contents: Contents, files: Files) -> dict[str, str]:
    columns = ("type: chat_template", "field_messages: messages", "message_field_training: weight")
    return {"axolotl.yaml": _recipes.axolotl(files, columns)}


def _snippet(contents: Contents, files: Files) -> str:
    return (
        f"Upload `{files.train}` to a service that fine-tunes chat models, or train here with "
        "Axolotl:\n\n```console\n$ axolotl train axolotl.yaml\n```\n\n"
        "Only the answer is trained: earlier turns of the assistant have `weight: 0`, which "
        "OpenAI, Azure, Together, Fireworks and Mistral read. TRL does not: give it "
        "`trl-prompt-completion`.\n"
    )


@export_format(
    "openai-chat", reasoning=True, features=_features, snippet=_snippet, side_files=_axolotl
)
def openai_chat(example: Example) -> dict[str, Any]:
    """Returns `{"messages": [...]}`, the answer last, and `tools` where any were offered.

    Earlier answers are context: they carry `weight: 0`. Keys that a consumer refuses (`name`,
    `refusal`) are left out, and so is an empty list of tools: services ask for one or more.

    Source: OpenAI API reference, supervised fine-tuning, chat format; mistral-common's validation
    for fine-tuning.
    """
    messages = _chat.messages([*_chat.prompt(example), *_chat.answer(example)])
    for message in messages[:-1]:
        if message["role"] == "assistant":
            message["weight"] = 0
        if not message["content"] and message["role"] != "tool" and "tool_calls" not in message:
            raise Inexpressible(f"an empty turn of the {message['role']}")
    _check_calls(messages[:-1])
    definitions = _chat.tools(example)
    return {"messages": messages, **({"tools": definitions} if definitions else {})}


def _check_calls(messages: Sequence[dict[str, Any]]) -> None:
    """Checks that results follow the calls they answer; no service takes other conversations."""
    waiting: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise Inexpressible("the result of a tool call that is not there")
            waiting.remove(message["tool_call_id"])
        elif waiting:
            break
        else:
            waiting = [call["id"] for call in message.get("tool_calls", [])]
    if waiting:
        raise Inexpressible("a tool call without its result")
