"""Turns the shapes that calls are logged in into OpenAI messages and an answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from curate.text.text import normalise

ROLES: dict[str, str] = {
    **dict.fromkeys(("user", "human", "customer", "client", "prompter", "visitor"), "user"),
    **dict.fromkeys(("end_user", "enduser", "end-user", "incoming", "inbound"), "user"),
    **dict.fromkeys(("assistant", "bot", "agent", "gpt", "ai", "model", "chatbot"), "assistant"),
    **dict.fromkeys(
        ("outgoing", "outbound", "api", "ai_agent", "virtual_agent", "llm"), "assistant"
    ),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "observation"), "tool"),
    "function_call": "assistant",
}


def role_of(word: str) -> str | None:
    """Returns what a word in a role column means: `human`, `HumanMessage`, `MessageRole.USER`."""
    folded = word.casefold()
    if (role := ROLES.get(folded)) is not None:
        return role
    return ROLES.get(folded.rpartition(".")[2].removesuffix("message").strip("_- "))


_KEPT = ("name", "tool_call_id", "refusal", "reasoning_content", "audio")


Message = dict[str, Any]


def decoded(value: Any) -> Any:
    """Returns a value, parsed first where it is a string that holds a JSON object or array."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def is_json(text: str) -> bool:
    """Returns whether a text is JSON of more than a number or a word."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return False
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def parse_messages(value: Any) -> list[Message] | None:
    """Returns chat messages in OpenAI shape, or None where the value is not a list of messages.

    Reads `role`/`content` and ShareGPT's `from`/`value`; a JSON string is parsed first. Arguments
    of tool calls become JSON text, wherever a log has objects.
    """
    value = decoded(value)
    if not isinstance(value, list) or not value:
        return None
    messages = [_message(item) for item in value]
    return None if None in messages else [message for message in messages if message is not None]


def _message(item: Any) -> Message | None:
    if not isinstance(item, Mapping):
        return None
    role = item.get("role", item.get("from"))
    if not isinstance(role, str):
        return None
    content = item.get("content", item.get("value"))
    calls = _tool_calls(item, role.casefold(), content)
    if calls and (not content or role.casefold() == "function_call"):
        content = None
    elif isinstance(content, Mapping) and role_of(role) == "tool":
        content = as_json(content)
    elif not isinstance(content, str | list | Mapping | None):
        content = str(content)
    message: Message = {"role": role_of(role) or role, "content": content}
    if calls:
        message["tool_calls"] = calls
    message.update({key: item[key] for key in _KEPT if item.get(key) is not None})
    return message


def _tool_calls(item: Mapping[str, Any], role: str, content: Any) -> list[Any]:
    """Returns the tool calls of a message in OpenAI's nested form, however they were logged."""
    calls = item.get("tool_calls")
    if isinstance(item.get("function_call"), Mapping):  # OpenAI's form before there were tools
        calls = calls or [item["function_call"]]
    if role == "function_call":  # ShareGPT's
        said = decoded(content)
        calls = said if isinstance(said, list) else [said]
        if not all(isinstance(call, Mapping) and "name" in call for call in calls):
            return []
    return [_tool_call(call) for call in calls] if isinstance(calls, list) else []


def _tool_call(call: Any) -> Any:
    if not isinstance(call, Mapping):
        return call
    function = call.get("function", call)
    if not isinstance(function, Mapping) or "name" not in function:
        return call
    arguments = function.get("arguments")
    text = arguments if isinstance(arguments, str) else as_json(arguments or {})
    name = {"id": call["id"]} if call.get("id") else {}
    return {**name, "type": "function", "function": {"name": function["name"], "arguments": text}}


