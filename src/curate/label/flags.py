"""Which examples detectors flag, and which clusters are thin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from curate.errors import ConfigError
from curate.label import kinds
from curate.store import fetch_arrow, sql
from curate.verdicts.detectors import DetectorFile
from curate.verdicts.verdicts import Today


def flag(today: Today, kind: str, doubted: Sequence[str] = ()) -> None:
    """Creates the temporary table `flags`: what each detector says under today's verdicts.

    Args:
        today: today's verdicts.
        kind: of work.
        doubted: answered examples that want another rater, see `agreement.doubted`.
    """
    con = today.con
    arguments = {
        "kind": kind,
        "about": kinds.get(kind).about,
        "doubted": list(doubted),
        "near": today.dedupe.near,
        "semantic": today.dedupe.semantic,
        "thin_train": THIN_EXAMPLES,
        "thin_share": THIN_SHARE,
    }
    con.execute(sql("label/flags_create"))
    for detector in kinds.detectors_of(kind).values():
        con.register("said", _ask(con, detector, arguments))
        con.execute(sql("label/flags_add"), {"detector": detector.name})
        con.unregister("said")


def _ask(
    con: duckdb.DuckDBPyConnection, detector: DetectorFile, arguments: Mapping[str, Any]
) -> pa.Table:
    """Returns what a detector flags, with the columns of `flags`.

    Raises:
        ConfigError: it does not select an example and a score.
    """
    arguments_given = {**arguments, **{p.name: p.default for p in detector.parameters}}
    (statement,) = duckdb.extract_statements(detector.query)
    used = {name: arguments_given[name] for name in statement.named_parameters}
    table = fetch_arrow(con, detector.query, used)
    missing = [name for name in ("example_id", "score") if name not in table.column_names]
    if missing:
        raise ConfigError(f"sql/detectors/{detector.name}.sql does not select {missing[0]}")
    return _completed(table, detector)


def _completed(table: pa.Table, detector: DetectorFile) -> pa.Table:
    """Returns the columns of `flags`; those that sentences name are one struct, `facts`."""
    empty = pa.nulls(table.num_rows, pa.string())
    columns = {
        "example_id": table["example_id"],
        "score": table["score"],
        "place": pa.repeat(pa.scalar(detector.place, pa.int32()), table.num_rows),
        "because": empty,
        "suggested": empty,
    }
    columns |= {name: table[name] for name in columns if name in table.column_names}
    columns_named = [name for name in table.column_names if detector.names(name)]
    struct = [table[name].combine_chunks() for name in columns_named]
    columns["facts"] = pa.StructArray.from_arrays(struct, columns_named) if columns_named else empty
    return pa.table(columns)


THIN_EXAMPLES = 10
"""Fewer train examples than this teach little about a label or cluster that production asks for."""


THIN_SHARE = 0.005
"""Share of production from which on a label or cluster is asked for."""
