"""What an export writes lines of: kept examples, rated ones, or pairs, as formats see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate import pairs
from curate.formats import Contents, Example, Item, Pair, Unit
from curate.kernels.draws import lot
from curate.label import extraction
from curate.messages import spoken
from curate.privacy import privacy
from curate.store import Store, fetch_arrow, sql
from curate.text import label_sets
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

_KEPT = {
    "example": (sql("export/kept_examples"), sql("export/texts_of_examples")),
    "rated": (sql("export/kept_rated"), sql("export/texts_of_examples")),
    "pair": (sql("export/kept_pairs"), sql("export/texts_of_pairs")),
}
# A whole table of messages as Python objects would be many times its size.
_BATCH_ROWS = 2_048


class Items:
    """Items in an order of their own; their texts stay in the store until they are iterated over.

    Args:
        con: has the temporary views `kept_items` and `kept_texts`.
        table: item_id, example_ids, conversations, created_at, key (changes with what an item
            holds).
        unit: what an item is.
        contents: what all of them have in common.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, table: pa.Table, unit: Unit, contents: Contents
    ) -> None:
        self._con, self.table, self.unit, self.contents = con, table, unit, contents

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Item]:
        """Yields all items in order; they are held at once, so this is for few of them."""
        if not len(self):
            return
        self._want()
        whole = self._con.sql(sql("export/items_whole")).to_arrow_table().sort_by("place")
        for batch in whole.to_batches(max_chunksize=_BATCH_ROWS):
            yield from (item for _, item in self._made(batch))

    def numbered(self) -> Iterator[tuple[int, Item]]:
        """Yields (place, item) as the store has them; the connection is busy meanwhile."""
        if not len(self):
            return
        self._want()
        for batch in self._con.sql(sql("export/items_whole")).to_arrow_reader(_BATCH_ROWS):
            yield from self._made(batch)

    def _want(self) -> None:
        places = pa.array(range(len(self)), pa.int64())
        self._con.register("wanted", self.table.select(["item_id"]).append_column("place", places))

    def _made(self, batch: pa.RecordBatch) -> Iterator[tuple[int, Item]]:
        make = self._pair if self.unit == "pair" else self._example
        return ((row["place"], make(row)) for row in batch.to_pylist())

    def take(self, places: Sequence[int] | NDArray[np.int64]) -> Items:
        """Returns the items at these places, in their order."""
        return self._of(self.table.take(pa.array(places, pa.int64())))

    def fit(self, contents: Contents) -> Items:
        """Returns the items with other things in common."""
        return Items(self._con, self.table, self.unit, contents)

    def _of(self, table: pa.Table) -> Items:
        return Items(self._con, table, self.unit, self.contents)

    def example_ids(self) -> list[tuple[str, ...]]:
        """Returns the ids of the examples that each item is made of."""
        return list(map(tuple, self.table["example_ids"].to_pylist()))

    def conversations(self) -> list[tuple[str, ...]]:
        """Returns the conversations that each item comes from."""
        return list(map(tuple, self.table["conversations"].to_pylist()))

    def entities(self) -> Iterator[str]:
        """Yields the label of each span that is to be extracted."""
        ids = set(self.table["item_id"].to_pylist())
        return (label for name, label in _entities(self._con) if name in ids)

    def suspects(self, store: Store) -> list[int]:
        """Returns the places of the items in which a redactor may find something."""
        self._want()
        self._con.execute(sql("export/items_texts"))
        return privacy.suspects(store, self._con)

    def then(self, others: Iterable[Items]) -> Items:
        """Returns these items and then others."""
        return self._of(pa.concat_tables([self.table, *(other.table for other in others)]))

    def order_in_time(self) -> NDArray[np.int64]:
        """Returns the places of the items in the order of time, then of ids, int64 (n,)."""
        keys = [("created_at", "ascending"), ("item_id", "ascending")]
        return np.asarray(pc.sort_indices(self.table, keys)).astype(np.int64)

    def in_time(self) -> Items:
        """Returns the items in the order of time, then of ids."""
        return self.take(self.order_in_time())

    def _pair(self, row: dict[str, Any]) -> Pair:
        chosen, rejected = self._example(row["chosen"]), self._example(row["rejected"])
        return Pair(row["item_id"], chosen, rejected, row["method"], row["margin"])

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
    for view in _KEPT[unit]:
        today.con.execute(view)
    multi_label = bool(today.store.setting(today.con, "project").get("multi_label"))
    both = replace(_contents(today.con, multi_label=multi_label), reasoning=reasoning)
    sides = {}
    for side in ("train", "test"):
        parameters = {"side": side, "seed": str(today.split.seed)}
        table = fetch_arrow(today.con, sql("export/items"), parameters)
        sides[side] = Items(today.con, table, unit, both)
    return sides


def _contents(con: duckdb.DuckDBPyConnection, *, multi_label: bool) -> Contents:
    """Returns what the items of all sides have in common."""
    labels, tools = con.execute(sql("export/items_have")).fetchall()[0]
    if multi_label:
        labels = {name for label in labels for name in label_sets.read(label)}
    entities = {label for _, label in _entities(con)}
    return Contents(tools, tuple(sorted(labels)), tuple(sorted(entities)), multi_label)


def _entities(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Yields (item, label) of each span in the view `kept_texts`."""
    for row in con.sql(sql("export/items_spans")).to_arrow_table().to_pylist():
        for _, _, label in _spans(row) or ():
            yield row["item_id"], label


def _spans(row: Mapping[str, Any]) -> tuple[tuple[int, int, str], ...] | None:
    """Returns what annotators marked, else where the values of a JSON answer stand in the text.

    None where a value does not stand there, or the answer is no such object.
    """
    if row["spans"] is not None:
        return tuple((start, end, label) for start, end, label in orjson.loads(row["spans"]))
    text, answer = row["query"] or "", row["response"]
    if row["task"] != "extraction" or not isinstance(extraction.read(answer), dict):
        return None
    places = extraction.places(text, answer)
    whole = len(places) == len(extraction.fields(answer))
    return tuple(sorted((s, e, label) for label, s, e in places)) if whole else None
