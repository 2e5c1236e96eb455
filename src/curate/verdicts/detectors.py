"""Detectors: what may put an example into the labelling queue, one SQL file each.

A detector is `sql/detectors/NAME.sql`. It selects `example_id` and `score` (low first) of what a
human should look at, from the tables of today's verdicts. It may also select `suggested` (an
answer), `place` (where it differs from the header's), `because` (which sentence of the header
says why) and whatever those sentences name. Its comments at the start of a line are the header:

    -- What it flags, for a person.
    -- serves: labels, answers       what it helps to ask for, or names of kinds of work
    -- place: 6                      up to 3 asked first, from 12 on last, between them by worth
    -- order: 60                     among detectors (default: ten times the place)
    -- prior: 5 of 10                changed of pseudo-reviews, before people have answered
    -- audited: no                   what it flags is out anyway, so that no audit draws it
    -- edge case: NAME               it makes an edge case, under this name in exports;
                                     `NAME, once answered`: if somebody has answered
    -- why: {n} of {m} say so        what annotators are told; `why CODE:` where `because` is CODE

It may use `$kind` and `$about` (of the work), `$doubted`, `$near`, `$semantic`, `$thin_train`,
`$thin_share`, and options that its header declares as drop rules do.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import ConfigError
from curate.store import resource_dir
from curate.store.headers import Header, Parameter, read_header

SERVED = {"labels": "label", "answers": "answer", "pairs": "pair"}
"""What a header says it serves -> what a kind of work asks about."""


_KEYS: Mapping[str, tuple[str, ...]] = {
    "serves": (), "place": (), "order": (), "prior": (), "audited": ("yes", "no"),
    "edge case": (), "why": (), "why CODE": (),
}  # fmt: skip
_ANSWERED = ", once answered"


@dataclass(frozen=True)
class DetectorFile:
    """One detector, as its file describes it.

    Attributes:
        serves: what it helps to ask for (see `SERVED`), or names of kinds of work.
        place: of what it flags, in the queue.
        order: among detectors: of equal ones the first is preferred.
        prior: what it is thought to be worth before anybody has answered: changed, of how many.
        audited: whether it flags examples that an audit may draw.
        edge_case: the name in exports of what it makes an edge case; None where it makes none.
        once_answered: whether only what somebody has answered becomes an edge case.
        why: sentences for annotators by the code in `because`, empty where there is none.
    """

    name: str
    help: str
    query: str
    parameters: tuple[Parameter, ...]
    serves: tuple[str, ...]
    place: int
    order: int
    prior: tuple[int, int]
    audited: bool
    edge_case: str | None
    once_answered: bool
    why: Mapping[str, str]

    def names(self, column: str) -> bool:
        """Returns whether a sentence names a column."""
        return any(f"{{{column}}}" in sentence for sentence in self.why.values())

    def tell(self, because: str | None, facts: Mapping[str, Any]) -> str:
        """Returns what annotators are told; empty where the header says nothing.

        Raises:
            ConfigError: the sentence names a column that the query does not return.
        """
        sentence = self.why.get(because or "", "")
        try:
            return sentence.format_map(facts)
        except KeyError as error:
            raise ConfigError(
                f"sql/detectors/{self.name}.sql: `why` names {error}, which it does not select"
            ) from error


@functools.cache
def detectors() -> Mapping[str, DetectorFile]:
    """Returns all detectors by name, in their order.

    Raises:
        ConfigError: a header cannot be right.
    """
    files = sorted((resource_dir("sql") / "detectors").glob("*.sql"))
    parsed = sorted(map(parse_detector, files), key=lambda d: (d.order, d.name))
    return {detector.name: detector for detector in parsed}


def serving(kind: str, about: str) -> Mapping[str, DetectorFile]:
    """Returns the detectors that serve a kind of work, which asks about labels, answers or pairs.

    They come in their order.
    """
    return {
        name: detector
        for name, detector in detectors().items()
        if any(served == kind or SERVED.get(served) == about for served in detector.serves)
    }


def edge_cases() -> list[dict[str, Any]]:
    """Returns which detectors make edge cases: detector, reason, once_answered; by detector."""
    return [
        {"detector": d.name, "reason": d.edge_case, "once_answered": d.once_answered}
        for d in sorted(detectors().values(), key=lambda d: d.name)
        if d.edge_case
    ]


def parse_detector(file: Path) -> DetectorFile:
    """Returns the detector that a file holds.

    Raises:
        ConfigError: a line of its header is missing, or cannot be right.
    """
    header = read_header(file, _KEYS)
    for key in ("serves", "place"):
        if key not in header.keys:
            raise ConfigError(f"{file}: no line `-- {key}: ...`")
    edge_case = header.keys.get("edge case")
    place = _integer(header, "place", "")
    return DetectorFile(
        name=file.stem,
        help=header.help,
        query=header.text,
        parameters=header.parameters,
        serves=tuple(part.strip() for part in header.keys["serves"].split(",")),
        place=place,
        order=_integer(header, "order", str(10 * place)),
        prior=_prior(header),
        audited=header.keys.get("audited") != "no",
        edge_case=edge_case.removesuffix(_ANSWERED) if edge_case else None,
        once_answered=bool(edge_case and edge_case.endswith(_ANSWERED)),
        why=dict(_sentences(header)),
    )


def _integer(header: Header, key: str, default: str) -> int:
    value = header.keys.get(key, default)
    if not value.isdecimal():
        raise ConfigError(f"{header.file}: {key}: {value!r} is not a number from 0")
    return int(value)


def _prior(header: Header) -> tuple[int, int]:
    value = header.keys.get("prior", "0 of 0")
    changed, _, reviews = value.partition(" of ")
    if not (changed.isdecimal() and reviews.isdecimal() and int(changed) <= int(reviews)):
        raise ConfigError(f"{header.file}: prior: {value!r} is not CHANGED of REVIEWS")
    return int(changed), int(reviews)


def _sentences(header: Header) -> Iterator[tuple[str, str]]:
    """Yields each sentence with its code; what stands in braces is the name of a column."""
    for key, sentence in header.keys.items():
        if key.partition(" ")[0] == "why":
            try:
                names = [name for _, name, *_ in string.Formatter().parse(sentence)]
            except ValueError as error:
                raise ConfigError(f"{header.file}: {key}: {error}") from error
            if wrong := [name for name in names if name is not None and not name.isidentifier()]:
                raise ConfigError(f"{header.file}: {key}: {{{wrong[0]}}} is no column")
            yield key.removeprefix("why").strip(), sentence
