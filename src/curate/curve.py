"""`curate curve`: would more data of this kind help? A learning curve on train alone.

A cheap classifier learns from growing shares of the train examples that are ready, and is judged by
a part of train that it has not seen: cut by what may not cross (conversations, copies), several
times over. Nothing of the test side is looked at, so the answer may be acted on without spending
the held-out split. Nothing is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.dedupe import input_pairs
from curate.embed import embed
from curate.embed.encoders import next_step
from curate.errors import ConfigError
from curate.kernels.leaks import LeakGraph, Members, units
from curate.kernels.probe import learned
from curate.mislabels import mislabels
from curate.mislabels.mislabels import SAME_MEANING
from curate.options import CurveSettings, SplitSettings
from curate.progress import Progress
from curate.split import MIN_UNIT_CAP, UNIT_CAP_SHARE, strictest
from curate.store import Store, sql
from curate.text.notebook import Shown
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Of what may be learned from: four doublings."""


VALIDATION = 0.2
"""Share of train that judges, drawn anew for each repeat."""


FEWEST = 50
"""Examples below which a sixteenth is nothing to learn from."""


HELPS = 0.005
"""Gain in accuracy from which on doubling the data is said to help: half a point."""


POWERS = (0.75, 1.5, 0.0)
"""By which power of the size errors fall: usually, at most, at least."""


_SHOWN = 5


@dataclass(frozen=True)
class Point:
    """What one share reached: accuracy on what was not learned from, with its 95% interval."""

    examples: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class Gain:
    """What doubling would bring: accuracy now, then, and by how much: from `low` to `high`."""

    examples: int
    now: float
    then: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Recall:
    """A class: its examples, and the share of those judged that was recognised."""

    label: str
    examples: int
    judged: int
    recall: float


@dataclass(frozen=True)
class CurveResult(Shown):
    """A learning curve, and what it says.

    Attributes:
        examples: labelled train examples that are ready and have a vector.
        classes: their labels.
        judged: examples that judged, in the mean over repeats.
        points: the smallest share first.
        doubled: what twice as many as the last point has would bring; see `forecast`.
        helps: whether that is half a point or more.
        suspected: of what the last point got wrong, the share whose label is likely wrong; None
            where no labels were judged.
        recalls: every class, worst first, at the last point.
        profit: those that more examples would help most: worse than the whole, and no larger
            than the median class.
        without_vector: examples that took no part: no vector, or a script that the encoder
            cannot read.
    """

    examples: int
    classes: int
    judged: int
    repeats: int
    seed: int
    points: tuple[Point, ...]
    doubled: Gain
    helps: bool
    suspected: float | None
    recalls: tuple[Recall, ...]
    profit: tuple[Recall, ...]
    without_vector: int

    @property
    def verdict(self) -> str:
        """Returns in words whether more data of this kind would help."""
        told = self.doubled
        amount = (
            f"about {100 * told.gain:+.1f} points (from {told.now:.1%} to {told.then:.1%}; "
            f"{100 * told.low:+.1f} to {100 * told.high:+.1f})"
        )
        if self.helps:
            return f"doubling the data of this kind, to {told.examples:,}, would bring {amount}"
        return f"more data of this kind would hardly help: doubling it would bring {amount}"


def curve(
    store: Store,
    *,
    repeats: int = CurveSettings.repeats,
    seed: int = 0,
    progress: Progress = lambda items, _: items,
) -> CurveResult:
    """Returns the learning curve of a cheap classifier on the train side.

    Args:
        store: the project's store; nothing in it changes.
        repeats: how often the validation part is drawn, 2 or more.
        seed: of the draws.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: there is nothing to learn from.
    """
    with verdicts.today(store) as today:
        read = _read(today)
    tests = []
    lots = [_lots(read.ids[read.unit], f"{seed}\x1f{repeat}") for repeat in range(repeats)]
    for lot in progress(lots, "learning"):
        tests.append(_measured(read, np.lexsort((np.arange(len(lot)), lot))))
    accuracy = np.array([[at.hit.mean() for at in test] for test in tests])
    size = np.array([[at.learned for at in test] for test in tests]).mean(axis=0)
    last = [test[-1] for test in tests]
    wrong = np.concatenate([at.judged[~at.hit] for at in last])
    gain, low, high = forecast(accuracy[:, -2], accuracy[:, -1])
    now = float(accuracy[:, -1].mean())
    recalls = _recalls(read, last)
    return CurveResult(
        examples=len(read.ids),
        classes=len(read.names),
        judged=round(float(np.mean([len(at.judged) for at in last]))),
        repeats=repeats,
        seed=seed,
        points=tuple(
            Point(round(float(n)), *_interval(part))
            for n, part in zip(size, accuracy.T, strict=True)
        ),
        doubled=Gain(2 * round(float(size[-1])), now, now + gain, gain, low, high),
        helps=gain >= HELPS,
        suspected=float(read.suspect[wrong].mean()) if read.judges and len(wrong) else None,
        recalls=recalls,
        profit=_profit(recalls, now),
        without_vector=read.without_vector,
    )


