"""How many tokens texts have: those of ASCII are counted together, byte by byte."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from curate.text.text import tokens

_AT_ONCE = 2_000


def token_counts(normalised: Sequence[str]) -> list[int]:
    """Returns how many tokens each of some normalised texts has, in order."""
    counts: list[int] = []
    for start in range(0, len(normalised), _AT_ONCE):
        counts += _counts(normalised[start : start + _AT_ONCE])
    return counts


def _counts(texts: Sequence[str]) -> list[int]:
    counts = [-1] * len(texts)
    places = [place for place, text in enumerate(texts) if text.isascii()]
    if places:
        found, is_sure = _ascii_counts([texts[place] for place in places])
        for place, count in zip(places, np.where(is_sure, found, -1).tolist(), strict=True):
            counts[place] = count
    return [
        len(tokens(text)) if count < 0 else count for text, count in zip(texts, counts, strict=True)
    ]


def _ascii_counts(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Returns counts, and whether they are sure: a sign before a number belongs to it."""
    # No token begins or ends at a line's end alone, so that texts stay apart.
    joined = np.frombuffer(("\n".join(texts) + "\n\n").encode("ascii"), np.uint8)
    kinds = _KINDS[joined]
    now, after = kinds[:-1], kinds[1:]
    begins = np.empty(len(now), np.uint8)
    begins[0] = now[0] & _WORD
    np.bitwise_and(now[1:] & _WORD, ~now[:-1], out=begins[1:])
    begins += np.right_shift(now & _SIGN, 1, dtype=np.uint8)
    begins += ((joined[:-1] == ord("!")) & (joined[1:] == ord("="))).view(np.uint8)
    unsure = ((now & _BEFORE_NUMBER) >> 2) & ((after & _DIGIT) >> 3)
    unsure |= ((now & _COLON) >> 4) & ((after & _MOUTH) >> 5)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    starts = np.cumsum(lengths) - lengths
    counts = np.add.reduceat(begins, starts, dtype=np.int64)
    return counts, np.bitwise_or.reduceat(unsure, starts) == 0


_WORD, _SIGN, _BEFORE_NUMBER, _DIGIT, _COLON, _MOUTH = (1 << n for n in range(6))


def _kinds() -> NDArray[np.uint8]:
    """Returns what each ASCII character may be of a token, as `curate.text.text` says it."""
    table = np.zeros(256, np.uint8)
    for code in range(128):
        character = chr(code)
        is_word = character.isalnum() or character == "_"
        table[code] = (
            _WORD * is_word
            | _SIGN * (character in "#$%&*+/<=>@\\^|~")
            | _BEFORE_NUMBER * (character in "+-")
            | _DIGIT * character.isdecimal()
            | _COLON * (character in ":;")
            | _MOUTH * (character in "-()")
        )
    return table


_KINDS = _kinds()
