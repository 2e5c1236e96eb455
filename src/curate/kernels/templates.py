"""Templates: the text around what users wrote, found by what many texts of a source share.

A beginning or an ending that many distinct texts share is a template where what stands beside it is
another request each time. Near copies of one long text share as much, but little is left of each
beside what they share, so no template hides them from deduplication.

Pure functions over texts as they were logged; they know no store.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from curate.text import words

LEAST_TEXTS, LONG_WORDS = 6, 20
"""So many texts share a template, and so long it is: what fewer words have in common makes no two
requests of three words near-duplicates."""

MAJORITY_TEXTS, MAJORITY_WORDS = 20, 5
"""What more than half of so many texts share is a template from so many words on; fewer words are
how people talk."""

_OWN_WORDS = 3
"""Words of its own that a request has. Near copies of one text have fewer."""

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
    suffixes = {suffix[::-1] for suffix in _shared({own[::-1] for _, own, _ in parts})}
    # What is found only as the beginning of longer ones is cut from no text.
    used = {*known.prefixes, *(prefix for prefix, _, _ in parts)} - {""}
    return Templates(longest_first(used), longest_first({*known.suffixes, *suffixes}))


def longest_first(affixes: Iterable[str]) -> tuple[str, ...]:
    """Returns beginnings or endings in the order in which they are tried."""
    return tuple(sorted(affixes, key=lambda affix: (-len(affix), affix)))


def longest_shared(texts: Sequence[str], least: int) -> str:
    """Returns the longest beginning or ending that so many texts share.

    Args:
        texts: in any order; equal ones count each.
        least: number of texts, at least 2.
    """
    backwards = [text[::-1] for text in texts]
    return max(_longest_prefix(texts, least), _longest_prefix(backwards, least)[::-1], key=len)


def _longest_prefix(texts: Sequence[str], least: int) -> str:
    # In sorted order, those that share a beginning stand together.
    ordered = sorted(texts)
    pairs = zip(ordered, ordered[least - 1 :], strict=False)
    return max((one[: _common(one, other)] for one, other in pairs), key=len, default="")


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
        if count < LEAST_TEXTS or len(words(text[judged:])) < least:
            continue
        is_template = of_most or _are_requests(ordered, group)
        above.append(_Above(group.end, group.length, group.length if is_template else known))
        found += [text] if is_template else []
    return found


def _are_requests(ordered: Sequence[str], group: _Sharing) -> bool:
    """Returns whether most texts of a group say something of their own after what they share."""
    step = -(-(group.end - group.first) // _LOOKED_AT)
    reach = slice(group.length, group.length + _REACH)
    rests = [set(words(text[reach].casefold())) for text in ordered[group.first : group.end : step]]
    texts_with = Counter(word for rest in rests for word in rest)
    most = len(rests) // 3  # what more of them have is not their own, such as an ending
    own = [sum(texts_with[word] <= most for word in rest) for rest in rests]
    return 2 * sum(count >= _OWN_WORDS for count in own) > len(own)


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
    """Returns how many characters two texts begin with alike, up to the end of a word."""
    shorter = min(len(one), len(other))
    length = bisect_left(range(1, shorter + 1), True, key=lambda n: one[:n] != other[:n])
    while length and not one[length - 1].isspace():
        length -= 1
    return length
