"""What becomes a line of a version: from kept items to checked lines.

In this order: what an evaluation set has is left out, what the formats cannot express is refused,
general data is mixed in, personal data is hidden, secrets stop everything, and the finished lines
are checked as their trainers would.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from curate import formats, inputs, label_sets, pairs
from curate.check import targets, tokens
from curate.check.check import Checker, Finding
from curate.errors import ConfigError, GateFailed
from curate.export import evaluation_sets, items, lines, mix
from curate.export.items import Items
from curate.export.lines import Line
from curate.export.options import ExportSettings
from curate.formats import Contents, Example, Format, Inexpressible, Item
from curate.privacy import privacy
from curate.progress import Progress
from curate.store import Store, sql

_SHOWN = 3


@dataclass
class Assembled:
    """The lines of a version, and what was done on the way to them.

    Attributes:
        lines: of `train` and `test`, in the order of the files.
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
    notes: list[str] = field(default_factory=list)


def assemble(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    settings: ExportSettings,
    used: Sequence[Format],
    *,
    task: str,
    progress: Progress,
) -> Assembled:
    """Returns the lines of a version.

    Args:
        store: the project's store.
        con: a connection to it on which `verdicts.prepare` has run.
        settings: of the export.
        used: the formats, all of one unit.
        task: of the project.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: a format cannot express an item, or options do not go together.
        GateFailed: a line has a secret in it, or breaks a rule of its target.
    """
    return _Assembly(store, con, settings, used, task, progress).run()


