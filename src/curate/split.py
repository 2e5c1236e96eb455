"""The split ledger: which side each example is on, given once and for ever.

`plan` reads the ledger and says what it would be after the next export; only `export` stores it.
The rules are those of docs/heldout.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.kernels.leaks import KINDS, NONE, LeakGraph, Members, units
from curate.options import SplitSettings
from curate.store import Store, sql

NEW, TRAIN, TEST, QUARANTINED = 0, 1, 2, 3
SIDES = ("new", "train", "test", "quarantined")


MIN_UNIT_CAP = 20
UNIT_CAP_SHARE = 0.01


@dataclass(frozen=True)
class Plan:
    """The ledger as it is after today's examples got their sides.

    Attributes:
        table: Arrow table, one row per example by id: example_id, side, exposed, unit, origin,
            is_new (gets its side now), newly_exposed, leaks (id of the test example that withholds
            it, or that was exposed by it), leak_kind, evidence (JSON text).
        largest_unit: examples in the largest unit of examples that get their side now.
        cap: most examples that a unit may grow to.
    """

    table: pa.Table
    largest_unit: int
    cap: int
    counts: dict[str, int] = field(default_factory=dict)


def strictest(
    store: Store, con: duckdb.DuckDBPyConnection, settings: SplitSettings
) -> SplitSettings:
    """Returns the settings with the strictest leak threshold that was ever used here.

    Loosening it later would release rows that were withheld for a reason.
    """
    floor = store.setting(con, "leak").get("threshold", settings.leak_threshold)
    return SplitSettings(settings.test_size, min(settings.leak_threshold, floor), settings.seed)


def plan(store: Store, con: duckdb.DuckDBPyConnection, settings: SplitSettings) -> Plan:
    """Returns the ledger with sides for new examples, and every leak across it."""
    return _Planner(con, settings).plan()


class _Planner:
    """One plan under way: the examples as arrays, their sides so far, and why."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: SplitSettings) -> None:
        self.settings = settings
        self.rows: dict[str, Any] = con.sql(sql("split/examples")).to_arrow_table().to_pydict()
        self.count = len(self.rows["example_id"])
        self.graph, self.trained, self.shown, gone = _graph(con, self.rows, settings.leak_threshold)
        self.ids: list[str] = [*self.rows["example_id"], *gone]
        self.side = np.array([SIDES.index(s) if s else NEW for s in self.rows["side"]], np.int64)
        self.exposed = np.array([bool(e) for e in self.rows["exposed"]], dtype=bool)
        self.fresh = self.side == NEW
        self.unit: NDArray[np.int64] = np.arange(self.count)
        self.origin: list[str | None] = [None] * self.count
        self.evidence: dict[int, str] = {}
        self.cap = max(MIN_UNIT_CAP, int(UNIT_CAP_SHARE * self.count))
        self.largest = 0

    def plan(self) -> Plan:
        self._take_given()
        self._quarantine_bridges()
        self._give_units()
        newly_exposed = self._expose()
        withheld, kind = self._withhold()
        return self._result(newly_exposed, withheld, kind)

    # -- sides -----------------------------------------------------------------------------------

    def _take_given(self) -> None:
        """A split column and an imported evaluation set say the side themselves."""
        for number, given in enumerate(self.rows["given_side"]):
            if given and self.side[number] == NEW:
                self.side[number] = SIDES.index(given)
                self.origin[number] = self.rows["given_origin"][number]

    def _held(self, side: int) -> Members:
        """Returns what is on a side: as it is today, and as the files of versions have it."""
        held = self.graph.members.where((self.side == side) & ~self.exposed)
        if side == TRAIN:
            return held.plus(self.trained)
        left = np.isin(self.shown.example, np.flatnonzero(self.exposed))
        return held.plus(self.shown.where(~left))

    def _touch(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self.graph.touch(self._held(TRAIN))[0], self.graph.touch(self._held(TEST))[0]

    def _quarantine_bridges(self) -> None:
        """Rule 1: a new example with leak edges to both sides is in neither."""
        train, test = self._touch()
        self._quarantine((self.side == NEW) & (train != NONE) & (test != NONE), train, test)

    def _quarantine(
        self, mask: NDArray[np.bool_], train: NDArray[np.int64], test: NDArray[np.int64]
    ) -> None:
        for number in np.flatnonzero(mask).tolist():
            self.side[number] = QUARANTINED
            self.origin[number] = "edge"
            ids = self.ids[train[number]], self.ids[test[number]]
            self.evidence[number] = f'{{"train":"{ids[0]}","test":"{ids[1]}"}}'

    def _give_units(self) -> None:
        """Units of new examples follow what they touch; those that touch nothing are drawn."""
        new = self.side == NEW
        if not new.any():
            return
        unit = units(self.graph, new, cap=self.cap)
        self.unit = np.where(unit == NONE, self.unit, unit)
        self.largest = int(np.bincount(unit[new]).max())
        train, test = self._touch()
        by_train, by_test = _any_by_unit(unit, new, train), _any_by_unit(unit, new, test)
        self._set(new & by_train[unit] & ~by_test[unit], TRAIN, "edge")
        self._set(new & by_test[unit] & ~by_train[unit], TEST, "edge")
        self._spread(new & by_train[unit] & by_test[unit], train, test)
        self._draw(new & ~by_train[unit] & ~by_test[unit], unit)

    def _set(self, mask: NDArray[np.bool_], side: int, origin: str) -> None:
        self.side[mask] = side
        for number in np.flatnonzero(mask).tolist():
            self.origin[number] = origin

    def _spread(
        self, mixed: NDArray[np.bool_], train: NDArray[np.int64], test: NDArray[np.int64]
    ) -> None:
        """In a unit that touches both, sides spread edge by edge; where they meet: neither."""
        while True:
            left = mixed & (self.side == NEW)
            at_train, at_test = left & (train != NONE), left & (test != NONE)
            if not (at_train | at_test).any():
                break
            self._quarantine(at_train & at_test, train, test)
            self._set(at_train & ~at_test, TRAIN, "edge")
            self._set(at_test & ~at_train, TEST, "edge")
            train, test = self._touch()
        # What hung on a quarantined example only is tied to nothing.
        self._draw(mixed & (self.side == NEW), self.unit)

    def _draw(self, mask: NDArray[np.bool_], unit: NDArray[np.int64]) -> None:
        roots, size = np.unique(unit[mask], return_counts=True)
        strata = [(self.rows["label"][r] or "", self.rows["month"][r] or "") for r in roots]
        ids = [self.ids[r] for r in roots]
        chosen = draw(ids, size.tolist(), strata, self.settings)
        held = np.isin(unit, roots[chosen]) & mask
        self._set(held, TEST, "new")
        self._set(mask & ~held, TRAIN, "new")

    # -- leaks across ----------------------------------------------------------------------------

    def _expose(self) -> NDArray[np.bool_]:
        """Rule 4: a test example that an exported train row leaks leaves test for good."""
        touched, kind = self.graph.touch(self.trained)
        newly: NDArray[np.bool_] = (self.side == TEST) & ~self.exposed & (touched != NONE)
        for number in newly.nonzero()[0].tolist():
            self.evidence[number] = (
                f'{{"train":"{self.ids[touched[number]]}","kind":"{KINDS[kind[number]]}"}}'
            )
        self.exposed = self.exposed | newly
        return newly

    def _withhold(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Leak edges left across the sides withhold the train example."""
        touched, kind = self.graph.touch(self._held(TEST))
        touched[self.side != TRAIN] = NONE
        return touched, kind

    def _result(
        self, newly: NDArray[np.bool_], withheld: NDArray[np.int64], kind: NDArray[np.int64]
    ) -> Plan:
        numbers = np.arange(self.count)
        leaks = [self.ids[t] if t != NONE else None for t in withheld.tolist()]
        kept_unit = self.rows["unit"]
        table = pa.table(
            {
                "example_id": pa.array(self.rows["example_id"], pa.string()),
                "side": pa.array([SIDES[s] for s in self.side.tolist()], pa.string()),
                "exposed": pa.array(self.exposed),
                "unit": pa.array(
                    [kept_unit[n] or self.ids[self.unit[n]] for n in numbers.tolist()], pa.string()
                ),
                "origin": pa.array(
                    [
                        o or before
                        for o, before in zip(self.origin, self.rows["origin"], strict=True)
                    ],
                    pa.string(),
                ),
                "is_new": pa.array(self.fresh),
                "newly_exposed": pa.array(newly),
                "leaks": pa.array(leaks, pa.string()),
                "leak_kind": pa.array(
                    [
                        KINDS[k] if t is not None else None
                        for t, k in zip(leaks, kind.tolist(), strict=True)
                    ],
                    pa.string(),
                ),
                "evidence": pa.array(
                    [self.evidence.get(n, self.rows["evidence"][n]) for n in numbers.tolist()],
                    pa.string(),
                ),
            }
        )
        drawn = self.fresh & (np.array([o == "new" for o in self.origin], dtype=bool))
        counts = {
            "new": int(self.fresh.sum()),
            "drawn": int(drawn.sum()),
            "drawn_test": int((drawn & (self.side == TEST)).sum()),
            "train": int((self.side == TRAIN).sum()),
            "test": int(((self.side == TEST) & ~self.exposed).sum()),
            "quarantined": int((self.side == QUARANTINED).sum()),
            "exposed": int(self.exposed.sum()),
            "newly_exposed": int(newly.sum()),
            "withheld": int((withheld != NONE).sum()),
        }
        return Plan(table, self.largest, self.cap, counts)


def draw(
    ids: list[str], sizes: list[int], strata: list[tuple[str, str]], settings: SplitSettings
) -> list[int]:
    """Returns the positions of the units that are held out.

    Units of like size have like chances, so test holds long conversations as often as production
    does; within a size class they are spread evenly over the strata. What a class cannot hit
    exactly, the next smaller one makes up for.
    """
    chosen: list[int] = []
    classes: dict[int, list[int]] = {}
    for position, size in enumerate(sizes):
        classes.setdefault(size.bit_length(), []).append(position)
    owed = 0.0
    for _, members in sorted(classes.items(), reverse=True):
        members.sort(key=lambda p: (strata[p], _lot(settings.seed, ids[p]), ids[p]))
        total = sum(sizes[p] for p in members)
        owed += settings.test_size * total
        # The lot decides about fractions, so that ten exports of one row hold out one of ten.
        lot = _lot(settings.seed, min(ids[p] for p in members))
        number = max(0, min(len(members), int(owed * len(members) / total + lot)))
        picked = [members[int((k + lot) * len(members) / number)] for k in range(number)]
        chosen += picked
        owed -= sum(sizes[p] for p in picked)
    return sorted(chosen)


def _lot(seed: int, name: str) -> float:
    """Returns a number in [0, 1) that depends on the seed and the name alone."""
    raw = hashlib.sha256(f"{seed}\x1f{name}".encode()).digest()
    return int.from_bytes(raw[:6], "big") / 2**48


def _any_by_unit(
    unit: NDArray[np.int64], mask: NDArray[np.bool_], touched: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Returns bool (n + 1,): whether a member of the unit with this number touches something."""
    flags = np.zeros(len(unit) + 1, dtype=bool)  # the last one stands for "no unit" (-1)
    flags[unit[mask & (touched != NONE)]] = True
    return flags


def _graph(
    con: duckdb.DuckDBPyConnection, rows: dict[str, Any], threshold: float
) -> tuple[LeakGraph, Members, Members, list[str]]:
    """Returns the leak graph of all examples, and the train and test rows of all earlier versions.

    Last come the ids of exported examples that are gone from the store; their numbers follow those
    of the others.
    """
    exported = con.sql(sql("split/exported")).to_arrow_table().to_pydict()
    pairs = (
        con.sql(sql("split/pairs"), params={"threshold": threshold}).to_arrow_table().to_pydict()
    )
    links = con.sql(sql("split/links")).to_arrow_table().to_pydict()
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

    def members(part: dict[str, Any], examples: list[int]) -> Members:
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
    return graph, lines.where(is_train), lines.where(~is_train), gone


def _numbers(values: list[Any]) -> dict[Any, int]:
    return {value: n for n, value in enumerate(dict.fromkeys(v for v in values if v is not None))}


def _array(values: list[Any], numbers: dict[Any, int]) -> NDArray[np.int64]:
    return np.array([NONE if v is None else numbers[v] for v in values], dtype=np.int64)
