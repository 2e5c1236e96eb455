"""Rows that stood there before, exactly or nearly: in the file, or in a held-out one.

Inputs are compared as the leak check compares them: the last user turn (with the two messages
before it when it is short), normalised, by the Jaccard similarity of its word 3-grams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from curate.inputs import input_text
from curate.messages import canonical, query_and_context, text_of
from curate.shapes import Message, Reading
from curate.text import SHORT_WORDS, digest, normalise, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THRESHOLD = 0.8
AT_ONCE = 20_000
ROOM = 64_000_000
"""Characters of inputs that are kept to compare later ones with."""

Found = tuple[int, str, str]


def input_of(read: Reading) -> str:
    """Returns the normalised input of a row; a row without a prompt is its own input."""
    talk = read.prompt or read.messages
    query, context = query_and_context([{**m, "content": m.get("content")} for m in talk])
    return normalise(input_text(query or text_of(talk[-1].get("content")), context, "", ""))


def identity(read: Reading) -> str:
    """Returns what two equal rows have in common: a digest of texts, calls and labels."""
    said = [_heard(read.prompt), *map(_heard, read.answers), [canonical([read.label, read.spans])]]
    return digest("\x1e".join("\x1f".join(part) for part in said))


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

    def add(self, line: int, text: str, *, near: bool) -> Iterator[Found]:
        """Yields (line, rule, message) of what the input of a row meets; near ones come later.

        Args:
            line: of the row.
            text: its normalised input.
            near: whether near-duplicates within the file are of interest.
        """
        if text in self._held:
            yield line, "heldout-exact", f"the same input as held-out line {self._held[text]:,}"
        elif _is_long(text) and (near or self._heldout):
            self._new.append((line, text, near and self._room > 0))
            if near:
                self._room -= len(text)
                if self._room <= 0 and self.compared is None:
                    self.compared = line
        if len(self._new) >= AT_ONCE:
            yield from self.rest()

    def rest(self) -> Iterator[Found]:
        """Yields what the inputs that were not compared yet nearly meet."""
        from curate import minhash

        if not self._new:
            return
        import numpy as np

        before = len(self._texts)
        lines = self._lines + [line for line, _, _ in self._new]
        texts = self._texts + [text for _, text, _ in self._new]
        found = np.concatenate([self._keys, _keys(texts[before:])])
        kept = np.array([True] * before + [kept for _, _, kept in self._new])
        pairs = minhash.pairs(texts, found, np.arange(len(texts)) >= before, threshold=THRESHOLD)
        yield from self._named(lines, kept, *pairs)
        self._lines = [line for line, keep in zip(lines, kept, strict=True) if keep]
        self._texts = [text for text, keep in zip(texts, kept, strict=True) if keep]
        self._keys, self._new = found[kept], []

    def _named(
        self,
        lines: Sequence[int],
        kept: NDArray[np.bool_],
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        similarity: NDArray[np.float64],
    ) -> Iterator[Found]:
        told: set[tuple[int, bool]] = set()
        for a, b, alike in zip(left.tolist(), right.tolist(), similarity.tolist(), strict=True):
            held = a < self._heldout
            if (b, held) in told or not (held or (kept[a] and kept[b])):
                continue
            told.add((b, held))
            where = f"{'held-out ' if held else ''}line {lines[a]:,}"
            rule = "heldout-near" if held else "near-duplicate"
            yield lines[b], rule, f"its input is {alike:.2f} like that of {where}"


def _is_long(text: str) -> bool:
    return len(words(text)) >= SHORT_WORDS


def _keys(texts: Sequence[str]) -> NDArray[np.uint32]:
    from curate import minhash

    return minhash.keys(texts, threshold=THRESHOLD)
