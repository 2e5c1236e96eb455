"""The split ledger: which side each example is on, given once and for ever.

`plan` reads the ledger and says what it would be after the next export; only `export` stores it.
The rules are those of docs/heldout.md.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.kernels import exported_lines
from curate.kernels.draws import RareClasses, newest, stratified
from curate.kernels.exported_lines import flags
from curate.kernels.leaks import KINDS, NONE, Members, units
from curate.options import SplitSettings
from curate.store import Store, fetch_arrow, sql
from curate.text import label_sets

NEW, TRAIN, TEST, QUARANTINED = 0, 1, 2, 3
SIDES = ("new", "train", "test", "quarantined")


USER = "user:"
"""What the group of a user begins with."""

MIN_UNIT_CAP = 20
UNIT_CAP_SHARE = 0.01


@dataclass(frozen=True)
class Plan:
    """The ledger as it is after today's examples got their sides, in numbers.

    Attributes:
        largest_unit: examples in the largest unit of examples that get their side now.
        cap: most examples that a unit may grow to.
    """

    largest_unit: int
    cap: int
    counts: dict[str, int]


def strictest(
    store: Store, con: duckdb.DuckDBPyConnection, settings: SplitSettings
) -> SplitSettings:
    """Returns the settings with the strictest leak threshold and group that were ever used here.

    Loosening them later would release rows that were withheld for a reason.
    """
    used = store.setting(con, "leak")
    return replace(
        settings,
        leak_threshold=min(settings.leak_threshold, used.get("threshold", 1.0)),
        group=used.get("group", settings.group),
    )


def plan(
    store: Store, con: duckdb.DuckDBPyConnection, settings: SplitSettings
) -> tuple[Plan, pa.Table]:
    """Returns the ledger with sides for new examples, and every leak across it.

    Args:
        store: the project's store.
        con: a connection with the temporary table `today_examples`.
        settings: of the split.

    Returns:
        The plan in numbers, and one row per example by id: example_id, side, exposed, unit, origin,
        is_new (gets its side now), newly_exposed, evicts (exported train rows give way to it from
        now on), leaks (id of the test example that withholds it), leak_kind, published (it left
        test, but an exported test file shows it), evidence (JSON text), group_key (its group, or
        `user:` and the user's key).
    """
    task = store.setting(con, "project").get("task")
    return _Planner(con, settings, rare_classes=task == "classification").plan()


@dataclass(frozen=True)
class _Withheld:
    """Per example: the held-out one that withholds it (-1 for none), how, and by rule 7."""

    by: NDArray[np.int64]
    kind: NDArray[np.int64]
    published: NDArray[np.bool_]


class _Planner:
    """One plan under way: the examples as arrays, their sides so far, and why."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, settings: SplitSettings, *, rare_classes: bool
    ) -> None:
        self.settings, self.rare_classes = settings, rare_classes
        self.rows = fetch_arrow(con, sql("split/examples"), {"group": settings.group})
        self.count = self.rows.num_rows
        self.graph, lines = exported_lines.read(self.rows, *_tied(con, settings))
        self.trained, self.shown = lines.trained, lines.shown
        self.exposing, self.exposing_run = lines.exposing, lines.exposing_run
        self.shown_exposed = lines.shown_exposed
        self.ids = pa.concat_arrays([*self.rows["example_id"].chunks, lines.gone])
        self.side = _codes(self.rows["side"], SIDES, missing=NEW)
        self.exposed = flags(self.rows["exposed"])
        self.fresh = self.side == NEW
        self.late = flags(self.rows["evicts"])
        self.evicts = np.zeros(self.count, dtype=bool)
        self.unit: NDArray[np.int64] = np.arange(self.count)
        self.origin: NDArray[np.object_] = np.full(self.count, None, dtype=object)
        self.evidence: dict[int, str] = {}
        self.cap = max(MIN_UNIT_CAP, int(UNIT_CAP_SHARE * self.count))
        self.follows: dict[int, int] = {}
        self.largest = 0
        self.untimed = 0

    def plan(self) -> tuple[Plan, pa.Table]:
        self._take_given()
        self._quarantine_bridges()
        self._give_units()
        newly_exposed = self._expose()
        return self._result(newly_exposed, self._withhold())

    # -- sides -----------------------------------------------------------------------------------

    def _take_given(self) -> None:
        """A split column and an imported evaluation set say the side themselves."""
        given = _codes(self.rows["given_side"], SIDES, missing=NEW)
        taken = (given != NEW) & (self.side == NEW)
        self.side[taken] = given[taken]
        self.origin[taken] = _objects(self.rows["given_origin"])[taken]
        self.late &= self.side == TEST
        self.evicts = self.late & self.exposed
        self.exposed &= ~self.late

    def _held(self, side: int) -> Members:
        """Returns what is on a side: as it is today, and as the files of versions have it."""
        held = self.graph.members.where((self.side == side) & ~self.exposed)
        if side == TRAIN:
            return held.plus(self.trained)
        return held.plus(self.shown.where(~self._shown_and_left()))

    def _shown_and_left(self) -> NDArray[np.bool_]:
        """Returns which rows of exported test files are exposed by now."""
        return self.shown_exposed | np.isin(self.shown.example, np.flatnonzero(self.exposed))

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
            ids = self.ids[int(train[number])], self.ids[int(test[number])]
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
        self._follow(new & by_train[unit] & ~by_test[unit] & (train != NONE), train)
        self._set(new & by_train[unit] & ~by_test[unit], TRAIN, "edge")
        self._set(new & by_test[unit] & ~by_train[unit], TEST, "edge")
        self._spread(new & by_train[unit] & by_test[unit], train, test)
        self._draw(new & ~by_train[unit] & ~by_test[unit], unit)

    def _follow(self, mask: NDArray[np.bool_], train: NDArray[np.int64]) -> None:
        """A unit that joins train belongs to what it touches, so that validation gets it too."""
        for number in np.flatnonzero(mask & (train < self.count)).tolist():
            self.follows.setdefault(int(self.unit[number]), int(train[number]))

    def _unit_names(self) -> pa.Array:
        """Returns the names of the units of all examples: for ever those that they were given."""
        import pyarrow.compute as pc

        kept = self.rows["unit"].combine_chunks()
        followed = np.full(self.count, NONE, dtype=np.int64)
        followed[list(self.follows)] = list(self.follows.values())
        source = followed[self.unit]
        source = np.where((source == NONE) | flags(kept.is_valid()), np.arange(self.count), source)
        return pc.coalesce(kept.take(source), self.ids.take(self.unit[source]))

    def _set(self, mask: NDArray[np.bool_], side: int, origin: str) -> None:
        self.side[mask] = side
        self.origin[mask] = origin

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
        import pyarrow.compute as pc

        roots, size = np.unique(unit[mask], return_counts=True)
        columns = [pc.fill_null(self.rows[name].take(roots), "") for name in ("label", "month")]
        strata = list(zip(*(column.to_pylist() for column in columns), strict=True))
        ids = self.ids.take(roots).to_pylist()
        if self.settings.split == "time":
            chosen = self._newest(ids, size.tolist(), unit[mask], np.flatnonzero(mask))
        else:
            share, seed = self.settings.test_size, self.settings.seed
            chosen = stratified(ids, size.tolist(), strata, share=share, seed=seed)
            if self.rare_classes and ids:
                chosen = self._settle(chosen, ids, size.tolist(), unit[mask], np.flatnonzero(mask))
        held = np.isin(unit, roots[chosen]) & mask
        self._set(held, TEST, "new")
        self._set(mask & ~held, TRAIN, "new")

    def _newest(
        self, ids: list[str], sizes: list[int], unit: NDArray[np.int64], members: NDArray[np.int64]
    ) -> list[int]:
        times: dict[int, int] = {}
        created_at = self.rows["created"].take(members).to_pylist()
        for root, created in zip(unit.tolist(), created_at, strict=True):
            if created is not None:
                times[root] = max(times.get(root, created), created)
        by_unit = [times.get(root) for root in np.unique(unit).tolist()]
        self.untimed += sum(n for n, time in zip(sizes, by_unit, strict=True) if time is None)
        share, seed = self.settings.test_size, self.settings.seed
        return newest(ids, sizes, by_unit, share=share, seed=seed)

    def _settle(
        self,
        chosen: list[int],
        ids: list[str],
        sizes: list[int],
        unit: NDArray[np.int64],
        members: NDArray[np.int64],
    ) -> list[int]:
        """Returns the chosen units, exchanged so that rare classes have what they need."""
        labels = self.rows["label"].to_pylist()
        read = {label: frozenset(label_sets.read(label) if label else ()) for label in set(labels)}
        names = [read[label] for label in labels]
        classes: dict[int, frozenset[str]] = {}
        for root, number in zip(unit.tolist(), members.tolist(), strict=True):
            classes[root] = classes.get(root, frozenset()) | names[number]
        train, test = Counter[str](), Counter[str]()
        for number in np.flatnonzero((self.side == TRAIN) | (self.side == TEST) & ~self.exposed):
            (train if self.side[number] == TRAIN else test).update(names[number])
        listed = [classes[root] for root in np.unique(unit).tolist()]
        rare = RareClasses(ids, sizes, listed, (train, test), self.settings.seed)
        return rare.settle(chosen)

    # -- leaks across ----------------------------------------------------------------------------

    def _expose(self) -> NDArray[np.bool_]:
        """Rule 4: a test example that an exported train row leaks leaves test for good."""
        touched, kind = self.graph.touch(self.exposing)
        self._evict()
        newly = (self.side == TEST) & ~self.exposed & ~self.late & (touched != NONE)
        self._note(newly, touched, kind)
        self.exposed |= newly
        return np.asarray(newly, dtype=bool)

    def _evict(self) -> None:
        """Before an evaluation set that came late, exported train rows give way.

        Its examples measure the models trained from the next version on, also where a stricter
        threshold finds later what leaks them.
        """
        valid_from = self.rows["valid_from"].to_numpy().astype(np.int64)
        for run in np.unique(valid_from[self.late]).tolist():
            touched, kind = self.graph.touch(self.exposing.where(self.exposing_run >= run))
            these = self.late & (valid_from == run) & (touched != NONE)
            self._note(these, touched, kind)
            self.evicts |= these
        self._set(self.evicts, TEST, "evict")

    def _note(
        self, mask: NDArray[np.bool_], touched: NDArray[np.int64], kind: NDArray[np.int64]
    ) -> None:
        """Keeps which train example leaks the test examples of a mask, and how."""
        for number in mask.nonzero()[0].tolist():
            how = KINDS[kind[number]]
            self.evidence[number] = f'{{"train":"{self.ids[touched[number]]}","kind":"{how}"}}'

    def _withhold(self) -> _Withheld:
        """Leak edges left across the sides withhold the train example.

        Rule 7: so does what an exported test file shows of a row that is exposed by now. Only the
        exported train rows stay, which exposed it.
        """
        touched, kind = self.graph.touch(self._held(TEST))
        touched[self.side != TRAIN] = NONE
        left = self.shown.where(self._shown_and_left())
        if not len(left.example):
            return _Withheld(touched, kind, np.zeros(self.count, dtype=bool))
        shown, how = self.graph.touch(left)
        published = (self.side == TRAIN) & (touched == NONE) & (shown != NONE) & ~self._trained()
        touched[published], kind[published] = shown[published], how[published]
        return _Withheld(touched, kind, published)

    def _trained(self) -> NDArray[np.bool_]:
        """Returns which examples an exported train file has with the input of today."""
        mine, lines = self.graph.members, self.trained
        known = lines.example < self.count
        still = mine.input[lines.example[known]] == lines.input[known]
        trained = np.zeros(self.count, dtype=bool)
        trained[lines.example[known][still]] = True
        return trained

    def _evicted(self, withheld: _Withheld) -> int:
        """Returns how many exported train rows are withheld for a late evaluation set."""
        import pyarrow.compute as pc

        before = flags(pc.equal(self.rows["origin"], "evict"))
        late = np.flatnonzero(self.late & (self.evicts | before))
        if not len(late):
            return 0
        return int((np.isin(withheld.by, late) & self._trained()).sum())

    def _result(self, newly: NDArray[np.bool_], withheld: _Withheld) -> tuple[Plan, pa.Table]:
        import pyarrow.compute as pc

        by_group = (withheld.by != NONE) & (withheld.kind == KINDS.index("group"))
        by_user = by_group & flags(pc.starts_with(self.rows["group_key"], USER))
        kind = np.where(by_user, KINDS.index("user"), withheld.kind)
        leaks = pa.array(withheld.by, mask=withheld.by == NONE)
        table = pa.table(
            {
                "example_id": self.rows["example_id"],
                "side": pa.array(SIDES).take(pa.array(self.side)),
                "exposed": pa.array(self.exposed),
                "unit": self._unit_names(),
                "origin": pc.coalesce(pa.array(self.origin, pa.string()), self.rows["origin"]),
                "is_new": pa.array(self.fresh),
                "newly_exposed": pa.array(newly),
                "evicts": pa.array(self.evicts),
                "leaks": self.ids.take(leaks),
                "leak_kind": pa.array(KINDS).take(pa.array(kind, mask=withheld.by == NONE)),
                "published": pa.array(withheld.published),
                "group_key": self.rows["group_key"],
                "evidence": self._evidence_texts(),
            }
        )
        drawn = self.fresh & (self.origin == "new")
        counts = {
            "new": int(self.fresh.sum()),
            "drawn": int(drawn.sum()),
            "drawn_test": int((drawn & (self.side == TEST)).sum()),
            "train": int((self.side == TRAIN).sum()),
            "test": int(((self.side == TEST) & ~self.exposed).sum()),
            "quarantined": int((self.side == QUARANTINED).sum()),
            "exposed": int(self.exposed.sum()),
            "newly_exposed": int(newly.sum()),
            "withheld": int((withheld.by != NONE).sum()),
            "published": int(withheld.published.sum()),
            "withheld_by_user": int(by_user.sum()),
            "evicting": int(self.evicts.sum()),
            "evicted": self._evicted(withheld),
            "untimed": self.untimed,
        }
        return Plan(self.largest, self.cap, counts), table

    def _evidence_texts(self) -> pa.ChunkedArray:
        before = self.rows["evidence"]
        if not self.evidence:
            return before
        texts = _objects(before)
        texts[list(self.evidence)] = list(self.evidence.values())
        return pa.chunked_array([pa.array(texts, pa.string())])


