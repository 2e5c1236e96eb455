"""Tokens of a text as the sum of those of its words, each of which is looked up once.

The encodings of OpenAI cut a text before they look into their vocabulary, and before every single
space that stands between two characters that are no white space. So a word with the space before
it has the same tokens wherever it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_MOST_WORDS, _LONGEST_WORD, _ENDLESS = 1 << 19, 40, 1000


class WordCounts(dict[str, float]):
    """Tokens by word; of what depends on its surroundings infinitely many.

    Args:
        count: tokens of a text, looked at as a whole.
        before: what stands before each word.
    """

    def __init__(self, count: Callable[[str], int], before: str) -> None:
        super().__init__()
        self._count, self._before = count, before

    def __missing__(self, word: str) -> float:
        cut = len(word) >= _ENDLESS or word[-1:].isspace()
        depends = cut or (self._before and word[:1].isspace())
        tokens = math.inf if depends else self._count(self._before + word)
        if len(word) <= _LONGEST_WORD and len(self) < _MOST_WORDS:
            self[word] = tokens
        return tokens


def by_words(whole: Callable[[str], int]) -> Callable[[str], int]:
    """Returns a function that counts the tokens of a text as `whole` does, by its words."""
    first, others = WordCounts(whole, ""), WordCounts(whole, " ")

    def count(text: str) -> int:
        # Of two spaces the first is a token, whatever is around them; of more it is not so.
        if "   " in text or text.endswith(" "):
            return whole(text)
        word, *words = text.split(" ")
        tokens = first[word] + sum(map(others.__getitem__, words))
        return int(tokens) if tokens < math.inf else whole(text)

    return count
