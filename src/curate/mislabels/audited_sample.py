"""Audited samples from outside: a table with ids, and what a person says of their labels."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, SourceError, unknown_name
from curate.sources import Document, Location, Reject, format_of, known_suffixes, reader

IDS = ("example_id", "id", "source_id")
TRUE_LABELS = ("true_label", "label")
WRONG = ("is_error", "wrong")
GIVEN = ("given", "given_label")


_WORDS = {
    "1": True, "true": True, "yes": True, "y": True, "t": True,
    "0": False, "false": False, "no": False, "n": False, "f": False,
}  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """One answered row: which example it names, and its true label or whether its label is wrong.

    Attributes:
        number: of the row, from 0; line: of the file, from 1.
        label: the true one; None where only `wrong` is told.
        wrong: None where the true label tells.
        given: the label that was audited; None where the file does not tell.
    """

    number: int
    line: int
    id: str
    source: str | None
    label: str | None
    wrong: bool | None
    given: str | None


@dataclass(frozen=True)
class Sample:
    """An audited sample: its answered rows, and how many rows have no answer or are unreadable."""

    file: str
    rows: int
    truths: tuple[Truth, ...]
    unanswered: int
    refused: int


def read(path: Path) -> Sample:
    """Returns the audited sample in a file.

    Where `true_label` is there, it decides, else `is_error` or `wrong`, else `label`. A column
    `given` (or `given_label`) has the label that was audited.

    Raises:
        SourceError: there is no such file, or its format is not known.
        ConfigError: a column is missing, or an answer is not understood.
    """
    if not path.is_file():
        raise SourceError(f"{path}: no such file. Next: curate mislabels --evaluate FILE")
    kind = format_of(path)
    if kind is None:
        listing = ", ".join(known_suffixes())
        raise SourceError(f"{path}: format not known from its name (known: {listing})")
    read = list(reader(kind)(Location(path)))
    documents = [d for d in read if isinstance(d, Document)]
    if not documents:
        raise ConfigError(f"{path.name}: no row. Next: give it a line for each audited label")
    columns = _Columns(path.name, [name for d in documents[:1000] for name in d.fields])
    found = [columns.truth(number, d) for number, d in enumerate(documents)]
    truths = tuple(t for t in found if t.label is not None or t.wrong is not None)
    refused = sum(isinstance(d, Reject) for d in read)
    return Sample(path.name, len(read), truths, len(found) - len(truths), refused)


def check_labels(sample: Sample, known: Collection[str]) -> None:
    """Refuses true labels that do not exist: each would count as an error of its example.

    Raises:
        ConfigError: there is one.
    """
    for truth in sample.truths:
        if truth.label is not None and truth.label not in known:
            raise ConfigError(
                f"{sample.file} line {truth.line}: {unknown_name('label', truth.label, known)} "
                "Next: correct it, or list it under [project] labels in curate.toml"
            )


class _Columns:
    """Which column of a file is what."""

    def __init__(self, file: str, names: Iterable[str]) -> None:
        self.file = file
        self.names = list(dict.fromkeys(names))
        self.id = self._one(IDS)
        self.source = self._one(("source",))
        self.wrong = self._one(WRONG)
        self.given = self._one(GIVEN)
        # Beside an answer that says wrong or not, `label` may be the one that was judged.
        self.label = self._one(TRUE_LABELS[:1] if self.wrong else TRUE_LABELS)
        if self.id is None:
            raise ConfigError(self._lacks("names the example", IDS))
        if self.label is None and self.wrong is None:
            raise ConfigError(self._lacks("says what is true", (*TRUE_LABELS, *WRONG)))

    def _one(self, wanted: Iterable[str]) -> str | None:
        by_name = {name.strip().lower(): name for name in reversed(self.names)}
        return next((by_name[name] for name in wanted if name in by_name), None)

    def _lacks(self, what: str, wanted: Iterable[str]) -> str:
        return (
            f"{self.file}: no column {what} ({', '.join(wanted)}). Its columns: "
            f"{', '.join(self.names)}. Next: rename one, then curate mislabels --evaluate "
            f"{self.file}"
        )

    def truth(self, number: int, document: Document) -> Truth:
        fields, line = document.fields, document.line
        label = _text(fields, self.label)
        text = _text(fields, self.wrong)
        wrong = None
        if label is None and text is not None:
            wrong = _WORDS.get(text.lower().removesuffix(".0"))
            if wrong is None:
                raise ConfigError(
                    f"{self.file} line {line}: {self.wrong} is {text!r}. Expected 1 or 0, true or "
                    "false. Next: correct it; leave it empty where nobody looked"
                )
        name, source = _text(fields, self.id) or "", _text(fields, self.source)
        return Truth(number, line, name, source, label, wrong, _text(fields, self.given))


def _text(fields: Mapping[str, Any], name: str | None) -> str | None:
    value = None if name is None else fields.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).strip() or None
