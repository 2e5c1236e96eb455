"""`curate versions`, `verify` and `diff`: what was exported, whether it is intact, what moved."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from curate import publish
from curate.errors import ConfigError, unknown_name
from curate.messages import canonical
from curate.store import Store, sql
from curate.text import near_pairs

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Version:
    """One exported version."""

    name: str
    version: int
    content_id: str
    test_id: str
    formats: tuple[str, ...]
    train: int
    test: int
    pending: int
    exported_at: datetime
    folder: Path

    @property
    def label(self) -> str:
        """Returns `NAME@N`."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Verification:
    """What the check of one version found; no `problems`: it is intact and leaks nothing."""

    version: Version
    files: int
    train: int
    test: int
    earlier: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class SideDiff:
    """What moved on one side between two versions."""

    added: tuple[tuple[str, int], ...]
    removed: tuple[tuple[str, int], ...]
    changed: int
    added_ids: tuple[str, ...]
    removed_ids: tuple[str, ...]
    changed_ids: tuple[str, ...]


@dataclass(frozen=True)
class VersionDiff:
    """What moved between two versions, by side; `moved` counts examples that changed sides.

    Lines of other formats are other lines: without `same_formats` none counts as changed.
    """

    a: str
    b: str
    train: SideDiff
    test: SideDiff
    moved: int
    same_test: bool
    same_formats: bool


def versions(store: Store) -> list[Version]:
    """Returns all versions, by name, oldest first."""
    with store.read() as con:
        rows = con.execute(sql("versions_all")).fetchall()
    return [
        Version(
            name,
            number,
            content_id,
            test_id,
            tuple(used),
            train,
            test,
            pending,
            at,
            store.folder / "datasets" / name / f"v{number}",
        )
        for name, number, content_id, test_id, used, train, test, pending, at in rows
    ]


def find(store: Store, text: str) -> Version:
    """Returns the version that `NAME` (the latest) or `NAME@N` stands for.

    Raises:
        ConfigError: there is no such version.
    """
    known = versions(store)
    name, at, number = text.partition("@")
    of_name = [v for v in known if v.name == name]
    if not of_name:
        names = {v.name for v in known}
        hint = "" if names else " Next: curate export NAME"
        raise ConfigError(unknown_name("dataset", name, names) + hint)
    if not at:
        return of_name[-1]
    wanted = [v for v in of_name if str(v.version) == number.removeprefix("v")]
    if not wanted:
        raise ConfigError(unknown_name("version", text, [v.label for v in of_name]))
    return wanted[0]


def verify(store: Store, text: str | None = None) -> list[Verification]:
    """Recomputes hashes, counts and leaks of versions, and compares them with what was recorded.

    Args:
        store: the project's store; it says which versions there are, in which order, and which
            lines each was exported with.
        text: `NAME`, `NAME@N`, or None for all versions.
    """
    publish.recover(store)
    known = sorted(versions(store), key=lambda v: (v.exported_at, v.name, v.version))
    if text is None:
        chosen = known
    elif "@" in text:
        chosen = [find(store, text)]
    else:
        name = find(store, text).name
        chosen = [v for v in known if v.name == name]
    return [_verify(store, v, known[: known.index(v)]) for v in chosen]


@dataclass(frozen=True)
class _Manifest:
    """What a manifest says, as far as it can be checked."""

    task: str
    content_id: str
    files: tuple[dict[str, Any], ...]
    counts: dict[str, int]
    threshold: float


def _verify(store: Store, version: Version, earlier: Sequence[Version]) -> Verification:
    manifest, lineage = _manifest(version.folder), _lineage(version.folder)
    if isinstance(manifest, str) or isinstance(lineage, str):
        found = tuple(problem for problem in (manifest, lineage) if isinstance(problem, str))
        return Verification(version, 0, 0, 0, (), found)
    recorded = _recorded(store, version)
    sides = {side: lineage.filter(_is(lineage, side)) for side in ("train", "test")}
    train, test = sides["train"], sides["test"]
    problems = [*_file_problems(version, manifest)]
    rows = {side: len(set(part["line"].to_pylist())) for side, part in sides.items()}
    problems += _count_problems(version, manifest, rows["train"], rows["test"])
    problems += _line_problems(recorded.lines, lineage)
    if manifest.threshold != recorded.threshold:
        problems.append(
            f"the manifest says leak threshold {manifest.threshold}, not {recorded.threshold}"
        )
    problems += _leak_problems(train, test, recorded.threshold, "train")
    checked = []
    for other in earlier:
        theirs = _lineage(other.folder)
        if not isinstance(theirs, str):
            problems += _leak_problems(
                theirs.filter(_is(theirs, "train")),
                test,
                recorded.threshold,
                f"{other.label} train",
            )
            checked.append(other.label)
    return Verification(
        version,
        len(manifest.files),
        rows["train"],
        rows["test"],
        tuple(checked),
        tuple(problems),
    )


@dataclass(frozen=True)
class _Recorded:
    """What the store recorded about a version."""

    lines: set[tuple[str, int, str, str]]
    threshold: float


def _recorded(store: Store, version: Version) -> _Recorded:
    which = {"name": version.name, "version": version.version}
    with store.read() as con:
        lines = con.execute(sql("verify_lines"), which).fetchall()
        threshold = con.execute(sql("verify_threshold"), which).fetchall()[0][0]
    return _Recorded(set(lines), float(threshold))


