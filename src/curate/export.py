"""`curate export`: freezes the kept examples as the next version of a dataset.

A version is written to a folder beside its final name, recorded in the store together with the
sides it gives, and renamed. A kill before the record leaves nothing, a kill after it is finished
by the next command that looks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from curate import __version__, card, filters, formats, inputs, quality, similar, split, verdicts
from curate.audit import ErrorRate
from curate.errors import ConfigError, GateFailed, StoreError
from curate.formats import Example, Inexpressible
from curate.messages import canonical
from curate.store import Run, Store, sql, utcnow
from curate.text import digest

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MANIFEST_VERSION = 1
MAX_NAME = 100
_SHOWN_IDS = 3


@dataclass(frozen=True)
class ExportSettings:
    """What a version is made of, apart from the store's content.

    Attributes:
        max_error: how wrong train and test may be at most; the upper end of the 95% interval
            has to stay within it. None: whatever it is.
    """

    formats: tuple[str, ...] = ()
    split: split.SplitSettings = field(default_factory=split.SplitSettings)
    limit: int | None = None
    min_train: int = 1
    min_test: int = 1
    lossy: bool = False
    max_error: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings in the form that is stored."""
        return {**self.split.as_dict(), "formats": list(self.formats), "limit": self.limit}


@dataclass(frozen=True)
class ExportResult:
    """What an export wrote, or would write."""

    name: str
    version: int
    created: bool
    folder: Path
    content_id: str
    test_id: str
    train: int
    test: int
    pending: int
    funnel: tuple[tuple[str, int], ...]
    files: tuple[dict[str, Any], ...]
    split: dict[str, Any]
    inexpressible: int
    error_rates: tuple[ErrorRate, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Line:
    """One kept example on its way into a file."""

    example_id: str
    content: str
    row_hash: str
    rows: Mapping[str, bytes]


def export(
    store: Store,
    name: str,
    *,
    settings: ExportSettings,
    dry_run: bool = False,
    progress: Callable[[Iterable[Any], str], Iterable[Any]] = lambda items, _: items,
) -> ExportResult:
    """Writes the next version of a dataset; where nothing changed, returns the latest one.

    Raises:
        GateFailed: train or test would have too few examples, or may be too wrong.
        ConfigError: the name or a format cannot be used, or a format cannot express an example.
    """
    _check_name(name)
    with store.run("export", {"name": name, **settings.as_dict()}) as run:
        recover(store)
        with store.write() as con:
            applied = filters.stored_settings(store, con)
            run.changed |= filters.refresh(store, con, applied) > 0
            wanted = split.strictest(store, con, settings.split)
            task = store.setting(con, "project").get("task", "sft")
        chosen = settings.formats or (formats.DEFAULTS.get(task, "trl-prompt-completion"),)
        asked, used = settings.split.leak_threshold, wanted.leak_threshold
        settings = replace(settings, split=wanted, formats=tuple(dict.fromkeys(chosen)))
        inputs.refresh(store, run)
        similar.refresh_near(store, run, threshold=wanted.leak_threshold)
        under_way = _Export(store, run, name, settings, task, applied, progress)
        if asked > used:
            under_way.notes = (
                f"leak threshold {used} holds, not {asked}: it was used before, and a looser one "
                "would release examples that it withholds",
            )
        return under_way.execute(dry_run)


class _Export:
    """One export under way."""

    def __init__(
        self,
        store: Store,
        run: Run,
        name: str,
        settings: ExportSettings,
        task: str,
        applied: filters.FilterSettings,
        progress: Callable[[Iterable[Any], str], Iterable[Any]],
    ) -> None:
        self.store, self.run, self.name, self.settings = store, run, name, settings
        self.task, self.applied, self.progress = task, applied, progress
        self.left_out: list[str] = []
        self.notes: tuple[str, ...] = ()

    def execute(self, dry_run: bool) -> ExportResult:
        with self.store.read() as con:
            plan = verdicts.prepare(self.store, con, self.settings.split)
            latest = con.execute(sql("version_latest"), {"name": self.name}).fetchall()
            lines = {side: self._lines(con, side) for side in ("train", "test")}
            if self.settings.limit is not None:
                lines["train"] = lines["train"][: self.settings.limit]
            frozen = self._frozen(con, lines)
            facts = card.facts(con, lines["train"], lines["test"])
            written = {side for side, part in lines.items() if part}
            rates = quality.gate(self.store, con, self.settings.max_error, written)
        pending = int(facts["pending"])
        self._gate(len(lines["train"]), len(lines["test"]), pending)
        files = self._files(lines)
        content_id = _content_id(self.task, self.settings, files)
        test_id = _digest_lines(f"{li.example_id} {li.content}" for li in lines["test"])
        created = not latest or latest[0][1] != content_id
        version = 1 if not latest else int(latest[0][0]) + created
        result = ExportResult(
            self.name,
            version,
            created,
            self.store.folder / "datasets" / self.name / f"v{version}",
            content_id,
            test_id,
            len(lines["train"]),
            len(lines["test"]),
            pending,
            tuple((r, n) for r, n in facts["funnel"]),
            tuple({k: v for k, v in f.items() if k != "body"} for f in files),
            {
                **plan.counts,
                "largest_unit": plan.largest_unit,
                "cap": plan.cap,
                **self.settings.split.as_dict(),
            },
            len(self.left_out),
            rates,
            self.notes,
        )
        if not dry_run:
            self._store(result, plan, frozen, files, facts, lines)
        return result

    def _lines(self, con: duckdb.DuckDBPyConnection, side: str) -> list[_Line]:
        asked = {"side": side, "seed": str(self.settings.split.seed)}
        kept = con.sql(sql("export_rows"), params=asked).to_arrow_table()
        # In batches: a whole table of messages as Python objects would be many times its size.
        rows = chain.from_iterable(b.to_pylist() for b in kept.to_batches(max_chunksize=2_000))
        made = {name: formats.get(name).row for name in self.settings.formats}
        lines = []
        for row in self.progress(rows, f"writing {side}"):
            example = _example(row)
            try:
                written = {name: _json_line(make(example)) for name, make in made.items()}
            except Inexpressible as what:
                self._refuse(example, str(what))
                continue
            content = digest(canonical([example.messages, example.output, example.label]))
            row_hash = digest("".join(body.decode() for body in written.values()))
            lines.append(_Line(example.example_id, content, row_hash, written))
        return lines

    def _refuse(self, example: Example, what: str) -> None:
        if not self.settings.lossy:
            raise ConfigError(
                f"example {example.example_id[:8]} holds {what}, which "
                f"{' and '.join(self.settings.formats)} cannot express. Next: curate why "
                f"{example.example_id[:8]}, another --format, or --lossy to leave such examples out"
            )
        self.left_out.append(example.example_id)

    def _gate(self, train: int, test: int, pending: int) -> None:
        short = [
            f"{have:,} {side} examples are ready, {need:,} wanted"
            for side, have, need in (
                ("train", train, self.settings.min_train),
                ("test", test, self.settings.min_test),
            )
            if have < need
        ]
        if short:
            wait = f" ({pending:,} held-out examples wait for a good answer)" if pending else ""
            raise GateFailed(
                f"{self.name}: {'; '.join(short)}{wait}. Next: curate status shows what keeps "
                "examples out; --min-train and --min-test set what is wanted"
            )

    def _files(self, lines: Mapping[str, Sequence[_Line]]) -> list[dict[str, Any]]:
        files = []
        many = len(self.settings.formats) > 1
        for name in self.settings.formats:
            for side, part in lines.items():
                body = b"".join(line.rows[name] for line in part)
                if part:
                    files.append(
                        {
                            "path": f"{side}.{name}.jsonl" if many else f"{side}.jsonl",
                            "split": side,
                            "format": name,
                            "rows": len(part),
                            "bytes": len(body),
                            "sha256": hashlib.sha256(body).hexdigest(),
                            "body": body,
                        }
                    )
        return files

    def _frozen(
        self, con: duckdb.DuckDBPyConnection, lines: Mapping[str, Sequence[_Line]]
    ) -> pa.Table:
        """Returns the rows of `version_examples`: every example, its line or its reason."""
        import pyarrow as pa

        placed = [(n, line) for part in lines.values() for n, line in enumerate(part, 1)]
        con.register(
            "placed",
            pa.table(
                {
                    "example_id": pa.array([li.example_id for _, li in placed], pa.string()),
                    "line": pa.array([n for n, _ in placed], pa.int64()),
                    "row_hash": pa.array([li.row_hash for _, li in placed], pa.string()),
                }
            ),
        )
        con.register("left_out", pa.table({"example_id": pa.array(self.left_out, pa.string())}))
        return con.sql(sql("version_examples_now")).to_arrow_table()

    def _store(
        self,
        result: ExportResult,
        plan: split.Plan,
        frozen: pa.Table,
        files: Sequence[dict[str, Any]],
        facts: dict[str, Any],
        lines: Mapping[str, Sequence[_Line]],
    ) -> None:
        partial_folder = result.folder.with_name(f".partial-v{result.version}")
        there = result.folder.exists()
        if result.created and there:
            raise StoreError(
                f"{result.folder} is there already, and this store does not know it. "
                "Next: move it away, then type the command again"
            )
        if not there:  # also a version whose folder somebody deleted: its bytes are the same
            manifest = self._manifest(result, facts)
            with self.store.read() as con:
                lineage = _lineage(con, lines)
            _write_folder(partial_folder, files, manifest, facts, lineage)
        with self.store.write() as con:
            self._record(con, result, plan, frozen)
        if not there:
            _publish(partial_folder, result.folder)

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
        con.execute(sql("ledger_add"), since)
        con.execute(sql("ledger_expose"))
        settings = self.settings.split
        leak = {"threshold": settings.leak_threshold}
        self.run.changed |= self.store.set_setting(con, "leak", leak)
        self.run.changed |= self.store.set_setting(con, "split", settings.as_dict())
        if result.created:
            con.execute(
                sql("version_add"),
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
            con.execute(
                sql("version_examples_add"), {"name": result.name, "version": result.version}
            )
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
            "files": list(result.files),
            "counts": {
                "examples": facts["examples"],
                "train": result.train,
                "test": result.test,
                "pending": result.pending,
            },
            "funnel": [{"reason": reason, "examples": n} for reason, n in result.funnel],
            "filter": self.applied.as_dict(),
            "split": result.split,
            "limit": self.settings.limit,
            "error_rates": [asdict(rate) for rate in result.error_rates],
            "mix": facts["mix"],
            "volatile": {
                "exported_at": f"{utcnow():%Y-%m-%dT%H:%M:%SZ}",
                "run_id": self.run.run_id,
                "curate": __version__,
                "python": platform.python_version(),
                "duckdb": version("duckdb"),
            },
        }


def recover(store: Store) -> list[str]:
    """Finishes versions whose command was killed between record and rename; returns their names."""
    finished = []
    with store.read() as con:
        known = con.execute(sql("versions_all")).fetchall()
    for name, version, *_ in known:
        folder = store.folder / "datasets" / name / f"v{version}"
        partial_folder = folder.with_name(f".partial-v{version}")
        if not folder.exists() and partial_folder.exists():
            _publish(partial_folder, folder)
            finished.append(f"{name}@{version}")
    return finished


def _publish(partial_folder: Path, folder: Path) -> None:
    """Gives a version its name; another command may just have done so."""
    try:
        partial_folder.rename(folder)
    except FileNotFoundError:
        if not folder.exists():
            raise
    _sync(folder.parent)


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


def _example(row: dict[str, Any]) -> Example:
    return Example(
        row["example_id"],
        row["source"],
        orjson.loads(row["messages"]),
        orjson.loads(row["output"] or "[]"),
        row["query"] or "",
        row["response"] or "",
        row["label"],
        row["human_rating"],
        row["is_edge_case"],
    )


def _json_line(row: dict[str, Any]) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _digest_lines(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _content_id(task: str, settings: ExportSettings, files: Sequence[dict[str, Any]]) -> str:
    """Returns the name of a version's bytes: sha256 over task, formats and data files."""
    body = canonical(
        {
            "task": task,
            "formats": list(settings.formats),
            "files": [[f["path"], f["sha256"]] for f in files],
        }
    )
    return hashlib.sha256(body.encode()).hexdigest()


def _lineage(con: duckdb.DuckDBPyConnection, lines: Mapping[str, Sequence[_Line]]) -> pa.Table:
    import pyarrow as pa

    placed = [(s, n, li) for s, part in lines.items() for n, li in enumerate(part, 1)]
    con.register(
        "placed",
        pa.table(
            {
                "split": pa.array([s for s, _, _ in placed], pa.string()),
                "line": pa.array([n for _, n, _ in placed], pa.int64()),
                "example_id": pa.array([li.example_id for _, _, li in placed], pa.string()),
                "row_hash": pa.array([li.row_hash for _, _, li in placed], pa.string()),
            }
        ),
    )
    return con.sql(sql("export_lineage")).to_arrow_table()


def _write_folder(
    folder: Path,
    files: Sequence[dict[str, Any]],
    manifest: dict[str, Any],
    facts: dict[str, Any],
    lineage: pa.Table,
) -> None:
    import pyarrow.parquet as pq

    if folder.exists():  # of an export that was killed before it was recorded
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for file in files:
        _write(folder / file["path"], partial(_body, file["body"]))
    text = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    _write(folder / "manifest.json", partial(_body, text))
    _write(folder / "README.md", partial(_body, card.render(manifest, facts).encode()))
    _write(folder / "lineage.parquet", lambda handle: pq.write_table(lineage, handle))
    _sync(folder)


def _body(body: bytes, handle: Any) -> None:
    handle.write(body)


def _write(path: Path, fill: Callable[[Any], None]) -> None:
    with path.open("wb") as handle:
        fill(handle)
        handle.flush()
        os.fsync(handle.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
