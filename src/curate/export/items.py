"""What an export writes lines of: kept examples, rated ones, or pairs, as formats see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from curate import label_sets, pairs, verdicts
from curate.formats import Contents, Example, Item, Pair, Unit
from curate.kernels.draws import lot
from curate.label import tasks
from curate.messages import SIDES, spoken
from curate.privacy import suspects
from curate.store import sql
from curate.verdicts import Today

_QUERIES = {
    "example": sql("export/rows"),
    "rated": sql("export/rated"),
    "pair": sql("export/pairs"),
}
# A whole table of messages as Python objects would be many times its size.
_BATCH_ROWS = 2_000


class Items:
    """Items in an order of their own, made when they are iterated over, as often as wanted."""

    def __init__(self, table: pa.Table, unit: Unit, contents: Contents = Contents()) -> None:  # noqa: B008
        self.table, self.unit, self.contents = table, unit, contents

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Item]:
        make = self._pair if self.unit == "pair" else self._example
        for batch in self.table.to_batches(max_chunksize=_BATCH_ROWS):
            yield from map(make, batch.to_pylist())

    def take(self, places: Sequence[int]) -> Items:
        """Returns the items at these places, in their order."""
        chosen = self.table.take(pa.array(places, pa.int64()))
        return Items(chosen, self.unit, self.contents)

    def example_ids(self) -> list[tuple[str, ...]]:
        """Returns the ids of the examples that each item is made of."""
        names = ("chosen_id", "rejected_id") if self.unit == "pair" else ("example_id",)
        return list(zip(*(self.table[name].to_pylist() for name in names), strict=True))

    def entities(self) -> Iterator[str]:
        """Yields the label of each span that is to be extracted."""
        return _entities(self.table.to_struct_array().combine_chunks())

    def conversations(self) -> list[tuple[str, ...]]:
        """Returns the conversations that each item comes from."""
        if self.unit == "pair":
            parts = [self.table[side].combine_chunks() for side in SIDES]
            columns = [_field(part, "conversation_id").to_pylist() for part in parts]
        else:
            columns = [self.table["conversation_id"].to_pylist()]
        return list(zip(*columns, strict=True))

    def texts(self) -> pa.Table:
        """Returns all that items say: `suspects.COLUMNS` of each example, and its item's place."""
        parts = [self.table]
        if self.unit == "pair":
            parts = [pa.Table.from_struct_array(self.table[side]) for side in SIDES]
        places = pa.array(range(len(self)), pa.int64())
        return pa.concat_tables(
            part.select(suspects.COLUMNS).append_column("place", places) for part in parts
        )

    def _pair(self, row: dict[str, Any]) -> Pair:
        chosen, rejected = self._example(row["chosen"]), self._example(row["rejected"])
        return Pair(row["pair_id"], chosen, rejected, row["method"], row["margin"])

    def _example(self, row: dict[str, Any]) -> Example:
        offered = orjson.loads(row["tools"]) if row["tools"] else []
        messages, output = orjson.loads(row["messages"]), orjson.loads(row["output"] or "[]")[:1]
        if not self.contents.reasoning:
            messages, output = spoken(messages), spoken(output)
        return Example(
            row["example_id"],
            row["source"],
            messages,
            output,
            row["query"] or "",
            row["response"] or "",
            row["label"],
            row["human_rating"],
            row["edge_case"] is not None,
            tools=offered if self.contents.tools else None,
            spans=_spans(row),
            good=row["good"],
            conversation_id=row["conversation_id"],
            edge_case_reason=row["edge_case"],
            labels=label_sets.read(row["label"] or "[]") if self.contents.multi_label else None,
        )


def cut_validation(today: Today, part: Items, share: float) -> dict[str, Items]:
    """Returns the items of train without and with those of a share of the units.

    Which units these are depends on the seed and their names, so that growth moves none.

    Args:
        today: today's verdicts.
        part: the items of train.
        share: of the units; 0 for no validation part.
    """
    if not share:
        return {"train": part}
    unit_of = dict(today.con.execute(sql("export/units")).fetchall())
    # The name keeps these lots apart from those that drew test.
    lots = [lot(today.split.seed, f"validation {unit_of[ids[0]]}") for ids in part.example_ids()]
    places = range(len(part))
    return {
        "train": part.take([n for n in places if lots[n] >= share]),
        "validation": part.take([n for n in places if lots[n] < share]),
    }