def _manifest(folder: Path) -> _Manifest | str:
    """Returns what the manifest of a version says, or why it cannot be read."""
    try:
        said = orjson.loads((folder / "manifest.json").read_bytes())
        files = tuple(
            {**file, "path": str(file["path"]), "rows": int(file["rows"]), "sha256": file["sha256"]}
            for file in said["files"]
        )
        counts = {key: int(said["counts"][key]) for key in ("train", "test", "pending")}
        threshold = float(said["split"]["leak_threshold"])
        return _Manifest(said["task"], said["content_id"], files, counts, threshold)
    except OSError as error:
        return f"manifest.json cannot be read: {error.strerror}"
    except (ValueError, TypeError, KeyError) as error:
        return f"manifest.json is damaged: {type(error).__name__} {error}"


def _count_problems(version: Version, manifest: _Manifest, train: int, test: int) -> Iterable[str]:
    for side, rows in (("train", train), ("test", test)):
        if rows != manifest.counts[side]:
            yield f"lineage has {rows:,} {side} rows, the manifest says {manifest.counts[side]:,}"
    if manifest.counts["pending"] != version.pending:
        yield f"the manifest says {manifest.counts['pending']:,} pending, not {version.pending:,}"


def _line_problems(recorded: set[tuple[str, int, str, str]], lineage: pa.Table) -> Iterable[str]:
    columns = (lineage[name].to_pylist() for name in ("split", "line", "example_id", "row_hash"))
    others = len(recorded ^ set(zip(*columns, strict=True)))
    if others:
        yield f"lineage.parquet was changed: {others:,} lines are not as they were exported"


def _lineage(folder: Path) -> pa.Table | str:
    """Returns the lineage of a version, or why it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(folder / "lineage.parquet")
    except OSError as error:
        return f"lineage.parquet cannot be read: {error}"
    except pa.ArrowException as error:
        return f"lineage.parquet is damaged: {error}"
    missing = sorted(set(_LINEAGE) - set(rows.column_names))
    return f"lineage.parquet is damaged: no {missing[0]}" if missing else rows


_LINEAGE = ("split", "line", "example_id", "row_hash", "conversation_id", "group_key", "input")


def _is(rows: pa.Table, side: str) -> Any:
    import pyarrow.compute as pc

    return pc.equal(rows["split"], side)


def _file_problems(version: Version, manifest: _Manifest) -> Iterable[str]:
    hashes = []
    for file in manifest.files:
        path = version.folder / file["path"]
        if not path.is_file():
            yield f"{file['path']} is missing"
            continue
        body = path.read_bytes()
        sha256 = hashlib.sha256(body).hexdigest()
        hashes.append([file["path"], sha256])
        if sha256 != file["sha256"]:
            yield f"{file['path']} was changed: sha256 {sha256[:12]}, not {file['sha256'][:12]}"
        if body.count(b"\n") != file["rows"]:
            yield f"{file['path']} has {body.count(10):,} lines, the manifest says {file['rows']:,}"
    known = {file["path"] for file in manifest.files}
    for path in sorted(version.folder.glob("*.jsonl")):
        if path.name not in known:
            yield f"{path.name} is no part of the version"
    names = list(version.formats)
    whole = canonical({"task": manifest.task, "formats": names, "files": hashes})
    content_id = hashlib.sha256(whole.encode()).hexdigest()
    if not content_id == manifest.content_id == version.content_id:
        yield f"the content id is {content_id[:12]}, not {version.content_id[:12]}"


def _leak_problems(train: pa.Table, test: pa.Table, threshold: float, what: str) -> list[str]:
    """Returns one line per kind of leak between two sets of lineage rows."""
    problems = []
    for name, column in (
        ("conversation", "conversation_id"),
        ("group", "group_key"),
        ("input", "input"),
    ):
        shared = (set(train[column].to_pylist()) & set(test[column].to_pylist())) - {None, ""}
        if shared:
            example = min(shared)[:60]
            problems.append(f"{len(shared):,} held-out {name}s are also in {what}: {example!r}")
    near = _near(train["input"].to_pylist(), test["input"].to_pylist(), threshold)
    if near:
        problems.append(
            f"{len(near):,} held-out inputs have a near-duplicate in {what}: {near[0][:60]!r}"
        )
    return problems


def _near(train: list[str], test: list[str], threshold: float) -> list[str]:
    """Returns the held-out inputs that have a near-duplicate among the train inputs."""
    held = set(test)
    texts = sorted(held | set(train))
    mine = [text in held for text in texts]
    a, b, _ = near_pairs(texts, threshold=threshold)
    return sorted(
        {
            texts[i if mine[i] else j]
            for i, j in zip(a.tolist(), b.tolist(), strict=True)
            if mine[i] != mine[j]
        }
    )


def diff(store: Store, a: str, b: str) -> VersionDiff:
    """Returns what moved from version `a` to version `b`, with the reasons.

    Raises:
        ConfigError: one of the versions does not exist.
    """
    first, second = find(store, a), find(store, b)
    with store.read() as con:
        rows = con.execute(
            sql("diff_versions"),
            {
                "a_name": first.name,
                "a_version": first.version,
                "b_name": second.name,
                "b_version": second.version,
            },
        ).fetchall()
    same = first.formats == second.formats
    rows = [row for row in rows if same or row[1] != "changed"]
    return VersionDiff(
        first.label,
        second.label,
        _side(rows, "train"),
        _side(rows, "test"),
        sum(1 for row in rows if row[1] == "moved"),
        first.test_id == second.test_id,
        same,
    )


def _side(rows: Sequence[tuple[Any, ...]], side: str) -> SideDiff:
    part = [row for row in rows if row[2] == side]

    def ids(what: str) -> tuple[str, ...]:
        return tuple(row[0] for row in part if row[1] == what)

    def reasons(what: str) -> tuple[tuple[str, int], ...]:
        return tuple(Counter(row[3] for row in part if row[1] == what).most_common())

    return SideDiff(
        reasons("added"),
        reasons("removed"),
        len(ids("changed")),
        ids("added"),
        ids("removed"),
        ids("changed"),
    )
