"""What a check for leaks and duplicates cannot see, to be said beside `passed`.

A `Survey` takes the inputs and labels of both sides and returns codes with numbers; their sentences
stand here too, for the export, the card and `curate check`.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from curate.embed import encoders
from curate.embed.languages import ENGLISH, FEW, language
from curate.kernels.label_names import Names, odd_names
from curate.kernels.languages import has_lists
from curate.text.text import SHORT_TOKENS
from curate.text.wording import counted

Side = Literal["train", "test"]
SIDES: tuple[Side, Side] = ("train", "test")

SAMPLE = 10_000
"""Inputs whose language is looked at, as many as take a third of a second at most."""

_GROUPS, _NAMES = 5, 8


@dataclass(frozen=True)
class Unseen:
    """Something that the check cannot see.

    Attributes:
        code: what it is, one of `STEPS`.
        counts: numbers by name; of `languages`, inputs by language or script, all of them.
        labels: groups of classes with their numbers of examples.
        encoder: of `languages`, the encoder in force.
        unread: of `languages`, those that it was not made for.
        unlisted: of `languages`, those that have inputs of a language without word lists.
        is_sample: whether not all inputs were looked at, as there are too many.
    """

    code: str
    counts: dict[str, int] = field(default_factory=dict)
    labels: tuple[Names, ...] = ()
    encoder: str | None = None
    unread: dict[str, int] = field(default_factory=dict)
    unlisted: dict[str, int] = field(default_factory=dict)
    is_sample: bool = False


STEPS = {
    "users_on_both_sides": "--group user, which keeps the calls of one user on one side; sides "
    "stay, so these would be withheld",
    "short_inputs": None,
    "only_in_test": None,
    "single_example": None,
    "spellings": "write them alike in the log and pull it again, or curate pull FILE --as feedback "
    "with the right labels",
    "missing_words": "if they are, leave them empty in the log and pull it again",
    "listed_labels": "multi_label = true under [project], which reads lists",
    "languages": None,
}
"""Code -> what can be done about it in a project, in the order in which it is told."""


class Survey:
    """Takes inputs and labels, side by side, in any order."""

    def __init__(self) -> None:
        self._inputs, self._short = Counter[Side](), Counter[Side]()
        self._labels: dict[Side, Counter[str]] = {"train": Counter(), "test": Counter()}
        self._languages: list[tuple[int, str, bool]] = []
        self._below = 1 << 32

    def add_input(self, side: Side, text: str, tokens: int) -> None:
        """Takes the normalised input of a row, and the number of its tokens."""
        self.add_inputs(side, [text], [tokens])

    def add_inputs(self, side: Side, texts: Sequence[str], tokens: Sequence[int]) -> None:
        """Takes the normalised inputs of rows, and the numbers of their tokens."""
        counted = [count for text, count in zip(texts, tokens, strict=True) if text]
        self._inputs[side] += len(counted)
        self._short[side] += sum(count < SHORT_TOKENS for count in counted)
        lots = [(zlib.crc32(text.encode("utf-8", "surrogatepass")), text) for text in texts if text]
        # Of so many, only those are looked at that stay in the sample.
        while lots := [one for one in lots if one[0] < self._below]:
            if len(self._languages) + len(lots) <= SAMPLE:
                break
            self._below //= 2
            self._languages = [one for one in self._languages if one[0] < self._below]
        for lot, text in lots:
            name = language(text)
            self._languages.append((lot, name, name == ENGLISH or has_lists(text)))

    def add_labels(self, side: Side, names: Iterable[str]) -> None:
        """Takes names of the classes, or of the marks, of a row."""
        self._labels[side].update(names)

    def found(
        self,
        *,
        users: tuple[int, int, int] | None = None,
        encoder: str | None = None,
    ) -> tuple[Unseen, ...]:
        """Returns what the check cannot see, in the order of `STEPS`.

        Args:
            users: those on both sides, of all, and the train rows that keeping them together
                would withhold; None where they are kept together, or nothing is known of them.
            encoder: in force; None where there is none.
        """
        listed = []
        if users and users[0]:
            names = ("users", "of", "withheld")
            listed.append(Unseen("users_on_both_sides", dict(zip(names, users, strict=True))))
        if self._short.total():
            listed.append(Unseen("short_inputs", self._short_inputs()))
        return (*listed, *self._of_labels(), *self._of_languages(encoder))

    def _short_inputs(self) -> dict[str, int]:
        return {
            "train": self._short["train"],
            "of_train": self._inputs["train"],
            "test": self._short["test"],
            "of_test": self._inputs["test"],
        }

    def _of_labels(self) -> Iterable[Unseen]:
        train, test = self._labels["train"], self._labels["test"]
        both = train + test
        numbers = {"classes": len(both)}
        if only := {name: test[name] for name in sorted(test.keys() - train.keys())}:
            yield Unseen("only_in_test", numbers, (only,))
        if single := {n: 1 for n in sorted(train) if both[n] == 1}:
            yield Unseen("single_example", numbers, (single,))
        yield from of_names(odd_names(both))

    def _of_languages(self, encoder: str | None) -> Iterable[Unseen]:
        counts = _by_number(name for _, name, _ in self._languages)
        total = sum(counts.values())
        unread = encoders.unread(encoder, counts) if encoder else {}
        unlisted = _by_number(name for _, name, listed in self._languages if not listed)
        if sum(unlisted.values()) <= FEW * total:
            unlisted = {}
        if unread or unlisted:
            is_sample = total < self._inputs.total()
            yield Unseen("languages", counts, (), encoder, unread, unlisted, is_sample)


def _by_number(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def of_names(odd: Mapping[str, Sequence[Names]]) -> list[Unseen]:
    """Returns what is odd about names of classes, as `kernels.label_names` found it."""
    return [Unseen(code, labels=tuple(groups)) for code, groups in odd.items()]


# -- in words --------------------------------------------------------------------------------------


def sentence(one: Unseen) -> str:
    """Returns what cannot be seen, as it is said to people."""
    return _SENTENCES[one.code](one)


def with_step(one: Unseen) -> str:
    """Returns the same with what can be done about it in a project."""
    step = STEPS[one.code]
    return f"{sentence(one)}. Next: {step}" if step else sentence(one)


def _users(one: Unseen) -> str:
    users, of, withheld = (one.counts[name] for name in ("users", "of", "withheld"))
    stand = "stand" if users > 1 else "stands"
    return (
        f"{users:,} of {counted(of, 'user')} {stand} on both sides, with "
        f"{counted(withheld, 'train example')}"
    )


def _short(one: Unseen) -> str:
    counts = one.counts
    train = f"{counts['train']:,} of {counts['of_train']:,}"
    test = f"{counts['test']:,} of {counts['of_test']:,} test "
    parts = f"{train} train, {test}" if counts["of_test"] else f"{train} "
    return f"compared for equality only (under {SHORT_TOKENS} tokens): {parts}inputs"


def _only_in_test(one: Unseen) -> str:
    (names,) = one.labels
    is_one = len(names) == 1
    return (
        f"{len(names):,} of {one.counts['classes']:,} classes {'is' if is_one else 'are'} only in "
        f"test, so nothing is learned of {'it' if is_one else 'them'}: {_named(names)}"
    )


def _single(one: Unseen) -> str:
    (names,) = one.labels
    have = "class has" if len(names) == 1 else "classes have"
    shown = ", ".join(map(_quoted, list(names)[:_NAMES])) + (", ..." if len(names) > _NAMES else "")
    return f"{len(names):,} {have} one example, which is in train: {shown}"


def _spellings(one: Unseen) -> str:
    more = len(one.labels) - _GROUPS
    shown = "; ".join(map(_named, one.labels[:_GROUPS])) + (f"; {more:,} more" if more > 0 else "")
    return f"labels that are equal but for case, blanks or Unicode form: {shown}"


def _languages(one: Unseen) -> str:
    total = sum(one.counts.values())
    what = f"a sample of {counted(total, 'input')}" if one.is_sample else "the inputs"
    parts = [
        f"{missed} {', '.join(names)} ({sum(names.values()) / total:.1%} of {what})"
        for missed, names in (
            (f"copies in other words, as {one.encoder} was not made for", one.unread),
            ("other meanings of nearly equal inputs, without word lists for", one.unlisted),
        )
        if names
    ]
    return "; ".join(parts)


_SENTENCES = {
    "users_on_both_sides": _users,
    "short_inputs": _short,
    "only_in_test": _only_in_test,
    "single_example": _single,
    "spellings": _spellings,
    "missing_words": lambda one: (
        f"labels that are words for a missing one: {_named(one.labels[0])}"
    ),
    "listed_labels": lambda one: f"labels that are lists: {_named(one.labels[0])}",
    "languages": _languages,
}


def _named(names: Names) -> str:
    shown = ", ".join(f"{_quoted(name)} {n:,}" for name, n in list(names.items())[:_NAMES])
    return shown + (", ..." if len(names) > _NAMES else "")


_BLANKS = re.compile(r"^ +| +$| {2,}")


def _quoted(name: str) -> str:
    """Returns a name in quotes, with signs for what the eye could not tell apart."""
    composed = unicodedata.normalize("NFC", name) == name
    name = _BLANKS.sub(lambda blanks: "\u2423" * len(blanks[0]), name)
    shown = (
        c
        if c.isprintable() and (composed or not unicodedata.combining(c))
        else c.encode("unicode_escape").decode().replace("\\x", "\\u00")
        for c in name
    )
    return f'"{"".join(shown)}"'
