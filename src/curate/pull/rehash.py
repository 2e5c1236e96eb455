"""`curate privacy --rehash`: users' ids that an older version left in plain text become hashes.

They stand in the metadata of calls and in what is told of rejects. Each chunk is a transaction;
afterwards the file is written anew, since a database keeps what it has replaced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate.kernels.user_ids import is_user_key, masked
from curate.messages import canonical
from curate.progress import Progress
from curate.pull import staged_files, undo_log
from curate.pull.interactions import Row, row_hash
from curate.pull.users import MARK, UserKeys, names_in
from curate.store import Store, sql
from curate.store.salt import salt
from curate.text.notebook import Shown

CHUNK = 5_000
_SETTING = "rehash"


@dataclass(frozen=True)
class PlainIds(Shown):
    """Where users' ids stand in plain text.

    Attributes:
        interactions: calls with any in their metadata.
        rejects: texts about rejects with any.
        columns: the column, and the key within it, of each -> calls. No values.
        rewritten: whether the file was written anew.
    """

    interactions: int
    rejects: int
    columns: dict[str, int]
    rewritten: bool = False

    @property
    def found(self) -> int:
        """All of them."""
        return self.interactions + self.rejects


def plain_ids(store: Store) -> PlainIds:
    """Returns where users' ids stand in plain text."""
    with store.read() as con:
        columns: Counter[str] = Counter()
        count = 0
        for rows in _chunks(con):
            for _, places in _mended(rows, UserKeys(salt(store.folder))):
                count += 1
                columns.update(places)
        return PlainIds(count, len(_rejects(con)), dict(sorted(columns.items())))


def rehash(
    store: Store, *, dry_run: bool = False, progress: Progress = lambda items, _: items
) -> PlainIds:
    """Hashes users' ids that stand in plain text; a second time changes nothing.

    Args:
        store: the project's store.
        dry_run: only count.
        progress: called with (items, label) around the work.
    """
    if dry_run:
        return plain_ids(store)
    with store.run("privacy", {"rehash": True}) as run:
        columns: Counter[str] = Counter()
        count, after = 0, ""
        users = UserKeys(salt(store.folder))
        while rows := _next(store, after):
            after = rows[-1]["interaction_id"]
            mended = list(_mended(progress(rows, "looking for users' ids"), users))
            count += len(mended)
            columns.update(place for _, places in mended for place in places)
            if mended:
                _store(store, [row for row, _ in mended])
        rejects = _mend_rejects(store)
        with store.write() as con:
            is_due = bool(store.setting(con, _SETTING).get("is_due"))
        if is_due:
            staged_files.forget(store.folder)
            store.rewrite()
            with store.write() as con:
                store.set_setting(con, _SETTING, {"is_due": False})
        run.changed |= is_due
        run.counts = {"interactions": count, "rejects": rejects}
    return PlainIds(count, rejects, dict(sorted(columns.items())), is_due)


def _next(store: Store, after: str) -> list[Row]:
    with store.write() as con:
        return _rows(con, after)


def _chunks(con: duckdb.DuckDBPyConnection) -> Iterator[list[Row]]:
    after = ""
    while rows := _rows(con, after):
        yield rows
        after = rows[-1]["interaction_id"]


def _rows(con: duckdb.DuckDBPyConnection, after: str) -> list[Row]:
    parameters = {"after": after, "most": CHUNK}
    table = con.sql(sql("pull/rehash/candidates"), params=parameters).to_arrow_table()
    rows: list[Row] = table.to_pylist()
    return rows


def _mended(rows: Iterable[Row], users: UserKeys) -> Iterator[tuple[Row, list[str]]]:
    """Yields the rows with an id in plain text, mended, and the places where it stood."""
    for row in rows:
        before = orjson.loads(row["metadata"])
        named = {name for name in names_in(before) if not name.startswith(MARK)}
        texts = set(_texts(before)) if row["user_key"] else ()
        own = {text for text in texts if users.key(text) == row["user_key"]}
        after = users.hidden(before, frozenset(named | own))
        if after != before:
            mended = {**row, "metadata": canonical(after)}
            mended["row_hash"] = _row_hash(row, mended)
            yield mended, sorted(set(_places(before, after)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _row_hash(before: Row, after: Row) -> str:
    """Returns the hash of a mended row, as a pull of its document computes it.

    A row without an id of its own was hashed without one. A hash that an older version computed in
    another way stays: the next pull replaces the row.
    """
    for known in ({}, {"source_id": None}):
        if row_hash({**before, **known}) == before["row_hash"]:
            return row_hash({**after, **known})
    return str(before["row_hash"])


def _places(before: Any, after: Any, column: str = "", key: str = "") -> Iterator[str]:
    """Yields the column and the key that names a user of all that differs."""
    if isinstance(before, Mapping):
        for name in before:
            inner = name if column and is_user_key(name) else key
            yield from _places(before[name], after[name], column or name, inner)
    elif isinstance(before, list):
        for one, other in zip(before, after, strict=True):
            yield from _places(one, other, column, key)
    elif before != after:
        yield f"{column}: {key}" if key else column


def _store(store: Store, rows: list[Row]) -> None:
    names = ("interaction_id", "metadata", "row_hash")
    table = pa.table({name: [row[name] for row in rows] for name in names})
    with store.write() as con:
        con.register("mended", table)
        con.execute(sql("pull/rehash/update"))
        con.unregister("mended")
        undo_log.forget_all(con)  # former rows have their metadata in full
        store.set_setting(con, _SETTING, {"is_due": True})


def _rejects(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    details = (row[0] for row in con.execute(sql("pull/rehash/rejects")).fetchall())
    return {detail: masked(detail) for detail in details if masked(detail) != detail}


def _mend_rejects(store: Store) -> int:
    with store.write() as con:
        new_of = _rejects(con)
        if new_of:
            con.register("mended", pa.table({"old": list(new_of), "new": list(new_of.values())}))
            con.execute(sql("pull/rehash/rejects_update"))
            con.unregister("mended")
            undo_log.forget_all(con)
            store.set_setting(con, _SETTING, {"is_due": True})
    return len(new_of)
