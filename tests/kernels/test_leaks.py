"""The leak kernel and the near-duplicate search, against brute force on small random inputs."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.jaccard import near_pairs
from curate.kernels.leaks import KINDS, NONE, LeakGraph, Members, units
from curate.text.text import normalise

# -- random small graphs -------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """Keys of one example; -1 stands for none."""

    conversation: int
    group: int
    text: int


KEYS = st.builds(Row, st.integers(-1, 3), st.integers(-1, 2), st.integers(-1, 5))
TEXT_PAIRS = st.sets(
    st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda p: p[0] < p[1]), max_size=5
)
# Which example is on which uncertain call, and whether it continues it.
LINKS = st.sets(st.tuples(st.integers(0, 2), st.integers(0, 7), st.booleans()), max_size=6)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Row], set, set]:
    rows = draw(st.lists(KEYS, min_size=1, max_size=8))
    links = {link for link in draw(LINKS) if link[1] < len(rows)}
    return rows, draw(TEXT_PAIRS), links


def members(rows: list[Row], numbers: list[int]) -> Members:
    columns = [[r.conversation for r in rows], [r.group for r in rows], [r.text for r in rows]]
    return Members(*(np.array(c, dtype=np.int64) for c in [numbers, *columns]))


def graph_of(rows: list[Row], near: set, links: set) -> LeakGraph:
    pairs, calls = np.array(sorted(near), dtype=np.int64), sorted(links)
    return LeakGraph(
        members(rows, list(range(len(rows)))),
        *pairs.reshape(-1, 2).T,
        np.array([c for c, _, _ in calls], dtype=np.int64),
        np.array([e for _, e, _ in calls], dtype=np.int64),
        np.array([child for _, _, child in calls], dtype=bool),
    )


def continues(links: set, a: int, b: int) -> bool:
    """Whether one example may continue the call that the other one is."""
    return any((call, b, not child) in links for call, e, child in links if e == a)


# A known conversation is looked for first, then one that the texts of the calls make likely.
WAYS = {"conversation": 0, "continuation": 0, "group": 1, "same input": 2, "near input": 3}


def ways(mine: Row, a: int, other: Row, b: int, near: set, links: set) -> list[int]:
    """All ways in which example a leaks the row of example b, as places in WAYS."""
    pair = (min(mine.text, other.text), max(mine.text, other.text))
    found = {
        "conversation": mine.conversation == other.conversation != NONE,
        "continuation": continues(links, a, b),
        "group": mine.group == other.group != NONE,
        "same input": mine.text == other.text != NONE,
        "near input": pair in near,
    }
    return [place for place, way in enumerate(WAYS) if found[way]]


@settings(max_examples=120, deadline=None)
@given(graphs(), st.data())
def test_touch_finds_the_first_way_and_its_smallest_example(graph, data: st.DataObject) -> None:
    rows, near, links = graph
    numbers = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8))
    # What was exported earlier may have had other keys, and may be gone by now.
    gone = data.draw(st.integers(0, 2))
    numbers += range(len(rows), len(rows) + gone)
    earlier = [
        rows[n] if n < len(rows) and data.draw(st.booleans()) else data.draw(KEYS) for n in numbers
    ]
    found, kind = graph_of(rows, near, links).touch(members(earlier, numbers))
    for a, row in enumerate(rows):
        hits = [
            (way, b)
            for b, other in zip(numbers, earlier, strict=True)
            for way in ways(row, a, other, b, near, links)
        ]
        way, smallest = min(hits, default=(NONE, NONE))
        assert found[a] == smallest
        assert kind[a] == ([*WAYS.values()][way] if hits else NONE)


def test_kinds_are_named_in_the_order_of_their_numbers() -> None:
    assert KINDS == ("conversation", "group", "same input", "near input", "user")


def test_touch_of_nothing_and_in_an_empty_project() -> None:
    nothing = members([], [])
    found, kind = graph_of([Row(0, 0, 0), Row(0, 0, 0)], {(0, 1)}, set()).touch(nothing)
    assert found.tolist() == kind.tolist() == [NONE, NONE]
    found, _ = graph_of([], {(0, 1)}, set()).touch(members([Row(1, 1, 1)], [0]))
    assert found.tolist() == []


# -- units ---------------------------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(graphs(), st.data())
def test_units_without_a_cap_are_the_connected_components(graph, data: st.DataObject) -> None:
    rows, near, links = graph
    chosen = [data.draw(st.booleans()) for _ in rows]
    got = units(graph_of(rows, near, links), np.array(chosen), cap=100)
    component = list(range(len(rows)))
    # Two continuations of one call are tied to it, and so to one another.
    calls = [{e for c, e, _ in links if c == call and chosen[e]} for call in range(3)]
    for _ in rows:
        for a, b in combinations(range(len(rows)), 2):
            joined = ways(rows[a], a, rows[b], b, near, set()) or any({a, b} <= c for c in calls)
            if chosen[a] and chosen[b] and joined:
                component[a] = component[b] = min(component[a], component[b])
    expected = [c if on else NONE for c, on in zip(component, chosen, strict=True)]
    assert got.tolist() == expected


@settings(max_examples=120, deadline=None)
@given(graphs(), st.integers(1, 4))
def test_units_never_pass_the_cap_but_for_whole_conversations_and_groups(graph, cap: int) -> None:
    rows, near, links = graph
    got = units(graph_of(rows, near, links), np.ones(len(rows), dtype=bool), cap=cap)
    whole = [Row(r.conversation, r.group, NONE) for r in rows]
    firm = units(graph_of(whole, set(), set()), np.ones(len(rows), dtype=bool), cap=cap)
    assert all(len({got[i] for i in np.flatnonzero(firm == unit)}) == 1 for unit in set(firm))
    size, kept = Counter(got.tolist()), Counter(firm.tolist())
    assert all(count <= max(cap, *kept.values()) for count in size.values())
    assert all(unit == min(np.flatnonzero(got == unit)) for unit in size)


def test_units_join_the_rarest_text_first() -> None:
    # Text 0 is shared by five rows, text 1 by two; row 4 is in the group of row 5.
    rows = [Row(-1, -1, 0) for _ in range(4)] + [Row(-1, 0, 0), Row(-1, 0, 1), Row(-1, -1, 1)]
    got = units(graph_of(rows, set(), set()), np.ones(7, dtype=bool), cap=3)
    assert got.tolist() == [0, 0, 0, 3, 4, 4, 4]


# -- near-duplicate pairs ------------------------------------------------------------------------

WORDS = st.sampled_from(["a", "b", "c", "dd", "é", "7"])
TEXTS = st.lists(
    st.lists(WORDS, max_size=16).map(" ".join) | st.just("a b c dd a b c dd e f"), max_size=12
)


def brute_force(texts: list[str], threshold: float) -> dict[tuple[int, int], float]:
    grams = []
    for text in texts:
        words = re.findall(r"\w+", text)
        three = {" ".join(words[k : k + 3]) for k in range(len(words) - 2)}
        grams.append(three if len(words) >= 8 else set())
    found = {}
    for i, j in combinations(range(len(texts)), 2):
        if grams[i] and grams[j]:
            similarity = len(grams[i] & grams[j]) / len(grams[i] | grams[j])
            if similarity >= threshold:
                found[i, j] = similarity
    return found


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([0.1, 0.25, 0.5, 0.6, 2 / 3, 0.75, 0.8, 0.9, 1.0]))
def test_near_pairs_are_those_of_brute_force(texts: list[str], threshold: float) -> None:
    a, b, similarity = near_pairs(texts, threshold=threshold)
    pairs = list(zip(a.tolist(), b.tolist(), strict=True))
    assert pairs == sorted(pairs)
    assert dict(zip(pairs, similarity.tolist(), strict=True)) == brute_force(texts, threshold)


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([0.5, 0.7, 0.8, 0.9]))
def test_near_pairs_of_edited_texts_are_those_of_brute_force(random, threshold: float) -> None:
    texts = [" ".join(random.choices("abcdefghijkl", k=random.randint(6, 40))) for _ in range(8)]
    for _ in range(40):
        words = random.choice(texts).split()
        for _ in range(random.randint(0, 3)):
            words[random.randrange(len(words))] = random.choice("abcdefghijklxyz")
        texts.append(" ".join(words[: random.randint(6, 50)]))
    a, b, similarity = near_pairs(texts, threshold=threshold)
    got = dict(zip(zip(a.tolist(), b.tolist(), strict=True), similarity.tolist(), strict=True))
    assert got == brute_force(texts, threshold)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.randoms(use_true_random=False))
def test_near_pairs_do_not_depend_on_the_order_of_the_texts(texts: list[str], random) -> None:
    order = random.sample(range(len(texts)), len(texts))
    a, b, _ = near_pairs([texts[n] for n in order], threshold=0.5)
    there = {frozenset((order[i], order[j])) for i, j in zip(a, b, strict=True)}
    a, b, _ = near_pairs(texts, threshold=0.5)
    assert there == {frozenset(pair) for pair in zip(a.tolist(), b.tolist(), strict=True)}


def test_near_pairs_by_hand() -> None:
    ten = "one two three four five six seven eight nine ten"
    texts = [ten, ten + " eleven", ten.replace("five", "5"), "one two three four five six seven"]
    a, b, similarity = near_pairs(texts, threshold=0.4)
    # 8 of 9 grams shared; 5 of 11; and 5 of 12, since "5" for "five" changes three grams.
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert similarity.tolist() == [8 / 9, 5 / 11, 5 / 12]


@pytest.mark.parametrize("texts", [[], ["short text"], ["one two three four five six seven eight"]])
def test_near_pairs_of_too_little_are_none(texts: list[str]) -> None:
    a, b, similarity = near_pairs(texts, threshold=0.8)
    assert len(a) == len(b) == len(similarity) == 0


# -- normalisation -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  Reset\tmy \n password ", "reset my password"),
        ("CAFE\u0301", "caf\u00e9"),
        ("Straße", "strasse"),
        ("no\u00a0break\u2003space", "no break space"),
        ("keep: punctuation?!", "keep: punctuation?!"),
        ("", ""),
    ],
)
def test_normalise_by_hand(raw: str, expected: str) -> None:
    assert normalise(raw) == expected
