"""What keeps two texts apart that are alike in all else: the difference itself.

Whatever proposes a pair, a share of common words or an encoder, is close to blind for the one word
that matters. So the words that differ are looked at. Another number, negation, restriction, symbol,
weekday or the like keeps apart always. One word in place of another does where nothing else
differs, and so does another order of the same words, unless whole clauses have changed places. What
differs in function words, or in several places, is left to what proposed the pair.

Pure functions over normalised texts; they know no store. The core needs no list; the lists of
`languages` say which words carry no meaning of their own, and which tell texts apart by themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from curate.kernels.languages import Language, Phrase, elected, votes
from curate.text.text import tokens

KINDS = (
    *("numbers", "negation", "restriction", "opposite", "persons", "ordinals", "weekdays"),
    *("months", "currencies", "symbols", "order", "word"),
)
"""What can keep two texts apart, in the order in which it is looked for."""


_MOST_WORDS, _MOST_CHARACTERS = 3, 8
"""So long may be what stands in place of something else; more is another way to say a clause."""


# A text that only says more is not told apart by these alone.
_ADDED = frozenset(("persons", "ordinals", "weekdays", "months", "currencies"))
_FIGURES = 2
"""Of so many numbers, one text may have some more: it says more of the same thing."""


_LOOKED_AT = 400
"""Tokens of a text in which it is shown to people what differs."""


_BETWEEN = 2
_LEAST_SPELLED = 5
_LONGEST = 60
_UNSPACED = ("ja", "zh", "th")
_THOUSANDS = re.compile(r"(?<=\d)[,.'](?=\d{3}(?!\d))")
_ALTERNATIVES = frozenset("/&")


@dataclass(frozen=True)
class _Reading:
    """A text as it is compared in one language.

    Attributes:
        whole: all tokens.
        telling: whether each of them carries meaning of its own: content, or a mark.
        content: what is neither a function word nor a mark, without endings, in order.
        spelled: the same as it is written.
        marks: kind -> what of that kind stands there, in order.
        opposites: the pairs of opposites of which a side stands there, and the side.
    """

    whole: tuple[str, ...]
    telling: tuple[bool, ...]
    content: tuple[str, ...]
    spelled: tuple[str, ...]
    marks: dict[str, list[str]]
    opposites: frozenset[tuple[int, int]]


class Differences:
    """Says what keeps pairs of these texts apart; each text is read once, each pair compared once.

    Args:
        texts: normalised.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._tokens: dict[int, list[str]] = {}
        self._found: dict[tuple[int, int], str | None] = {}
        self._votes: dict[int, Mapping[str, int]] = {}
        self._readings: dict[tuple[int, str], _Reading] = {}

    def between(self, one: int, other: int) -> str | None:
        """Returns what keeps two texts apart, one of `KINDS`; None where nothing does."""
        pair = min(one, other), max(one, other)
        if pair not in self._found:
            self._found[pair] = self._compare(*pair)
        return self._found[pair]

    def _compare(self, one: int, other: int) -> str | None:
        language = elected(self._votes_of(one), self._votes_of(other))
        return _difference(self._read(one, language), self._read(other, language), language)

    def _tokens_of(self, number: int) -> list[str]:
        if number not in self._tokens:
            self._tokens[number] = tokens(_THOUSANDS.sub("", self._texts[number]))
        return self._tokens[number]

    def _votes_of(self, number: int) -> Mapping[str, int]:
        if number not in self._votes:
            self._votes[number] = votes(self._tokens_of(number))
        return self._votes[number]

    def _read(self, number: int, language: Language) -> _Reading:
        key = number, language.code
        if key not in self._readings:
            self._readings[key] = _read(self._tokens_of(number), language)
        return self._readings[key]


def difference(a: str, b: str) -> str | None:
    """Returns what keeps two normalised texts apart, one of `KINDS`; None where nothing does."""
    return Differences([a, b]).between(0, 1)


