"""How the lines of a dataset's last version came about, kept beside the store for the next one.

The file is a cache, without a text: it says of each line what its item was (a digest), and what
was found out about its row. The row itself is read from the files of the version, as long as they
are what was written. What names the file's content is all that lines follow from besides their
items: whoever finds another name, or a damaged file, makes all lines anew. An export replaces it,
so that nothing stays of an item that is gone.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from curate import formats
from curate.check.columns import ColumnFacts
from curate.check.row_facts import KnownRow, RowFacts
from curate.check.targets import Target
from curate.check.tokens import Counter
from curate.export.items import Items
from curate.export.lines import Line
from curate.formats import Contents, Format
from curate.privacy import privacy
from curate.store import Store

_DIGEST_BYTES = 32
_UNKNOWN = -1


def name_of(
    store: Store,
    used: Sequence[Format],
    contents: Contents,
    checked: Mapping[str, Target],
    counter: Counter,
) -> str | None:
    """Returns what names all that lines follow from besides their items; None where nothing can.

    That is where a format of another package, or a counter that nobody knows, takes part.

    Args:
        store: the project's store.
        used: the formats.
        contents: what all items have in common.
        checked: format -> whose rules its rows are checked by.
        counter: counts their tokens.
    """
    is_ours = all(writer.module.startswith(f"{formats.__name__}.") for writer in used)
    if not is_ours or not counter.digest:
        return None
    wishes = privacy.settings(store.folder)
    parts = [
        _program(),
        version("orjson"),
        [writer.name for writer in used],
        [contents.tools, contents.multi_label, contents.reasoning],
        {name: repr(_of_rows(target)) for name, target in checked.items()},
        counter.digest,
        wishes.redact and wishes.names,
    ]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


@functools.cache
def _program() -> str:
    """Returns a digest of the program: whatever was changed in it, lines are made anew."""
    whole, folder = hashlib.sha256(), Path(__file__).parents[1]
    for file in sorted((*folder.rglob("*.py"), *folder.rglob("*.toml"))):
        whole.update(file.read_bytes())
    return whole.hexdigest()


def _of_rows(target: Target) -> Target:
    """Returns a target without what it says of whole files, and of numbers of tokens."""
    return replace(
        target, min_rows=0, advised_rows=0, max_rows=None, max_bytes=None, max_tokens=None,
        cuts_at=None, source="", checked=None, note="",
    )  # fmt: skip


@dataclass(frozen=True)
class KeptLines:
    """The lines of a version, by number, with what was found out about them.

    Attributes:
        table: item_id, key, side, line, content, row_hash, suspect (whether a redactor has to look
            at it), group (names what its placeholders follow from; empty where there are none) and
            hidden (JSON: kind -> places; of the first line of a group), and of each format `factsN`
            and `tokensN`, -1 where they are unknown.
        facts: distinct facts of rows.
        rows: of each format, the rows of all lines; none where nobody wants them.
        version_files: what the rows were read from.
    """

    table: pa.Table
    facts: Sequence[RowFacts] = ()
    rows: Sequence[Sequence[bytes]] = ()
    version_files: Sequence[Mapping[str, Any]] = ()

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @functools.cached_property
    def groups(self) -> list[str]:
        """Returns the group of each line."""
        return list(self.table["group"].to_pylist())

    @functools.cached_property
    def suspect(self) -> NDArray[np.bool_]:
        """Returns of each line whether a redactor has to look at its item, bool (n,)."""
        return np.asarray(self.table["suspect"], dtype=bool)

    @functools.cached_property
    def hidden(self) -> dict[str, dict[str, int]]:
        """Returns what is hidden in each group: kind -> places."""
        first = self.table.filter(pc.not_equal(self.table["hidden"], ""))
        columns = first["group"].to_pylist(), first["hidden"].to_pylist()
        return {group: orjson.loads(text) for group, text in zip(*columns, strict=True)}

    @functools.cached_property
    def _columns(self) -> tuple[list[str], list[str]]:
        return self.table["content"].to_pylist(), self.table["row_hash"].to_pylist()

    @functools.cached_property
    def _whole(self) -> list[tuple[bytes, ...]]:
        """Returns the rows of each line in all formats."""
        return list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self)

    @functools.cached_property
    def _checked(self) -> list[tuple[list[int], list[int]]]:
        return [
            (self.table[f"facts{place}"].to_pylist(), self.table[f"tokens{place}"].to_pylist())
            for place in range(len(self.rows))
        ]

    def _numbers(self, items: Items, *, with_content: bool) -> NDArray[np.int64]:
        """Returns the number of the line of each item, int64 (n,), -1 where it is not known."""
        if not len(self) or not len(items):
            return np.full(len(items), _UNKNOWN, np.int64)
        ids = self.table["item_id"].combine_chunks()
        at = pc.index_in(items.table["item_id"].combine_chunks(), value_set=ids)
        lines = self.table.take(at)
        is_same = pc.equal(lines["key"], items.table["key"])
        if with_content:
            is_same = pc.and_(is_same, pc.not_equal(lines["content"], ""))
        known = pc.if_else(pc.fill_null(is_same, False).combine_chunks(), at, _UNKNOWN)
        return np.asarray(known, dtype=np.int64)

    def lines(self, items: Items, *, with_content: bool) -> dict[int, Line]:
        """Returns the lines of items as they were written, by place.

        Those of an item that has changed since are not among them.

        Args:
            items: whose lines are wanted.
            with_content: whether the digest of what they hold is wanted too.
        """
        numbers = self._numbers(items, with_content=with_content)
        places = np.flatnonzero(numbers >= 0)
        known = items.take(places)
        names = known.table["item_id"].to_pylist()
        is_pair = items.unit == "pair"
        # The id of an example is held once.
        ids = known.example_ids() if is_pair else ((name,) for name in names)
        role = "pair" if is_pair else "example"
        contents, hashes = self._columns
        columns = places.tolist(), numbers[places].tolist(), names, ids
        return {
            place: Line(
                name, role, own, contents[number], self._whole[number], hashes[number], number
            )
            for place, number, name, own in zip(*columns, strict=True)
        }

    def row(self, line: Line, place: int) -> bytes | KnownRow:
        """Returns the row of a line in the format at a place: what is known of it, or itself."""
        row = line.rows[place]
        if line.kept < 0:
            return row
        facts, counts = self._checked[place]
        number = facts[line.kept]
        return row if number < 0 else KnownRow(self.facts[number], counts[line.kept], len(row))


_SCHEMA = [
    ("item_id", pa.string()), ("key", pa.string()), ("side", pa.string()), ("line", pa.int32()),
    ("content", pa.string()), ("row_hash", pa.string()), ("suspect", pa.bool_()),
    ("group", pa.string()), ("hidden", pa.string()),
]  # fmt: skip


def _schema(count: int) -> pa.Schema:
    numbers = [(f"{what}{n}", pa.int32()) for n in range(count) for what in ("facts", "tokens")]
    return pa.schema([*_SCHEMA, *numbers])


NOTHING = KeptLines(_schema(0).empty_table())


@dataclass
class ReadLines:
    """What is to be kept of a version's lines: its items, and what the checks found.

    Attributes:
        named: what names all that the lines follow from.
        items: item_id, key, suspect, group and hidden of all items.
        checked: (place of the format, side) -> facts and tokens of its rows.
    """

    named: str
    items: pa.Table
    checked: dict[tuple[int, str], tuple[Sequence[RowFacts | None], Sequence[int]]] = field(
        default_factory=dict
    )


def load(store: Store, name: str, named: str | None, *, with_rows: bool) -> KeptLines:
    """Returns the lines of a dataset's last version, where they still hold; else none.

    Args:
        store: the project's store.
        name: of the dataset.
        named: what names all that lines follow from.
        with_rows: whether their rows are wanted.
    """
    try:
        whole = store.kept_lines(name).read_bytes()
        head, body = whole[:_DIGEST_BYTES], memoryview(whole)[_DIGEST_BYTES:]
        if named is None or hashlib.sha256(body).digest() != head:
            return NOTHING
        table = pq.read_table(pa.BufferReader(pa.py_buffer(body)))
        about = orjson.loads(table.schema.metadata[b"about"])
        if about["named"] != named:
            return NOTHING
        rows = _rows(store.folder, table, about["files"]) if with_rows else []
    except (OSError, pa.ArrowException, ValueError, KeyError):
        return NOTHING  # A damaged cache is none.
    facts = [_facts(*values) for values in about["facts"]]
    return KeptLines(table.replace_schema_metadata(), facts, rows, about["files"])


def _facts(
    shape: str,
    problems: Sequence[Sequence[str]],
    names: Sequence[str],
    good: bool | None,
    columns: Sequence[Sequence[Any]],
    weighted: bool,
) -> RowFacts:
    broken = tuple((rule, said) for rule, said in problems)
    held = tuple(ColumnFacts(*column) for column in columns)
    return RowFacts(shape, broken, tuple(names), good, held, weighted)


def _rows(folder: Path, table: pa.Table, files: Sequence[Mapping[str, Any]]) -> list[list[bytes]]:
    """Returns the rows of all lines in each format.

    Raises:
        ValueError: a file is not what was written.
    """
    count = max(file["place"] for file in files) + 1
    rows: list[list[bytes]] = [[b""] * table.num_rows for _ in range(count)]
    sides, numbers = np.asarray(table["side"]), np.asarray(table["line"])
    for file in files:
        wanted = np.flatnonzero(sides == file["side"])
        own = dict(zip(numbers[wanted].tolist(), wanted.tolist(), strict=True))
        whole = hashlib.sha256()
        with (folder / file["path"]).open("rb") as lines:
            for number, line in enumerate(lines, 1):
                whole.update(line)
                if number in own:
                    rows[file["place"]][own[number]] = line
        if whole.hexdigest() != file["sha256"]:
            raise ValueError(file["path"])
    return rows


def save(
    store: Store,
    name: str,
    read: ReadLines,
    lines: Mapping[str, Sequence[Line]],
    files: Sequence[Mapping[str, Any]],
    before: KeptLines,
) -> None:
    """Keeps what is known of a version's lines; where that fails, nothing is kept.

    Args:
        store: the project's store.
        name: of the dataset.
        read: what is to be kept.
        lines: of the version, by side.
        files: its data files: side, place (of the format), sha256, and path within the project.
        before: what was kept of the last version.
    """
    table, facts = _table(read, lines, 1 + max((file["place"] for file in files), default=-1))
    if files == before.version_files and table.equals(before.table):
        return
    about = {"named": read.named, "files": files, "facts": facts}
    table = table.replace_schema_metadata({"about": orjson.dumps(about)})
    body = io.BytesIO()
    pq.write_table(table, body)
    path = store.kept_lines(name)
    fresh = path.with_suffix(".new")
    try:
        fresh.unlink(missing_ok=True)
        fresh.touch(0o600)
        with fresh.open("wb") as file:
            os.fchmod(file.fileno(), store.path.stat().st_mode & 0o777)
            file.write(hashlib.sha256(body.getbuffer()).digest())
            file.write(body.getbuffer())
        fresh.replace(path)
    except OSError:
        for left in (path, fresh):
            with suppress(OSError):
                left.unlink(missing_ok=True)


class _Facts:
    """Gives each facts of rows a number, those alike that differ only in what a warning says."""

    def __init__(self) -> None:
        self.plain: list[Any] = []
        self._numbers: dict[RowFacts | None, int] = {None: _UNKNOWN}

    def number(self, facts: RowFacts | None) -> int:
        """Returns the number of facts, -1 for none."""
        if facts is not None and facts not in self._numbers:
            # What a warning says may hold words of a row; what is counted is its rule.
            bare = facts._replace(problems=tuple((rule, "") for rule, _ in facts.problems))
            if bare not in self._numbers:
                self._numbers[bare] = len(self.plain)
                self.plain.append([*bare[:4], [list(column) for column in bare.columns], bare[5]])
            self._numbers[facts] = self._numbers[bare]
        return self._numbers[facts]


def _table(
    read: ReadLines, lines: Mapping[str, Sequence[Line]], count: int
) -> tuple[pa.Table, list[Any]]:
    """Returns the table of `KeptLines`, and the facts that it has numbers of."""
    facts, parts = _Facts(), []
    for side, part in lines.items():
        own = [place for place, line in enumerate(part) if line.role != "mixed"]
        columns: dict[str, list[Any]] = {
            "item_id": [part[place].item_id for place in own],
            "side": [side] * len(own),
            "line": [place + 1 for place in own],
            "content": [part[place].content for place in own],
            "row_hash": [part[place].row_hash for place in own],
        }
        for place in range(count):
            found, counts = read.checked.get((place, side)) or (
                [None] * len(part),
                [-1] * len(part),
            )
            columns[f"facts{place}"] = [facts.number(found[n]) for n in own]
            columns[f"tokens{place}"] = [counts[n] for n in own]
        parts.append(_with_items(columns, read.items, _schema(count)))
    whole = pa.concat_tables(parts) if parts else _schema(count).empty_table()
    return whole.combine_chunks(), facts.plain


def _with_items(columns: dict[str, list[Any]], items: pa.Table, schema: pa.Schema) -> pa.Table:
    ids = pa.array(columns["item_id"], pa.string())
    of_items = items.take(pc.index_in(ids, value_set=items["item_id"].combine_chunks()))
    return pa.table(
        {
            name: pa.array(columns[name], kind) if name in columns else of_items[name]
            for name, kind in zip(schema.names, schema.types, strict=True)
        },
        schema,
    )
