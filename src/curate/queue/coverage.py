"""What vectors say of what nobody has labelled or rated, found out by each `curate queue`.

Coverage: what to ask first. Out of scope: what no label claims, or, where there are no labels,
what is unlike all else. Of labelled examples `curate mislabels` tells where they lie
(`kernels.edge_cases`). What is found counts at once, and is stored together with the queue.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.embed import embed
from curate.kernels import active_learning
from curate.label import kinds
from curate.progress import Progress
from curate.store import fetch_arrow, sql
from curate.verdicts.verdicts import Today

LACKS = {"label": ["no_label", "unknown_label"], "answer": ["unrated"]}
"""Why examples are out that an answer would bring in, by what the work is about."""


_FEWEST = 3
_TYPICAL = {
    "label": "typical of what nobody has labelled",
    "answer": "typical of what nobody has rated",
}
Found = list[tuple[str, int, float, str]]
"""Detector, position of the input, score, and what annotators are told."""


@dataclass(frozen=True)
class Inputs:
    """Inputs with a vector, in the order of their hashes; see `cover_inputs.sql`.

    Attributes:
        names: of the labels, in order.
        label: number of the label, int64 (n,), -1 where there is none; all of them are -1 where
            fewer than two labels have `_FEWEST` inputs.
    """

    about: str
    hashes: list[str]
    vectors: NDArray[np.float32]
    names: list[str]
    label: NDArray[np.int64]
    settled: NDArray[np.bool_]
    covered: NDArray[np.bool_]
    wanted: NDArray[np.bool_]
    kept: NDArray[np.bool_]

    @property
    def average(self) -> float:
        """Labelled inputs for each label; 0 where there are no labels to tell apart."""
        return float((self.label >= 0).sum()) / len(self.names) if self.names else 0.0

    @functools.cached_property
    def margins(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """By how much the best label of each leads the second, and these two."""
        return active_learning.margins(self.vectors, self.label)

    def between(self, position: int) -> str:
        """Returns which two labels an input lies between, in words."""
        one, other = (self.names[n] for n in self.margins[1][position].tolist())
        return f'between "{one}" and "{other}"'


def find(
    today: Today, kind: str, budget: int, *, progress: Progress = lambda items, _: items
) -> pa.Table | None:
    """Returns what vectors say for a kind of work, None where that is what is stored.

    Today's verdicts then have it as the temporary table `cover`, whether it is stored or not.

    Args:
        today: today's verdicts.
        kind: of the work; of pairs vectors say nothing.
        budget: so many inputs are chosen to cover what is not known.
        progress: called with (items, label) around the work.
    """
    about = kinds.get(kind).about
    if about not in LACKS:
        return None
    con, parameters = today.con, {"kind": kind}
    wanted = {**parameters, "about": about, "lacks": LACKS[about]}
    today.add("known_inputs", sql("queue/known_inputs"), wanted)
    read = con.sql(sql("queue/cover_inputs")).to_arrow_table()
    before = fetch_arrow(con, sql("queue/cover_of"), parameters)
    cover = _table(about, read, budget, progress)
    if cover.equals(before):
        return None
    con.register("found", cover)
    today.add("cover", sql("queue/cover_now"), parameters)
    con.unregister("found")
    return cover


def keep(con: duckdb.DuckDBPyConnection, kind: str, cover: pa.Table) -> None:
    """Stores what `find` found in place of what was found before."""
    con.register("found", cover)
    con.execute(sql("queue/cover_clear"), {"kind": kind})
    con.execute(sql("queue/cover_add"), {"kind": kind})
    con.unregister("found")


def _table(about: str, read: pa.Table, budget: int, progress: Progress) -> pa.Table:
    rows: Found = []
    hashes: list[str] = []
    if read.num_rows:
        task = _inputs(about, read)
        hashes = task.hashes
        rows = [
            *_coverage(task, budget, progress),
            *_scope(task, progress),
        ]
    columns = {
        "detector": pa.array([name for name, *_ in rows], pa.string()),
        "input_hash": pa.array([hashes[n] for _, n, *_ in rows], pa.string()),
        "score": pa.array([score for *_, score, _ in rows], pa.float64()),
        "why": pa.array([why for *_, why in rows], pa.string()),
    }
    order = [("detector", "ascending"), ("input_hash", "ascending")]
    return pa.table(columns).sort_by(order)


def _inputs(about: str, read: pa.Table) -> Inputs:
    hashes, vectors = embed.from_lists(read)
    labels = read["label"].to_pylist()
    names, counts = np.unique([name for name in labels if name is not None], return_counts=True)
    enough = (counts >= _FEWEST).sum() >= 2
    number = {name: n for n, name in enumerate(names.tolist() if enough else [])}
    return Inputs(
        about,
        hashes,
        vectors,
        list(number),
        np.array([number.get(name, -1) for name in labels], np.int64),
        *(read[name].to_numpy() for name in ("settled", "covered", "wanted", "kept")),
    )


def _coverage(task: Inputs, budget: int, progress: Progress) -> Found:
    """Returns what to ask first of what has no label or rating, in order.

    Typical ones of what is not covered; from `coverage.ENOUGH` labels a label on, those between two
    labels.
    """
    is_open = task.wanted & ~task.covered
    if not is_open.any():
        return []
    if task.average >= active_learning.ENOUGH:
        pool = np.flatnonzero(is_open)
        chosen = pool[active_learning.between(task.vectors[pool], task.margins[0][pool], budget)]
        return [
            ("coverage", n, float(place), f"it has no label, and lies {task.between(n)}")
            for place, n in enumerate(chosen.tolist())
        ]
    pool = np.flatnonzero(is_open | task.covered)
    chosen = pool[
        active_learning.typical(
            task.vectors[pool],
            task.covered[pool],
            budget,
            progress=lambda steps: progress(steps, "choosing what to ask first"),
        )
    ]
    why = _TYPICAL[task.about]
    return [("coverage", n, float(place), why) for place, n in enumerate(chosen.tolist())]


def _scope(task: Inputs, progress: Progress) -> Found:
    """Returns what is farther from all that is known than 99% of what is known itself."""
    # Of what has a label, `kernels.edge_cases` tells.
    pool = np.flatnonzero(task.wanted if task.about == "label" else task.kept | task.wanted)
    references = np.flatnonzero(task.label >= 0) if task.names else np.flatnonzero(task.settled)
    if len(references) < 2 or not len(pool):
        return []
    far = active_learning.out_of_scope(
        task.vectors,
        task.vectors[references],
        task.label[references] if task.names else None,
        own=task.label if task.names else None,
        progress=lambda blocks: progress(blocks, "comparing with what is known"),
    )
    limit = np.quantile(far[references], active_learning.IN_SCOPE, method="higher")
    what = "no label claims it" if task.names else "unlike anything else that is asked"
    return [
        ("out_of_scope", n, round(1 - float(far[n]), 6), what)
        for n in pool[far[pool] > limit].tolist()
    ]