def in_time(parts: Iterable[Items]) -> Items:
    """Returns the items of several sides in the order of time, then of ids."""
    parts_listed = list(parts)
    whole = pa.concat_tables(part.table for part in parts_listed)
    key = "pair_id" if parts_listed[0].unit == "pair" else "example_id"
    order = whole.sort_by([("created_at", "ascending"), (key, "ascending")])
    return Items(order, parts_listed[0].unit, parts_listed[0].contents)


def read(today: Today, unit: Unit, *, reasoning: bool = False) -> dict[str, Items]:
    """Returns the items of `train` and `test` that are in today, in the order of the files.

    Args:
        today: today's verdicts.
        unit: what an item is.
        reasoning: leave what the model thought in messages.
    """
    if unit == "pair":
        pairs.prepare(today)
    elif unit == "rated":
        pairs.prepare_rated(today)
    verdicts.find_edge_cases(today)
    multi_label = bool(today.store.setting(today.con, "project").get("multi_label"))
    tables = {}
    for side in ("train", "test"):
        parameters = {"side": side, "seed": str(today.split.seed)}
        tables[side] = today.con.sql(_QUERIES[unit], params=parameters).to_arrow_table()
    both = contents(list(tables.values()), unit, multi_label=multi_label)
    both = replace(both, reasoning=reasoning)
    return {side: Items(table, unit, both) for side, table in tables.items()}


def contents(tables: Sequence[pa.Table], unit: Unit, *, multi_label: bool = False) -> Contents:
    """Returns what the items of all sides have in common."""
    columns: list[Any] = []
    for table in tables:
        if unit == "pair":
            columns += [table[side].combine_chunks() for side in SIDES]
        else:
            columns += [table.to_struct_array().combine_chunks()]
    labels = {label for column in columns for label in _field(column, "label").unique().to_pylist()}
    labels -= {None}
    if multi_label:
        labels = {name for label in labels for name in label_sets.read(label)}
    entities = {label for column in columns for label in _entities(column)}
    tools = any(map(_has_tools, columns))
    return Contents(tools, tuple(sorted(labels)), tuple(sorted(entities)), multi_label)


def _entities(column: Any) -> Iterator[str]:
    """Yields the labels of the spans in a column of structs."""
    names = ("spans", "task", "query", "response")
    values = (_field(column, name).to_pylist() for name in names)
    for row in zip(*values, strict=True):
        for _, _, label in _spans(dict(zip(names, row, strict=True))) or ():
            yield label


def _spans(row: Mapping[str, Any]) -> tuple[tuple[int, int, str], ...] | None:
    """Returns what annotators marked, else where the values of a JSON answer stand in the text.

    None where a value does not stand there, or the answer is no such object.
    """
    if row["spans"] is not None:
        return tuple((start, end, label) for start, end, label in orjson.loads(row["spans"]))
    text, answer = row["query"] or "", row["response"]
    if row["task"] != "extraction" or not tasks.is_object(answer):
        return None
    places = tasks.spans(text, answer)
    whole = len(places) == sum(value != "" for _, value in tasks.fields(answer))
    return tuple(sorted((s, e, label) for label, s, e in places)) if whole else None


def _field(column: Any, name: str) -> Any:
    return pc.struct_field(column, name)


def _has_tools(column: Any) -> bool:
    """Returns whether any of the examples in a column of structs has tools or calls one."""
    if pc.any(_field(column, "tools").is_valid()).as_py():
        return True
    said = (_field(column, name) for name in ("messages", "output"))
    # The store keeps messages as canonical JSON: keys are written in one way.
    return any(pc.any(pc.match_substring(text, '"tool_calls":')).as_py() for text in said)