class _Assembly:
    """One assembly under way."""

    def __init__(
        self,
        store: Store,
        con: duckdb.DuckDBPyConnection,
        settings: ExportSettings,
        used: Sequence[Format],
        task: str,
        progress: Progress,
    ) -> None:
        self.store, self.con, self.settings, self.formats = store, con, settings, used
        self.unit, self.task, self.progress = used[0].unit, task, progress
        self.seed, self.counter = settings.split.seed, tokens.counter(settings.tokenizer)
        self.made = Assembled({})

    def run(self) -> Assembled:
        self.made.edge_cases = dict(self.con.execute(sql("export/edge_cases")).fetchall())
        kept = self._kept()
        pools = self._pools()
        chosen = {side: self._choose(part, side) for side, part in kept.items()}
        general = self._general(pools, chosen["train"])
        self.made.contents = self._contents(kept["train"].contents, general)
        chosen = {side: self._fit(part) for side, part in chosen.items()}
        general = [self._fitted(example) for example in general]
        redact = self._redactor(chosen, general)
        for side, part in chosen.items():
            shown = self.progress(part, f"writing {side}")
            self.made.lines[side] = list(lines.make(shown, self.formats, redact))
        if general:
            extra = lines.make(general, self.formats, redact, role="mixed")
            own = self.made.lines["train"]
            self.made.lines["train"] = lines.in_order([*own, *extra], self.seed)
        self._check()
        return self.made

    # -- which items -----------------------------------------------------------------------------

    def _kept(self) -> dict[str, Items]:
        """Returns the items of each side, without what the evaluation sets have."""
        if self.unit == "pair":
            pairs.prepare(self.store, self.con)
            self.made.pair_reasons = pairs.reasons(self.con)
            self.made.length_bias = pairs.length_bias(self.con)
        elif self.unit == "rated":
            pairs.prepare_rated(self.con)
            left_out = pairs.rated_left_out(self.con)
            self.made.left_out |= {name: (why, None) for name, why in left_out.items()}
        several = bool(self.store.setting(self.con, "project").get("multi_label"))
        kept = items.read(self.con, self.unit, self.seed, multi_label=several)
        if self.settings.against:
            kept = {side: self._without(side, part) for side, part in kept.items()}
        return kept

    @functools.cached_property
    def _evaluation(self) -> evaluation_sets.EvaluationSets:
        found = evaluation_sets.load(
            self.settings.against, self.store.folder, templates=self._templates
        )
        self.made.evaluations = found.files
        return found

    @property
    def _templates(self) -> list[tuple[str, str]]:
        return sorted(set(inputs.templates(self.con).values()))

    def _without(self, side: str, part: Items) -> Items:
        ids = [lines.example_ids(item) for item in part]
        known = {example for some in ids for example in some}
        texts = [row for row in evaluation_sets.inputs_of(self.con, side) if row[0] in known]
        threshold = self.settings.split.leak_threshold
        hits = evaluation_sets.find(self._evaluation, texts, threshold=threshold)
        self.made.in_evaluations[side] = len(hits)
        if side == "test":
            return part
        self.made.left_out |= {name: ("against", hit.evidence) for name, hit in hits.items()}
        return part.take([n for n, some in enumerate(ids) if hits.keys().isdisjoint(some)])

    def _choose(self, part: Items, side: str) -> Items:
        limit = self.settings.limit if side == "train" else None
        lossy = self.settings.lossy
        places, refused = lines.choose(part, self.formats, limit=limit, lossy=lossy)
        self.made.inexpressible += len(refused)
        self.made.left_out |= {name: ("inexpressible", what) for name, what in refused.items()}
        return part if len(places) == len(part) else part.take(places)

    # -- general data ----------------------------------------------------------------------------

    def _pools(self) -> list[mix.Pool]:
        asked = [mix.parse(text) for text in self.settings.mix]
        if not asked:
            return []
        if self.unit != "example":
            raise ConfigError(
                f"--mix: {self.formats[0].name} has no lines that general data could be. Next: "
                "leave --mix out, or another --format"
            )
        held, ours = mix.held_out(self.con), mix.ours(self.con)
        threshold = self.settings.split.leak_threshold
        pools = []
        for one in asked:
            pool = mix.load(one, self.store.folder, task=self.task, templates=self._templates)
            pool = mix.clean(pool, held, ours, threshold=threshold)
            if self.settings.against:
                pool = mix.apart(pool, self._evaluation, threshold=threshold)
            pools.append(pool.without(self._refused(pool), "inexpressible"))
        return pools

    def _refused(self, pool: mix.Pool) -> set[str]:
        refused = set()
        for candidate in pool.candidates:
            try:
                for made in self.formats:
                    made.row(candidate.example)
            except Inexpressible:
                refused.add(candidate.example.example_id)
        return refused

    def _general(self, pools: Sequence[mix.Pool], own: Items) -> list[Example]:
        """Returns what is mixed in."""
        if not pools:
            return []
        if self.settings.mix_by == "tokens":
            whole = sum(map(self._tokens, own))
            taken = mix.choose(pools, own=whole, seed=self.seed, size_of=self._tokens)
        else:
            taken = mix.choose(pools, own=float(len(own)), seed=self.seed)
        self.made.mixed = tuple(taken)
        self.made.notes += [one.note for one in taken if one.note]
        return [candidate.example for one in taken for candidate in one.candidates]

    def _tokens(self, item: Item) -> float:
        return float(tokens.row_tokens(self.formats[0].row(item), self.counter))

    # -- what all items have in common -----------------------------------------------------------

    def _contents(self, own: Contents, general: Sequence[Example]) -> Contents:
        read = label_sets.read if own.multi_label else lambda label: (label,)
        labels = {*own.labels, *(name for e in general if e.label for name in read(e.label))}
        tools = own.tools or any(map(_has_tools, general))
        return replace(own, tools=tools, labels=tuple(sorted(labels)))

    def _fit(self, part: Items) -> Items:
        return Items(part.table, part.unit, self.made.contents)

    def _fitted(self, example: Example) -> Example:
        tools = (example.tools or []) if self.made.contents.tools else None
        several = self.made.contents.multi_label
        labels = label_sets.read(example.label or "[]") if several else None
        return replace(example, tools=tools, labels=labels)

    # -- what must not leave ---------------------------------------------------------------------

    def _redactor(self, chosen: dict[str, Items], general: Sequence[Example]) -> lines.Redact:
        """Returns what hides personal data, after it has looked at everything."""
        redactor = privacy.redactor(self.store, self.con)
        looked_at = items.in_time(chosen.values())
        for item in self.progress(looked_at, "looking for personal data"):
            redactor.look(item)
        for example in general:
            redactor.look(example)
        privacy.gate(redactor.secrets)
        self.made.hidden = dict(sorted(redactor.counts.items()))
        return redactor.redact if redactor.counts else lambda item: item

    # -- what a trainer would say ----------------------------------------------------------------

    def _check(self) -> None:
        """Checks the finished lines; what breaks a rule is left out with `--lossy`, else stops."""
        bad: dict[str, dict[int, Finding]] = {"train": {}, "test": {}}
        both = [line for part in self.made.lines.values() for line in part]
        self.made.dated = {made.name: lines.dated(both, made.name) for made in self.formats}
        for made, side, checker in self._checkers():
            part = self.made.lines[side]
            for found in checker.run(line.rows[made.name] for line in part):
                if found.rule == "date-column" and self.made.dated[made.name]:
                    continue  # the card declares it so that it loads as it is
                if found.level == "warning":
                    self.made.warnings[found.rule] += 1
                elif found.rule == "wrong-format":  # as every line of this format is
                    raise GateFailed(_misread(found, made, side, checker.target))
                elif found.line is None or not self.settings.lossy:
                    raise GateFailed(_broken(found, made.name, side, part))
                else:
                    bad[side].setdefault(found.line, found)
            self.made.tokens[made.name, side] = checker.tokens()
        if any(bad.values()):
            self._leave_out(bad)

    def _checkers(self) -> Iterator[tuple[Format, str, Checker]]:
        known = targets.names()
        for made in self.formats:
            name = self.settings.target or made.name
            if name not in known:  # a format of another package, of which no rules are known
                continue
            target = targets.get(name)
            if self.settings.max_length is None:  # the card then sets one that cuts nothing
                target = replace(target, cuts_at=None)
            # How many rows a service wants, it wants in train.
            few = {"train": target, "test": replace(target, min_rows=0, advised_rows=0)}
            for side, part in self.made.lines.items():
                if part:
                    length = self.settings.max_length
                    yield made, side, Checker(few[side], self.counter, length, form_only=True)

    def _leave_out(self, bad: dict[str, dict[int, Finding]]) -> None:
        for side, found in bad.items():
            part = self.made.lines[side]
            for number, finding in found.items():
                self.made.inexpressible += 1
                for _, example in part[number - 1].parts:
                    self.made.left_out[example] = "inexpressible", finding.rule
            self.made.lines[side] = [li for n, li in enumerate(part, 1) if n not in found]
        self.made.warnings.clear()
        self._check()


def _has_tools(example: Example) -> bool:
    said = [*example.messages, *example.output]
    return bool(example.tools) or any(message.get("tool_calls") for message in said)


def _misread(found: Finding, made: Format, side: str, target: targets.Target) -> str:
    """Returns what to write for a target that does not read a format."""
    read = [
        name
        for name in targets.names()
        if name in formats.names()
        and formats.get(name).unit == made.unit
        and set(targets.get(name).shapes) <= set(target.shapes)
    ]
    options = " or ".join(f"--format {name}" for name in read)
    fix = options or f"leave out --target {target.name}, which reads no format that fits"
    return f"{side} ({made.name}): {found.rule}: {found.message}. Next: {fix}"


def _broken(found: Finding, name: str, side: str, part: Sequence[Line]) -> str:
    where = f"{side} ({name})"
    if found.line is None:
        return f"{where}: {found.rule}: {found.message}. Next: {found.fix}"
    line = part[found.line - 1]
    return (
        f"{where}, line {found.line:,}: {found.rule}: {found.message}. It is example "
        f"{line.parts[0][1][:12]}. Next: {found.fix}; or --lossy to leave such lines out"
    )
