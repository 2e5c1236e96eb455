"""Takes a conversation that is one document apart into a call for each of its answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.messages import ROLES, Message, as_json
from curate.sources.presets import Fields, LeftOut, Part
from curate.sources.presets._values import mapped, row

CALL_FIELDS = mapped(
    "interactions",
    *("id", "messages", "created_at", "session", "user", "system", "model", "rating", "comment"),
    *("finish_reason", "status", "error", "input_tokens", "output_tokens", "latency_ms"),
)
"""The columns of a call of a conversation; the answer is the last of its messages."""


_ROLES = ("user", "assistant", "system", "tool")


@dataclass(frozen=True)
class TalkTurn:
    """What somebody says in a conversation, and what is known about it.

    Args:
        role: user, assistant, system or tool.
        messages: in OpenAI's shape; several where tools were used in between, none where nothing
            was said.
        id: the message's.
        parent: of a tree: the id of the message before it.
        reasoning: thoughts that stand in a message of their own, before the answer.
        is_answer: whether an assistant's turn answers, and is no step on the way to an answer.
        about: the other fields of the call that it answers, such as `created_at` and `rating`.
    """

    role: str
    messages: Sequence[Message] = ()
    id: str | None = None
    parent: str | None = None
    reasoning: str = ""
    is_answer: bool = True
    about: Fields = field(default_factory=dict)


def role_of(value: Any) -> str:
    """Returns the role that a word means: user, assistant, system or tool; others as they are."""
    word = value if isinstance(value, str) else ""
    return ROLES.get(word.casefold(), word)


def said(role: str, content: Any) -> list[Message]:
    """Returns the message of a role, none where its content is blank."""
    is_blank = not content or (isinstance(content, str) and not content.strip())
    return [] if is_blank else [{"role": role, "content": content}]


def text_of_turn(messages: Sequence[Message]) -> Any:
    """Returns what a turn says, for the field `text`: its text, or its messages.

    They stand there as they are where there is more to them than text, and None where there are
    none.
    """
    if len(messages) == 1 and set(messages[0]) == {"role", "content"}:
        return messages[0]["content"]
    return list(messages) or None


def conversation(rest: Fields, session: str | None, calls: Iterable[Part]) -> Iterator[Part]:
    """Yields the calls of a conversation with its id and the rest of its document as metadata."""
    count = 0
    for call in calls:
        if isinstance(call, LeftOut):
            yield call
            continue
        count += 1
        names = dict.fromkeys(name for name, column in CALL_FIELDS.items() if column)
        yield row(rest, {**names, "session": session, **call})
    if not count:
        yield LeftOut("conversation without an answer")


def calls_in_list(turns: Iterable[TalkTurn]) -> Iterator[Part]:
    """Yields a call for each answer of a list of turns, those before it as its history."""
    path: list[TalkTurn] = []
    for turn in turns:
        path.append(turn)
        yield from _calls(path)


def calls_in_tree(turns: Sequence[TalkTurn]) -> Iterator[Part]:
    """Yields a call for each answer of a tree of turns, the path to it as its history.

    A parent that is not among them is the root. A cycle ends where it comes round.
    """
    by_id: dict[str | None, TalkTurn] = {}
    for turn in turns:
        by_id.setdefault(turn.id, turn)
    by_id.pop(None, None)
    for turn in turns:
        if turn.role == "assistant" and turn.is_answer:
            yield from _calls(_path(turn, by_id))


def calls_in(turns: Sequence[TalkTurn]) -> Iterator[Part]:
    """Yields a call for each answer of turns: a tree where one names another as its parent."""
    ids = {turn.id for turn in turns} - {None}
    is_tree = any(turn.parent in ids for turn in turns)
    return calls_in_tree(turns) if is_tree else calls_in_list(turns)


def _path(turn: TalkTurn, by_id: dict[str | None, TalkTurn]) -> list[TalkTurn]:
    path, seen = [turn], {id(turn)}
    while (parent := by_id.get(path[-1].parent)) and id(parent) not in seen:
        seen.add(id(parent))
        path.append(parent)
    return path[::-1]


def _calls(path: Sequence[TalkTurn]) -> Iterator[Part]:
    """Yields the call that the last turn of a path answers, none where it is no answer."""
    turn = path[-1]
    if turn.role != "assistant" or not turn.is_answer:
        return
    messages = transcript(path)
    if not all(message["role"] in _ROLES for message in messages):
        yield LeftOut("answer after a message of an unknown role")
    elif not any(message["role"] == "user" for message in messages):
        yield LeftOut("answer without a question")
    elif not turn.messages and "error" not in turn.about:
        yield LeftOut("empty answer")
    elif turn.messages and turn.messages[-1]["role"] != "assistant":
        yield LeftOut("use of a tool without an answer")
    else:
        yield {"id": turn.id, "messages": messages, **turn.about}


def transcript(path: Iterable[TalkTurn]) -> list[Message]:
    """Returns the messages of turns; thoughts before an answer stand as its reasoning."""
    messages: list[Message] = []
    thoughts: list[str] = []
    calls: list[str] = []
    for turn in path:
        thoughts += [turn.reasoning] if turn.reasoning else []
        for message in turn.messages:
            if message["role"] == "assistant" and thoughts:
                thoughts += [message.get("reasoning_content") or ""]
                message = {**message, "reasoning_content": "\n".join(filter(None, thoughts))}
            if message["role"] in ("assistant", "user"):
                thoughts = []
            calls += [call["id"] for call in message.get("tool_calls") or ()]
            if message["role"] == "tool" and message["tool_call_id"] not in calls:
                if not calls:
                    continue  # a result that nobody asked for
                message = {**message, "tool_call_id": calls[-1]}
            messages.append(message)
    return messages


@dataclass(frozen=True)
class Text:
    """A piece of the text of an answer."""

    text: str


@dataclass(frozen=True)
class Thought:
    """A piece of the reasoning before it."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool; its arguments are an object, or JSON text."""

    name: str
    arguments: Any
    id: str | None = None


