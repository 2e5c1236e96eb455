"""Checks training files, anybody's: one line at a time, by the rules of their target.

The rules are in `check_rules`, what targets take is in `limits.toml`. A file is never held as a
whole: what is kept of a row is its length, a digest, and its input while there is room.
"""

from __future__ import annotations

from array import array
from collections import Counter as Tally
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Any

from curate.check import logged, rules, targets, tokens
from curate.check.alike import Alike, identity, input_of
from curate.check.columns import Columns, facts_of
from curate.check.row_facts import KnownRow, RowFacts
from curate.check.rules import RULES
from curate.check.shapes import SHAPES, ParsedRow, Row, Unreadable, fitting
from curate.check.targets import Target
from curate.check.texts import of_texts
from curate.check.tokens import ESTIMATE, stats, trained_tokens
from curate.check.tokens import counter as counter_named
from curate.check.unseen import Survey, Unseen
from curate.errors import GateFailed
from curate.privacy import credentials
from curate.sources import Document, Location, Reject
from curate.sources.jsonlines import BOM, lines, parse
from curate.text.text import SHORT_TOKENS
from curate.text.text import tokens as tokens_of

KEPT = 100
_RARE = 20
_FEWEST_LABELLED = 100
_BATCH_BYTES = 1 << 20


@dataclass(frozen=True)
class Finding:
    """One breach of a rule.

    Attributes:
        rule: its id.
        level: `error` or `warning`.
        line: from 1; None where it is about the whole file.
        message: what was seen.
        fix: what to do about it.
    """

    rule: str
    level: str
    line: int | None
    message: str
    fix: str


@dataclass(frozen=True)
class CheckResult:
    """What was found in one file.

    Attributes:
        target: what it was checked for; None where nothing was named.
        shape: what its rows are; None where none could be read.
        rows: lines that are not blank.
        counts: how often each rule was broken.
        findings: by line, at most `KEPT` for each rule.
        errors: how many there are.
        warnings: how many there are.
        tokens: of the rows that could be read.
        compared: the line up to which near-duplicates were looked for; None where it is the last.
        unseen: what the check cannot see; of a held-out file, as test.
    """

    path: str
    target: str | None
    shape: str | None
    rows: int
    counts: dict[str, int]
    findings: list[Finding]
    errors: int
    warnings: int
    tokens: tokens.Stats
    compared: int | None
    unseen: tuple[Unseen, ...] = ()


def names() -> list[str]:
    """Returns the names of all targets."""
    return targets.names()


def check_file(
    path: Path | str,
    target: str | Target | None = None,
    *,
    counter: tokens.Counter | None = None,
    max_length: int | None = None,
    labels: Sequence[str] | None = None,
    heldout: Path | str | None = None,
    progress: Callable[[Iterable[Any], str], Iterable[Any]] = lambda items, _: items,
) -> CheckResult:
    """Returns what is wrong with a JSON Lines file, plain, `.gz` or `.zst`.

    Args:
        path: of the file.
        target: a name of `names()`, or one's own; None checks what holds everywhere.
        counter: what counts tokens; the best there is where none is given.
        max_length: tokens that a row may have, by the trainer's settings.
        labels: all labels there may be.
        heldout: a file of the same or another shape whose inputs must not be here.
        progress: wraps the lines.

    Raises:
        SourceError: the file cannot be read.
        ConfigError: there is no such target.
    """
    path = Path(path)
    survey = Survey()
    heldout_texts = heldout_inputs(heldout, survey) if heldout else ()
    checker = Checker(target, counter or tokens.counter(), max_length, labels, heldout_texts)
    checker.survey = survey
    counts: Tally[str] = Tally()
    rows = []
    for finding in checker.run(progress(lines(Location(path)), path.name)):
        counts[finding.rule] += 1
        if counts[finding.rule] <= KEPT:
            rows.append(finding)
    errors = sum(n for rule, n in counts.items() if RULES[rule].level == "error")
    return CheckResult(
        str(path),
        checker.target.name or None,
        checker.shape,
        checker.rows,
        dict(sorted(counts.items(), key=lambda item: list(RULES).index(item[0]))),
        sorted(rows, key=lambda f: (f.line or 0, list(RULES).index(f.rule), f.message)),
        errors,
        counts.total() - errors,
        checker.tokens(),
        checker.alike.compared,
        checker.survey.found(),
    )