def differing(a: str, b: str) -> tuple[str, str]:
    """Returns by what two normalised texts differ: what only one of them has, and only the other.

    That is what keeps them apart where it is a number, a negation or the like, else all tokens.
    """
    both = Differences([a, b])
    kind = both.between(0, 1)
    language = elected(both._votes_of(0), both._votes_of(1))
    one, other = (both._read(place, language).marks.get(kind or "", []) for place in (0, 1))
    more, less = Counter(one) - Counter(other), Counter(other) - Counter(one)
    if more or less:
        return " ".join(more.elements()), " ".join(less.elements())
    one, other = tokens(a), tokens(b)
    steps = SequenceMatcher(None, one[:_LOOKED_AT], other[:_LOOKED_AT], autojunk=False)
    changed = [step for step in steps.get_opcodes() if step[0] != "equal"]
    mine = [token for _, start, end, _, _ in changed for token in one[start:end]]
    theirs = [token for _, _, _, start, end in changed for token in other[start:end]]
    return " ".join(mine), " ".join(theirs)


def _read(found: Sequence[str], language: Language) -> _Reading:
    spelled: list[str] = []
    telling: list[bool] = []
    marks: dict[str, list[str]] = {kind: [] for kind in KINDS}
    opposites: set[tuple[int, int]] = set()
    before = ""
    while len(telling) < len(found):
        phrase = _phrase_at(found, len(telling), language)
        opposites.update(language.opposites.get(phrase, ()))
        if phrase in language.persons:
            marks["persons"].append(language.persons[phrase])
        is_telling = True
        if phrase in language.marks:
            kind, which = language.marks[phrase]
            marks[kind].append(which)
        elif phrase in language.function:
            is_telling = False
        elif len(phrase) > 1:
            spelled.append("".join(phrase))
        elif any(c.isdigit() for c in phrase[0]):
            marks["numbers"].append(phrase[0])
        elif phrase[0][0].isalnum() or unicodedata.category(phrase[0][0])[0] == "M":
            spelled.append(phrase[0])
        elif phrase[0] not in _ALTERNATIVES or phrase[0] == before:  # `&&` is no `and`
            marks["symbols"].append(phrase[0])
        else:
            is_telling = False
        telling += [is_telling] * len(phrase)
        before = phrase[-1]
    content = tuple(_stem(word, language) for word in spelled)
    return _Reading(
        tuple(found), tuple(telling), content, tuple(spelled), marks, frozenset(opposites)
    )


def _phrase_at(found: Sequence[str], at: int, language: Language) -> Phrase:
    """Returns the longest phrase of a language that begins here, or the token."""
    for length in range(min(language.longest.get(found[at], 1), len(found) - at), 1, -1):
        phrase = tuple(found[at : at + length])
        lists = (
            *(language.marks, language.function, language.questions, language.opposites),
            language.persons,
        )
        if any(phrase in phrases for phrases in lists):
            return phrase
    return (found[at],)


def _stem(word: str, language: Language) -> str:
    """Returns a word without accents and without its ending."""
    word = _unaccented(word)
    for letters, letter in language.respelled.items():
        word = word.replace(letters, letter)
    least = 1 if language.code == "ko" else 3
    for size in range(min(language.longest_ending, len(word) - least), 0, -1):
        if word[-size:] in language.endings:
            return word[:-size]
    return word


def _unaccented(word: str) -> str:
    if word.isascii():
        return word
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare)


def _difference(a: _Reading, b: _Reading, language: Language) -> str | None:
    for kind in KINDS:
        if kind == "opposite":
            if any((pair, 1 - side) in b.opposites - a.opposites
                   for pair, side in a.opposites - b.opposites):  # fmt: skip
                return kind
        elif _are_others(kind, a.marks[kind], b.marks[kind]):
            return kind
    if _is_another_person(a, b, language):
        return "persons"
    if a.whole == b.whole or _are_turned(a, b, language):
        return None
    if Counter(a.content) != Counter(b.content):
        return _by_content(a, b, language)
    if Counter(a.marks["numbers"]) == Counter(b.marks["numbers"]) and (
        a.marks["numbers"] != b.marks["numbers"]
    ):
        return "numbers"
    if a.content != b.content:
        return "order" if _are_swapped(a.content, b.content, language) else None
    is_same = Counter(a.whole) == Counter(b.whole)
    return "order" if is_same and not _is_one_moved(a.whole, b.whole) else None


