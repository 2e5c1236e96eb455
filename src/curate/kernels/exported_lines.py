"""What leaks what: the examples as they are today, and the lines of every version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.kernels.leaks import NONE, LeakGraph, Members

Columns = Mapping[str, Sequence[Any]]


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
    gone: list[str]


def read(
    rows: Columns, exported: Columns, pairs: Columns, links: Columns
) -> tuple[LeakGraph, ExportedLines]:
    """Returns the leak graph of all examples, and the lines of all versions.

    Args:
        rows: examples by id: example_id, input_hash, empty_input, conversation_id, group_key.
        exported: lines, likewise, with side, exposed, run and late_user.
        pairs: near-duplicate inputs: a, b.
        links: calls that may continue one of several: call_hash, example_id, is_child.
    """
    number = _numbers([*rows["example_id"], *exported["example_id"]])
    texts = {
        h: n
        for n, h in enumerate(
            dict.fromkeys([*rows["input_hash"], *exported["input_hash"], *pairs["a"], *pairs["b"]])
        )
    }
    talks = _numbers([*rows["conversation_id"], *exported["conversation_id"]])
    groups = _numbers([*rows["group_key"], *exported["group_key"]])
    calls = _numbers(links["call_hash"])

    def members(part: Columns, examples: list[int]) -> Members:
        return Members(
            np.array(examples, dtype=np.int64),
            _array(part["conversation_id"], talks),
            _array(part["group_key"], groups),
            _array(
                [
                    None if empty else h
                    for h, empty in zip(part["input_hash"], part["empty_input"], strict=True)
                ],
                texts,
            ),
        )

    graph = LeakGraph(
        members(rows, list(range(len(rows["example_id"])))),
        _array(pairs["a"], texts),
        _array(pairs["b"], texts),
        _array(links["call_hash"], calls),
        _array(links["example_id"], number),
        np.array(links["is_child"], dtype=bool),
    )
    gone = list(number)[len(rows["example_id"]) :]
    lines = members(exported, [number[e] for e in exported["example_id"]])
    is_train = np.array([side == "train" for side in exported["side"]], dtype=bool)
    exposed = np.array(exported["exposed"], dtype=bool)[~is_train]
    late = np.array(exported["late_user"], dtype=bool)
    exposing = replace(lines, group=np.where(late, NONE, lines.group)).where(is_train)
    run = np.array(exported["run"], dtype=np.int64)[is_train]
    return graph, ExportedLines(
        lines.where(is_train), exposing, run, lines.where(~is_train), exposed, gone
    )


def _numbers(values: Sequence[Any]) -> dict[Any, int]:
    return {value: n for n, value in enumerate(dict.fromkeys(v for v in values if v is not None))}


def _array(values: Sequence[Any], numbers: dict[Any, int]) -> NDArray[np.int64]:
    return np.array([NONE if v is None else numbers[v] for v in values], dtype=np.int64)
