"""Text kernels: what counts as the same text, and how alike two texts are.

Pure functions over strings and arrays; they know no store. The normalisation below is the
definition that exact duplicates and the leak check use.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

SHORT_WORDS = 8
"""An input of fewer words is compared only for equality: its 3-grams are too few to judge by."""


_WORD = re.compile(r"\w+")


def normalise(text: str) -> str:
    """Returns text as it is compared: Unicode NFC, case folded, white space runs as one space.

    White space is what `str.split` splits on (Unicode's White_Space and the ASCII separators);
    punctuation stays.
    """
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def words(normalised: str) -> list[str]:
    r"""Returns the words of a normalised text: maximal runs of `\w`."""
    return _WORD.findall(normalised)


def latin(text: str) -> bool:
    """Returns whether at least half of the letters of a text are Latin; one without any is."""
    if text.isascii():  # most are, and looking up the name of each letter is slow
        return True
    letters = [c for c in text if c.isalpha()]
    return 2 * sum(unicodedata.name(c, "").startswith("LATIN") for c in letters) >= len(letters)


def digest(text: str) -> str:
    """Returns 32 hexadecimal digits that identify a text (first half of its SHA-256)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def shared_affixes(texts: Sequence[str]) -> tuple[str, str]:
    """Returns the text that more than half of the distinct texts begin with, and end with.

    This is the prompt template around what users wrote. A shared part of fewer than five words is
    how people talk, not a template, and counts as none; so does one found in fewer than 20 texts.
    """
    distinct = sorted(set(texts))
    if len(distinct) < 2 * _TEMPLATE_TEXTS:
        return "", ""
    prefix = _majority_prefix(distinct)
    rest = [text.removeprefix(prefix) for text in distinct]
    suffix = _majority_prefix(sorted({text[::-1] for text in rest}))[::-1]
    return prefix, suffix


_TEMPLATE_TEXTS = 10
_TEMPLATE_WORDS = 5


def _majority_prefix(ordered: Sequence[str]) -> str:
    # In sorted order, a prefix that more than half of the texts share covers the one in the middle.
    middle = ordered[len(ordered) // 2]
    lengths = sorted((_common_length(text, middle) for text in ordered), reverse=True)
    prefix = middle[: lengths[len(ordered) // 2]]
    cut = max((i + 1 for i, c in enumerate(prefix) if c.isspace()), default=0)
    return prefix[:cut] if len(words(prefix[:cut])) >= _TEMPLATE_WORDS else ""


def _common_length(a: str, b: str) -> int:
    return next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