def as_json(value: Any) -> str:
    """Returns a value as JSON text, its keys in the order they have."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_as_json)


def parse_tools(value: Any) -> list[Any] | None:
    """Returns the list of tools that a call was offered, None where there were none.

    Reads a list or its JSON text; the flat forms of older APIs, telemetry and ShareGPT become
    OpenAI's nested one.
    """
    if value is None:
        return None
    tools = decoded(value)
    if not isinstance(tools, list):
        return None if tools in ("null", "", None, {}) else [tools]
    return [
        {"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}}
        if isinstance(tool, Mapping) and "name" in tool and "function" not in tool
        else tool
        for tool in tools
    ]


def declared_tools(tools: Iterable[Any]) -> Iterator[Message]:
    """Yields what each offered tool declares: `name`, `parameters` and what else it says.

    Nova and Gemini have other words around it; one tool of Gemini's declares several functions.
    """
    for tool in tools:
        if isinstance(tool, dict):
            inner = [tool.get("toolSpec"), *(tool.get("functionDeclarations") or [])]
            named = [one for one in inner if isinstance(one, dict)]
            yield from named or [function_of(tool)]


def calls_of(message: Message) -> list[Message]:
    """Returns the tool calls of a message; what is not an object is left out."""
    calls = message.get("tool_calls")
    return [c for c in calls if isinstance(c, dict)] if isinstance(calls, list) else []


def function_of(call: Message) -> Message:
    """Returns what a call or a tool says of its function, where that is nested; else itself."""
    function = call.get("function")
    return function if isinstance(function, dict) else call


def spoken(messages: list[Message]) -> list[Message]:
    """Returns messages without what the model thought, as they are compared."""
    if not thinks(messages):
        return messages
    return [{k: v for k, v in m.items() if k != "reasoning_content"} for m in messages]


def thinks(messages: Iterable[Message]) -> bool:
    """Returns whether any message holds what the model thought."""
    return any("reasoning_content" in message for message in messages)


def text_of(content: Any) -> str:
    """Returns the text of a message's content: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [p.get("text") if isinstance(p, Mapping) else p for p in content]
        return joined_texts([part for part in parts if isinstance(part, str) and part])
    return ""


def joined_texts(texts: Sequence[str], joint: str = "\n") -> str:
    """Returns the texts of a message's parts as one.

    White space where two of them meet says that they are pieces of one text; nothing is put there.
    """
    whole = ""
    for number, text in enumerate(texts):
        meets = whole[-1:].isspace() or text[:1].isspace()
        whole += text if meets or not number else joint + text
    return whole


def trained_turns(messages: Any) -> list[int] | None:
    """Returns the places of the assistant turns that explicit weights train, None without weights.

    Source: OpenAI API reference, supervised fine-tuning, chat format: `weight` is 0 or 1, and 1
    where it is missing.
    """
    if not isinstance(messages, list):
        return None
    if not all(isinstance(item, dict | Mapping) for item in messages):  # a dict is told faster
        return None
    if not any(item.get("weight") is not None for item in messages):
        return None
    return [
        place
        for place, item in enumerate(messages)
        if item.get("role") == "assistant" and item.get("weight") != 0
    ]


def split_answer(messages: list[Message]) -> tuple[list[Message], list[Message] | None]:
    """Returns (everything before the answer, [answer]) of messages that end with an answer."""
    if messages and messages[-1]["role"] == "assistant":
        return messages[:-1], messages[-1:]
    return messages, None


def query_and_context(messages: list[Message]) -> tuple[str, str]:
    """Returns the text of the last user turn and of the two messages before it.

    System messages and tool results do not count as context.
    """
    talk: list[Message] = []
    for message in reversed(messages):
        if message["role"] == "user" or (talk and message["role"] == "assistant"):
            talk.append(message)
            if len(talk) == 3:
                break
    texts = [text_of(message.get("content")) for message in talk] or [""]
    return texts[0], "\n".join(reversed(texts[1:]))


def canonical(value: Any) -> str:
    """Returns a value as JSON text with sorted keys; what JSON has no word for becomes a string."""
    try:
        return orjson.dumps(value, default=_as_json, option=_OPTIONS).decode()
    except orjson.JSONEncodeError:
        # Integers past 64 bits are the one thing that JSON can say and orjson cannot.
        return json.dumps(value, default=_as_json, ensure_ascii=False, sort_keys=True)


_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def _as_json(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)


def chain_hashes(messages: list[Message], output: list[Message] | None) -> tuple[list[str], str]:
    """Returns the hash chain after each earlier assistant turn, and after the answer.

    Two calls belong to one conversation when the second hash of one is among the first hashes of
    the other. System messages are left out, since many of them change from call to call.
    """
    state = hashlib.sha256()
    earlier = []
    for message in [*messages, *(output or [])[:1]]:
        if message["role"] == "system":
            continue
        parts = [message["role"], message["content"], message.get("tool_calls")]
        state.update(canonical(parts).encode("utf-8", "surrogatepass"))
        if message["role"] == "assistant":
            earlier.append(state.hexdigest()[:32])
    return (earlier[:-1], earlier[-1]) if output else (earlier, "")


SIDES = ("chosen", "rejected")


_SPEAKER = re.compile(r"(?:^|\n\n)(Human|Assistant):")
_ROLES = {"Human": "user", "Assistant": "assistant"}


Sides = tuple[list[Message], list[Message]]