@dataclass(frozen=True)
class _TrainExamples:
    """Train examples in the order of their ids; aligned arrays (n,).

    Attributes:
        label: number of the label in `names`.
        unit: the first example of what may not cross.
        suspect: whether the label is likely wrong; `judges`: whether labels were judged at all.
    """

    ids: NDArray[np.object_]
    names: list[str]
    label: NDArray[np.int64]
    vectors: NDArray[np.float32]
    unit: NDArray[np.int64]
    suspect: NDArray[np.bool_]
    judges: bool
    without_vector: int


def _read(today: Today) -> _TrainExamples:
    store, con = today.store, today.con
    rows = con.sql(sql("curve/examples")).to_arrow_table()
    if not rows.num_rows:
        raise ConfigError(_nothing(con))
    hashes, vectors = embed.vectors(con)
    if not hashes:
        raise ConfigError(f"a curve is learned from the vectors of inputs. Next: {next_step()}")
    foreign = input_pairs.foreign_inputs(store, con)
    finite = np.asarray(np.isfinite(vectors).all(axis=1))
    number = {h: n for n, h in enumerate(hashes) if finite[n] and h not in foreign}
    at = np.array([number.get(h, -1) for h in rows["input_hash"].to_pylist()], np.int64)
    chosen = rows.filter(at >= 0)
    names, label = np.unique(np.array(chosen["label"].to_pylist(), str), return_inverse=True)
    _enough(chosen.num_rows, names.tolist(), int((at < 0).sum()))
    return _TrainExamples(
        ids=np.array(chosen["example_id"].to_pylist(), object),
        names=names.tolist(),
        label=label,
        vectors=vectors[at[at >= 0]],
        unit=_units(store, con, chosen),
        suspect=np.array(chosen["suspect"].to_pylist(), bool),
        judges=bool(store.setting(con, "mislabels")),
        without_vector=int((at < 0).sum()),
    )


def _nothing(con: duckdb.DuckDBPyConnection) -> str:
    there = mislabels.counts(con)
    if not there.examples:
        return "there are no examples yet. Next: curate pull LOGS"
    if not mislabels.count_labelled(con):
        return "no example has a label. Next: curate pull LOGS --map label=COLUMN"
    return "no labelled example is ready in train. Next: curate status, which says why"


def _enough(count: int, names: Sequence[str], without_vector: int) -> None:
    if count < FEWEST:
        step = next_step() if without_vector else "curate status, which says what is out and why"
        raise ConfigError(
            f"a learning curve needs {FEWEST} labelled train examples with a vector, and {count} "
            f"are ready. Next: {step}"
        )
    if len(names) < 2:
        raise ConfigError(
            f'all {count:,} ready train examples are "{names[0]}": nothing to tell apart. '
            "Next: curate mislabels --classes"
        )


def _units(store: Store, con: duckdb.DuckDBPyConnection, rows: pa.Table) -> NDArray[np.int64]:
    """Returns the first example of each example's unit: conversation, group, copies."""
    asked = strictest(store, con, SplitSettings(**store.setting(con, "split")))
    alike = {"near": asked.leak_threshold, "semantic": SAME_MEANING}
    keys = [_numbered(rows[c].to_pylist()) for c in ("conversation_id", "group_key", "input_hash")]
    place = dict(zip(rows["input_hash"].to_pylist(), keys[2].tolist(), strict=True))
    copies = mislabels.copies(con, alike)
    pairs = [(place[a], place[b]) for a, b, _ in copies if a in place and b in place]
    near = np.array(pairs, np.int64).reshape(-1, 2)
    nobody = np.zeros(0, np.int64)
    members = Members(np.arange(rows.num_rows), *keys)
    graph = LeakGraph(members, near[:, 0], near[:, 1], nobody, nobody, nobody.astype(bool))
    cap = max(MIN_UNIT_CAP, int(UNIT_CAP_SHARE * rows.num_rows))
    return units(graph, np.ones(rows.num_rows, bool), cap=cap)


