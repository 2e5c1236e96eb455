"""What a line of a training file is: its shape, told from its keys, and read as one conversation.

A shape says which keys a row has and how to read them. Whatever the shape, what is read is the
messages before the answer, the answer (two of them where a row is a preference) and the tools, so
that one set of rules serves all files, written by curate or not.

Source: OpenAI API reference (fine-tuning, chat and preference); TRL documentation, dataset formats;
LLaMA-Factory data/README.md; Axolotl documentation, dataset formats; Amazon Nova and Vertex AI
user guides, tuning data.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from curate.messages import text_of, transcript
from curate.text.text import normalise

Message = dict[str, Any]
Row = Mapping[str, Any]
Kind = Literal["chat", "pair", "rated", "labelled", "text"]


class Unreadable(Exception):
    """A row is not what its keys promise.

    Attributes:
        rule: the id of the rule that it breaks.
    """

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True)
class ParsedRow:
    """One row, read.

    Attributes:
        prompt: the messages before the answer; a text to label is a user's message.
        answers: what is trained: one answer, (chosen, rejected) of a pair, or none.
        tools: the tools that were offered, as they stand in the row, parsed.
        label: class of a labelled row, or a list of them, or whether a rated answer was good.
        spans: (start, end, label) in characters of the text.
    """

    prompt: list[Message]
    answers: list[list[Message]] = field(default_factory=list)
    tools: list[Any] = field(default_factory=list)
    label: Any = None
    spans: list[Any] = field(default_factory=list)

    @property
    def messages(self) -> list[Message]:
        """The prompt and the first answer."""
        return [*self.prompt, *(self.answers[0] if self.answers else [])]


@dataclass(frozen=True)
class Shape:
    """A way to write a row: the keys it must and may have, and what reads it."""

    name: str
    kind: Kind
    required: frozenset[str]
    optional: frozenset[str]
    read: Callable[[Row], ParsedRow]


SHAPES: dict[str, Shape] = {}


Reader = Callable[[Row], ParsedRow]


def _shape(name: str, kind: Kind, required: str, optional: str = "") -> Callable[[Reader], Reader]:
    def register(read: Reader) -> Reader:
        keys = frozenset(required.split()), frozenset(optional.split())
        SHAPES[name] = Shape(name, kind, *keys, read)
        return read

    return register


def fitting(row: Row, names: Iterable[str]) -> list[str]:
    """Returns those of the named shapes that a row may be read as; the fuller one wins."""
    return list(_fitting(frozenset(row), tuple(names)))


@functools.lru_cache(1_000)
def _fitting(columns: frozenset[str], names: tuple[str, ...]) -> list[str]:
    shapes = [SHAPES[name] for name in names if SHAPES[name].required <= columns]
    return [s.name for s in shapes if not any(_covers(other, s) for other in shapes)]


def _covers(shape: Shape, other: Shape) -> bool:
    """Returns whether a shape may hold all that another one must, and not the other way round."""
    return other.required <= shape.required | shape.optional and not (
        shape.required <= other.required | other.optional
    )


def _chat(row: Row, key: str, role: str = "role", content: str = "content") -> list[Message]:
    """Returns the messages under a key, each a mapping with a role."""
    value = row.get(key)
    if not isinstance(value, list) or not value:
        description = "an empty list" if value == [] else said(value)
        raise Unreadable("no-messages", f"`{key}` is {description}, expected a list of messages")
    for place, message in enumerate(value, 1):
        if not isinstance(message, dict):
            raise Unreadable("no-messages", f"`{key}` {place} is {said(message)}, not a message")
        if not isinstance(message.get(role), str):
            raise Unreadable("bad-role", f"message {place} has no `{role}`")
    return [
        {"role": m[role], "content": m.get(content), **_but(m, role, content)}
        if (role, content) != ("role", "content")
        else m
        for m in value
    ]


def _but(message: Row, *names: str) -> Message:
    return {key: value for key, value in message.items() if key not in names}


def said(value: Any) -> str:
    """Returns what kind of JSON value something is, in words."""
    names = {type(None): "missing or null", bool: "true or false", str: "a string"}
    names |= {list: "a list", dict: "an object", int: "a number", float: "a number"}
    return names[type(value)]


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise Unreadable("bad-field", f"`{key}` is {said(value)}, expected a string")
    return value


def _turns(row: Row, key: str, role: str) -> list[Message]:
    """Returns the messages under a key; a string is one message of a role, so is one object."""
    value = row.get(key)
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    return _chat({key: [value]} if isinstance(value, dict) else row, key)


def _tools(row: Row) -> list[Any]:
    """Returns the tools of a row: a list, or a list as JSON text."""
    value = row.get("tools")
    if isinstance(value, str):
        try:
            value = orjson.loads(value or "[]")
        except orjson.JSONDecodeError:
            raise Unreadable("bad-field", "`tools` is a string that is not JSON") from None
    if value is not None and not isinstance(value, list):
        raise Unreadable("bad-field", f"`tools` is {said(value)}, expected a list")
    return value or []


def _ends(messages: list[Message]) -> tuple[list[Message], list[list[Message]]]:
    """Returns (before the answer, [the answer]) of a whole conversation."""
    if messages and messages[-1]["role"] == "assistant":
        return messages[:-1], [messages[-1:]]
    return messages, []


@_shape("chat", "chat", "messages", "tools parallel_tool_calls functions chat_template_kwargs")
def _read_chat(row: Row) -> ParsedRow:
    return ParsedRow(*_ends(_chat(row, "messages")), tools=_tools(row))


@_shape("claude", "chat", "messages", "system")
def _read_claude(row: Row) -> ParsedRow:
    return ParsedRow(*_ends([*_system(row), *_chat(row, "messages")]))


def _system(row: Row) -> list[Message]:
    value = row.get("system")
    if value is not None and not isinstance(value, str):
        raise Unreadable("bad-field", f"`system` is {said(value)}, expected a string")
    return [{"role": "system", "content": value}] if value else []


@_shape("prompt-completion", "chat", "prompt completion", "tools chat_template_kwargs")
def _read_prompt_completion(row: Row) -> ParsedRow:
    if isinstance(row["prompt"], str) != isinstance(row["completion"], str):
        kinds = f"`prompt` is {said(row['prompt'])}, `completion` is {said(row['completion'])}"
        raise Unreadable("bad-field", f"{kinds}; both are strings or both are lists of messages")
    prompt, completion = _turns(row, "prompt", "user"), _turns(row, "completion", "assistant")
    return ParsedRow(prompt, [completion], tools=_tools(row))


@_shape("kto", "rated", "prompt completion label", "tools chat_template_kwargs")
def _read_kto(row: Row) -> ParsedRow:
    read = _read_prompt_completion(row)
    return ParsedRow(read.prompt, read.answers, read.tools, label=_good(row, "label"))


def _good(row: Row, key: str) -> bool:
    if row[key] not in (0, 1):
        raise Unreadable("bad-field", f"`{key}` is {row[key]!r}, expected true or false")
    return bool(row[key])


@_shape("preference", "pair", "chosen rejected", "prompt tools chat_template_kwargs")
def _read_preference(row: Row) -> ParsedRow:
    if "prompt" not in row:
        return _read_conversations(row)
    sides = [_turns(row, key, "assistant") for key in ("chosen", "rejected")]
    prompt = _turns(row, "prompt", "user")
    if not isinstance(row["prompt"], str) or not all(map(_is_whole, sides)):
        return ParsedRow(prompt, sides, tools=_tools(row))
    # A text beside whole conversations repeats what they hold, as in UltraFeedback.
    read = _read_conversations(row)
    if normalise(row["prompt"]) not in {normalise(text_of(m.get("content"))) for m in read.prompt}:
        raise Unreadable("pref-prompt-mismatch", "the conversations do not hold the `prompt`")
    return read


def _is_whole(messages: list[Message]) -> bool:
    """Returns whether messages begin with what was asked, and not with the answer."""
    roles = [m["role"] for m in messages if m["role"] not in ("system", "developer")]
    return roles[:1] == ["user"]


def _read_conversations(row: Row) -> ParsedRow:
    """Returns the reading of two conversations: what they share is the prompt."""
    sides = [
        transcript(row[key]) or _turns(row, key, "assistant") for key in ("chosen", "rejected")
    ]
    overlap = 0
    while overlap < min(map(len, sides)) and sides[0][overlap] == sides[1][overlap]:
        overlap += 1
    if all(len(side) == overlap for side in sides):
        overlap -= 1
    if any(m["role"] not in ("assistant", "tool") for side in sides for m in side[overlap:]):
        raise Unreadable(
            "pref-prompt-mismatch", f"`chosen` and `rejected` differ from message {overlap + 1} on"
        )
    return ParsedRow(sides[0][:overlap], [side[overlap:] for side in sides], tools=_tools(row))


@_shape("openai-preference", "pair", "input preferred_output non_preferred_output")
def _read_openai_preference(row: Row) -> ParsedRow:
    question = row["input"]
    if not isinstance(question, dict):
        raise Unreadable("bad-field", f"`input` is {said(question)}, expected an object")
    answers = [_chat(row, key) for key in ("preferred_output", "non_preferred_output")]
    return ParsedRow(_chat(question, "messages"), answers, tools=_tools(question))


@_shape("chat-preference", "pair", "messages chosen rejected", "tools")
def _read_chat_preference(row: Row) -> ParsedRow:
    sides = [_turns(row, key, "assistant") for key in ("chosen", "rejected")]
    return ParsedRow(_chat(row, "messages"), sides, tools=_tools(row))


_SHAREGPT = {"human": "user", "gpt": "assistant", "observation": "tool"}


def _sharegpt(messages: list[Message]) -> list[Message]:
    """Returns ShareGPT turns as messages; what calls a function becomes a tool call."""
    result = []
    for message in messages:
        role = _SHAREGPT.get(message["role"], message["role"])
        if role == "function_call":
            call = _function_call(message["content"])
            result.append({"role": "assistant", "content": None, "tool_calls": [call]})
        else:
            result.append({**message, "role": role})
    return result


def _function_call(text: Any) -> Message:
    try:
        call = orjson.loads(text)
        return {"function": {"name": call["name"], "arguments": call["arguments"]}}
    except (orjson.JSONDecodeError, TypeError, KeyError):
        raise Unreadable(
            "tool-args-not-json", "a `function_call` is not JSON with `name` and `arguments`"
        ) from None


@_shape("sharegpt", "chat", "conversations", "system tools kto_tag")
def _read_sharegpt(row: Row) -> ParsedRow:
    turns = _sharegpt(_chat(row, "conversations", "from", "value"))
    label = _good(row, "kto_tag") if "kto_tag" in row else None
    return ParsedRow(*_ends([*_system(row), *turns]), tools=_tools(row), label=label)


@_shape("sharegpt-preference", "pair", "conversations chosen rejected", "system tools")
def _read_sharegpt_preference(row: Row) -> ParsedRow:
    sides = [
        _sharegpt(_chat({key: [row[key]]}, key, "from", "value")) for key in ("chosen", "rejected")
    ]
    turns = _sharegpt(_chat(row, "conversations", "from", "value"))
    return ParsedRow([*_system(row), *turns], sides, tools=_tools(row))


@_shape("alpaca", "chat", "instruction output", "input system history kto_tag")
def _read_alpaca(row: Row) -> ParsedRow:
    label = _good(row, "kto_tag") if "kto_tag" in row else None
    answer = {"role": "assistant", "content": _text(row, "output")}
    return ParsedRow(_alpaca_prompt(row), [[answer]], label=label)


@_shape("alpaca-preference", "pair", "instruction chosen rejected", "input system history")
def _read_alpaca_preference(row: Row) -> ParsedRow:
    sides = [[{"role": "assistant", "content": _text(row, k)}] for k in ("chosen", "rejected")]
    return ParsedRow(_alpaca_prompt(row), sides)


def _alpaca_prompt(row: Row) -> list[Message]:
    history = row.get("history") or []
    if not isinstance(history, list) or not all(
        isinstance(turn, list) and [type(part) for part in turn] == [str, str] for turn in history
    ):
        raise Unreadable("bad-field", "`history` is not a list of [instruction, answer] pairs")
    question = _text(row, "instruction")
    if row.get("input"):
        question += "\n" + _text(row, "input")
    roles = ("user", "assistant")
    messages = [
        {"role": r, "content": c} for turn in history for r, c in zip(roles, turn, strict=True)
    ]
    return [*_system(row), *messages, {"role": "user", "content": question}]


@_shape("records", "chat", "input output metadata")
def _read_records(row: Row) -> ParsedRow:
    answer = {"role": "assistant", "content": _text(row, "output")}
    return ParsedRow([{"role": "user", "content": _text(row, "input")}], [[answer]])


@_shape("text", "text", "text")
def _read_text(row: Row) -> ParsedRow:
    return ParsedRow([], [[{"role": "assistant", "content": _text(row, "text")}]])


@_shape("classification", "labelled", "text label")
def _read_classification(row: Row) -> ParsedRow:
    return ParsedRow([{"role": "user", "content": _text(row, "text")}], label=row["label"])


@_shape("multi-label", "labelled", "text labels")
def _read_multi_label(row: Row) -> ParsedRow:
    if not isinstance(row["labels"], list):
        raise Unreadable("bad-field", f"`labels` is {said(row['labels'])}, expected a list")
    return ParsedRow([{"role": "user", "content": _text(row, "text")}], label=row["labels"])


@_shape("extraction", "labelled", "text spans", "tokens ner_tags")
def _read_extraction(row: Row) -> ParsedRow:
    spans = row["spans"]
    if not isinstance(spans, list) or not all(isinstance(span, dict) for span in spans):
        raise Unreadable("bad-field", "`spans` is not a list of objects")
    places = [tuple(span.get(k) for k in ("start", "end", "label")) for span in spans]
    if "ner_tags" in row:
        _tags(row)
    return ParsedRow([{"role": "user", "content": _text(row, "text")}], spans=places)


@_shape("ner", "labelled", "tokens ner_tags")
def _read_ner(row: Row) -> ParsedRow:
    tokens = _tags(row)
    return ParsedRow([{"role": "user", "content": " ".join(map(str, tokens))}])


def _tags(row: Row) -> list[Any]:
    tokens, tags = row.get("tokens"), row.get("ner_tags")
    if not isinstance(tokens, list) or not isinstance(tags, list):
        raise Unreadable("bad-field", "`tokens` and `ner_tags` are lists")
    if len(tokens) != len(tags):
        raise Unreadable("bad-span", f"{len(tokens)} tokens have {len(tags)} tags")
    return tokens


@_shape("nova", "chat", "schemaVersion messages", "system toolConfig")
def _read_nova(row: Row) -> ParsedRow:
    messages = _nova(row)
    tools = _nova_tools(row)
    if "candidates" not in messages[-1]:
        return ParsedRow(*_ends(messages), tools=tools)
    candidates = messages[-1]["candidates"]
    if not isinstance(candidates, list) or not all(isinstance(c, dict) for c in candidates):
        raise Unreadable("bad-field", "`candidates` is not a list of objects")
    sides = {c.get("preferenceLabel"): c.get("content") for c in candidates}
    if len(candidates) != 2 or set(sides) != {"preferred", "non-preferred"}:
        raise Unreadable("bad-field", "`candidates` are not one preferred and one non-preferred")
    answers = [[{"role": "assistant", "content": sides[k]}] for k in ("preferred", "non-preferred")]
    return ParsedRow(messages[:-1], answers, tools=tools)


def _nova(row: Row) -> list[Message]:
    system = row.get("system") or []
    if not isinstance(system, list):
        raise Unreadable("bad-field", f"`system` is {said(system)}, expected a list of texts")
    first = [{"role": "system", "content": system}] if system else []
    return [*first, *_chat(row, "messages")]


def _nova_tools(row: Row) -> list[Any]:
    config = row.get("toolConfig")
    return list(config.get("tools") or []) if isinstance(config, dict) else []


@_shape("gemini", "chat", "contents", "systemInstruction system_instruction tools")
def _read_gemini(row: Row) -> ParsedRow:
    return ParsedRow(*_ends(_gemini(row)), tools=_tools(row))


@_shape("gemini-preference", "pair", "contents completions", "system_instruction")
def _read_gemini_preference(row: Row) -> ParsedRow:
    options = row["completions"]
    if not isinstance(options, list) or not all(isinstance(o, dict) for o in options):
        raise Unreadable("bad-field", "`completions` is not a list of objects")
    scores = [o.get("score") for o in options]
    if sorted(scores, key=str) != [0, 1]:
        raise Unreadable("bad-field", f"`completions` have scores {scores}, expected a 1 and a 0")
    best = sorted(options, key=lambda o: -o["score"])
    answers = [_gemini_turns({"completion": [o.get("completion")]}, "completion") for o in best]
    return ParsedRow(_gemini(row), answers)


def _gemini(row: Row) -> list[Message]:
    instruction = row.get("systemInstruction") or row.get("system_instruction")
    system = (
        [{"role": "system", "content": instruction.get("parts")}]
        if isinstance(instruction, dict)
        else []
    )
    return [*system, *_gemini_turns(row, "contents")]


def _gemini_turns(row: Row, key: str) -> list[Message]:
    result = []
    for message in _chat(row, key, "role", "parts"):
        parts = message["content"] if isinstance(message["content"], list) else []
        calls = [p["functionCall"] for p in parts if isinstance(p, dict) and "functionCall" in p]
        is_result = any(isinstance(p, dict) and "functionResponse" in p for p in parts)
        role = {"model": "assistant", "function": "tool"}.get(message["role"], message["role"])
        turn = {"role": "tool" if is_result else role, "content": message["content"]}
        if calls:
            turn["tool_calls"] = [
                {"function": {"name": c.get("name"), "arguments": c.get("args") or {}}}
                for c in calls
                if isinstance(c, dict)
            ]
            turn["content"] = [p for p in parts if "functionCall" not in p] or None
        result.append(turn)
    return result
