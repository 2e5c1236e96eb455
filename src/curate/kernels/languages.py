"""What tells the texts of a language apart, and what does not: lists in data files, one a language.

A list is no more than help: two texts that differ in one word are kept apart in any language. A new
language is one more file.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from curate.text.text import normalise, tokens

Phrase = tuple[str, ...]
Mark = tuple[str, str]
"""What a phrase is: a kind, and which of that kind."""


_LISTS = files("curate.kernels") / "guards"
_SIGNS = ("ordinals", "weekdays", "months", "currencies")
# Letters of which a few say what language a text is in, the surest first.
_SCRIPTS = (
    ("ko", "\uac00", "\ud7a3"), ("ja", "\u3041", "\u30ff"), ("zh", "\u3400", "\u9fff"),
    ("th", "\u0e01", "\u0e5b"), ("ar", "\u0620", "\u06ff"), ("hi", "\u0900", "\u097f"),
    ("ru", "\u0400", "\u04ff"),
)  # fmt: skip


_OF_A_SCRIPT = 1_000_000


@dataclass(frozen=True)
class Language:
    """The lists of one language; phrases are tuples of tokens.

    Attributes:
        code: ISO 639-1.
        function: phrases that a request may have or lack.
        marks: phrases that tell texts apart -> what they are.
        persons: phrases that say who -> which person.
        opposites: phrases that turn a request round -> the pairs they are of, and their side.
        questions: phrases that ask for something.
        coordinators: phrases that two things may change places around.
        endings: of words, that say nothing new.
        respelled: letters that stand for one with an accent -> that one without it.
        longest: first token of phrases -> tokens of the longest of them.
        longest_ending: letters of the longest ending.
    """

    code: str
    function: frozenset[Phrase]
    marks: Mapping[Phrase, Mark]
    persons: Mapping[Phrase, str]
    opposites: Mapping[Phrase, tuple[tuple[int, int], ...]]
    questions: frozenset[Phrase]
    coordinators: frozenset[Phrase]
    endings: frozenset[str]
    respelled: Mapping[str, str]
    longest: Mapping[str, int]
    longest_ending: int


NO_LANGUAGE = Language(
    "", frozenset(), {}, {}, {}, frozenset(), frozenset(), frozenset(), {}, {}, 0
)
"""Stands for a language that has no lists."""


def votes(found: Sequence[str]) -> Mapping[str, int]:
    """Returns what the tokens of a text say about its language: code -> votes.

    A script that stands for one language outvotes all words.
    """
    text = "".join(found)
    if not text.isascii():
        for code, first, last in _SCRIPTS:
            if sum(first <= c <= last for c in text) * 4 > len(text):
                return {code: _OF_A_SCRIPT}
    return Counter(code for token in found for code in _languages_with().get(token, ()))


def elected(*ballots: Mapping[str, int]) -> Language:
    """Returns the language that has the most votes, by code where several have."""
    counts: dict[str, int] = {}
    for ballot in ballots:
        for code, count in ballot.items():
            counts[code] = counts.get(code, 0) + count
    if not counts:
        return NO_LANGUAGE
    best = max(counts.values())
    return _language(min(code for code, count in counts.items() if count == best))


def has_lists(text: str) -> bool:
    """Returns whether the language of a normalised text has lists, as far as its words tell."""
    return bool(votes(tokens(text)))


@cache
def _languages_with() -> Mapping[str, tuple[str, ...]]:
    """Returns each function word of a language that puts spaces between words -> the languages."""
    by_script = {code for code, _, _ in _SCRIPTS}
    names = (file.name.removesuffix(".toml") for file in _LISTS.iterdir())
    spoken = [_language(n) for n in sorted(names) if len(n) == 2 and n not in by_script]
    found: dict[str, tuple[str, ...]] = {}
    for language in spoken:
        for phrase in language.function | language.questions | language.marks.keys():
            if len(phrase) == 1:
                found[phrase[0]] = (*found.get(phrase[0], ()), language.code)
    return found


@cache
def _language(code: str) -> Language:
    body = tomllib.loads((_LISTS / f"{code}.toml").read_text("utf-8"))
    marks: dict[Phrase, Mark] = {}
    for word in body["negation"].split():
        marks[_phrase(word)] = ("negation", "not")
    for word in body["restriction"].split():
        marks[_phrase(word)] = ("restriction", word)
    for word, number in body["numbers"].items():
        marks[_phrase(word)] = ("numbers", f"{number:g}")
    for kind in _SIGNS:
        for names in body[kind]:
            marks |= {_phrase(name): (kind, names.split()[0]) for name in names.split()}
    persons = {_phrase(w): names.split()[0] for names in body["persons"] for w in names.split()}
    opposites: dict[Phrase, tuple[tuple[int, int], ...]] = {}
    for number, pair in enumerate(body["opposites"]):
        for side, word in enumerate(pair.split()):
            opposites[_phrase(word)] = (*opposites.get(_phrase(word), ()), (number, side))
    coordinators = frozenset(map(_phrase, body["coordinators"].split()))
    questions = frozenset(map(_phrase, body["questions"].split()))
    respelled = body.get("respelled", {})
    written = body["function"]
    said = {_phrase(word) for word in f"{written} {_respelled(written, respelled)}".split()}
    function = frozenset(said) - marks.keys() - questions
    longest: dict[str, int] = {}
    for phrase in (*function, *marks, *persons, *opposites, *questions):
        longest[phrase[0]] = max(len(phrase), longest.get(phrase[0], 1))
    endings = frozenset(("", *body["endings"].split()))
    return Language(
        code=code, function=function, marks=marks, persons=persons, opposites=opposites,
        questions=questions, coordinators=coordinators, endings=endings, respelled=respelled,
        longest=longest, longest_ending=max(map(len, endings)),
    )  # fmt: skip


def _respelled(words: str, respelled: Mapping[str, str]) -> str:
    """Returns words with several letters for one with an accent, as keyboards without it write."""
    apart = unicodedata.normalize("NFD", words)
    for letters, letter in respelled.items():
        apart = apart.replace(f"{letter}\u0308", letters)
    return unicodedata.normalize("NFC", apart)


def _phrase(word: str) -> Phrase:
    return tuple(tokens(normalise(word.replace("_", " "))))