def _numbered(values: list[str | None]) -> NDArray[np.int64]:
    number_of = {v: n for n, v in enumerate(dict.fromkeys(v for v in values if v is not None))}
    return np.array([-1 if v is None else number_of[v] for v in values], np.int64)


def _lots(names: Iterable[str], draw: str) -> NDArray[np.uint64]:
    """Returns a number for each name that depends on the draw and the name alone."""
    lots = {name: hashlib.sha256(f"{draw}\x1f{name}".encode()).digest()[:8] for name in set(names)}
    return np.frombuffer(b"".join(lots[name] for name in names), ">u8").astype(np.uint64)


@dataclass(frozen=True)
class _Test:
    """How many examples were learned from, which ones judged, and whether each was hit."""

    learned: int
    judged: NDArray[np.int64]
    hit: NDArray[np.bool_]


def _measured(read: _TrainExamples, order: NDArray[np.int64]) -> list[_Test]:
    """Returns what each share reaches: examples in order, unit by unit, the first ones judge."""
    ends = np.flatnonzero(np.diff(read.unit[order], append=-1)) + 1
    cut = int(ends[np.searchsorted(ends, VALIDATION * len(order))])
    judged, rest = order[:cut], order[cut:]
    tests = []
    for share in SHARES:
        part = rest[: max(2, round(share * len(rest)))]
        said = learned(read.vectors[part], read.label[part], read.vectors[judged], len(read.names))
        tests.append(_Test(len(part), judged, said == read.label[judged]))
    return tests


def _interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Returns mean and 95% interval over repeats, whose parts overlap.

    Source: Nadeau and Bengio 2003, Machine Learning 52:239 (corrected resampled t).
    """
    from scipy.special import stdtrit

    count = len(values)
    spread = values.var(ddof=1) * (1 / count + VALIDATION / (1 - VALIDATION))
    half = float(stdtrit(count - 1, 0.975) * np.sqrt(spread))
    mean = float(values.mean())
    return mean, mean - half, mean + half


def forecast(before: NDArray[np.float64], now: NDArray[np.float64]) -> tuple[float, float, float]:
    """Returns what the next doubling brings, and from where to where it may lie.

    Of an error that falls as size ** -power to some rest, a doubling brings 2 ** -power times what
    the one before brought. The power is not fitted: five points do not tell it from the rest.

    Args:
        before: accuracy of each repeat at half the size.
        now: at the last size.

    Source: Hestness et al. 2017, arXiv:1712.00409 (power laws); docs/curve.md (the powers).
    """
    usual, steep, flat = (2.0**-power for power in POWERS)
    gain, low, high = _interval(now - before)
    return max(gain, 0.0) * usual, max(low, 0.0) * steep, max(high, 0.0) * flat


def _recalls(read: _TrainExamples, tests: Sequence[_Test]) -> tuple[Recall, ...]:
    """Returns the recall of each class over all repeats, the worst first."""
    many = len(read.names)
    judged = np.concatenate([read.label[t.judged] for t in tests])
    hit = np.concatenate([t.hit for t in tests])
    total = np.bincount(judged, minlength=many)
    right = np.bincount(judged[hit], minlength=many)
    count = np.bincount(read.label, minlength=many)
    recalls = [
        Recall(name, int(n), int(t), float(r / t))
        for name, n, t, r in zip(read.names, count, total, right, strict=True)
        if t
    ]
    return tuple(sorted(recalls, key=lambda one: (one.recall, one.examples, one.label)))


def _profit(recalls: Sequence[Recall], accuracy: float) -> tuple[Recall, ...]:
    import statistics

    middle = statistics.median(one.examples for one in recalls)
    few = [one for one in recalls if one.examples <= middle and one.recall < accuracy]
    return tuple(few[:_SHOWN])
