"""What a leak is, defined once: a kernel that finds which examples leak which.

Two examples leak one another when they (a) belong to one conversation or configured group, (b)
have the same normalised input, or (c) have inputs whose token 3-gram sets have a Jaccard similarity
at or above the threshold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NONE = -1


KINDS = ("conversation", "group", "same input", "near input", "user")
"""Names of the ways to leak, in the order in which evidence is named; `user` is a kind of group."""


@dataclass(frozen=True)
class Members:
    """Examples as numbers: aligned int64 arrays (n,); -1 stands for no group, no input, no call.

    `example` is the number of the example, in the order of ids. The rows of a version that was
    exported earlier carry the keys that the example had then.
    """

    example: NDArray[np.int64]
    conversation: NDArray[np.int64]
    group: NDArray[np.int64]
    input: NDArray[np.int64]

    def where(self, mask: NDArray[np.bool_]) -> Members:
        """Returns the members that a boolean mask (n,) selects."""
        return Members(
            self.example[mask], self.conversation[mask], self.group[mask], self.input[mask]
        )

    def plus(self, other: Members) -> Members:
        """Returns these members and others."""
        return Members(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in ("example", "conversation", "group", "input")
            )
        )


@dataclass(frozen=True)
class LeakGraph:
    """All ways in which examples of one project can leak one another.

    Attributes:
        members: one row per example, in the order of ids.
        near_a: input numbers of near-duplicate pairs, with `near_b` aligned.
        near_b: the other input of each pair.
        call: call numbers of uncertain continuations, with `caller` and `continues` aligned.
        caller: the example that stands on that call.
        continues: whether the example continues the call (else it is the call).
    """

    members: Members
    near_a: NDArray[np.int64]
    near_b: NDArray[np.int64]
    call: NDArray[np.int64]
    caller: NDArray[np.int64]
    continues: NDArray[np.bool_]

    def touch(self, others: Members) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Returns for every example the smallest of `others` that it leaks, and how.

        Returns:
            int64 (n,) example numbers, -1 for none; int64 (n,) positions in `KINDS`, of the first
            kind that finds one.
        """
        count = len(self.members.example)
        sides = np.full(count, NONE, dtype=np.int64)
        kind = np.full(count, NONE, dtype=np.int64)
        for place, hit in self._ways(others):
            new = (sides == NONE) & (hit != NONE)
            sides[new], kind[new] = hit[new], place
        return sides, kind

    def _ways(self, others: Members) -> Iterator[tuple[int, NDArray[np.int64]]]:
        mine = self.members
        yield 0, _first_by_key(others.conversation, others.example, mine.conversation)
        yield 0, self._continuations(others)
        yield 1, _first_by_key(others.group, others.example, mine.group)
        yield 2, _first_by_key(others.input, others.example, mine.input)
        if len(self.near_a):
            inputs = int(max(self.near_a.max(), self.near_b.max(), mine.input.max(initial=0))) + 1
            at = _first_by_key(others.input, others.example, np.arange(inputs))
            near = np.full(inputs, _FAR)
            for a, b in ((self.near_a, self.near_b), (self.near_b, self.near_a)):
                hit = at[b]
                np.minimum.at(near, a[hit != NONE], hit[hit != NONE])
            near[near == _FAR] = NONE
            yield 3, np.where(mine.input == NONE, NONE, near[mine.input])

    def _continuations(self, others: Members) -> NDArray[np.int64]:
        first = np.full(len(self.members.example), _FAR)
        if len(self.call):
            among = np.isin(self.caller, others.example)
            for side in (True, False):
                there = among & (self.continues == side)
                here = self.continues != side
                hit = _first_by_key(self.call[there], self.caller[there], self.call[here])
                np.minimum.at(first, self.caller[here][hit != NONE], hit[hit != NONE])
        first[first == _FAR] = NONE
        return first


_FAR = 2**62


