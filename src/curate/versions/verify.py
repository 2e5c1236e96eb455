"""Versions recomputed: hashes, counts, lines and leaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.kernels.jaccard import near_pairs
from curate.messages import canonical
from curate.store import Store, sql
from curate.text.notebook import Shown
from curate.text.text import MEASURE, bare, normalise, tokens, words
from curate.text.wording import counted
from curate.versions import folder
from curate.versions.versions import Version, find, versions


@dataclass(frozen=True)
class Verification(Shown):
    """What the check of one version found; no `problems`: it is intact and leaks nothing.

    Attributes:
        problems: by the measure of likeness that the version was made with.
        seen_today: leaks that today's measure sees and the version's did not.
        notes: which held-out examples came later and measure no model trained on it.
    """

    version: Version
    files: int
    train: int
    test: int
    earlier: tuple[str, ...]
    problems: tuple[str, ...]
    validation: int = 0
    notes: tuple[str, ...] = ()
    seen_today: tuple[str, ...] = ()


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
    evicted = _evicted(store, in_order)
    return [_verify(store, v, in_order[: in_order.index(v)], evicted) for v in chosen]


@dataclass(frozen=True)
class _Manifest:
    """What a manifest says, as far as it can be checked."""

    task: str
    content_id: str
    files: tuple[dict[str, Any], ...]
    counts: dict[str, int]
    threshold: float
    reasoning: bool


def _verify(
    store: Store,
    version: Version,
    earlier: Sequence[Version],
    evicted: Mapping[str, Mapping[str, str]],
) -> Verification:
    manifest, lineage = _manifest(version.folder), _lineage(version.folder)
    if isinstance(manifest, str) or isinstance(lineage, str):
        found = tuple(problem for problem in (manifest, lineage) if isinstance(problem, str))
        return Verification(version, 0, 0, 0, (), found)
    recorded = _recorded(store, version)
    sides = {side: lineage.filter(_is(lineage, side)) for side in _SIDES}
    train, test = _trained(lineage), sides["test"]
    problems = [*_file_problems(version, manifest)]
    rows = {side: len(set(part["line"].to_pylist())) for side, part in sides.items()}
    problems += _count_problems(version, manifest, rows)
    problems += _line_problems(recorded.lines, lineage)
    if manifest.threshold != recorded.threshold:
        problems.append(
            f"the manifest says leak threshold {manifest.threshold}, not {recorded.threshold}"
        )
    pairs = {"train": (train, test)}
    for other in earlier:
        theirs = _lineage(other.folder)
        if not isinstance(theirs, str):
            late = pa.array(list(evicted[other.label]), pa.string())
            held = test.filter(pc.invert(pc.is_in(test["example_id"], late)))
            pairs[f"{other.label} train"] = _trained(theirs), held
    leaks = _all_leaks(pairs, recorded, recorded.measure)
    seen = _all_leaks(pairs, recorded, MEASURE) if recorded.measure < MEASURE else []
    return Verification(
        version,
        len(manifest.files),
        rows["train"],
        rows["test"],
        tuple(what.removesuffix(" train") for what in list(pairs)[1:]),
        (*problems, *leaks),
        rows["validation"],
        tuple(_late_notes(evicted[version.label])),
        tuple(problem for problem in seen if problem not in leaks),
    )


def _all_leaks(
    pairs: Mapping[str, tuple[pa.Table, pa.Table]], recorded: _Recorded, measure: int
) -> list[str]:
    """Returns what held-out lines share with train, by whose train it is."""
    return [
        problem
        for what, (train, test) in pairs.items()
        for problem in _leak_problems(
            _measured(train, measure), _measured(test, measure), recorded.threshold, what, measure
        )
    ]


def _measured(rows: pa.Table, measure: int) -> pa.Table:
    """Returns lines with their inputs as a measure has them; those of the first are as written."""
    if measure < MEASURE:
        return rows
    texts = [text and bare(normalise(text)) for text in rows["input"].to_pylist()]
    return rows.set_column(
        rows.schema.get_field_index("input"), "input", pa.array(texts, pa.string())
    )


def _evicted(store: Store, versions: Sequence[Version]) -> dict[str, dict[str, str]]:
    """Returns for each version the held-out examples that measure no model trained on it.

    They are given by id, with the version from which on they do.
    """
    query = sql("versions/verify_evicted")
    with store.read() as con:
        return {
            v.label: dict(con.execute(query, {"name": v.name, "version": v.version}).fetchall())
            for v in versions
        }


def late_examples(con: duckdb.DuckDBPyConnection, version: Version) -> frozenset[str]:
    """Returns held-out examples that came later, of which a model trained on a version knows."""
    which = {"name": version.name, "version": version.version}
    return frozenset(
        row[0] for row in con.execute(sql("versions/verify_evicted"), which).fetchall()
    )


def _late_notes(since: Mapping[str, str]) -> Iterable[str]:
    for label in dict.fromkeys(since.values()):
        ids = [example[:12] for example in since if since[example] == label]
        more = ", ..." if len(ids) > _SHOWN else ""
        yield (
            f"late evaluation set (heldout import --evict): {counted(len(ids), 'test example')} of "
            f"{label} measure models trained on {label} or later, not on this version: "
            f"{', '.join(ids[:_SHOWN])}{more}"
        )


@dataclass(frozen=True)
class _Recorded:
    """What the store recorded about a version."""

    lines: set[tuple[str, int, str, str]]
    threshold: float
    measure: int


def _recorded(store: Store, version: Version) -> _Recorded:
    which = {"name": version.name, "version": version.version}
    with store.read() as con:
        lines = con.execute(sql("versions/verify_lines"), which).fetchall()
        threshold, measure = con.execute(sql("versions/verify_settings"), which).fetchall()[0]
    return _Recorded(set(lines), float(threshold), measure)


def _manifest(folder: Path) -> _Manifest | str:
    """Returns what the manifest of a version says, or why it cannot be read."""
    try:
        body = orjson.loads((folder / "manifest.json").read_bytes())
        files = tuple(
            {**file, "path": str(file["path"]), "rows": int(file["rows"]), "sha256": file["sha256"]}
            for file in body["files"]
        )
        counts = {key: int(body["counts"][key]) for key in ("train", "test", "pending")}
        counts["validation"] = int(body["counts"].get("validation", 0))  # older versions have none
        threshold = float(body["split"]["leak_threshold"])
        return _Manifest(
            body["task"], body["content_id"], files, counts, threshold, bool(body.get("reasoning"))
        )
    except OSError as error:
        return f"manifest.json cannot be read: {error.strerror}"
    except (ValueError, TypeError, KeyError) as error:
        return f"manifest.json is damaged: {type(error).__name__} {error}"


def _count_problems(
    version: Version, manifest: _Manifest, rows: Mapping[str, int]
) -> Iterable[str]:
    for side, count in rows.items():
        if count != manifest.counts[side]:
            yield f"lineage has {count:,} {side} rows, the manifest says {manifest.counts[side]:,}"
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


_SHOWN = 5
_SIDES = ("train", "validation", "test")


def _trained(rows: pa.Table) -> pa.Table:
    """Returns the rows on the train side of the ledger: those of validation too."""
    return rows.filter(pc.not_equal(rows["split"], "test"))


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
    for name, sha256 in folder.other_files(version.folder).items():
        path = version.folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif (found := hashlib.sha256(path.read_bytes()).hexdigest()) != sha256:
            yield f"{name} was changed: sha256 {found[:12]}, not {sha256[:12]}"
    paths = {file["path"] for file in manifest.files}
    for path in sorted(version.folder.glob("*.jsonl")):
        if path.name not in paths:
            yield f"{path.name} is no part of the version"
    names = list(version.formats)
    asked = {"reasoning": True} if manifest.reasoning else {}
    whole = canonical({"task": manifest.task, "formats": names, "files": hashes, **asked})
    content_id = hashlib.sha256(whole.encode()).hexdigest()
    if not content_id == manifest.content_id == version.content_id:
        yield f"the content id is {content_id[:12]}, not {version.content_id[:12]}"


def _leak_problems(
    train: pa.Table, test: pa.Table, threshold: float, what: str, measure: int
) -> list[str]:
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
    near = _near(train["input"].to_pylist(), test["input"].to_pylist(), threshold, measure)
    if near:
        problems.append(
            f"{len(near):,} held-out inputs have a near-duplicate in {what}: {near[0][:60]!r}"
        )
    return problems


def _near(train: list[str], test: list[str], threshold: float, measure: int) -> list[str]:
    """Returns the held-out inputs that have a near-duplicate among the train inputs."""
    test_texts = set(test)
    texts = sorted(test_texts | set(train))
    mine = [text in test_texts for text in texts]
    a, b, _ = near_pairs(texts, threshold=threshold, cut=tokens if measure > 1 else words)
    return sorted(
        {
            texts[i if mine[i] else j]
            for i, j in zip(a.tolist(), b.tolist(), strict=True)
            if mine[i] != mine[j]
        }
    )