def check_lines(
    raw: Iterable[bytes],
    target: str | Target | None = None,
    *,
    counter: tokens.Counter | None = None,
    max_length: int | None = None,
    labels: Sequence[str] | None = None,
    heldout: Sequence[tuple[int, str]] = (),
) -> Iterator[Finding]:
    """Yields what is wrong with lines, as it is found: near-duplicates come after their batch.

    Tokens are counted only with a counter. `heldout` is what `heldout_inputs` returns; the other
    arguments are those of `check_file`.
    """
    yield from Checker(target, counter, max_length, labels, heldout).run(raw)


def heldout_inputs(path: Path | str, survey: Survey | None = None) -> list[tuple[int, str]]:
    """Returns (line, normalised input) of the rows of a held-out file, those that can be read.

    Args:
        path: of the file.
        survey: takes them as test.

    Raises:
        SourceError: the file cannot be read.
        GateFailed: none of its rows can.
    """
    checker, texts = Checker(), []
    others: list[tuple[int, bytes]] = []
    for number, raw in enumerate(lines(Location(Path(path))), 1):
        for row, read in checker.readings(number, raw):
            texts.append((number, input_of(read)))
            if survey:
                survey.add_labels("test", _texts(_names_in(checker.shape, row, read)))
        if raw.strip() and not texts:
            others.append((number, raw.removeprefix(BOM)))
    if others and not texts:
        texts = logged.inputs_of(d for d in starmap(parse, others) if isinstance(d, Document))
    if others and not texts:
        raise GateFailed(
            f"{path}: no row could be read, so nothing was compared. Next: curate check {path}"
        )
    if survey:
        for _, text in texts:
            survey.add_input("test", text, len(tokens_of(text)))
    return texts


_Line = bytes | KnownRow
_Problems = list[tuple[int | None, str, str]]
_Listed = tuple[int, int, list[tuple[Row, ParsedRow]], KnownRow | None, _Problems]


