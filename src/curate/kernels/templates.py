"""Templates: the text around what users wrote, found by what many texts of a source share.

A beginning or an ending that many distinct texts share is a template where what stands beside it is
another request each time. Near copies of one long text share as much, but little is left of each
beside what they share, so no template hides them from deduplication.

Pure functions over texts as they were logged; they know no store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import NamedTuple

from curate.text.text import (
    backwards,
    common_start,
    is_unspaced,
    last_end,
    mark_at,
    normalise,
    tokens,
)

LEAST_TEXTS, LONG_WORDS = 6, 20
"""So many texts share a template, and so long it is: what fewer words have in common makes no two
requests of three words near-duplicates. Two characters of a script without spaces count as a word:
so long is a word there, and likeness goes by tokens, which these characters are."""

MAJORITY_TEXTS, MAJORITY_WORDS = 20, 5
"""What more than half of so many texts share is a template from so many words on; fewer words are
how people talk."""

_OWN_WORDS, _OWN_PAIRS = 3, 7
"""So many words of its own a request has, or pairs of neighbouring characters of a script without
spaces. Near copies of one text have fewer: a word of two characters makes three such pairs."""

_LOOKED_AT, _REACH = 30, 1_000
"""Texts that share a beginning, and characters after it, by which requests are told from copies."""


@dataclass(frozen=True)
class Templates:
    """The templates of one source: what its texts begin with, and end with; the longest first."""

    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    @property
    def affixes(self) -> tuple[str, ...]:
        """Returns all of them."""
        return self.prefixes + self.suffixes

    def cut(self, text: str) -> tuple[str, str, str]:
        """Returns a text in parts: its prefix, what the user wrote, its suffix.

        A text that is nothing but template is all the user's.
        """
        prefix = next(filter(text.startswith, self.prefixes), "")
        rest = text[len(prefix) :]
        suffix = next(filter(rest.endswith, self.suffixes), "")
        own = rest.removesuffix(suffix)
        return (prefix, own, suffix) if own.strip() else ("", text, "")


NO_TEMPLATES = Templates()


def find(texts: Iterable[str], known: Templates = NO_TEMPLATES) -> Templates:
    """Returns the templates of texts, those that were known before among them.

    Args:
        texts: of one source, in any order.
        known: what was found earlier.
    """
    distinct = set(texts)
    prefixes = longest_first({*known.prefixes, *_shared(distinct)})
    parts = [Templates(prefixes).cut(text) for text in distinct]
    suffixes = set(map(backwards, _shared({backwards(own) for _, own, _ in parts})))
    # What is found only as the beginning of longer ones is cut from no text.
    used = {*known.prefixes, *(prefix for prefix, _, _ in parts)} - {""}
    return Templates(longest_first(used), longest_first({*known.suffixes, *suffixes}))


def longest_first(affixes: Iterable[str]) -> tuple[str, ...]:
    """Returns beginnings or endings in the order in which they are tried."""
    return tuple(sorted(affixes, key=lambda affix: (-len(affix), affix)))


class _Sharing(NamedTuple):
    """Texts that share a beginning: from `first` up to `end` in sorted order."""

    first: int
    end: int
    length: int


class _Above(NamedTuple):
    """A group that was judged: its end and length, and how much of it is known for a template."""

    end: int
    length: int
    known: int


def _shared(texts: Iterable[str]) -> list[str]:
    """Returns the beginnings of distinct texts that are templates.

    The shortest such beginning is found first. A longer one within it is another template only
    where it goes on for as long again as a template has to be.
    """
    ordered = sorted(texts)
    # A text that another one begins with is a template alone, or cut off: it would end too early.
    ordered = [
        text
        for text, after in zip_longest(ordered, ordered[1:], fillvalue="")
        if not after.startswith(text)
    ]
    found: list[str] = []
    above: list[_Above] = []
    for group in _groups(ordered):
        while above and above[-1].end <= group.first:
            above.pop()
        known, judged = (above[-1].known, above[-1].length) if above else (0, 0)
        text, count = ordered[group.first][: group.length], group.end - group.first
        of_most = 2 * count > len(ordered) >= MAJORITY_TEXTS
        least = MAJORITY_WORDS if of_most and not known else LONG_WORDS
        if count < LEAST_TEXTS or _words(text[judged:]) < least:
            continue
        is_template = of_most or _are_requests(ordered, group)
        above.append(_Above(group.end, group.length, group.length if is_template else known))
        found += [text] if is_template else []
    return found


def _words(text: str) -> float:
    """Returns how many words a text has: tokens, where two unspaced characters count as one."""
    found = tokens(normalise(text))
    return len(found) - sum(map(is_unspaced, found)) / 2


def _are_requests(ordered: Sequence[str], group: _Sharing) -> bool:
    """Returns whether most texts of a group say something of their own after what they share."""
    step = -(-(group.end - group.first) // _LOOKED_AT)
    reach = slice(group.length, group.length + _REACH)
    rests = [_pieces(text[reach]) for text in ordered[group.first : group.end : step]]
    texts_with = Counter(piece for rest in rests for piece in rest)
    most = len(rests) // 3  # what more of them have is not their own, such as an ending
    own = [[piece for piece in rest if texts_with[piece] <= most] for rest in rests]
    return 2 * sum(map(_is_request, own)) > len(own)


def _pieces(text: str) -> set[str]:
    """Returns the words of a text, and each two characters of an unspaced script side by side."""
    found = tokens(normalise(text))
    spaced = {token for token in found if not is_unspaced(token)}
    return spaced | {a + b for a, b in pairwise(found) if is_unspaced(a) and is_unspaced(b)}


def _is_request(own: Sequence[str]) -> bool:
    pairs = sum(map(is_unspaced, own))
    return len(own) - pairs >= _OWN_WORDS or pairs >= _OWN_PAIRS


def _groups(ordered: Sequence[str]) -> list[_Sharing]:
    """Returns the groups of texts that share a beginning, each before those within it."""
    found: list[_Sharing] = []
    open_groups: list[tuple[int, int]] = []  # first text and length, each longer than the one below
    for place in range(1, len(ordered) + 1):
        length = _common(ordered[place - 1], ordered[place]) if place < len(ordered) else 0
        first = place - 1
        while open_groups and open_groups[-1][1] > length:
            first, longer = open_groups.pop()
            found.append(_Sharing(first, place, longer))
        if length and (not open_groups or open_groups[-1][1] < length):
            open_groups.append((first, length))
    return sorted(found, key=lambda group: (group.first, group.length))


def _common(one: str, other: str) -> int:
    """Returns how many characters two texts begin with alike, up to the end of a token."""
    length = len(common_start((one, other)))
    while length and (mark_at(one, length) or mark_at(other, length)):
        length -= 1
    return last_end(one, length)
