"""The train examples nearest to held-out examples that a model failed.

They are what can be worked on: held-out examples themselves stay as they are, whatever a model
makes of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from curate.evaluate.baselines import TrainVectors, vectors_of
from curate.store import sql

NEAREST, ALIKE = 3, 0.5
"""Train examples that are proposed for each failed one, and the cosine that they must have."""


def find(con: duckdb.DuckDBPyConnection, train: TrainVectors, failed: Sequence[str]) -> pa.Table:
    """Returns train examples near failed ones: example_id, failed_id, similarity."""
    asked, queries = vectors_of(con, failed)
    rows: list[tuple[str, str, float]] = []
    for at, place in enumerate(asked if train.ids else ()):
        cosines = train.vectors @ queries[at]
        best = np.argsort(-cosines, kind="stable")[:NEAREST]
        rows += [
            (train.ids[one], failed[place], round(float(cosines[one]), 6))
            for one in best.tolist()
            if cosines[one] >= ALIKE
        ]
    kinds = {"example_id": pa.string(), "failed_id": pa.string(), "similarity": pa.float64()}
    listed = [dict(zip(kinds, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(listed, schema=pa.schema(kinds))


def keep(con: duckdb.DuckDBPyConnection, found: pa.Table) -> None:
    """Stores them in place of those of the evaluation before."""
    con.register("found", found)
    con.execute(sql("evaluate/neighbours_clear"))
    con.execute(sql("evaluate/neighbours_add"))
    con.unregister("found")
