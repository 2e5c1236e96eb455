"""Pulls files of mutated documents with the command line, and judges what it left."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import Result
from mutations import mutated
from oracle import faults, texts_in
from seeds import USER, Group, bundle

from pulled import Workbench

UNTOUCHED = 0.2  # of the bundles, which must be read as if they stood alone
CUT_LINES = 0.02
FORMATS = {"jsonl": 0.8, "json": 0.1, "csv": 0.1}


@dataclass(frozen=True)
class Entry:
    """A document of a file.

    Attributes:
        document: as it is written; a text where its line was cut off.
        seed: its place in its bundle.
        bundle: number of its bundle.
        is_untouched: whether nothing of its bundle was changed.
    """

    document: dict[str, Any] | str
    seed: int
    bundle: int
    is_untouched: bool


@dataclass
class Outcome:
    """What became of the documents of one or several pulls.

    Attributes:
        counts: documents by what became of them.
        reasons: refused documents by reason.
        faults: what is wrong, each with the document.
        untouched: how many untouched documents were compared with themselves alone.
    """

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    texts: int = 0
    untouched: int = 0

    def add(self, other: Outcome) -> None:
        self.counts += other.counts
        self.reasons += other.reasons
        self.faults += other.faults
        self.texts += other.texts
        self.untouched += other.untouched


def entries(group: Group, size: int, dice: random.Random) -> list[Entry]:
    """Returns about `size` documents of a group, most of them mutated."""
    made: list[Entry] = []
    number = 0
    while len(made) < size:
        number += 1
        is_untouched = dice.random() < UNTOUCHED
        for seed, document in enumerate(bundle(group, number)):
            changed: Any = document if is_untouched else mutated(document, dice)
            # Where documents are calls by themselves, each is a bundle of its own.
            whole = number * len(group.documents) + seed if group.is_apart else number
            if not is_untouched and dice.random() < CUT_LINES:
                changed = _cut(json.dumps(changed), dice)
            made.append(Entry(changed, seed, whole, is_untouched))
    return made


def _cut(line: str, dice: random.Random) -> str:
    end = dice.randrange(1, len(line))
    return line[: end - 2 * len(USER)] if USER[:2] in line[end - len(USER) : end] else line[:end]


def save(made: Sequence[Entry], kind: str, folder: Path) -> tuple[str, dict[int, int]]:
    """Writes a file; returns its name, and line in the file -> place in `made`."""
    path, lines = folder / f"log.{kind}", {}
    if kind == "jsonl":
        texts = [e.document if isinstance(e.document, str) else json.dumps(e.document)
                 for e in made]  # fmt: skip
        path.write_text("".join(f"{text}\n" for text in texts), "utf-8")
        return path.name, {place + 1: place for place in range(len(made))}
    kept = {place: e.document for place, e in enumerate(made) if isinstance(e.document, dict)}
    if kind == "json":
        path.write_text(json.dumps(list(kept.values())), "utf-8")
        return path.name, dict(enumerate(kept, 1))
    header = list(dict.fromkeys(str(key) for document in kept.values() for key in document))
    with io.StringIO(newline="") as text:
        table = csv.writer(text)
        table.writerow(header)
        for place, document in kept.items():
            lines[text.getvalue().count("\n") + 1] = place
            table.writerow([_cell(document.get(name)) for name in header])
        path.write_text(text.getvalue(), "utf-8", newline="")
    return path.name, lines


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


class Fuzz:
    """Pulls files of groups of documents, and remembers what each document is alone."""

    def __init__(self) -> None:
        self._alone: dict[str, dict[int, list[str]]] = {}
        self._chosen: dict[str, tuple[str, ...]] = {}

    def pull(self, group: Group, size: int, seed: int) -> Outcome:
        """Returns what became of a file of mutated documents of a group."""
        dice = random.Random(f"{seed} {group.name}")
        made = entries(group, size, dice)
        kind = dice.choices(list(FORMATS), list(FORMATS.values()))[0]
        with tempfile.TemporaryDirectory() as folder:
            work = Workbench(Path(folder) / "project", Path(folder))
            name, lines = save(made, kind, Path(folder))
            only = self._only(group)
            result = work.run("pull", name, *group.options, *only, "--json")
            if result.exit_code and not only and (only := _advice(result)):
                result = work.run("pull", name, *group.options, *only, "--json")
            outcome = _Judged(work, group, made, lines, result, kind == "csv").outcome
            if kind != "csv" and result.exit_code == 0 and only == self._only(group):
                self._compare(work, group, made, lines, outcome)
        return outcome

    def _only(self, group: Group) -> tuple[str, ...]:
        """Returns the option that chooses one of several scores, where the pull asks for it."""
        self.alone(group)
        return self._chosen[group.name]

    def alone(self, group: Group) -> dict[int, list[str]]:
        """Returns what is stored of each document of a group that is pulled with no other."""
        if group.name not in self._alone:
            documents = bundle(group, 0)
            made = [Entry(each, place, 0, True) for place, each in enumerate(documents)]
            with tempfile.TemporaryDirectory() as folder:
                work = Workbench(Path(folder) / "project", Path(folder))
                name, lines = save(made, "jsonl", Path(folder))
                result = work.run("pull", name, *group.options, "--json")
                self._chosen[group.name] = _advice(result) if result.exit_code else ()
                if only := self._chosen[group.name]:
                    result = work.run("pull", name, *group.options, *only, "--json")
                gists = _gists(work, lines) if result.exit_code == 0 else {}
                self._alone[group.name] = gists
        return self._alone[group.name]

    def _compare(
        self,
        work: Workbench,
        group: Group,
        made: Sequence[Entry],
        lines: dict[int, int],
        outcome: Outcome,
    ) -> None:
        """Finds untouched documents that mutated ones in the same file change."""
        gists, alone = _gists(work, lines), self.alone(group)
        for place in lines.values():
            entry = made[place]
            if not entry.is_untouched or not alone:
                continue
            outcome.untouched += 1
            one, other = alone.get(entry.seed, []), gists.get(place, [])
            if one != other:
                outcome.faults.append(
                    f"{group.name}: an untouched document is read otherwise among mutated ones: "
                    f"{other!r:.600} and not {one!r:.600}: {_shown(entry)}"
                )


def _advice(result: Result) -> tuple[str, ...]:
    """Returns the option that a refused pull says to choose one of several scores with."""
    said = re.search(r"--only (name='[^']*')", result.output)
    return ("--only", said[1].replace("'", "")) if said else ()


def _gists(work: Workbench, lines: dict[int, int]) -> dict[int, list[str]]:
    """Returns what is said in each document, without ids."""
    found: dict[int, list[str]] = defaultdict(list)
    for row in _stored(work):
        found[lines[row["line"]]].append(_gist(row))
    return {place: sorted(gists) for place, gists in found.items()}


def _gist(row: dict[str, Any]) -> str:
    if "messages" not in row:
        return json.dumps([row[name] for name in ("kind", "name", "comment", "rater_type")])
    messages = [*json.loads(row["messages"]), "|", *json.loads(row["output"] or "[]")]
    said = [
        m if m == "|" else [
            m["role"], m["content"], m.get("reasoning_content"),
            [c.get("function") for c in m.get("tool_calls", [])],
        ]
        for m in messages
    ]  # fmt: skip
    return json.dumps([said, row["label"]])


def _stored(work: Workbench) -> Iterator[dict[str, Any]]:
    """Yields the calls and the feedback that a store holds."""
    with work.project.store.read() as con:
        for table in ("interactions", "feedback"):
            yield from con.execute(f"SELECT * FROM {table}").to_arrow_table().to_pylist()


class _Judged:
    """What is right and wrong with a pull."""

    def __init__(
        self,
        work: Workbench,
        group: Group,
        made: Sequence[Entry],
        lines: dict[int, int],
        result: Result,
        is_table: bool,
    ) -> None:
        self.is_table = is_table
        self.work, self.group, self.made, self.lines = work, group, made, lines
        self.outcome = Outcome()
        self._people()
        if result.exit_code == 0:
            self._contents()
            self._account(json.loads(result.stdout))
            return
        self.outcome.counts["refused together"] += len(lines)
        self.outcome.reasons[re.sub(r"\d[\d,]*", "N", result.output.strip())[:160]] += len(lines)
        is_error = isinstance(result.exception, SystemExit) and result.exit_code in (1, 2)
        if not is_error or "Next:" not in result.output or "Traceback" in result.output:
            self._fault(f"exit code {result.exit_code}, {result.exception!r}: {result.output:.400}")

    def _fault(self, what: str, place: int | None = None) -> None:
        shown = "" if place is None else f": {_shown(self.made[place])}"
        self.outcome.faults.append(f"{self.group.name}: {what}{shown}")

    def _people(self) -> None:
        """Finds the planted person in the cells and the bytes of a project."""
        for where in self.work.places(USER):
            self._fault(f"the id of a person stands in {where}")

    def _contents(self) -> None:
        """Finds texts that nobody wrote, and calls of more than a text."""
        texts: dict[int, set[str]] = defaultdict(set)
        for place in self.lines.values():
            texts_in(self._written(place), texts[self._talk(place)])
        for row in _stored(self.work):
            place = self.lines[row["line"]]
            self.outcome.texts += 1
            for fault in faults(row, texts[self._talk(place)]):
                self._fault(fault, place)

    def _written(self, place: int) -> Any:
        """Returns a document as it stands in its file: a table's cells are texts."""
        document = self.made[place].document
        if not self.is_table or isinstance(document, str):
            return document
        return {name: _cell(value) for name, value in document.items()}

    def _talk(self, place: int) -> int:
        """Returns the number of what belongs together; turns and halves find one another by ids."""
        return self.made[place].bundle if self.group.is_apart else 0

    def _account(self, result: dict[str, Any]) -> None:
        """Finds documents of which nothing is said: neither stored, refused nor left out."""
        rows = list(_stored(self.work))
        stored = {self.lines[row["line"]] for row in rows}
        with self.work.project.store.read() as con:
            rejects = con.execute("SELECT line, reason FROM rejects ORDER BY ALL").fetchall()
        for line, reason in rejects:
            self.outcome.reasons[reason] += 1
            if reason == "unreadable-document":
                self._fault("reading it raised an error", self.lines[line])
        refused = {self.lines[line] for line, _ in rejects} - stored
        others = set(self.lines.values()) - stored - refused
        counts = {"stored": len(stored), "refused": len(refused), "left out": len(others)}
        self.outcome.counts.update(counts)
        if result["documents"] != len(self.lines):
            self._fault(f"{result['documents']} of {len(self.lines)} documents are counted")
        notes = " ".join(result["notes"])
        if self.group.is_apart and len(others) > counted(result["notes"]):
            self._fault(f"{len(others)} documents are lost: {notes:.300}", min(others))
        self._notes(rows, notes)

    def _notes(self, rows: list[dict[str, Any]], notes: str) -> None:
        """Finds calls that lack a part without a note."""
        calls = [row for row in rows if "messages" in row]
        unasked = sum(row["messages"] == "[]" for row in calls)
        unanswered = sum(row["output"] is None for row in calls)
        for name, missing in (("a question", unasked), ("an answer", unanswered)):
            told = re.search(rf"([\d,]+) without {name}", notes)
            number = int(told[1].replace(",", "")) if told else 0
            if number < missing:
                self._fault(f"{missing} calls have not {name}, the notes say {number}")


def counted(notes: Sequence[str]) -> int:
    """Returns how many parts of documents the notes of a pull name as left out or replaced."""
    numbers: list[str] = []
    for note in notes:
        if note.startswith("left out"):
            numbers += re.findall(r"(?:: |, )([\d,]*\d) ", note)
        numbers += re.findall(r"([\d,]*\d) \w+ have the id of a later one", note)
    return sum(int(number.replace(",", "")) for number in numbers)


def _shown(entry: Entry) -> str:
    document = entry.document
    return document if isinstance(document, str) else json.dumps(document)