@dataclass(frozen=True)
class ToolResult:
    """What a tool returned to a call, to the earliest open one where no id says which."""

    content: Any
    id: str | None = None


Piece = Text | Thought | ToolCall | ToolResult


def assistant_messages(pieces: Iterable[Piece], *, joint: str = "\n\n") -> list[Message]:
    """Returns an assistant's turn as messages: with its tools' results in between."""
    builder = _TurnBuilder(joint)
    for piece in pieces:
        builder.add(piece)
    return builder.end()


class _TurnBuilder:
    def __init__(self, joint: str) -> None:
        self._joint = joint
        self._messages: list[Message] = []
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._calls: list[Message] = []
        self._open: list[str] = []
        self._count = 0

    def add(self, piece: Piece) -> None:
        if isinstance(piece, ToolResult):
            self._flush()
            self._result(piece)
        elif isinstance(piece, ToolCall):
            self._call(piece)
        elif piece.text.strip():
            if self._calls:  # what is said after a call is another message
                self._flush()
            texts = self._texts if isinstance(piece, Text) else self._thoughts
            texts.append(piece.text)

    def end(self) -> list[Message]:
        self._flush()
        return self._messages

    def _call(self, call: ToolCall) -> None:
        self._count += 1
        name = call.id or f"call_{self._count}"
        text = call.arguments if isinstance(call.arguments, str) else as_json(call.arguments or {})
        function = {"name": call.name, "arguments": text}
        self._calls.append({"id": name, "type": "function", "function": function})
        self._open.append(name)

    def _result(self, result: ToolResult) -> None:
        name = result.id or next(iter(self._open), "call_1")
        self._open = [other for other in self._open if other != name]
        content = result.content if isinstance(result.content, str) else as_json(result.content)
        self._messages.append({"role": "tool", "tool_call_id": name, "content": content})

    def _flush(self) -> None:
        if not self._texts and not self._calls:
            return  # thoughts stay with what comes after them
        text = self._joint.join(self._texts)
        message: Message = {"role": "assistant", "content": text or None}
        if self._thoughts:
            message["reasoning_content"] = "\n".join(self._thoughts)
        if self._calls:
            message["tool_calls"] = self._calls
        self._messages.append(message)
        self._texts, self._thoughts, self._calls = [], [], []
