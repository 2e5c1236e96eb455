"""What two trees made of the same commands: each thing compared, and how it differs.

Left out are clocks, run numbers, rates and what the manifest itself calls volatile; see `_VOLATILE`
and `plain`. Everything else must be the same.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from programs import OUTPUTS, Output, outputs_of
from recipes import Recipe

KINDS = ("ids", "json", "text", "stderr", "exit", "files", "lineage", "tables", "views")
DERIVED = "derived"
"""Folder of the tables that the Python API gave."""

SHOWN = 14
"""Lines of one difference."""

_VOLATILE = {"started_at", "finished_at", "exported_at", "pulled_at", "replaced_at", "synced_to"}
_OWN_TABLES = {"_migrations"}
_UNREAD = ("curate.duckdb", "curate.snapshot.duckdb", "curate.lock", ".curate-salt")


@dataclass
class Compared:
    """One thing that both trees have made.

    Attributes:
        kind: one of `KINDS`.
        amount: how much of it there is: rows, lines, values, bytes.
        differences: one text each; empty where it is the same.
    """

    kind: str
    name: str
    amount: int
    differences: list[str] = field(default_factory=list)


def compare(recipe: Recipe, before: Path, after: Path) -> list[Compared]:
    """Returns everything that was compared of one project."""
    a, b = outputs_of(before), outputs_of(after)
    found = [
        *_outputs(a, b),
        *_files(recipe, before, after, _days(a), _days(b)),
        *_tables(recipe, before, after),
        *_derived(before, after),
    ]
    return [*found, *_nothing(recipe, found)]


def _nothing(recipe: Recipe, found: Sequence[Compared]) -> Iterator[Compared]:
    """Yields what there was nothing of, so that no difference says nothing."""
    for kind in KINDS:
        amount = sum(one.amount for one in found if one.kind == kind)
        if not amount and kind != "stderr":
            yield Compared(kind, "(all)", 0, ["there was nothing to compare"])
    rows: dict[str, int] = {}
    for one in found:
        if one.kind in ("tables", "views"):
            rows[one.name] = max(one.amount, rows.get(one.name, 0))
    for name in recipe.filled:
        if not rows.get(name):
            yield Compared("tables", name, 0, ["it should have rows and has none to compare"])


# -- what commands said ----------------------------------------------------------------------------


def _days(outputs: Sequence[Output]) -> list[str]:
    return sorted({day for output in outputs for day in output.days})


def plain(text: str, days: Sequence[str], tree: str = "") -> str:
    """Returns a text without what a clock, a run number or a folder put into it."""
    if tree:
        text = text.replace(tree, "<tree>")
    for day in days:
        text = re.sub(rf"{day}([T ,]*\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|\+00:00| UTC)?", "<now>", text)
    text = re.sub(r"\brun \d+\b", "run N", text)
    text = re.sub(r" +[\d,.]+/s\b", " N/s", text)
    return re.sub(r"\b\d[\d,]*(\.\d+)? (s|ms|seconds)\b", "N s", text)


def _plain_json(value: Any, days: Sequence[str], key: str = "") -> Any:
    if key.endswith("run_id") or key in ("pull_run", "seconds") or key in _VOLATILE:
        return None if value is None else "<volatile>"
    if isinstance(value, Mapping):
        return {k: _plain_json(v, days, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain_json(v, days, key) for v in value]
    return plain(value, days) if isinstance(value, str) else value


def _outputs(before: Sequence[Output], after: Sequence[Output]) -> Iterator[Compared]:
    typed = [[" ".join(o.argv) for o in outputs] for outputs in (before, after)]
    if typed[0] != typed[1]:
        yield Compared("text", "the list of commands", len(before), [_unified(*typed)])
    a, b = map(_by_name, (before, after))
    for name in a:
        if name in b:
            yield from _output(name, a[name], b[name])


def _by_name(outputs: Sequence[Output]) -> dict[str, Output]:
    """Returns what was said by what was typed, and by how often it was typed already."""
    found: dict[str, Output] = {}
    for output in outputs:
        typed, times = " ".join(output.argv), 1
        name = typed
        while name in found:
            times += 1
            name = f"{typed} ({times})"
        found[name] = output
    return found


def _output(name: str, a: Output, b: Output) -> Iterator[Compared]:
    codes = [a.exit_code, b.exit_code]
    yield Compared("exit", name, 1, [] if codes[0] == codes[1] else [f"{codes[0]} -> {codes[1]}"])
    said = [plain(o.stderr, o.days, o.tree).splitlines() for o in (a, b)]
    yield _lines("stderr", name, *said)
    if "--json" not in a.argv:
        said = [plain(o.stdout, o.days, o.tree).splitlines() for o in (a, b)]
        yield _lines("text", name, *said)
        return
    try:
        values = [_plain_json(json.loads(o.stdout), o.days) for o in (a, b)]
    except ValueError:
        yield _lines("json", name, a.stdout.splitlines(), b.stdout.splitlines())
        return
    # Dumped as they are: the order of keys is part of what is printed.
    said = [json.dumps(value, indent=1, ensure_ascii=False).splitlines() for value in values]
    yield _lines("json", name, *said)
    if name.split()[2:3] == ["versions"]:
        ids = [_ids(value) for value in values]
        yield _lines("ids", name, *ids)


def _ids(versions: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{v['name']}@{v['version']} {kind} {v[kind]}"
        for v in versions
        for kind in ("content_id", "test_id")
    ]


def _lines(kind: str, name: str, a: Sequence[str], b: Sequence[str]) -> Compared:
    return Compared(kind, name, max(len(a), len(b)), [] if a == b else [_unified(a, b)])


def _unified(a: Sequence[str], b: Sequence[str]) -> str:
    if len(a) + len(b) > 40_000:  # difflib takes minutes
        both = zip(a, b, strict=False)
        at = next((n for n, (x, y) in enumerate(both) if x != y), min(len(a), len(b)))
        shown = [f"@@ line {at + 1} @@", *(f"-{x}" for x in a[at : at + 4])]
        return _cut([*shown, *(f"+{x}" for x in b[at : at + 4])])
    return _cut([*difflib.unified_diff(a, b, "before", "after", n=1, lineterm="")][2:])


def _cut(lines: Sequence[str]) -> str:
    more = [f"... and {len(lines) - SHOWN:,} more lines"] if len(lines) > SHOWN else []
    return "\n".join([*(line[:240] for line in lines[:SHOWN]), *more])


# -- files -----------------------------------------------------------------------------------------


def _paths(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name not in (*_UNREAD, OUTPUTS)
        and path.relative_to(folder).parts[0] != DERIVED
        and not path.name.endswith(".wal")
    }


def _files(
    recipe: Recipe, before: Path, after: Path, days_a: Sequence[str], days_b: Sequence[str]
) -> Iterator[Compared]:
    a, b = _paths(before), _paths(after)
    for name in sorted(a | b):
        if name not in a or name not in b:
            only = "before" if name in a else "after"
            yield Compared("files", name, 1, [f"there is one only {only}"])
        elif name.endswith("lineage.parquet"):
            yield _rows("lineage", name, f"'{a[name]}'", f"'{b[name]}'")
        else:
            yield _file(name, a[name], b[name], (days_a, days_b))


def _file(name: str, a: Path, b: Path, days: Sequence[Sequence[str]]) -> Compared:
    left, right = a.read_bytes(), b.read_bytes()
    if left == right:
        return Compared("files", name, len(left))
    said = [content.decode(errors="replace") for content in (left, right)]
    if name.endswith("manifest.json"):
        values = [json.loads(text) for text in said]
        for value in values:
            value.pop("volatile", None)
        said = [json.dumps(value, indent=1, ensure_ascii=False) for value in values]
    elif name.endswith("/README.md"):
        said = [plain(text, day) for text, day in zip(said, days, strict=True)]
    same = said[0] == said[1]
    difference = [] if same else [_unified(*(text.splitlines() for text in said)) or "bytes"]
    return Compared("files", name, len(left), difference)


# -- rows ------------------------------------------------------------------------------------------


def _tables(recipe: Recipe, before: Path, after: Path) -> Iterator[Compared]:
    """Compares the tables that both stores have, as they stand in the DuckDB files."""
    with duckdb.connect() as con:
        for name, folder in (("a", before), ("b", after)):
            path = folder / recipe.project / "curate.duckdb"
            con.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
        query = (
            "SELECT table_name FROM duckdb_tables() WHERE database_name = $store AND NOT internal "
            "ORDER BY ALL"
        )
        names = [
            [name for (name,) in con.execute(query, {"store": store}).fetchall()]
            for store in ("a", "b")
        ]
        for name in names[0]:
            # What is a table before may be a view after: then the API gave it.
            given = after / DERIVED / f"{name}.parquet"
            other = f'b."{name}"' if name in names[1] else f"'{given}'"
            if (name in names[1] or given.exists()) and name not in _OWN_TABLES:
                yield _rows("tables", name, f'a."{name}"', other, con)


def only_one_has(recipe: Recipe, before: Path, after: Path) -> list[str]:
    """Returns the tables and views that one store has and the other one does not, and columns."""
    found: list[list[str]] = []
    query = "SELECT DISTINCT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    for folder in (before, after):
        path = str(folder / recipe.project / "curate.duckdb")
        with duckdb.connect(path, read_only=True) as con:
            rows = con.execute(query).fetchall()
        found.append(sorted({row[0] for row in rows} | {f"{row[0]}.{row[1]}" for row in rows}))
    a, b = map(set, found)
    return [
        f"{name} ({'before' if name in a else 'after'})"
        for name in sorted(a ^ b)
        if name.split(".")[0] == name or name.split(".")[0] in a & b
    ]


def _derived(before: Path, after: Path) -> Iterator[Compared]:
    """Compares what the Python API gives: views, and verdicts as they are derived."""
    for path in sorted((before / DERIVED).iterdir()):
        other = after / DERIVED / path.name
        if path.suffix == ".error":
            yield Compared("views", path.stem, 1, [f"before: {path.read_text().strip()}"])
        elif not other.exists():
            error = other.with_suffix(".error")
            said = error.read_text().strip() if error.exists() else "it was not asked for"
            yield Compared("views", path.stem, 1, [f"after: {said}"])
        else:
            yield _rows("views", path.stem, f"'{path}'", f"'{other}'")


def _rows(
    kind: str, name: str, a: str, b: str, con: duckdb.DuckDBPyConnection | None = None
) -> Compared:
    """Compares the rows of two relations as bags, without columns of clocks and runs."""
    con = con or duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    described = [con.execute(f"DESCRIBE FROM {relation}").fetchall() for relation in (a, b)]
    columns = [{row[0]: row[1] for row in rows} for rows in described]
    both = [c for c in columns[0] if c in columns[1] and not _is_volatile(c)]
    # A column that is stored in another type must say the same.
    listed = ", ".join(
        f'"{c}"' if columns[0][c] == columns[1][c] else f'"{c}"::VARCHAR AS "{c}"' for c in both
    )
    queries = [f"SELECT {listed} FROM {relation}" for relation in (a, b)]
    counts = [
        con.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0] for relation in (a, b)
    ]
    differences = []
    # Which columns the store itself has is told elsewhere: see `only_one_has`.
    if kind != "tables" and [*columns[0]] != [*columns[1]]:
        differences.append(f"columns: {', '.join(columns[0])} -> {', '.join(columns[1])}")
    if not both:
        differences.append("no column in common")
    else:
        differs = [
            con.execute(f"SELECT count(*) FROM ({x} EXCEPT ALL {y})").fetchall()[0][0]
            for x, y in (queries, queries[::-1])
        ]
        if any(differs):
            shown = [f"{differs[0]:,} rows only before, {differs[1]:,} only after"]
            for mark, (x, y) in (("-", queries), ("+", queries[::-1])):
                rows = con.execute(f"{x} EXCEPT ALL {y} ORDER BY ALL LIMIT 4").fetchall()
                shown += [mark + _row(both, row) for row in rows]
            differences.append("\n".join([*shown, *_how_far(con, both, columns[0], queries)]))
    return Compared(kind, name, max(counts), differences)


def _is_volatile(column: str) -> bool:
    return column.endswith("run_id") or column in {*_VOLATILE, "pull_run"}


def _row(columns: Sequence[str], row: Sequence[Any]) -> str:
    return " ".join(f"{c}={str(v)[:60]}" for c, v in zip(columns, row, strict=True))[:400]


def _how_far(
    con: duckdb.DuckDBPyConnection,
    columns: Iterable[str],
    kinds: Mapping[str, str],
    queries: Sequence[str],
) -> Iterator[str]:
    """Yields how far vectors are apart, where the first column names them."""
    vectors = [c for c in columns if kinds[c] == "FLOAT[]"]
    key = next(iter(kinds))
    for column in vectors:
        apart = con.execute(
            f'SELECT max(1 - list_cosine_similarity(a."{column}", b."{column}")) '
            f'FROM ({queries[0]}) a JOIN ({queries[1]}) b USING ("{key}")'
        ).fetchall()
        yield f"{column}: 1 - cosine is {apart[0][0]} at most"