def transcript_prompt(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the prompt of a document as messages, where it is the transcript of a dialogue."""
    prompt = transcript(values.get("query"))
    if not prompt:
        return {}
    if prompt[-1]["role"] == "assistant" and not prompt[-1]["content"]:
        prompt.pop()  # "Assistant:" at the end only says whose turn it is
    return {"messages": prompt, "query": None}


def transcript(value: Any) -> list[Message] | None:
    r"""Returns the turns of a text such as `\n\nHuman: ... \n\nAssistant: ...`, else None.

    Source: Bai et al. 2022, the HH-RLHF data.
    """
    if not isinstance(value, str) or not (parts := _SPEAKER.split(value))[1:] or parts[0].strip():
        return None
    return [
        {"role": _ROLES[role], "content": text.strip()}
        for role, text in zip(parts[1::2], parts[2::2], strict=True)
    ]


def sides(
    prompt: list[Message], chosen: Any, rejected: Any, *, ending: list[Message] | None = None
) -> Sides | str:
    """Returns the messages that both answers follow and the two answers, or why there are none.

    A side is an answer, or a whole conversation that ends with it. Where two conversations differ
    before their last turn, the answers are not answers to one prompt.

    Args:
        prompt: what the document says was asked, empty where it has no prompt of its own.
        chosen: the better side, a text, a message or a list of messages.
        rejected: the other one.
        ending: the answer that the prompt of the document ends with. Some documents repeat a side
            there; one that is in neither side would be lost.
    """
    if chosen is None or rejected is None:
        return f"pref-one-sided: no {SIDES[chosen is not None]} answer"
    whole = [_whole(prompt, side) for side in (chosen, rejected)]
    one, other = whole
    for name, messages in zip(SIDES, whole, strict=True):
        if messages[-1]["role"] != "assistant":
            return f"last-not-assistant: the {name} side ends with the role {messages[-1]['role']}"
    missing = [m for m in ending or () if not _holds([*one, *other], m)]
    if missing or (prompt and prompt[-1]["role"] == "assistant"):
        return "pref-prompt-ends-assistant: the prompt ends with an answer"
    if prompt and not _holds(one, prompt[-1]):
        return "pref-prompt-mismatch: the conversation does not hold the prompt"
    if len(one) == 1 or len(other) == 1:
        return "no-prompt: two answers, and nothing that says what was asked"
    if difference := _difference(one[:-1], other[:-1]):
        return f"diverges-early: {difference}"
    if _same(one[-1], other[-1]):
        equal = canonical(one[-1]) == canonical(other[-1])
        but = "" if equal else " but for case and white space"
        return f"pref-identical: both answers are the same{but}"
    return one[:-1], [one[-1], other[-1]]


def _whole(prompt: list[Message], side: Any) -> list[Message]:
    """Returns the conversation that ends with an answer; a system message is the prompt's."""
    if isinstance(side, Mapping):
        side = [{"role": "assistant", **side}]
    messages = parse_messages(side) or transcript(side)
    messages = messages or [{"role": "assistant", "content": _text(side)}]
    if messages[0]["role"] == "assistant":
        return [*prompt, *messages]
    begins = prompt[:1] if prompt and prompt[0]["role"] == "system" else []
    return messages if messages[0]["role"] == "system" else [*begins, *messages]


def _text(side: Any) -> str:
    return side if isinstance(side, str) else canonical(side)


def _holds(messages: list[Message], wanted: Message) -> bool:
    return any(_same(message, wanted) for message in messages)


def _difference(one: list[Message], other: list[Message]) -> str | None:
    """Returns where the messages before the two answers differ, what was thought aside."""
    one, other = spoken(one), spoken(other)
    for place, (a, b) in enumerate(zip(one, other, strict=False), 1):
        if canonical(a) != canonical(b):
            return f"the sides differ from message {place} of {len(one) + 1} on"
    if len(one) == len(other):
        return None
    longer, shorter = SIDES if len(one) > len(other) else SIDES[::-1]
    counts = sorted((len(one) + 1, len(other) + 1))
    return f"the {shorter} side answers at message {counts[0]}, the {longer} one at {counts[1]}"


def _same(one: Message, other: Message) -> bool:
    """Returns whether two messages say the same, as it is compared."""
    texts = [normalise(text_of(m["content"])) for m in (one, other)]
    rest = [
        canonical([m["role"], m.get("tool_calls"), m["content"] if not text else None])
        for m, text in zip((one, other), texts, strict=True)
    ]
    return texts[0] == texts[1] and rest[0] == rest[1]
