"""Which of the new split units are held out: by lot, or the newest; and what rare classes need.

A unit has a size (examples), an id, and classes (the labels of its examples).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Classes = frozenset[str]


def lot(seed: int, name: str) -> float:
    """Returns a number in [0, 1) that depends on the seed and the name alone."""
    raw = hashlib.sha256(f"{seed}\x1f{name}".encode()).digest()
    return int.from_bytes(raw[:6], "big") / 2**48


def lots(seed: int, names: Iterable[str]) -> NDArray[np.float64]:
    """Returns the lots of many names: float64 (n,)."""
    begun, raw = hashlib.sha256(f"{seed}\x1f".encode()), bytearray()
    for name in names:
        one = begun.copy()
        one.update(name.encode())
        raw += one.digest()[:6]
    parts = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 6)
    return parts @ (256.0 ** np.arange(5, -1, -1)) / 2**48


def stratified(
    ids: Sequence[str],
    sizes: Sequence[int],
    strata: Sequence[tuple[str, str]],
    *,
    share: float,
    seed: int,
) -> list[int]:
    """Returns the positions of units that are drawn by lot, a share of the examples.

    Units of like size have like chances, so test holds long conversations as often as production
    does; within a size class they are spread evenly over the strata. What a class cannot hit
    exactly, the next smaller one makes up for.
    """
    by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
    places = {stratum: place for place, stratum in enumerate(sorted(set(strata)))}
    stratum = np.fromiter((places[s] for s in strata), np.int64, len(strata))
    lot_of, size = lots(seed, ids), np.array(sizes, dtype=np.int64)
    size_class = np.array([s.bit_length() for s in sizes], dtype=np.int64)
    chosen: list[int] = []
    owed = 0.0
    for number_of_bits in np.unique(size_class)[::-1]:
        of_class = by_id[size_class[by_id] == number_of_bits]
        members = of_class[np.lexsort((lot_of[of_class], stratum[of_class]))]
        total = int(size[members].sum())
        owed += share * total
        # The lot decides about fractions, so that ten exports of one row hold out one of ten.
        fraction = float(lot_of[of_class[0]])
        number = max(0, min(len(members), int(owed * len(members) / total + fraction)))
        picked = [int(members[int((k + fraction) * len(members) / number)]) for k in range(number)]
        chosen += picked
        owed -= int(size[picked].sum())
    return sorted(chosen)


def newest(
    ids: Sequence[str],
    sizes: Sequence[int],
    times: Sequence[int | None],
    *,
    share: float,
    seed: int,
) -> list[int]:
    """Returns the positions of the newest units, until they hold the share of those with a time.

    Args:
        ids: of the units; among units of one time, the lot decides.
        sizes: examples of each.
        times: of the newest example of each; a unit without one is never chosen.
        share: of the examples, 0 <= share < 1.
        seed: of the lots.
    """
    by_lot = lots(seed, ids).tolist()
    timed = [(time, by_lot[n], n) for n, time in enumerate(times) if time is not None]
    wanted, held, chosen = share * sum(sizes[n] for _, _, n in timed), 0.0, []
    for _, fraction, n in sorted(timed, reverse=True):
        # The lot decides about fractions, so that ten exports of one row hold out one of ten.
        if held + fraction * sizes[n] >= wanted:
            break
        chosen.append(n)
        held += sizes[n]
    return sorted(chosen)


class RareClasses:
    """Moves units of a draw so that train has every class, and test those that two units have.

    The size of test stays: what a rare class takes, a frequent one gives. Where none can give, a
    class stays out of test.
    """

    def __init__(
        self,
        ids: Sequence[str],
        sizes: Sequence[int],
        classes: Sequence[Classes],
        sides: tuple[Mapping[str, int], Mapping[str, int]],
        seed: int,
    ) -> None:
        self._sizes, self._classes = sizes, classes
        self._lots = lots(seed, ids).tolist()
        self._before = sides
        self._units: dict[str, list[int]] = {}
        for number, names in enumerate(classes):
            for name in names:
                self._units.setdefault(name, []).append(number)

    def settle(self, chosen: Iterable[int]) -> list[int]:
        """Returns the positions that are held out instead of the chosen ones."""
        held = set(chosen)
        self._train, self._test = (Counter(before) for before in self._before)
        for number, names in enumerate(self._classes):
            (self._test if number in held else self._train).update(names)
        # Rare classes first, so that those with a choice give way to those without one.
        order = sorted(self._units, key=lambda name: (len(self._units[name]), name))
        owed = 0
        for name in order:
            if not self._train[name]:
                unit = max(self._units[name], key=lambda n: (self._lots[n], n))
                self._move(unit, held)
                owed += self._sizes[unit]
        if not held and not owed:
            return []
        for name in order:
            if not self._test[name]:
                owed += self._bring(name, held, owed)
        return sorted(held)

    def _bring(self, name: str, held: set[int], owed: int) -> int:
        """Holds out one unit of a class, for what is owed or in exchange; returns what it costs."""
        free = [n for n in self._units[name] if self._can_leave(n, self._train)]
        if not free:
            return 0
        unit = min(free, key=lambda n: (self._sizes[n], self._lots[n], n))
        size = self._sizes[unit]
        if owed >= size:
            self._move(unit, held)
            return -size
        others = [
            n
            for n in held
            if size <= owed + self._sizes[n] <= 2 * size and self._can_leave(n, self._test)
        ]
        if not others:
            return 0
        other = min(others, key=lambda n: (self._sizes[n], self._lots[n], n))
        self._move(other, held)
        self._move(unit, held)
        return self._sizes[other] - size

    def _can_leave(self, unit: int, side: Mapping[str, int]) -> bool:
        """Returns whether each class of a unit has another one on its side."""
        return all(side[name] > 1 for name in self._classes[unit])

    def _move(self, unit: int, held: set[int]) -> None:
        away, to = (self._test, self._train) if unit in held else (self._train, self._test)
        held.symmetric_difference_update({unit})
        away.subtract(self._classes[unit])
        to.update(self._classes[unit])
