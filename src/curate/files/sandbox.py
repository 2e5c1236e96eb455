"""Documents as tables of an own DuckDB, in which a user's SQL can read them and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import duckdb
import pyarrow as pa

from curate.messages import canonical

# Source: the canonical extension type arrow.json, arrow.apache.org/docs/format.
_JSON = {b"ARROW:extension:name": b"arrow.json", b"ARROW:extension:metadata": b""}


def sandbox() -> duckdb.DuckDBPyConnection:
    """Returns a database in memory without files, network, or tables of Python's own.

    One thread, so that rows come in the same order each time.
    """
    con = duckdb.connect(
        ":memory:",
        config={
            "enable_external_access": "false",
            "python_enable_replacements": "false",
            "threads": "1",
        },
    )
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET lock_configuration = true")
    return con


def as_table(documents: Sequence[Mapping[str, Any]], missing: Iterable[str] = ()) -> pa.Table:
    """Returns documents as a table; objects and lists are JSON, a mixed column is text.

    SQL knows no case in names, so `Id` beside `id` is `Id_2`.

    Args:
        documents: the rows.
        missing: columns that they need not have; all null then.
    """
    columns = dict.fromkeys(name for document in documents for name in document)
    fields, values, taken = [], [], set[str]()
    for name in [*columns, *missing]:
        numbered = (f"{name}_{n}" if n > 1 else name for n in count(1))
        distinct = next(n for n in numbered if n.lower() not in taken)
        if name not in columns and distinct != name:
            continue
        taken.add(distinct.lower())
        array, metadata = _column([document.get(name) for document in documents])
        fields.append(pa.field(distinct, array.type, metadata=metadata))
        values.append(array)
    return pa.table(values, schema=pa.schema(fields))


def _column(values: Sequence[Any]) -> tuple[pa.Array, dict[bytes, bytes] | None]:
    if any(isinstance(value, dict | list) for value in values):
        texts = [None if value is None else _json(value) for value in values]
        return pa.array(texts, pa.utf8()), _JSON
    if all(value is None for value in values):
        return pa.nulls(len(values), pa.utf8()), None
    if not any(isinstance(value, str) for value in values):
        try:
            return pa.array(values), None
        except (pa.ArrowException, OverflowError):
            pass  # kinds that do not go together: text
    texts = [v if v is None or isinstance(v, str) else _json(v).strip('"') for v in values]
    return pa.array(texts, pa.utf8()), None


def _json(value: Any) -> str:
    is_json = isinstance(value, str) and value.lstrip()[:1] in ("{", "[")
    return value if is_json else canonical(value)