def _codes(column: pa.ChunkedArray, names: tuple[str, ...], *, missing: int) -> NDArray[np.int64]:
    """Returns the places of a column's texts among names; a null has the place `missing`."""
    import pyarrow.compute as pc

    places = pc.index_in(column, pa.array(names))
    return np.asarray(pc.fill_null(places, missing), dtype=np.int64)


def _objects(column: pa.ChunkedArray) -> NDArray[np.object_]:
    """Returns a column of texts as Python's, None for null."""
    return np.array(column.to_pylist(), dtype=object)


def _any_by_unit(
    unit: NDArray[np.int64], mask: NDArray[np.bool_], touched: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Returns bool (n + 1,): whether a member of the unit with this number touches something."""
    flags = np.zeros(len(unit) + 1, dtype=bool)  # the last one stands for "no unit" (-1)
    flags[unit[mask & (touched != NONE)]] = True
    return flags


def _tied(con: duckdb.DuckDBPyConnection, settings: SplitSettings) -> list[pa.Table]:
    """Returns the lines of all versions, near-duplicate inputs, and uncertain continuations."""
    queries: list[tuple[str, dict[str, Any]]] = [
        (sql("split/exported"), {"group": settings.group}),
        (sql("split/pairs"), {"threshold": settings.leak_threshold}),
        (sql("split/links"), {}),
    ]
    return [fetch_arrow(con, query, parameters) for query, parameters in queries]