def _first_by_key(
    keys: NDArray[np.int64], values: NDArray[np.int64], queries: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Returns for each asked key the smallest value that stands with it, -1 where none does."""
    has_key = keys != NONE
    if not has_key.any():
        return np.full(len(queries), NONE, dtype=np.int64)
    first = np.full(int(max(keys.max(), queries.max(initial=0))) + 1, _FAR)
    np.minimum.at(first, keys[has_key], values[has_key])
    first[first == _FAR] = NONE
    result: NDArray[np.int64] = np.where(queries == NONE, NONE, first[queries])
    return result


def units(graph: LeakGraph, chosen: NDArray[np.bool_], *, cap: int) -> NDArray[np.int64]:
    """Returns for every chosen example the smallest example of its unit; -1 for the others.

    Conversations and configured groups are never taken apart. Leak edges of the other kinds join
    units in the order of how many examples share the text, rarest first, and an edge that would
    make a unit of more than `cap` examples is refused.
    """
    forest = _Forest(len(chosen), cap)
    numbers = np.flatnonzero(chosen)
    for key in (graph.members.conversation, graph.members.group):
        for block in _blocks(key[numbers], numbers):
            forest.join(block, refuse=False)
    for block in _leak_blocks(graph, chosen, numbers):
        forest.join(block, refuse=True)
    unit = np.full(len(chosen), NONE, dtype=np.int64)
    unit[numbers] = forest.roots()[numbers]
    return unit


def _leak_blocks(
    graph: LeakGraph, chosen: NDArray[np.bool_], numbers: NDArray[np.int64]
) -> list[list[int]]:
    """Returns blocks of examples joined by one text or pair of texts, rarest first."""
    key = graph.members.input
    count = int(max(key.max(initial=0), graph.near_a.max(initial=0), graph.near_b.max(initial=0)))
    sharing = np.bincount(key[key != NONE], minlength=count + 1)
    first = _first_by_key(key[numbers], numbers, np.arange(count + 1))
    ranking: list[tuple[int, int, list[int]]] = [
        (int(sharing[key[block[0]]]), 0, block) for block in _blocks(key[numbers], numbers)
    ]
    both = (first[graph.near_a] != NONE) & (first[graph.near_b] != NONE)
    near_a, near_b = graph.near_a[both], graph.near_b[both]
    together = np.stack([first[near_a], first[near_b]], axis=1).tolist()
    for shared, pair in zip((sharing[near_a] + sharing[near_b]).tolist(), together, strict=True):
        ranking.append((shared, 1, pair))
    there = chosen[graph.caller] if len(graph.caller) else np.zeros(0, dtype=bool)
    for block in _blocks(graph.call[there], graph.caller[there]):
        ranking.append((len(block), 2, block))
    return [block for _, _, block in sorted(ranking)]


def _blocks(keys: NDArray[np.int64], values: NDArray[np.int64]) -> list[list[int]]:
    """Returns the values that share a key, two or more, each block in order; -1 is no key."""
    order = np.lexsort((values, keys))
    keys, values = keys[order], values[order]
    starts = np.flatnonzero(np.diff(keys, prepend=NONE) != 0)
    ends = np.append(starts[1:], len(keys))
    shared = (ends - starts > 1) & (keys[starts] != NONE)
    spans = zip(starts[shared].tolist(), ends[shared].tolist(), strict=True)
    return [values[start:end].tolist() for start, end in spans]


class _Forest:
    """Union-find that keeps the smallest member as root and refuses units above a size."""

    def __init__(self, count: int, cap: int) -> None:
        self._parent = list(range(count))
        self._size = [1] * count
        self._cap = cap

    def find(self, node: int) -> int:
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def roots(self) -> NDArray[np.int64]:
        """Returns the root of every node: int64 (n,)."""
        parent = np.array(self._parent, dtype=np.int64)
        while (above := parent[parent]).tobytes() != parent.tobytes():
            parent = above
        return parent

    def join(self, block: list[int], *, refuse: bool) -> None:
        first = self.find(block[0])
        for node in block[1:]:
            other = self.find(node)
            if other == first:
                continue
            size = self._size[first] + self._size[other]
            if refuse and size > self._cap:
                continue
            first, child = min(first, other), max(first, other)
            self._parent[child] = first
            self._size[first] = size
