"""Versions recomputed: hashes, counts, lines and leaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.kernels.jaccard import near_pairs
from curate.messages import canonical
from curate.store import Store, sql
from curate.versions import folder
from curate.versions.versions import Version, find, versions


@dataclass(frozen=True)
class Verification:
    """What the check of one version found; no `problems`: it is intact and leaks nothing."""

    version: Version
    files: int
    train: int
    test: int
    earlier: tuple[str, ...]
    problems: tuple[str, ...]


def verify(store: Store, text: str | None = None) -> list[Verification]:
    """Recomputes hashes, counts and leaks of versions, and compares them with what was recorded.

    Args:
        store: the project's store; it says which versions there are, in which order, and which
            lines each was exported with.
        text: `NAME`, `NAME@N`, or None for all versions.
    """
    folder.recover(store)
    in_order = sorted(versions(store), key=lambda v: (v.exported_at, v.name, v.version))
    if text is None:
        chosen = in_order
    elif "@" in text:
        chosen = [find(store, text)]
    else:
        name = find(store, text).name
        chosen = [v for v in in_order if v.name == name]
    return [_verify(store, v, in_order[: in_order.index(v)]) for v in chosen]


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
        lines = con.execute(sql("versions/verify_lines"), which).fetchall()
        threshold = con.execute(sql("versions/verify_threshold"), which).fetchall()[0][0]
    return _Recorded(set(lines), float(threshold))


def _manifest(folder: Path) -> _Manifest | str:
    """Returns what the manifest of a version says, or why it cannot be read."""
    try:
        body = orjson.loads((folder / "manifest.json").read_bytes())
        files = tuple(
            {**file, "path": str(file["path"]), "rows": int(file["rows"]), "sha256": file["sha256"]}
            for file in body["files"]
        )
        counts = {key: int(body["counts"][key]) for key in ("train", "test", "pending")}
        threshold = float(body["split"]["leak_threshold"])
        return _Manifest(body["task"], body["content_id"], files, counts, threshold)
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
    paths = {file["path"] for file in manifest.files}
    for path in sorted(version.folder.glob("*.jsonl")):
        if path.name not in paths:
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
    test_texts = set(test)
    texts = sorted(test_texts | set(train))
    mine = [text in test_texts for text in texts]
    a, b, _ = near_pairs(texts, threshold=threshold)
    return sorted(
        {
            texts[i if mine[i] else j]
            for i, j in zip(a.tolist(), b.tolist(), strict=True)
            if mine[i] != mine[j]
        }
    )