def _are_others(kind: str, a: Sequence[str], b: Sequence[str]) -> bool:
    """Returns whether the marks of two texts are others, rather than more of the same."""
    if a == b:  # as most are
        return False
    if kind == "persons":  # how often one is spoken of says nothing
        a, b = sorted(set(a)), sorted(set(b))
    more, less = Counter(a) - Counter(b), Counter(b) - Counter(a)
    if kind in _ADDED or (kind == "numbers" and min(len(a), len(b)) >= _FIGURES):
        return bool(more and less)
    return bool(more or less)


def _are_turned(a: _Reading, b: _Reading, language: Language) -> bool:
    """Returns whether two clauses have changed places, which says nothing else.

    Words that only one of the texts has, and that carry no meaning, count for nothing.
    """
    if Counter(a.content) != Counter(b.content):
        return False
    shared = Counter(a.whole) & Counter(b.whole)
    contents = set(a.content), set(b.content)
    one, other = (
        [t for t in x.whole if t in shared or t in said]
        for x, said in zip((a, b), contents, strict=True)
    )
    first, last = _shared_ends(one, other)
    inner = one[first : len(one) - last], other[first : len(other) - last]
    return _is_turned(one, other) or _is_turned(*inner) or _are_coordinated(*inner, language)


def _is_turned(a: Sequence[str], b: Sequence[str]) -> bool:
    """Returns whether the second is the first with its two parts in the other order.

    The parts are of two words at least.
    """
    whole = list(b)
    return len(a) == len(b) and any([*a[cut:], *a[:cut]] == whole for cut in range(2, len(a) - 1))


def _are_coordinated(a: Sequence[str], b: Sequence[str], language: Language) -> bool:
    """Returns whether two things that stand around an `and` or an `or` have changed places."""
    for phrase in language.coordinators:
        size = len(phrase)
        for at in range(1, len(a) - size):
            if tuple(a[at : at + size]) == phrase and list(b) == [
                *a[at + size :], *phrase, *a[:at]
            ]:  # fmt: skip
                return True
    return False


def _are_swapped(a: Sequence[str], b: Sequence[str], language: Language) -> bool:
    """Returns whether two short parts stand in each other's place, and all else where it was.

    A part that has moved past a longer one is in another place of its clause, and says the same.
    """
    first, last = _shared_ends(a, b)
    one, other = list(a[first : len(a) - last]), list(b[first : len(b) - last])
    most = _most(language)
    for left in range(1, min(most, len(one) - 1) + 1):
        for right in range(1, min(most, len(one) - left) + 1):
            between = one[left : len(one) - right]
            if not between and language.code not in _UNSPACED and max(left, right) >= most:
                continue
            if other == [*one[len(one) - right :], *between, *one[:left]]:
                return True
    return False


def _is_one_moved(a: Sequence[str], b: Sequence[str]) -> bool:
    """Returns whether one word stands elsewhere, and all others in the same order."""
    first, last = _shared_ends(a, b)
    one, other = list(a[first : len(a) - last]), list(b[first : len(b) - last])
    return one[1:] == other[:-1] or one[:-1] == other[1:]


def _by_content(a: _Reading, b: _Reading, language: Language) -> str | None:
    """Returns `word` where one word that carries meaning stands in place of another."""
    one, other = a.content, b.content
    if one == other or Counter(one) == Counter(other):
        return None
    first, last = _shared_ends(one, other)
    left, right = one[first : len(one) - last], other[first : len(other) - last]
    if not left or not right:
        return "word" if _is_one_for_one(a, b, language) else None
    if max(len(left), len(right)) > _LONGEST:
        return None
    blocks = _blocks(left, right, _BETWEEN if language.code in _UNSPACED else 0)
    if len(blocks) != 1:
        return None
    (i, k), (j, m) = blocks[0]
    mine, theirs = a.spelled[first + i : first + k], b.spelled[first + j : first + m]
    return "word" if _is_replaced(mine, theirs, language) else None


