"""Rows that stood there before, exactly or nearly: in the file, or in a held-out one.

Inputs are compared as the leak check compares them: the last user turn (with the two messages
before it when it is short), normalised, by the Jaccard similarity of its token 3-grams. Within the
file, two that something keeps apart, another number or another word, are no duplicates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from curate.check.shapes import Message, ParsedRow
from curate.inputs.agents import with_steps
from curate.inputs.inputs import input_text
from curate.kernels import minhash
from curate.kernels.differences import Differences
from curate.kernels.jaccard import jaccard
from curate.messages import canonical, query_and_context, text_of
from curate.text.text import SHORT_TOKENS, bare, digest, normalise, tokens

THRESHOLD = 0.8
AT_ONCE = 20_000
ROOM = 64_000_000
"""Characters of inputs that are kept to compare later ones with."""


_PAIRS_AT_ONCE = 200_000


Found = tuple[int, str, str]


def input_of(read: ParsedRow) -> str:
    """Returns the normalised input of a row; a row without a prompt is its own input."""
    talk = read.prompt or read.messages
    query, context = query_and_context(talk)
    said = input_text(query or text_of(talk[-1].get("content")), context)
    return bare(normalise(with_steps(said, talk)))


def identity(read: ParsedRow) -> str:
    """Returns what two equal rows have in common: a digest of texts, calls and labels."""
    parts = [_heard(read.prompt), *map(_heard, read.answers), [canonical([read.label, read.spans])]]
    return digest("\x1e".join("\x1f".join(part) for part in parts))


def _heard(messages: Sequence[Message]) -> list[str]:
    return [
        f"{m['role']}\x1d{normalise(text_of(m.get('content')))}{canonical(m.get('tool_calls'))}"
        for m in messages
    ]


class Alike:
    """Takes the inputs of a file's rows, in order, and finds those that it has met.

    Args:
        heldout: (line, normalised input) of the held-out rows.
    """

    def __init__(self, heldout: Sequence[tuple[int, str]] = ()) -> None:
        self._held: dict[str, int] = {}
        for line, text in heldout:
            if text:
                self._held.setdefault(text, line)
        self._texts = [text for text in self._held if _is_long(text)]
        self._lines = [self._held[text] for text in self._texts]
        self._heldout = len(self._texts)
        self._keys = _keys(self._texts)
        self._new: list[tuple[int, str, bool]] = []
        self._room = ROOM
        self.compared: int | None = None  # the last line whose input was kept, once room is out

    def add(self, line: int, text: str, *, near: bool, is_long: bool) -> Iterator[Found]:
        """Yields (line, rule, message) of what the input of a row meets; near ones come later.

        Args:
            line: of the row.
            text: its normalised input.
            near: whether near-duplicates within the file are of interest.
            is_long: whether it has `SHORT_TOKENS` tokens or more.
        """
        if text in self._held:
            yield line, "heldout-exact", f"the same input as held-out line {self._held[text]:,}"
        elif is_long and (near or self._heldout):
            self._new.append((line, text, near and self._room > 0))
            if near:
                self._room -= len(text)
                if self._room <= 0 and self.compared is None:
                    self.compared = line
        if len(self._new) >= AT_ONCE:
            yield from self.rest()

    def rest(self) -> Iterator[Found]:
        """Yields what the inputs that were not compared yet nearly meet."""
        if not self._new:
            return
        before, heldout = len(self._texts), self._heldout
        lines = self._lines + [line for line, _, _ in self._new]
        texts = self._texts + [text for _, text, _ in self._new]
        keys = np.concatenate([self._keys, _keys(texts[before:])])
        kept = np.array([True] * before + [kept for _, _, kept in self._new])
        new = np.arange(before, len(texts))
        for row, other, alike in _first_like(texts, keys, new, 0, np.full(len(new), heldout)):
            where = f"held-out line {lines[other]:,}"
            yield lines[row], "heldout-near", f"its input is {alike:.2f} like that of {where}"
        self._lines = [line for line, keep in zip(lines, kept, strict=True) if keep]
        self._texts = [text for text, keep in zip(texts, kept, strict=True) if keep]
        self._keys, self._new = keys[kept], []
        new = np.arange(before, len(self._texts))
        for row, other, alike in _first_like(
            self._texts, self._keys, new, heldout, new, most=5, may_differ=False
        ):
            where = f"line {self._lines[other]:,}"
            yield (
                self._lines[row],
                "near-duplicate",
                f"its input is {alike:.2f} like that of {where}",
            )


def _first_like(
    texts: Sequence[str],
    keys: NDArray[np.uint32],
    rows: NDArray[np.int64],
    first: int,
    last: NDArray[np.int64],
    *,
    most: int | None = None,
    may_differ: bool = True,
) -> Iterator[tuple[int, int, float]]:
    """Yields (row, other, similarity): for each row the first text found that is like it.

    A row that has met one looks no further, so that a file in which all rows are alike costs
    about as much as one in which none are.

    Args:
        texts: normalised texts of `SHORT_TOKENS` tokens or more.
        keys: their MinHash keys (n, bands).
        rows: positions of the texts to look for.
        first: the position from which on others count.
        last: for each row, the position before which they do.
        most: how many others of one key are looked at; None leaves none out.
        may_differ: whether texts count that something keeps apart, as no duplicates.
    """
    differences = None if may_differ else Differences(texts)
    first_of: dict[int, tuple[int, float]] = {}
    for band in range(keys.shape[1] if len(rows) else 0):
        place = keys[:, band].astype(np.int64) << 32
        order = np.argsort(place, kind="stable")
        ordered = place[order] | order
        start = np.searchsorted(ordered, place[rows] | first)
        count = np.searchsorted(ordered, place[rows] | last) - start
        count = np.minimum(count, len(texts) if most is None else most)
        covered_rows, width = 0, 1
        open_ = np.array([row not in first_of for row in rows.tolist()])
        while (live := np.flatnonzero(open_ & (count > covered_rows))).size:
            for part in np.array_split(live, 1 + len(live) * width // _PAIRS_AT_ONCE):
                take = np.minimum(count[part] - covered_rows, width)
                offset = np.arange(take.sum()) - np.repeat(np.cumsum(take) - take, take)
                other = order[np.repeat(start[part] + covered_rows, take) + offset]
                _settle(texts, np.repeat(rows[part], take), other, first_of, differences)
            open_[live] = [row not in first_of for row in rows[live].tolist()]
            covered_rows, width = covered_rows + width, 4 * width
    for row in sorted(first_of):
        yield row, *first_of[row]


def _settle(
    texts: Sequence[str],
    rows: NDArray[np.int64],
    others: NDArray[np.int64],
    first_of: dict[int, tuple[int, float]],
    differences: Differences | None,
) -> None:
    """Notes for each row the first of the others that it is like."""
    members, at = np.unique(np.concatenate([rows, others]), return_inverse=True)
    similarity = jaccard([texts[p] for p in members], at[: len(rows)], at[len(rows) :])
    for hit in np.flatnonzero(similarity >= THRESHOLD).tolist():
        row, other = int(rows[hit]), int(others[hit])
        if row not in first_of and (differences is None or not differences.between(row, other)):
            first_of[row] = other, float(similarity[hit])


def _is_long(text: str) -> bool:
    return len(tokens(text)) >= SHORT_TOKENS


def _keys(texts: Sequence[str]) -> NDArray[np.uint32]:
    return minhash.keys(texts, threshold=THRESHOLD)
