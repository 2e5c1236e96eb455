"""Assembles calls from tables with one row per turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from curate.messages import Message, role_of, split_answer
from curate.pull.bodies.bodies import is_envelope, opened, read_request
from curate.pull.bodies.reasoning import with_reasoning
from curate.pull.contents import UnknownShape, Values, as_text
from curate.pull.interactions import Row, RowBuilder
from curate.pull.mapping import FieldMap, role_word
from curate.pull.rating import as_number
from curate.pull.times import parse_time


@dataclass(frozen=True)
class Turn:
    """One row of a turn table: where it stood, its columns, and its mapped fields."""

    file_number: int
    location: str
    line: int
    fields: Mapping[str, Any]
    values: Values

    @cached_property
    def text(self) -> str:
        """What was said."""
        return as_text(self.values.get("text")) or ""

    def said(self, role: str) -> list[Message]:
        """Returns the messages of a turn: mostly one; calls of tools before it are others.

        Raises:
            UnknownShape: what stands there is no text and of no shape that is known.
        """
        value = self.values.get("text")
        inner = opened(value) if isinstance(value, str) and value[:1] in ("[", "{") else value
        if isinstance(inner, str | None) or not (
            isinstance(value, list | dict) or is_envelope(inner)
        ):
            text = value if isinstance(value, str) else self.text
            return [with_reasoning({"role": role, "content": text})]
        items = inner if isinstance(inner, list) else [inner]
        own = all(isinstance(item, dict) and "role" in item for item in items)
        body = read_request(items if own else [{"role": role, "content": inner}])
        if body is None or not body.messages:
            raise UnknownShape("text", inner)
        return body.messages

    def named(self, field: str) -> str | None:
        """Returns a field as text, None where the turn has none."""
        return as_text(self.values.get(field))


@dataclass(frozen=True)
class TurnOutcome:
    """What became of one turn: the row of a call it answers, or the reason why it is refused."""

    turn: Turn
    row: Row | None = None
    reason: str = ""
    detail: str = ""


def assemble(
    turns: Sequence[Turn], mapping: FieldMap, builder: RowBuilder
) -> Iterator[TurnOutcome]:
    """Yields a row for each turn that answers, and a refusal for each turn that ends up in none.

    Where roles are known, assistant turns answer. Where they are not (two people talking), every
    turn answers the one before it, and a first turn is an answer without a query. With a `parent`
    column the turns form trees and the messages of an answer are the path to it.
    """
    is_tree = "parent" in mapping.fields
    groups: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        session = turn.named("session")
        if session is None and not is_tree:
            yield TurnOutcome(turn, reason="no-conversation", detail="the conversation id is empty")
        else:
            groups[session or ""].append(turn)
    for group in groups.values():
        conversations = (
            _tree(group, mapping, builder) if is_tree else _sequence(group, mapping, builder)
        )
        yield from conversations


def _sequence(turns: list[Turn], mapping: FieldMap, builder: RowBuilder) -> Iterator[TurnOutcome]:
    turns = sorted(turns, key=_order)
    if not mapping.roles:
        texts = [turn.text for turn in turns]
        for index, turn in enumerate(turns):
            yield TurnOutcome(turn, _answer(turn, _alternating(texts[:index]), builder))
        return
    roles = [_role(turn, mapping) for turn in turns]
    last_answer = max((i for i, role in enumerate(roles) if role == "assistant"), default=-1)
    for index, turn in enumerate(turns):
        if roles[index] == "assistant":
            yield _outcome(turn, list(zip(turns[:index], roles, strict=False)), builder)
        elif index > last_answer:
            yield TurnOutcome(turn, reason="no-answer", detail="no assistant turn follows")


def _tree(turns: list[Turn], mapping: FieldMap, builder: RowBuilder) -> Iterator[TurnOutcome]:
    by_id = {turn.named("id"): turn for turn in turns}
    turns_answered: set[int] = set()
    for turn in turns:
        if mapping.roles and _role(turn, mapping) != "assistant":
            continue
        path = _path(turn, by_id)
        turns_answered.update(id(step) for step in path)
        if mapping.roles:
            yield _outcome(turn, [(step, _role(step, mapping)) for step in path[:-1]], builder)
        else:
            history = _alternating([step.text for step in path[:-1]])
            yield TurnOutcome(turn, _answer(turn, history, builder))
    for turn in turns:
        if id(turn) not in turns_answered:
            yield TurnOutcome(turn, reason="no-answer", detail="no assistant turn follows")


def _order(turn: Turn) -> tuple[Any, ...]:
    position = as_number(turn.values.get("order"))
    created_at = turn.values.get("created_at")
    time = None if created_at is None or position is not None else parse_time(created_at)
    return (
        0 if position is None else position,
        "" if time is None else time.isoformat(),
        turn.file_number,
        turn.line,
    )


def _path(turn: Turn, by_id: Mapping[str | None, Turn]) -> list[Turn]:
    path, ids = [turn], {id(turn)}
    while parent := by_id.get(path[-1].named("parent") or ""):
        if id(parent) in ids:  # a cycle in the data
            break
        ids.add(id(parent))
        path.append(parent)
    return path[::-1]


def _role(turn: Turn, mapping: FieldMap) -> str:
    word = role_word(turn.values.get("role", ""))
    return mapping.roles.get(word) or role_of(word) or "user"


def _alternating(texts: Sequence[str]) -> list[Message]:
    """Returns messages of two people talking, the last of them by the user."""
    last = len(texts) - 1
    return [_said("assistant" if (last - i) % 2 else "user", text) for i, text in enumerate(texts)]


def _outcome(turn: Turn, before: Sequence[tuple[Turn, str]], builder: RowBuilder) -> TurnOutcome:
    """Returns the call that a turn answers; turns that failed have said nothing."""
    try:
        history = [m for step, role in before if "text" in step.values for m in step.said(role)]
        said = turn.said("assistant") if "text" in turn.values else []
    except UnknownShape as error:
        return TurnOutcome(
            turn, reason="unknown-shape", detail=builder.shown(error, turn.fields, turn.values)
        )
    messages, output = split_answer([*history, *said])
    if not said:  # a turn that failed answers nothing, whatever stands before it
        messages, output = history, None
    return TurnOutcome(turn, builder.build(turn.fields, turn.values, messages, output))


def _said(role: str, text: str) -> Message:
    return {"role": role, "content": text}


def _answer(turn: Turn, history: list[Message], builder: RowBuilder) -> Row:
    return builder.build(turn.fields, turn.values, history, [_said("assistant", turn.text)])
