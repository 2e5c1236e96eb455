"""`curate export`: freezes the kept examples as the next version of a dataset.

A version is written to a folder beside its final name, recorded in the store together with the
sides it gives, and renamed. A kill before the record leaves nothing, a kill after it is finished
by the next command that looks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate import filters, formats, inputs, pairs, split, stale, verdicts
from curate.check import targets
from curate.dedupe import input_pairs
from curate.errors import ConfigError, GateFailed, StoreError
from curate.export import card, lineage
from curate.export.assemble import Assembled, assemble
from curate.export.manifest import MANIFEST_VERSION, _content_id, _digest_lines
from curate.export.options import ExportResult, ExportSettings
from curate.kernels.error_rate import ErrorRate
from curate.label import audit
from curate.messages import canonical
from curate.privacy import privacy
from curate.store import Run, Store, sql, utcnow
from curate.version import __version__
from curate.versions import folder

MAX_NAME = 100


def export(
    store: Store,
    name: str,
    *,
    settings: ExportSettings,
    dry_run: bool = False,
    progress: Callable[[Iterable[Any], str], Iterable[Any]] = lambda items, _: items,
    on_stale: Callable[[tuple[str, ...]], None] = lambda _: None,
) -> ExportResult:
    """Writes the next version of a dataset; where nothing changed, returns the latest one.

    Args:
        store: the project's store.
        name: of the dataset.
        settings: of the export.
        dry_run: write nothing.
        progress: called with (items, label) around the work.
        on_stale: called with the stages that are not up to date, where there are any, before
            anything of the version is written.

    Raises:
        GateFailed: train or test would have too few examples, or may be too wrong; a stage is not
            up to date and `settings.fresh` wants that.
        ConfigError: the name or a format cannot be used, or a format cannot express an example.
    """
    _check_name(name)
    with store.run("export", {"name": name, **settings.as_dict()}) as run:
        folder.recover(store)
        with store.write() as con:
            applied = filters.stored_settings(store, con)
            run.changed |= filters.refresh(store, con, applied) > 0
            wanted = split.strictest(store, con, settings.split)
            shown = verdicts.wanted_split(store, con)
            task = store.setting(con, "project").get("task", "sft")
        chosen = settings.formats or (formats.DEFAULTS.get(task, "trl-prompt-completion"),)
        asked, held = settings.split.leak_threshold, wanted.leak_threshold
        settings = replace(settings, split=wanted, formats=tuple(dict.fromkeys(chosen)))
        used = _formats(settings)
        inputs.refresh(store, run)
        input_pairs.refresh_near(store, run, threshold=wanted.leak_threshold)
        if used[0].unit == "pair":
            pairs.refresh(store, run, progress=progress)
        under_way = _Export(store, run, name, settings, used, task, applied, progress)
        under_way.on_stale, under_way.shown = on_stale, shown
        if asked > held:
            under_way.notes = (
                f"leak threshold {held} holds, not {asked}: it was used before, and a looser one "
                "would release examples that it withholds",
            )
        return under_way.execute(dry_run)


def _formats(settings: ExportSettings) -> list[formats.Format]:
    """Returns the formats that are asked for, which have to take items of one kind."""
    used = [formats.get(name) for name in settings.formats]
    if settings.target:
        targets.get(settings.target)
    odd = [made for made in used if made.unit != used[0].unit]
    if odd:
        kinds = {"example": "examples", "rated": "rated examples", "pair": "pairs"}
        first, other = used[0], odd[0]
        raise ConfigError(
            f"{first.name} has {kinds[first.unit]}, {other.name} has {kinds[other.unit]}: one "
            "version cannot hold both. Next: export them under two names; held-out examples are "
            "the same in both"
        )
    return used


class _Export:
    """One export under way."""

    def __init__(
        self,
        store: Store,
        run: Run,
        name: str,
        settings: ExportSettings,
        used: list[formats.Format],
        task: str,
        applied: filters.FilterSettings,
        progress: Callable[[Iterable[Any], str], Iterable[Any]],
    ) -> None:
        self.store, self.run, self.name, self.settings = store, run, name, settings
        self.formats, self.unit = used, used[0].unit
        self.task, self.applied, self.progress = task, applied, progress
        self.made = Assembled({})
        self.notes: tuple[str, ...] = ()
        self.stale: tuple[str, ...] = ()
        self.shown = settings.split
        self.on_stale: Callable[[tuple[str, ...]], None] = lambda _: None

    def execute(self, dry_run: bool) -> ExportResult:
        with self.store.read() as con:
            plan = verdicts.prepare(self.store, con, self.settings.split)
            self._look_for_stale(con)
            self.notes += self._otherwise_shown(plan.counts["new"])
            latest = con.execute(sql("export/version_latest"), {"name": self.name}).fetchall()
            self.made = assemble(
                self.store, con, self.settings, self.formats, task=self.task,
                progress=self.progress,
            )  # fmt: skip
            frozen = self._frozen(con)
            facts = card.facts(con, self.made.lines, self.made.edge_cases, self._otherwise)
            written = {side for side, part in self.made.lines.items() if part}
            rates = audit.gate(self.store, con, self.settings.max_error, written)
        self._gate(int(facts["pending"]))
        files = self._files()
        content_id = _content_id(self.task, self.settings, files)
        created = not latest or latest[0][1] != content_id
        version = 1 if not latest else int(latest[0][0]) + created
        result = self._result(version, created, content_id, plan, facts, files, rates)
        if not dry_run:
            self._store(result, plan, frozen, files, facts)
        return result

    def _look_for_stale(self, con: duckdb.DuckDBPyConnection) -> None:
        self.stale = stale.stale_stages(self.store, con)
        if not self.stale:
            return
        if self.settings.fresh:
            raise GateFailed(
                f"{self.name}: not up to date: {', '.join(self.stale)}; --fresh writes nothing "
                f"then. Next: {stale.command(self.stale)}, then the same command"
            )
        self.on_stale(self.stale)

    def _otherwise_shown(self, new: int) -> tuple[str, ...]:
        """Returns why `status` and `pairs` count otherwise, where they do."""
        mine, shown = self.settings.split.as_dict(), self.shown.as_dict()
        odd = [
            f"{name} {mine[name]}, not {shown[name]}" for name in mine if mine[name] != shown[name]
        ]
        if not new or not odd:
            return ()
        return (
            f"{new:,} new examples got their side with {', '.join(odd)}, which curate.toml or the "
            "last export has and status and pairs count with",
        )

    def _result(
        self,
        version: int,
        created: bool,
        content_id: str,
        plan: split.Plan,
        facts: dict[str, Any],
        files: Sequence[dict[str, Any]],
        rates: tuple[ErrorRate, ...],
    ) -> ExportResult:
        made = self.made
        held_out = made.lines["test"]
        return ExportResult(
            name=self.name,
            version=version,
            created=created,
            folder=self.store.folder / "datasets" / self.name / f"v{version}",
            content_id=content_id,
            test_id=_digest_lines(f"{line.item_id} {line.content}" for line in held_out),
            train=len(made.lines["train"]),
            test=len(held_out),
            pending=int(facts["pending"]),
            funnel=tuple((reason, n) for reason, n in facts["funnel"]),
            files=tuple({k: v for k, v in f.items() if k != "body"} for f in files),
            split={
                **plan.counts,
                "largest_unit": plan.largest_unit,
                "cap": plan.cap,
                **self.settings.split.as_dict(),
            },
            inexpressible=made.inexpressible,
            error_rates=rates,
            hidden=made.hidden,
            warnings=dict(sorted(made.warnings.items())),
            mixed=tuple(taken.as_dict() for taken in made.mixed),
            evaluations=tuple(file.as_dict() for file in made.evaluations),
            in_evaluations=made.in_evaluations,
            pair_reasons=made.pair_reasons,
            notes=(*self.notes, *made.notes),
            stale=self.stale,
        )

    @property
    def _otherwise(self) -> str:
        """Why an example is not in that nothing speaks against."""
        return "no_pair" if self.unit == "pair" else "limit"

    def _gate(self, pending: int) -> None:
        kind = "pairs" if self.unit == "pair" else "examples"
        own = {
            side: sum(line.parts[0][0] != "mixed" for line in part)
            for side, part in self.made.lines.items()
        }
        wanted = {"train": self.settings.min_train, "test": self.settings.min_test}
        short = [
            f"{own[side]:,} {side} {kind} are ready, {need:,} wanted"
            for side, need in wanted.items()
            if own[side] < need
        ]
        if short:
            wait = f" ({pending:,} held-out examples wait for a good answer)" if pending else ""
            if self.made.inexpressible:
                names = " and ".join(self.settings.formats)
                what = next(e for r, e in self.made.left_out.values() if r == "inexpressible")
                wait += f"; {self.made.inexpressible:,} were left out: {names} refuses {what}"
            look = "curate pairs" if self.unit == "pair" else "curate status"
            raise GateFailed(
                f"{self.name}: {'; '.join(short)}{wait}. Next: {look} shows what keeps "
                f"{kind} out; --min-train and --min-test set what is wanted"
            )

    def _files(self) -> list[dict[str, Any]]:
        files: list[dict[str, Any]] = []
        many = len(self.settings.formats) > 1
        for name in self.settings.formats:
            for side, part in self.made.lines.items():
                body = b"".join(line.rows[name] for line in part)
                counted = self.made.tokens.get((name, side))
                if part:
                    files.append(
                        {
                            "path": f"{side}.{name}.jsonl" if many else f"{side}.jsonl",
                            "split": side,
                            "format": name,
                            "rows": len(part),
                            "bytes": len(body),
                            "sha256": hashlib.sha256(body).hexdigest(),
                            "tokens": counted and asdict(counted),
                            "body": body,
                        }
                    )
        return files

    def _frozen(self, con: duckdb.DuckDBPyConnection) -> pa.Table:
        """Returns the rows of `version_examples`: every example, its line or its reason."""
        first: dict[str, tuple[int, str]] = {}
        for part in self.made.lines.values():
            for number, line in enumerate(part, 1):
                for _, example in line.parts:
                    first.setdefault(example, (number, line.row_hash))
        con.register(
            "placed",
            pa.table(
                {
                    "example_id": pa.array(list(first), pa.string()),
                    "line": pa.array([number for number, _ in first.values()], pa.int64()),
                    "row_hash": pa.array([hash_ for _, hash_ in first.values()], pa.string()),
                }
            ),
        )
        con.register(
            "left_out",
            pa.table(
                {
                    "example_id": pa.array(list(self.made.left_out), pa.string()),
                    "reason": pa.array([r for r, _ in self.made.left_out.values()], pa.string()),
                    "evidence": pa.array([e for _, e in self.made.left_out.values()], pa.string()),
                }
            ),
        )
        asked = {"otherwise": self._otherwise}
        return con.sql(sql("export/version_examples_now"), params=asked).to_arrow_table()

    def _store(
        self,
        result: ExportResult,
        plan: split.Plan,
        frozen: pa.Table,
        files: Sequence[dict[str, Any]],
        facts: dict[str, Any],
    ) -> None:
        there = result.folder.exists()
        if there and not result.created:
            names = ["manifest.json", "README.md", "lineage.parquet", *(f["path"] for f in files)]
            gone = [name for name in names if not (result.folder / name).exists()]
            if gone:
                raise StoreError(
                    f"{result.folder} is damaged: {', '.join(gone)} is missing. Next: move the "
                    "folder away, then type the command again: it is written anew"
                )
        if result.created and there:
            raise StoreError(
                f"{result.folder} is there already, and this store does not know it. "
                "Next: move it away, then type the command again"
            )
        if not there:  # also a version whose folder somebody deleted: its bytes are the same
            manifest = self._manifest(result, facts)
            with self.store.read() as con:
                origins = lineage.of(con, self.made)
            bodies = self._bodies(files, manifest, facts)
            folder.write_folder(folder.partial_folder(result.folder), bodies, origins)
        with self.store.write() as con:
            self._record(con, result, plan, frozen)
        if not there:
            folder.publish(result.folder)

    def _bodies(
        self, files: Sequence[dict[str, Any]], manifest: dict[str, Any], facts: dict[str, Any]
    ) -> dict[str, bytes]:
        """Returns the files of the version's folder, apart from its lineage."""
        bodies: dict[str, bytes] = {file["path"]: file["body"] for file in files}
        listed = [(made, card.files_of(manifest, made.name)) for made in self.formats]
        extra = formats.side_files(self.made.contents, listed)
        bodies |= {name: text.encode() for name, text in extra.items()}
        bodies["manifest.json"] = orjson.dumps(manifest, option=formats.INDENTED)
        bodies["README.md"] = card.render(manifest, facts, self.made.contents).encode()
        return bodies

    def _record(
        self,
        con: duckdb.DuckDBPyConnection,
        result: ExportResult,
        plan: split.Plan,
        frozen: pa.Table,
    ) -> None:
        con.register("planned", plan.table)
        con.register("frozen", frozen)
        since = {"since": f"{result.name}@{result.version}", "run_id": self.run.run_id}
        con.execute(sql("export/ledger_add"), since)
        con.execute(sql("export/ledger_expose"))
        settings = self.settings.split
        leak = {"threshold": settings.leak_threshold}
        self.run.changed |= self.store.set_setting(con, "leak", leak)
        self.run.changed |= self.store.set_setting(con, "split", settings.as_dict())
        if result.created:
            con.execute(
                sql("export/version_add"),
                {
                    "name": result.name,
                    "version": result.version,
                    "content_id": result.content_id,
                    "test_id": result.test_id,
                    "formats": list(self.settings.formats),
                    "train": result.train,
                    "test": result.test,
                    "pending": result.pending,
                    "settings": canonical(self.settings.as_dict()),
                    "exported_at": utcnow(),
                    "run_id": self.run.run_id,
                },
            )
            which = {"name": result.name, "version": result.version}
            con.execute(sql("export/version_examples_add"), which)
            con.register("others", lineage.others(self.made.lines))
            con.execute(sql("export/version_lines_add"), which)
        moved = plan.counts["new"] + plan.counts["newly_exposed"]
        self.run.changed |= result.created or moved > 0
        self.run.counts = {
            "name": result.name,
            "version": result.version,
            "train": result.train,
            "test": result.test,
        }

    def _manifest(self, result: ExportResult, facts: dict[str, Any]) -> dict[str, Any]:
        import platform
        from importlib.metadata import version

        return {
            "manifest_version": MANIFEST_VERSION,
            "name": result.name,
            "version": result.version,
            "content_id": result.content_id,
            "test_id": result.test_id,
            "task": self.task,
            "unit": self.unit,
            "files": list(result.files),
            "counts": {
                "examples": facts["examples"],
                "train": result.train,
                "test": result.test,
                "pending": result.pending,
                "mixed": sum(taken["taken"] for taken in result.mixed),
            },
            "funnel": [{"reason": reason, "examples": n} for reason, n in result.funnel],
            "filter": self.applied.as_dict(),
            "split": result.split,
            "limit": self.settings.limit,
            "mixed": list(result.mixed),
            "against": {
                "files": list(result.evaluations),
                "examples": result.in_evaluations,
            },
            "pairs": {
                "left_out": [{"reason": why, "pairs": n} for why, n in result.pair_reasons],
                "length_bias": self.made.length_bias and asdict(self.made.length_bias),
            },
            "privacy": {**privacy.settings(self.store.folder).as_dict(), "hidden": result.hidden},
            "check": {
                "target": self.settings.target,
                "warnings": result.warnings,
                "dated": self.made.dated,
            },
            "error_rates": [asdict(rate) for rate in result.error_rates],
            "mix": facts["mix"],
            "edge_cases": facts["edge_cases"],
            "volatile": {
                "exported_at": f"{utcnow():%Y-%m-%dT%H:%M:%SZ}",
                "run_id": self.run.run_id,
                "curate": __version__,
                "python": platform.python_version(),
                "duckdb": version("duckdb"),
            },
        }


def _check_name(name: str) -> None:
    if (
        not 0 < len(name) <= MAX_NAME
        or name.startswith(".")
        or not all(c.isalnum() or c in "-_." for c in name)
    ):
        raise ConfigError(
            f"dataset name {name[:MAX_NAME]!r}: expected up to {MAX_NAME} letters, digits, '-', "
            "'_' and '.', not a leading '.'"
        )
