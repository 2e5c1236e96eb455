"""Where the lines of a version come from: `lineage.parquet`, and what the store keeps beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from curate.export.assemble import Assembled
from curate.export.lines import Line
from curate.store import sql


def others(lines: Mapping[str, Sequence[Line]]) -> pa.Table:
    """Returns the rows of `version_lines`: what is not one example of the store."""
    others = [
        (side, number, line)
        for side, part in lines.items()
        for number, line in enumerate(part, 1)
        if line.parts[0][0] != "example"
    ]
    ids = [[example for _, example in line.parts] for _, _, line in others]
    return pa.table(
        {
            "side": pa.array([side for side, _, _ in others], pa.string()),
            "line": pa.array([number for _, number, _ in others], pa.int64()),
            "item_id": pa.array([line.item_id for _, _, line in others], pa.string()),
            "example_ids": pa.array(ids, pa.list_(pa.string())),
            "row_hash": pa.array([line.row_hash for _, _, line in others], pa.string()),
        }
    )


def of(con: duckdb.DuckDBPyConnection, assembled: Assembled) -> pa.Table:
    """Returns where each line came from, one row per line and example in it."""
    placed = [
        (side, number, role, example, line.row_hash, assembled.edge_cases.get(example))
        for side, part in assembled.lines.items()
        for number, line in enumerate(part, 1)
        for role, example in line.parts
    ]
    kinds = {"split": pa.string(), "line": pa.int64(), "role": pa.string()}
    kinds |= {"example_id": pa.string(), "row_hash": pa.string()}
    kinds["edge_case"] = pa.string()
    columns = {
        name: pa.array([row[place] for row in placed], kind)
        for place, (name, kind) in enumerate(kinds.items())
    }
    con.register("placed", pa.table(columns))
    own = con.sql(sql("export/lineage")).to_arrow_table()
    general = {c.example.example_id: c for pool in assembled.mixed for c in pool.candidates}
    rows = [
        {
            **dict(zip(list(kinds)[:-1], row[:-1], strict=True)),
            "is_edge_case": False,
            "source": general[row[3]].example.source,
            "location": general[row[3]].file,
            "source_line": general[row[3]].line,
            "label": general[row[3]].example.label,
            "conversation_id": general[row[3]].example.conversation_id,
            "input": general[row[3]].inputs[0],
        }
        for row in placed
        if row[2] == "mixed"
    ]
    if not rows:
        return own
    mixed = pa.Table.from_pylist(rows, schema=own.schema)
    order = [("split", "descending"), ("line", "ascending"), ("role", "ascending")]
    return pa.concat_tables([own, mixed]).sort_by(order)
