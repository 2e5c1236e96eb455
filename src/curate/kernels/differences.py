"""What keeps two texts apart that are alike in all else: numbers, negations, opposites."""

from __future__ import annotations

import re

from curate.text import words

# From the beginning of a word only: a long word without digits is else tried at each letter.
_NUMBER = re.compile(r"(?<!\w)\w*\d+(?:[.,:/-]*\w)*")


_NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "dozen": "12", "thirteen": "13",
    "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18",
    "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60",
    "seventy": "70", "eighty": "80", "ninety": "90", "hundred": "100", "thousand": "1000",
}  # fmt: skip
"""`one` is left out, as it mostly counts nothing."""


_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|nor|neither|without|cannot|dont|doesnt|didnt|cant|wont|"
    r"isnt|nicht|nie|niemals|kein\w*|ohne|pas|jamais|sans|aucun\w*|nunca|jam[aá]s|sin|non|mai|senza|"
    r"n[aã]o|sem|niet|geen|nooit|zonder|nie|bez|не|нет|без|никогда)\b|n['\u2019]t\b"
)
"""Negating words of English and of other languages with many speakers; no list is complete."""


_OPPOSITES = (
    "on off", "enable disable", "activate deactivate", "before after", "increase decrease",
    "open close", "block unblock", "lock unlock", "freeze unfreeze", "subscribe unsubscribe",
    "more less", "up down", "left right", "buy sell", "start stop", "add remove", "accept reject",
    "incoming outgoing", "higher lower", "upgrade downgrade", "deposit withdraw", "import export",
    "send receive", "arrive leave", "minimum maximum", "cheapest dearest",
)  # fmt: skip


def _forms(verb: str) -> list[str]:
    stem = verb.removesuffix("e")
    return [verb, f"{verb}s", f"{stem}ed", f"{stem}ing"]


_OPPOSITE = {
    form: (number, side)
    for number, pair in enumerate(_OPPOSITES)
    for side, verb in enumerate(pair.split())
    for form in _forms(verb)
}
"""English words that turn a request round, with the pair and the side they are of."""


Marks = tuple[tuple[str, ...], int, frozenset[tuple[int, int]]]


def marks(text: str) -> Marks:
    """Returns what alike texts may not differ in: numbers, negations, words with an opposite.

    Args:
        text: normalised.
    """
    tokens = words(text)
    numbers = {*_NUMBER.findall(text), *(_NUMBER_WORDS[w] for w in tokens if w in _NUMBER_WORDS)}
    opposites = frozenset(_OPPOSITE[w] for w in tokens if w in _OPPOSITE)
    return tuple(sorted(numbers)), len(_NEGATION.findall(text)), opposites


def difference(a: Marks, b: Marks) -> str | None:
    """Returns why two alike texts with these marks differ: `numbers`, `negation`, or None.

    Two requests that differ in an order number, an amount, a `not`, or `on` for `off` may share
    all other words, and are close for every encoder. An opposite counts as a negation.
    """
    if a[0] != b[0]:
        return "numbers"
    is_opposite = any((pair, 1 - side) in b[2] - a[2] for pair, side in a[2] - b[2])
    return "negation" if a[1] != b[1] or is_opposite else None
