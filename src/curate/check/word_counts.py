"""Tokens of a text as the sum of those of its words, each of which is looked up once.

The encodings of OpenAI cut a text before they look into their vocabulary, and before every single
space that stands between two characters that are no white space. So a word with the space before
it has the same tokens wherever it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_MOST_WORDS, _LONGEST_WORD, _ENDLESS = 1 << 19, 40, 1000


class WordCounts(dict[str, float]):
    """Tokens by word; of what depends on its surroundings infinitely many.

    Args:
        whole: counts the tokens of a text.
        before: what stands before each word.
    """

    def __init__(self, whole: Callable[[str], int], before: str) -> None:
        super().__init__()
        self._whole, self._before = whole, before

    def __missing__(self, word: str) -> float:
        cut = len(word) >= _ENDLESS or word[-1:].isspace()
        depends = cut or (self._before and word[:1].isspace())
        tokens = math.inf if depends else self._whole(self._before + word)
        if len(word) <= _LONGEST_WORD and len(self) < _MOST_WORDS:
            self[word] = tokens
        return tokens


def by_words(whole: Callable[[str], int]) -> Callable[[Sequence[str]], list[int]]:
    """Returns a function that counts the tokens of texts as `whole` does, by their words."""
    first, others = WordCounts(whole, ""), WordCounts(whole, " ")

    def count(texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        sums = _sums(pa.array(texts, pa.string()), first, others)
        return [
            int(tokens) if tokens < math.inf else whole(text)
            for text, tokens in zip(texts, sums.tolist(), strict=True)
        ]

    return count


def _sums(texts: pa.Array, first: WordCounts, others: WordCounts) -> NDArray[np.float64]:
    """Returns the tokens of texts, infinitely many where one has to be looked at as a whole."""
    split = pc.split_pattern(texts, " ")
    words, begins = split.values.dictionary_encode(), split.offsets.to_numpy()[:-1]
    counts = np.array([others[word] for word in words.dictionary.to_pylist()], np.float64)
    tokens = counts[words.indices.to_numpy()]
    tokens[begins] = [first[word] for word in split.values.take(pa.array(begins)).to_pylist()]
    sums: NDArray[np.float64] = np.add.reduceat(tokens, begins)
    # Of two spaces the first is a token, whatever is around them; of more it is not so.
    odd = pc.or_(pc.match_substring(texts, "   "), pc.ends_with(texts, " "))
    sums[odd.to_numpy(zero_copy_only=False)] = math.inf
    return sums
