"""Where the lines of a version come from: `lineage.parquet`, and what the store keeps beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from curate.export.assemble import Assembled
from curate.export.lines import Line
from curate.export.mix import Candidate
from curate.store import sql


def others(lines: Mapping[str, Sequence[Line]]) -> pa.Table:
    """Returns the rows of `version_lines`: what is not one example of the store."""
    others = [
        (side, number, line.item_id, line.example_ids, line.row_hash)
        for side, part in lines.items()
        for number, line in enumerate(part, 1)
        if line.role != "example"
    ]
    kinds = [pa.string(), pa.int64(), pa.string(), pa.list_(pa.string()), pa.string()]
    names = ["side", "line", "item_id", "example_ids", "row_hash"]
    columns = zip(*others, strict=True) if others else [()] * len(kinds)
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)], names
    )


def placed(assembled: Assembled, *, once: bool = False) -> pa.Table:
    """Returns the place of each example in a version: split, line, role, example_id and row_hash.

    Args:
        assembled: the lines.
        once: only the first place of an example that several pairs have.
    """
    table = assembled.placed
    ids = table["example_id"].to_pylist() if once else []
    if once and len(set(ids)) < len(ids):
        first = {example: place for place, example in reversed(list(enumerate(ids)))}
        table = table.take(pa.array(sorted(first.values()), pa.int64()))
    return table


def _origin(candidate: Candidate) -> dict[str, Any]:
    """Returns where a row that is mixed in comes from."""
    example = candidate.example
    return {
        "source": example.source,
        "location": candidate.file,
        "source_line": candidate.line,
        "label": example.label,
        "conversation_id": example.conversation_id,
        "input": candidate.inputs[0],
    }


def of(con: duckdb.DuckDBPyConnection, assembled: Assembled) -> pa.Table:
    """Returns where each line came from, one row per line and example in it."""
    table = placed(assembled)
    hard = [assembled.edge_cases.get(example) for example in table["example_id"].to_pylist()]
    con.register("placed", table.append_column("edge_case", pa.array(hard, pa.string())))
    own = con.sql(sql("export/lineage")).to_arrow_table()
    general = {c.example.example_id: c for pool in assembled.mixed for c in pool.candidates}
    rows = [
        {**row, "is_edge_case": False, **_origin(general[row["example_id"]])}
        for row in table.filter(pc.equal(table["role"], "mixed")).to_pylist()
    ]
    if not rows:
        return own
    mixed = pa.Table.from_pylist(rows, schema=own.schema)
    order = [("split", "descending"), ("line", "ascending"), ("role", "ascending")]
    return pa.concat_tables([own, mixed]).sort_by(order)
