"""What leaks what: the examples as they are today, and the lines of every version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.kernels.leaks import NONE, LeakGraph, Members


@dataclass(frozen=True)
class ExportedLines:
    """The lines of all versions: train, test, which of these are exposed, ids gone from the store.

    The numbers of examples that are gone follow those of the others. `exposing` are the train lines
    without the users that their version did not keep together, and `exposing_run` the runs that
    exported them last.
    """

    trained: Members
    exposing: Members
    exposing_run: NDArray[np.int64]
    shown: Members
    shown_exposed: NDArray[np.bool_]
    gone: pa.Array


def read(
    rows: pa.Table, exported: pa.Table, pairs: pa.Table, links: pa.Table
) -> tuple[LeakGraph, ExportedLines]:
    """Returns the leak graph of all examples, and the lines of all versions.

    Args:
        rows: examples by id: example_id, input_hash, empty_input, conversation_id, group_key.
        exported: lines, likewise, with side, exposed, run and late_user.
        pairs: near-duplicate inputs: a, b.
        links: calls that may continue one of several: call_hash, example_id, is_child.
    """
    import pyarrow.compute as pc

    (of_rows, of_lines), ids = _numbers(rows["example_id"], exported["example_id"])
    (text, line_text, near_a, near_b), _ = _numbers(
        rows["input_hash"], exported["input_hash"], pairs["a"], pairs["b"]
    )
    (talk, line_talk), _ = _numbers(rows["conversation_id"], exported["conversation_id"])
    (group, line_group), _ = _numbers(rows["group_key"], exported["group_key"])
    (call,), _ = _numbers(links["call_hash"])
    text[flags(rows["empty_input"])] = NONE
    line_text[flags(exported["empty_input"])] = NONE
    callers = np.asarray(pc.index_in(links["example_id"], ids), dtype=np.int64)
    graph = LeakGraph(
        Members(of_rows, talk, group, text),
        near_a,
        near_b,
        call,
        callers,
        flags(links["is_child"]),
    )
    lines = Members(of_lines, line_talk, line_group, line_text)
    is_train = flags(pc.equal(exported["side"], "train"))
    exposing = replace(lines, group=np.where(flags(exported["late_user"]), NONE, lines.group))
    return graph, ExportedLines(
        lines.where(is_train),
        exposing.where(is_train),
        exported["run"].to_numpy().astype(np.int64)[is_train],
        lines.where(~is_train),
        flags(exported["exposed"])[~is_train],
        ids[rows.num_rows :],
    )


def flags(column: Any) -> NDArray[np.bool_]:
    """Returns an Arrow column of booleans as bool (n,); null is false."""
    import pyarrow.compute as pc

    return np.asarray(pc.fill_null(column, False), dtype=bool)


def _numbers(*columns: pa.ChunkedArray) -> tuple[list[NDArray[np.int64]], pa.Array]:
    """Returns columns as numbers, int64 (n,) with -1 for null; and the value of each number.

    Numbers are given in the order in which values are first met, to all columns alike.
    """
    import pyarrow.compute as pc

    chunks = [chunk.cast(pa.string()) for column in columns for chunk in column.chunks]
    whole = pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
    coded = pc.dictionary_encode(whole)
    codes = np.asarray(pc.fill_null(coded.indices, NONE), dtype=np.int64)
    return np.split(codes, np.cumsum([len(c) for c in columns])[:-1]), coded.dictionary
