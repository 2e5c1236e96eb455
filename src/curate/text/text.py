"""Text kernels: what counts as the same text, and how alike two texts are.

Pure functions over strings and arrays; they know no store. The normalisation below is the
definition that exact duplicates and the leak check use.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple

SHORT_TOKENS = 8
"""An input of fewer tokens is compared only for equality: its 3-grams are too few to judge by."""


MEASURE = 2
"""The version of what is alike: normalisation, tokens, inputs and what keeps two texts apart.

A store and each manifest record it. Whoever changes what any of them returns raises it.
"""


def normalise(text: str) -> str:
    """Returns text as it is compared: as people see it, and nothing that they do not.

    Unicode NFKC, case folded, white space runs as one space; without what is invisible (format
    characters, variation selectors); quotes and dashes of one kind; HTML entities resolved; and
    letters of other scripts that stand in a Latin word for the Latin ones they look like. White
    space is what `str.split` splits on. Punctuation stays. What is normalised stays as it is.
    """
    if text.isascii() and "&" not in text:  # as most are
        is_even = text.isprintable() and "  " not in text and text.strip(" ") == text
        return text.lower() if is_even else " ".join(text.lower().split())
    while (seen := _seen(text)) != text:
        text = seen
    return text


def _seen(text: str) -> str:
    text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text).translate(_TYPOGRAPHY)
    text = unicodedata.normalize("NFKC", text)
    if not text.isascii():
        text = _unicode().invisible.sub("", text)
        text = _unicode().mixed.sub(lambda word: word[0].translate(_LOOK_ALIKE), text)
    return " ".join(unicodedata.normalize("NFKC", text.casefold()).split())


_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,31});", re.IGNORECASE)
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2035\u02bc\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        # A power and a fraction are no digits of the number before them, as NFKC would have it.
        **{
            power: f"^{digit}"
            for digit, power in enumerate(
                "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
            )
        },
        **{sign: f" {unicodedata.normalize('NFKC', sign)}" for sign in "\u00bc\u00bd\u00be"},
    }
)
# Cyrillic letters and the Latin ones they are drawn like. Source: Unicode, UTS 39, confusables.
_LOOK_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0501\u04bb"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0405\u0408",
    "aeopcyxisjdhABEKMHOPCTXISJ",
)


def tokens(normalised: str) -> list[str]:
    """Returns what a normalised text is made of, as it is compared.

    Words; a number with its sign; every symbol that is no punctuation of a sentence, alone; and
    each character of a script that puts no spaces between words.
    """
    found: list[str] = _token_pattern(normalised).findall(normalised)
    return found


def token_spans(normalised: str) -> list[tuple[int, int]]:
    """Returns where the tokens of a normalised text begin and end, in order."""
    return [found.span() for found in _token_pattern(normalised).finditer(normalised)]


def _token_pattern(text: str) -> Any:
    return _ASCII_TOKEN if text.isascii() else _unicode().token


def is_unspaced(token: str) -> bool:
    """Returns whether a token is a character of a script that puts no spaces between words."""
    return not token.isascii() and _unicode().unspaced.match(token) is not None


def last_end(text: str, end: int) -> int:
    """Returns where a text can end at the latest: after white space, or an unspaced character.

    Args:
        text: as it was logged.
        end: where it ends at the most; an unspaced character has its marks and punctuation there.
    """
    if not text.isascii():
        found = _unicode().ending.search(text, 0, end)
        return found.end() if found else 0
    while end and not text[end - 1].isspace():
        end -= 1
    return end


def common_start(texts: Collection[str]) -> str:
    """Returns what all of these texts begin with; there is at least one."""
    first, last = min(texts), max(texts)
    shorter = min(len(first), len(last))
    length = bisect_left(range(1, shorter + 1), True, key=lambda n: first[:n] != last[:n])
    return first[:length]


def backwards(text: str) -> str:
    """Returns the characters of a text from the last to the first, each before its marks.

    Twice backwards is the text again.
    """
    if not text.isascii():
        text = _unicode().marked.sub(lambda character: character[0][::-1], text)
    return text[::-1]


def mark_at(text: str, place: int) -> bool:
    """Returns whether a mark stands there, such as a vowel sign: it belongs to what is before."""
    return place < len(text) and unicodedata.category(text[place])[0] == "M"


_SIGNED = r"(?<!\w)[-+]\d+(?:[.,]\d+)*"
# `==` and `!=`, :) and :( are told apart, and `.price` from `#price`.
_SIGNS = r"!(?==)|[:;]-?[()]"
_ASCII_TOKEN = re.compile(rf"\w+|{_SIGNED}|[#$%&*+/<=>@\\^|~]|{_SIGNS}")


class _Unicode(NamedTuple):
    """Patterns over all of Unicode, which few texts of most logs need."""

    token: Any
    unspaced: Any
    ending: Any
    marked: Any
    invisible: Any
    mixed: Any


@cache
def _unicode() -> _Unicode:
    import regex  # its tables take a while to load

    scripts = "Han Hiragana Katakana Bopomofo Thai Lao Khmer Myanmar Tibetan Javanese Balinese"
    unspaced = "".join(rf"\p{{{script}}}" for script in scripts.split())
    symbol = r"[\p{Sm}\p{Sc}\p{So}#%&*/@\\^\u2030\u00a7]"
    return _Unicode(
        regex.compile(
            rf"(?V1)[{unspaced}]\p{{M}}*|[[\w\p{{M}}]--[{unspaced}]]+|{_SIGNED}|{symbol}|{_SIGNS}"
        ),
        regex.compile(f"[{unspaced}]"),
        regex.compile(rf"(?r)\s|[{unspaced}]\p{{M}}*\p{{P}}*"),
        regex.compile(r"(?s).\p{M}+"),
        regex.compile(r"[\p{Cf}\p{DI}]"),
        regex.compile(r"\b(?=\w*[A-Za-z])(?=\w*\p{Cyrillic})\w+"),
    )


# Symbols that say something at the end of a text, and are told from their opposites: thumbs, ticks,
# crosses, arrows up and down.
_TELLING = frozenset("\U0001f44d\U0001f44e\u2705\u274c\u2714\u2716\u2b06\u2b07\U0001f53c\U0001f53d")
_ENDING = frozenset(("Po", "Pd", "Ps", "Pe", "Pi", "Pf", "So", "Sk"))


def bare(normalised: str) -> str:
    """Returns a short normalised text without the punctuation and the emoji around it.

    Symbols that are tokens stay, but for emoji that only decorate; so do thumbs, :) and a text of
    nothing else. A text of `SHORT_TOKENS` tokens or more is returned as it is.
    """
    if _EMOTICON.search(normalised):
        return normalised
    end = len(normalised)
    while end and _decorates(normalised[end - 1]):
        end -= 1
    text = normalised[:end].lstrip(_OPENING)
    if not text or text == normalised or len(tokens(normalised)) >= SHORT_TOKENS:
        return normalised
    return text


_OPENING = " \"'([{\u00a1\u00bf"
_EMOTICON = re.compile(r"[:;]-?[()]$")


def _decorates(character: str) -> bool:
    if character in _TELLING or character in "#%&*/@\\":
        return False
    return character.isspace() or unicodedata.category(character) in _ENDING


_WORD = re.compile(r"\w+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINTS = re.compile(r"[\s\-./:]+")


def folded(column: str) -> str:
    """Returns a column's name as it is compared: sessionId, `Session ID` and session-id are one."""
    return _JOINTS.sub("_", _HUMPS.sub("_", column.strip())).casefold()


def words(normalised: str) -> list[str]:
    r"""Returns the words of a normalised text: maximal runs of `\w`.

    These were the tokens of the first measure.
    """
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