class Checker:
    """Takes the lines of one file, in order; the arguments are those of `check_lines`.

    With `form_only` neither secrets nor rows that say the same are looked for. Lines may then be
    `KnownRow`s, which a checker with the same rules, labels and counter has read before.

    Attributes:
        facts: of each line, in order, with `form_only`; None where it could not be read.
        lengths: of each line its tokens, -1 where they were not counted.
    """

    def __init__(
        self,
        target: str | Target | None = None,
        counter: tokens.Counter | None = None,
        max_length: int | None = None,
        labels: Sequence[str] | None = None,
        heldout: Sequence[tuple[int, str]] = (),
        *,
        form_only: bool = False,
    ) -> None:
        self._form_only = form_only
        self.target = target if isinstance(target, Target) else targets.get(target)
        self.shape: str | None = None
        self.rows = 0
        self.alike = Alike(heldout)
        self.survey = Survey()
        self._counter, self._max_length, self._labels = counter, max_length, labels
        self._columns = Columns() if self.target.loader else None
        self.facts: list[RowFacts | None] = []
        self.lengths, self._bytes = array("q"), 0
        self._same_facts: dict[RowFacts, RowFacts] = {}
        self._first: dict[bytes, int] = {}
        self._classes: Tally[str] = Tally()
        self._good: Tally[bool] = Tally()
        self._weighted = 0
        self._forms: dict[Hashable, list[rules.Problem]] = {}
        self._problems: _Problems = []

    def run(self, raw: Iterable[_Line]) -> Iterator[Finding]:
        """Yields what is wrong with the lines and with the file."""
        for batch in _batches(raw, _BATCH_BYTES if self._counter else 0):
            yield from self._batch(batch)
        self._problems += self.alike.rest()
        self._problems += ((None, *problem) for problem in self._whole())
        self._problems += self._columns.rest() if self._columns else ()
        yield from self._told()

    def _batch(self, numbered: Sequence[tuple[int, _Line]]) -> Iterator[Finding]:
        """Yields what is wrong with some lines; their tokens are counted together."""
        listed: list[_Listed] = []
        for number, line in numbered:
            rows = [] if isinstance(line, KnownRow) else list(self.readings(number, line))
            known = self._met(number, line) if isinstance(line, KnownRow) else None
            size = line.size if isinstance(line, KnownRow) else len(line)
            listed.append((number, size, rows, known, self._problems))
            self._problems = []
        lengths = iter(self._lengths_of([read for _, _, rows, *_ in listed for _, read in rows]))
        for number, size, rows, known, problems in listed:
            self._problems = problems
            self._bytes += size
            facts, length = (known.facts, known.tokens) if known else (None, -1)
            for row, read in rows:
                facts, length = self._facts_of(row, read), next(lengths, -1)
                self._row(number, facts, row, read, size)
                self._count(number, length)
                if not self._form_only:
                    self._compare(number, read)
            if known:
                self._take(number, known.facts)
                self._add_columns(number, known.facts, size)
                self._count(number, length)
            if self._form_only:
                self.facts.append(facts)
            self.lengths.append(length)
            if self._problems:
                yield from self._told()

    def _met(self, number: int, known: KnownRow) -> KnownRow | None:
        """Returns a row that was read before, None where it is not of the shape of the file."""
        self.rows += 1
        return known if self._fits(number, known.facts.shape) else None

    def tokens(self) -> tokens.Stats:
        """Returns the tokens of the rows so far; of an estimate that counts nothing, zeros."""
        counter = self._counter or counter_named(ESTIMATE)
        lengths = [length for length in self.lengths if length >= 0]
        return stats(lengths, counter, self._max_length or self.target.cuts_at)

    def _told(self) -> Iterator[Finding]:
        for line, rule, message in self._problems:
            yield Finding(rule, RULES[rule].level, line, message, RULES[rule].fix)
        self._problems = []

    def _say(self, line: int | None, rule: str, message: str) -> None:
        self._problems.append((line, rule, message))

    # -- a row -------------------------------------------------------------------------------------

    def readings(self, number: int, raw: bytes) -> Iterator[tuple[Row, ParsedRow]]:
        """Yields the row of a line and its reading; nothing where it cannot be read."""
        if number == 1:
            raw = raw.removeprefix(BOM)
        if not raw.strip():
            return
        self.rows += 1
        document = parse(number, raw)
        if isinstance(document, Reject):
            self._say(number, *_refused(raw, document))
            return
        row = document.fields
        shape = self._shape_of(number, row)
        if shape is None:
            return
        try:
            yield row, SHAPES[shape].read(row)
        except Unreadable as error:
            self._say(number, error.rule, str(error))

    def _shape_of(self, number: int, row: Row) -> str | None:
        """Returns the shape of a row; the first one settles that of the file."""
        shapes = fitting(row, self.target.shapes)
        if len(shapes) > 1:
            self._say(number, "ambiguous-format", f"read as {' or as '.join(shapes)}")
            return None
        if not shapes:
            self._say(number, *self._unfit(row))
            return None
        return shapes[0] if self._fits(number, shapes[0]) else None

    def _fits(self, number: int, shape: str) -> bool:
        """Returns whether a row is of the shape of the file, which the first one settles."""
        self.shape = self.shape or shape
        if shape != self.shape:
            self._say(number, "mixed-format", f"of the shape {shape}; it began as {self.shape}")
        return shape == self.shape

    def _unfit(self, row: Row) -> tuple[str, str]:
        other = fitting(row, SHAPES)
        if not other and "chat" in self.target.shapes and self.shape in (None, "chat"):
            return "no-messages", f"there is no `messages`, but {_keys_of(row)}"
        description = f"of the shape {other[0]}" if other else f"it has {_keys_of(row)}"
        takes = ", ".join(self.target.shapes)
        return "wrong-format", f"{description}; {self.target.name or 'curate'} reads {takes}"

    def _row(self, number: int, facts: RowFacts, row: Row, read: ParsedRow, size: int) -> None:
        self._take(number, facts)
        if not self._form_only:
            if facts.good is None:
                given = _names_in(self.shape, row, read)
                self.survey.add_labels("train", _texts(given))
            for problem in dict.fromkeys([*_secrets(read), *of_texts(read)]):
                self._say(number, *problem)
        self._add_columns(number, facts, size)

    def _take(self, number: int, facts: RowFacts) -> None:
        """Says what is wrong with a row by itself, and counts what is told of the file."""
        for rule, message in facts.problems:
            self._say(number, rule, message)
        if facts.good is not None:
            self._good[facts.good] += 1
        if facts.names:
            self._classes.update(facts.names)
        self._weighted += facts.weighted

    def _add_columns(self, number: int, facts: RowFacts, size: int) -> None:
        if self._columns:
            self._problems += self._columns.add(number, facts.columns, size)

    def _facts_of(self, row: Row, read: ParsedRow) -> RowFacts:
        good = read.label if isinstance(read.label, bool) else None
        given = [] if good is not None else _names_in(self.shape, row, read)
        labelled = dict.fromkeys(self._labelled(given))
        is_classified = self.shape in ("classification", "multi-label")
        facts = RowFacts(
            str(self.shape),
            (*self._broken(row, read), *labelled),
            tuple(map(str, given)) if is_classified else (),
            good,
            facts_of(row),
            "weight" in row and "weight" in self.target.row_keys,
        )
        return self._same_facts.setdefault(facts, facts) if self._form_only else facts

    def _broken(self, row: Row, read: ParsedRow) -> Sequence[rules.Problem]:
        """Returns the rules of a row that are broken; rows of one form are looked at once."""
        form = None if self.target.reserved else rules.form(row, read)
        if form is None:
            return rules.of_row(row, str(self.shape), read, self.target)
        if form not in self._forms:
            self._forms[form] = rules.of_row(row, str(self.shape), read, self.target)
        return self._forms[form]

    def _labelled(self, given: Iterable[Any]) -> Iterator[rules.Problem]:
        labels = self._labels
        for label in given:
            if type(label) not in (str, int) or label == "":
                yield "bad-field", f"a label is {label!r}, expected a string"
            elif labels is not None and not _is_known(label, labels):
                yield "label-unknown", f"{label!r} is not one of the {len(labels):,} labels"

    def _lengths_of(self, rows: Sequence[ParsedRow]) -> list[int]:
        return trained_tokens(rows, self._counter) if self._counter else []

    def _count(self, number: int, length: int) -> None:
        if self._counter is None or length < 0:
            return
        about = "" if self._counter.exact else "about "
        limit = self.target.max_tokens
        if limit and length > limit:
            self._say(number, "row-too-long", f"{about}{length:,} tokens, at most {limit:,}")
        cut = self._max_length or self.target.cuts_at
        if cut and length > cut:
            self._say(number, "answer-truncated", f"{about}{length:,} tokens, trained are {cut:,}")

    def _compare(self, number: int, read: ParsedRow) -> None:
        key = bytes.fromhex(identity(read))
        first = self._first.setdefault(key, number)
        if first != number:
            self._say(number, "duplicate-row", f"the same as line {first:,}")
        # Several answers to one prompt are what pairs and ratings are made of.
        plain = self.shape in ("classification", "multi-label") or (
            len(read.answers),
            read.label,
        ) == (1, None)
        text = input_of(read)
        words = len(tokens_of(text))
        self.survey.add_input("train", text, words)
        near, is_long = plain and first == number, words >= SHORT_TOKENS
        self._problems += self.alike.add(number, text, near=near, is_long=is_long)

    # -- the file ----------------------------------------------------------------------------------

    def _whole(self) -> Iterator[tuple[str, str]]:
        target = self.target
        if not self.rows:
            yield "empty-file", "no row"
        elif self.rows < target.min_rows:
            few = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
            yield "too-few-rows", f"{few}, {target.name} takes {target.min_rows:,} or more"
        elif self.rows < target.advised_rows:
            advice = f"{target.name} advises {target.advised_rows:,} or more"
            yield "few-rows", f"{self.rows:,} rows, {advice}"
        if target.max_rows and self.rows > target.max_rows:
            yield "too-many-rows", f"{self.rows:,} rows, at most {target.max_rows:,}"
        if target.max_bytes and self._bytes > target.max_bytes:
            yield "file-too-big", f"{self._bytes:,} bytes, at most {target.max_bytes:,}"
        if 0 < self._weighted < self.rows:
            yield "bad-weight", f"{self._weighted:,} of {self.rows:,} rows have a `weight`"
        if len(self._good) == 1 and self.rows > 1:
            side = "good" if True in self._good else "bad"
            yield "kto-one-sided", f"all {self._good.total():,} answers are rated {side}"
        yield from self._imbalance()

    def _imbalance(self) -> Iterator[tuple[str, str]]:
        if self._classes.total() < _FEWEST_LABELLED:
            return
        most, largest = self._classes.most_common(1)[0]
        rare = {label: n for label, n in self._classes.items() if n * _RARE < largest}
        if rare:
            label, n = min(rare.items(), key=lambda item: (item[1], item[0]))
            more = f", so {len(rare) - 1:,} others" if len(rare) > 1 else ""
            yield "class-imbalance", f"{n:,} of {label!r}{more}, but {largest:,} of {most!r}"


