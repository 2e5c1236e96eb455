"""Assembles calls from tables with one row per turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.interactions import Row, RowBuilder
from curate.mapping import FieldMap
from curate.messages import Message
from curate.rating import as_number


@dataclass(frozen=True)
class Turn:
    """One row of a turn table and where it stood."""

    file_number: int
    location: str
    line: int
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Assembled:
    """What became of one turn: the row of a call it answers, or the reason why it is refused."""

    turn: Turn
    row: Row | None = None
    reason: str = ""
    detail: str = ""


def assemble(turns: Sequence[Turn], mapping: FieldMap, builder: RowBuilder) -> Iterator[Assembled]:
    """Yields a row for each turn that answers, and a refusal for each turn that ends up in none.

    Where roles are known, assistant turns answer. Where they are not (two people talking), every
    turn answers the one before it, and a first turn is an answer without a query. With a `parent`
    column the turns form trees and the messages of an answer are the path to it.
    """
    groups: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        session = builder.text(turn.fields, "session")
        if session is None and "parent" not in mapping.fields:
            yield Assembled(turn, reason="no-conversation", detail="the conversation id is empty")
        else:
            groups[session or ""].append(turn)
    for group in groups.values():
        if "parent" in mapping.fields:
            yield from _tree(group, mapping, builder)
        else:
            yield from _sequence(sorted(group, key=_order(builder)), mapping, builder)


def _order(builder: RowBuilder) -> Any:
    def key(turn: Turn) -> tuple[Any, ...]:
        position = as_number(builder.value(turn.fields, "order"))
        time = builder.time(turn.fields) if position is None else None
        return (
            position if position is not None else 0,
            time.isoformat() if time else "",
            turn.file_number,
            turn.line,
        )

    return key


def _sequence(turns: list[Turn], mapping: FieldMap, builder: RowBuilder) -> Iterator[Assembled]:
    texts = [builder.text(turn.fields, "text") or "" for turn in turns]
    if not mapping.roles:
        for index, turn in enumerate(turns):
            history = [
                _said("user" if (index - i) % 2 else "assistant", texts[i]) for i in range(index)
            ]
            yield Assembled(turn, _answer(turn, history, texts[index], builder))
        return
    said = [_said(_role(t, mapping, builder), text) for t, text in zip(turns, texts, strict=True)]
    answered = max((i for i, m in enumerate(said) if m["role"] == "assistant"), default=-1)
    for index, turn in enumerate(turns):
        if said[index]["role"] == "assistant":
            yield Assembled(turn, _answer(turn, said[:index], texts[index], builder))
        elif index > answered:
            yield Assembled(turn, reason="no-answer", detail="no assistant turn follows")


def _tree(turns: list[Turn], mapping: FieldMap, builder: RowBuilder) -> Iterator[Assembled]:
    by_id = {builder.text(turn.fields, "id"): turn for turn in turns}
    answered: set[int] = set()
    answers = [t for t in turns if _role(t, mapping, builder) == "assistant" or not mapping.roles]
    rows = []
    for turn in answers:
        path = _path(turn, by_id, builder)
        answered.update(id(step) for step in path)
        history = [
            _said(_role(t, mapping, builder), builder.text(t.fields, "text") or "")
            for t in path[:-1]
        ]
        text = builder.text(turn.fields, "text") or ""
        rows.append(Assembled(turn, _answer(turn, history, text, builder)))
    yield from rows
    for turn in turns:
        if id(turn) not in answered:
            yield Assembled(turn, reason="no-answer", detail="no assistant turn follows")


def _path(turn: Turn, by_id: Mapping[str | None, Turn], builder: RowBuilder) -> list[Turn]:
    path, seen = [turn], {id(turn)}
    while parent := by_id.get(builder.text(path[0].fields, "parent") or ""):
        if id(parent) in seen:  # a cycle in the data
            break
        seen.add(id(parent))
        path.insert(0, parent)
    return path


def _role(turn: Turn, mapping: FieldMap, builder: RowBuilder) -> str:
    return mapping.roles.get(builder.text(turn.fields, "role") or "", "user")


def _said(role: str, text: str) -> Message:
    return {"role": role, "content": text}


def _answer(turn: Turn, history: list[Message], text: str, builder: RowBuilder) -> Row:
    return builder.build(turn.fields, history, [_said("assistant", text)])
