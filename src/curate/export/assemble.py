"""What becomes a line of a version: from kept items to checked lines.

In this order: what an evaluation set has is left out, what the formats cannot express is refused,
general data is mixed in, personal data is hidden, secrets stop everything, and the finished lines
are checked as their trainers would.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
import pyarrow as pa

from curate import formats, pairs
from curate.check import targets, tokens
from curate.check.check import Checker, Finding
from curate.check.unseen import Side
from curate.errors import ConfigError, GateFailed
from curate.export import evaluation_sets, hiding, items, kept_lines, lines, mix
from curate.export.hiding import Hiding
from curate.export.items import Items
from curate.export.kept_lines import KeptLines, ReadLines
from curate.export.lines import Draft, Line
from curate.export.options import ExportSettings
from curate.formats import Contents, Example, Format, Inexpressible, Item
from curate.inputs import templates
from curate.kernels.templates import Templates
from curate.messages import SIDES
from curate.progress import Progress
from curate.store import sql
from curate.text import label_sets
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

_SHOWN = 3


@dataclass
class Assembled:
    """The lines of a version, and what was done on the way to them.

    Attributes:
        lines: of `train`, perhaps `validation`, and `test`, in the order of the files.
        contents: what all items have in common.
        left_out: example -> reason and evidence.
        inexpressible: items that were left out since a format or its rules refuse them.
        tokens: (format, side) -> statistics.
        warnings: rule -> lines.
        dated: format -> columns of texts that are all dates.
        hidden: kind of personal data -> places that have a placeholder now; secrets alone where
            the originals are exported.
        mixed: what was mixed in, by location.
        evaluations: files that were kept out of train.
        in_evaluations: train examples that they had, and held-out ones, which stay.
        edge_cases: what makes an example one, by its id, of all examples with a side.
        entities: side -> what is marked in its examples, where that is what is learned.
        before: what was kept of the lines of the last version.
        read: what is to be kept of these; None where nothing can be.
        pair_reasons: why pairs are out, and how many; `length_bias` of those that are in.
    """

    lines: dict[str, list[Line]]
    contents: Contents = field(default_factory=Contents)
    left_out: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    inexpressible: int = 0
    tokens: dict[tuple[str, str], tokens.Stats] = field(default_factory=dict)
    warnings: Counter[str] = field(default_factory=Counter)
    dated: dict[str, list[str]] = field(default_factory=dict)
    hidden: dict[str, int] = field(default_factory=dict)
    mixed: tuple[mix.Taken, ...] = ()
    evaluations: tuple[evaluation_sets.File, ...] = ()
    in_evaluations: dict[str, int] = field(default_factory=dict)
    pair_reasons: tuple[tuple[str, int], ...] = ()
    length_bias: pairs.LengthBias | None = None
    edge_cases: dict[str, str] = field(default_factory=dict)
    entities: dict[Side, Counter[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    before: KeptLines = kept_lines.NOTHING
    read: ReadLines | None = None

    def left_out_table(self) -> pa.Table:
        """Returns what is left out of what is in today: example_id, reason, evidence."""
        columns = {
            "example_id": list(self.left_out),
            "reason": [reason for reason, _ in self.left_out.values()],
            "evidence": [evidence for _, evidence in self.left_out.values()],
        }
        return pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})

    @functools.cached_property
    def placed(self) -> pa.Table:
        """Returns the place of each example: split, line, role, example_id and row_hash."""
        sides: list[str] = []
        numbers: list[int] = []
        roles: list[str] = []
        ids: list[str] = []
        hashes: list[str] = []
        for side, part in self.lines.items():
            for number, line in enumerate(part, 1):
                count = len(line.example_ids)
                sides += [side] * count
                numbers += [number] * count
                roles += SIDES if line.role == "pair" else (line.role,)
                ids += line.example_ids
                hashes += [line.row_hash] * count
        text = pa.string()
        columns = [pa.array(sides, text), pa.array(numbers, pa.int64()), pa.array(roles, text)]
        columns += [pa.array(ids, text), pa.array(hashes, text)]
        return pa.table(columns, ["split", "line", "role", "example_id", "row_hash"])


def assemble(
    today: Today,
    settings: ExportSettings,
    used: Sequence[Format],
    *,
    name: str,
    task: str,
    with_rows: bool = True,
    progress: Progress,
) -> Assembled:
    """Returns the lines of a version.

    Args:
        today: today's verdicts.
        settings: of the export.
        used: the formats, all of one unit.
        name: of the dataset.
        task: of the project.
        with_rows: make the rows of the lines. Without them nothing is said of what only rows tell:
            personal data, secrets, the rules of the target, tokens.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: a format cannot express an item, or options do not go together.
        GateFailed: a line has a secret in it, or breaks a rule of its target.
    """
    return _Assembly(today, settings, used, name, task, progress).run(with_rows)


class _Assembly:
    """One assembly under way."""

    def __init__(
        self,
        today: Today,
        settings: ExportSettings,
        used: Sequence[Format],
        name: str,
        task: str,
        progress: Progress,
    ) -> None:
        self.today, self.settings, self.formats, self.name = today, settings, used, name
        self.store, self.con = today.store, today.con
        self.unit, self.task, self.progress = used[0].unit, task, progress
        self.seed = settings.split.seed
        self.made = Assembled({})
        self.warnings: dict[tuple[str, str], Counter[str]] = {}

    @functools.cached_property
    def counter(self) -> tokens.Counter:
        """Counts tokens; made where it is wanted, as that takes about a second."""
        return tokens.counter(self.settings.tokenizer)

    def run(self, with_rows: bool) -> Assembled:
        if with_rows or self.settings.tokenizer:
            _ = self.counter  # one that is not there is told of before any work
        verdicts.find_edge_cases(self.today)
        self.made.edge_cases = dict(self.con.execute(sql("export/edge_cases")).fetchall())
        items_of = self._kept()
        own = items_of["train"].contents
        named = self._load(own, with_rows=with_rows)
        pools = self._pools()
        drafts = {side: self._draft(part, side, with_rows) for side, part in items_of.items()}
        general = self._general(pools, drafts["train"].items)
        self._count_entities(drafts)
        if not with_rows:
            extra = lines.name_only(general, "mixed")
            self.made.lines = {side: draft.lines for side, draft in drafts.items()}
            self.made.lines["train"] = [*self.made.lines["train"], *extra]
            return self.made
        self.made.contents = self._contents(own, general)
        general = [self._fitted(example) for example in general]
        same_columns = self.made.contents.tools == own.tools
        hidden = self._write(drafts, general, same_columns=same_columns)
        if named and same_columns:
            self.made.read = ReadLines(named, hidden.items)
        self._check(list(drafts))
        return self.made

    def _load(self, own: Contents, *, with_rows: bool) -> str | None:
        """Finds the lines of the last version; returns what names those of this one."""
        checked = {writer.name: target for writer, target in self._targets()}
        named = kept_lines.name_of(self.store, self.formats, own, checked, self.counter)
        self.made.before = kept_lines.load(self.store, self.name, named, with_rows=with_rows)
        return named

    def _write(
        self, drafts: dict[str, Draft], general: Sequence[Example], *, same_columns: bool
    ) -> Hiding:
        """Writes the lines, with placeholders for what must not leave."""
        parts = {side: draft.items.fit(self.made.contents) for side, draft in drafts.items()}
        numbers = {side: draft.numbers() for side, draft in drafts.items()}
        if not same_columns:  # all lines are other ones than they were
            self.made.before = kept_lines.NOTHING
            numbers = {side: np.full_like(some, -1) for side, some in numbers.items()}
        hidden = hiding.look(
            self.today, parts, numbers, self.made.before, general, progress=self.progress
        )
        redactor = hidden.redactor
        self.made.hidden = dict(sorted(hidden.counts.items()))
        for side, part in parts.items():
            if same_columns:
                anew = hidden.anew[side]
                written = lines.hide(drafts[side].lines, part, anew, self.formats, redactor)
            else:
                written = list(lines.make(part, self.formats, redactor.redact))
            self.made.lines[side] = written
        if general:
            extra = lines.make(general, self.formats, redactor.redact, role="mixed")
            own = self.made.lines["train"]
            self.made.lines["train"] = lines.in_order([*own, *extra], self.seed)
        return hidden

    # -- which items -----------------------------------------------------------------------------

    def _kept(self) -> dict[str, Items]:
        """Returns the items of each side, without what the evaluation sets have."""
        if self.unit == "pair":
            self.made.pair_reasons = pairs.reasons(self.today)
            self.made.length_bias = pairs.length_bias(self.today)
        elif self.unit == "rated":
            left_out = pairs.rated_left_out(self.today)
            self.made.left_out |= {name: (why, None) for name, why in left_out.items()}
        items_of = items.read(self.today, self.unit, reasoning=self.settings.reasoning)
        if self.settings.against:
            items_of = {side: self._without(side, part) for side, part in items_of.items()}
        cut = items.cut_validation(self.today, items_of["train"], self.settings.val_size or 0)
        return {**cut, "test": items_of["test"]}

    @functools.cached_property
    def _evaluation(self) -> evaluation_sets.EvaluationSets:
        evaluation = evaluation_sets.load(
            self.settings.against, self.store.folder, templates=self._templates
        )
        self.made.evaluations = evaluation.files
        return evaluation

    @property
    def _templates(self) -> Templates:
        return templates.together(templates.stored(self.con))

    def _without(self, side: str, part: Items) -> Items:
        ids = part.example_ids()
        ids_known = {example for some in ids for example in some}
        texts = [row for row in evaluation_sets.inputs_of(self.today, side) if row[0] in ids_known]
        threshold = self.settings.split.leak_threshold
        hits = evaluation_sets.find(self._evaluation, texts, threshold=threshold)
        self.made.in_evaluations[side] = len(hits)
        if side == "test":
            return part
        self.made.left_out |= {name: ("against", hit.evidence) for name, hit in hits.items()}
        return part.take([n for n, some in enumerate(ids) if hits.keys().isdisjoint(some)])

    def _draft(self, part: Items, side: str, with_rows: bool) -> Draft:
        is_test = side == "test"  # the others have no name by what they hold
        draft = lines.draft(
            part,
            self.formats,
            self.made.before.lines(part, with_content=is_test and with_rows),
            limit=self.settings.limit if side == "train" else None,
            lossy=self.settings.lossy,
            with_rows=with_rows,
            with_content=is_test,
            progress=lambda shown: self.progress(
                shown, f"{'writing' if with_rows else 'reading'} {side}"
            ),
        )
        self.made.inexpressible += len(draft.refused)
        self.made.left_out |= {n: ("inexpressible", what) for n, what in draft.refused.items()}
        return draft

    def _count_entities(self, drafts: dict[str, Draft]) -> None:
        if "extraction" in [writer.name for writer in self.formats]:
            for side, draft in drafts.items():
                counts = self.made.entities.setdefault(
                    "test" if side == "test" else "train", Counter()
                )
                counts.update(draft.items.entities())

    # -- general data ----------------------------------------------------------------------------

    def _pools(self) -> list[mix.Pool]:
        mixes = [mix.parse(text) for text in self.settings.mix]
        if not mixes:
            return []
        if self.unit != "example":
            raise ConfigError(
                f"--mix: {self.formats[0].name} has no lines that general data could be. Next: "
                "leave --mix out, or another --format"
            )
        held, ours = mix.held_out(self.today), mix.ours(self.con)
        threshold = self.settings.split.leak_threshold
        pools = []
        for one in mixes:
            pool = mix.load(
                one,
                self.store.folder,
                task=self.task,
                templates=self._templates,
                reasoning=self.settings.reasoning,
            )
            pool = mix.clean(pool, held, ours, threshold=threshold)
            if self.settings.against:
                pool = mix.apart(pool, self._evaluation, threshold=threshold)
            pools.append(pool.without(self._refused(pool), "inexpressible"))
        return pools

    def _refused(self, pool: mix.Pool) -> set[str]:
        ids = set()
        for candidate in pool.candidates:
            try:
                for writer in self.formats:
                    writer.row(candidate.example)
            except Inexpressible:
                ids.add(candidate.example.example_id)
        return ids

    def _general(self, pools: Sequence[mix.Pool], own: Items) -> list[Example]:
        """Returns what is mixed in."""
        if not pools:
            return []
        if self.settings.mix_by == "tokens":
            whole = sum(map(self._tokens, own))
            pools_taken = mix.choose(pools, own=whole, seed=self.seed, size_of=self._tokens)
        else:
            pools_taken = mix.choose(pools, own=float(len(own)), seed=self.seed)
        self.made.mixed = tuple(pools_taken)
        self.made.notes += [one.note for one in pools_taken if one.note]
        return [candidate.example for one in pools_taken for candidate in one.candidates]

    def _tokens(self, item: Item) -> float:
        return float(tokens.row_tokens(self.formats[0].row(item), self.counter))

    # -- what all items have in common -----------------------------------------------------------

    def _contents(self, own: Contents, general: Sequence[Example]) -> Contents:
        read = label_sets.read if own.multi_label else lambda label: (label,)
        labels = {*own.labels, *(name for e in general if e.label for name in read(e.label))}
        tools = own.tools or any(map(_has_tools, general))
        return replace(own, tools=tools, labels=tuple(sorted(labels)))

    def _fitted(self, example: Example) -> Example:
        tools = (example.tools or []) if self.made.contents.tools else None
        several = self.made.contents.multi_label
        labels = label_sets.read(example.label or "[]") if several else None
        return replace(example, tools=tools, labels=labels)

    # -- what a trainer would say ----------------------------------------------------------------

    def _check(self, sides: Collection[str]) -> None:
        """Checks the finished lines; what breaks a rule is left out with `--lossy`, else stops.

        A side that lost lines is checked again: what is told of a file is told of what it has.
        """
        bad: dict[str, dict[int, Finding]] = {side: {} for side in self.made.lines}
        places = {writer.name: place for place, writer in enumerate(self.formats)}
        self.made.dated = {
            name: lines.dated(chain(*self.made.lines.values()), place)
            for name, place in places.items()
        }
        for writer, side, checker in self._checkers(sides):
            part = self.made.lines[side]
            warnings = self.warnings[writer.name, side] = Counter()
            place = places[writer.name]
            for finding in checker.run(self.made.before.row(line, place) for line in part):
                if finding.level == "warning":
                    warnings[finding.rule] += 1
                elif finding.rule == "wrong-format":  # as every line of this format is
                    raise GateFailed(_misread(finding, writer, side, checker.target))
                elif finding.line is None or not self.settings.lossy:
                    raise GateFailed(_broken(finding, writer.name, side, part))
                else:
                    bad[side].setdefault(finding.line, finding)
            self.made.tokens[writer.name, side] = checker.tokens()
            if self.made.read:
                self.made.read.checked[place, side] = checker.facts, checker.lengths
        if any(bad.values()):
            self._leave_out(bad)
        else:
            self.made.warnings = self._warnings()

    def _warnings(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for (name, _), rules in self.warnings.items():
            # Of a column that is all dates the card says so, and it loads as it is.
            extra = {"date-column"} if self.made.dated[name] else set()
            counts.update({rule: n for rule, n in rules.items() if rule not in extra})
        return counts

    def _targets(self) -> Iterator[tuple[Format, targets.Target]]:
        """Yields each format with the target whose rules its lines have to keep."""
        names = targets.names()
        for writer in self.formats:
            name = self.settings.target or writer.name
            if name not in names:  # a format of another package, of which no rules are known
                continue
            target = targets.get(name)
            if self.settings.max_length is None:  # the card then sets one that cuts nothing
                target = replace(target, cuts_at=None)
            yield writer, target

    def _checkers(self, sides: Collection[str]) -> Iterator[tuple[Format, str, Checker]]:
        for writer, target in self._targets():
            # How many rows a service wants, it wants in train.
            other = replace(target, min_rows=0, advised_rows=0)
            for side, part in self.made.lines.items():
                if part and side in sides:
                    rules = target if side == "train" else other
                    length = self.settings.max_length
                    yield writer, side, Checker(rules, self.counter, length, form_only=True)

    def _leave_out(self, bad: dict[str, dict[int, Finding]]) -> None:
        for side, findings in bad.items():
            part = self.made.lines[side]
            for number, finding in findings.items():
                self.made.inexpressible += 1
                for example in part[number - 1].example_ids:
                    self.made.left_out[example] = "inexpressible", finding.rule
            self.made.lines[side] = [li for n, li in enumerate(part, 1) if n not in findings]
        lost = [side for side, findings in bad.items() if findings]
        # A side that lost all its lines is not checked again, and there is nothing to warn of.
        self.warnings = {key: rules for key, rules in self.warnings.items() if key[1] not in lost}
        self._check(lost)


def _has_tools(example: Example) -> bool:
    messages = [*example.messages, *example.output]
    return bool(example.tools) or any(message.get("tool_calls") for message in messages)


def _misread(finding: Finding, writer: Format, side: str, target: targets.Target) -> str:
    """Returns what to write for a target that does not read a format."""
    read = [
        name
        for name in targets.names()
        if name in formats.names()
        and formats.get(name).unit == writer.unit
        and set(targets.get(name).shapes) <= set(target.shapes)
    ]
    options = " or ".join(f"--format {name}" for name in read)
    fix = options or f"leave out --target {target.name}, which reads no format that fits"
    return f"{side} ({writer.name}): {finding.rule}: {finding.message}. Next: {fix}"


def _broken(finding: Finding, name: str, side: str, part: Sequence[Line]) -> str:
    where = f"{side} ({name})"
    if finding.line is None:
        return f"{where}: {finding.rule}: {finding.message}. Next: {finding.fix}"
    line = part[finding.line - 1]
    return (
        f"{where}, line {finding.line:,}: {finding.rule}: {finding.message}. It is example "
        f"{line.example_ids[0][:12]}. Next: {finding.fix}; or --lossy to leave such lines out"
    )