def _batches(raw: Iterable[_Line], most: int) -> Iterator[list[tuple[int, _Line]]]:
    """Yields lines with their numbers, until they are of so many bytes or more."""
    batch: list[tuple[int, _Line]] = []
    room = most
    for number, line in enumerate(raw, 1):
        batch.append((number, line))
        room -= line.size if isinstance(line, KnownRow) else len(line)
        if room <= 0:
            yield batch
            batch, room = [], most
    yield batch


def _names_in(shape: str | None, row: Row, read: ParsedRow) -> list[Any]:
    """Returns the names of classes and marks in a row, as they stand there."""
    if shape in ("classification", "multi-label"):
        return read.label if isinstance(read.label, list) else [read.label]
    names = [label for _, _, label in read.spans]
    if "ner_tags" in SHAPES[shape or "ner"].required | row.keys():
        names += [tag[2:] for tag in row.get("ner_tags", ()) if str(tag)[:2] in ("B-", "I-")]
    return names


def _texts(names: Iterable[Any]) -> list[str]:
    return [str(name) for name in names if type(name) in (str, int)]


def _refused(raw: bytes, reject: Reject) -> tuple[str, str]:
    """Returns the rule that an unreadable line breaks; half a surrogate pair gets its own."""
    if reject.reason == "bad-json":
        import json

        try:
            # What Python's reader takes and orjson does not are halves of pairs, and NaN.
            json.loads(raw, parse_constant=int)
            return "lone-surrogate", reject.detail
        except (ValueError, RecursionError):
            pass
    return reject.reason, reject.detail


def _keys_of(row: Row) -> str:
    return ", ".join(f"`{key}`" for key in list(row)[:6]) or "no keys"


def _is_known(label: str | int, labels: Sequence[str]) -> bool:
    return label in labels or (isinstance(label, int) and 0 <= label < len(labels))


def _secrets(read: ParsedRow) -> Iterator[tuple[str, str]]:
    """Yields the secrets in a row, by kind and never by value."""
    for text in tokens.texts_of(read):
        for start, end, detector, _ in credentials.find(text):
            yield "secret-found", f"{detector}, {end - start} characters"