Span = tuple[int, int]


def _blocks(a: Sequence[str], b: Sequence[str], between: int) -> list[tuple[Span, Span]]:
    """Returns the parts in which two texts differ; those with few tokens between them are one."""
    blocks: list[tuple[Span, Span]] = []
    for name, i, k, j, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if name == "equal":
            continue
        if blocks and i - blocks[-1][0][1] <= between:
            (i, _), (j, _) = blocks.pop()
        blocks.append(((i, k), (j, m)))
    return blocks


def _is_one_for_one(a: _Reading, b: _Reading, language: Language) -> bool:
    """Returns whether one token stands for one, or something telling for something telling.

    Here a word stands for one that looks like no content, or content for a mark.
    """
    first, last = _shared_ends(a.whole, b.whole)
    mine, theirs = (x.whole[first : len(x.whole) - last] for x in (a, b))
    if len(mine) == len(theirs) == 1:
        return not _is_spelling(*mine, *theirs)
    if not mine or not theirs or max(len(mine), len(theirs)) > _most(language):
        return False
    tells = [any(x.telling[first : len(x.whole) - last]) for x in (a, b)]
    return all(tells) and len(_blocks(mine, theirs, 0)) == 1


def _is_another_person(a: _Reading, b: _Reading, language: Language) -> bool:
    """Returns whether nothing differs but who is spoken of, in one place."""
    first, last = _shared_ends(a.whole, b.whole)
    if not first + last == len(a.whole) - 1 == len(b.whole) - 1:
        return False
    one, other = (language.persons.get((x.whole[first],)) for x in (a, b))
    return one is not None and other is not None and one != other


def _most(language: Language) -> int:
    """Returns how many tokens may stand in place of something else."""
    return _MOST_CHARACTERS if language.code in _UNSPACED else _MOST_WORDS


def _shared_ends(a: Sequence[str], b: Sequence[str]) -> tuple[int, int]:
    """Returns how many words two texts begin with alike, and end with alike."""
    shortest = min(len(a), len(b))
    first = next((n for n in range(shortest) if a[n] != b[n]), shortest)
    left = shortest - first
    last = next((n for n in range(left) if a[-1 - n] != b[-1 - n]), left)
    return first, last


def _is_replaced(mine: Sequence[str], theirs: Sequence[str], language: Language) -> bool:
    """Returns whether words stand in place of others, and not the same ones in another spelling."""
    if not mine or not theirs or _is_one_word("".join(mine), "".join(theirs)):
        return False
    if max(len(mine), len(theirs)) > _most(language):
        return False
    if any(tuple(tokens(unit)) in language.questions for unit in (*mine, *theirs)):
        return True
    if all("\u3041" <= c <= "\u309f" for c in "".join([*mine, *theirs])):
        return False  # what is written in hiragana is mostly grammar
    return len(mine) != len(theirs) or not all(map(_is_spelling, mine, theirs))


def _is_one_word(a: str, b: str) -> bool:
    """Returns whether two words are equal, or are but for the accents of Latin letters."""
    bare = _unaccented(a)
    return a == b or (bare.isascii() and bare == _unaccented(b))


def _is_spelling(a: str, b: str) -> bool:
    """Returns whether one word is the other but for one letter, or for the order of some."""
    if _is_one_word(a, b):
        return True
    a, b = (unicodedata.normalize("NFD", word) for word in (a, b))  # a syllable is its letters
    if min(len(a), len(b)) < _LEAST_SPELLED or a[0] != b[0]:
        return False
    if sorted(a) == sorted(b):
        return True  # letters in another order, as fingers type them
    first, last = _shared_ends(a, b)
    longest = max(len(a), len(b))
    return longest > _LEAST_SPELLED and a[1] == b[1] and longest - first - last <= 1
