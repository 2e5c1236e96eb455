"""The tables and views of the store, brought up to date."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from curate.errors import StoreError
from curate.store.queries import resource_dir, sql

_VIEW = "views/"


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Applies what the store lacks of migrations and views, in the transaction that records it."""
    con.execute(sql("store/migrations_table"))
    digest_of = dict(con.execute(sql("store/migrations_applied")).fetchall())
    _refuse_newer(digest_of)
    lacking = []
    for name, text in _migration_texts().items():
        if name not in digest_of:
            lacking.append((name, text))
        elif digest_of[name] != _digest(text):
            raise StoreError(f"migration {name}.sql differs from the one this store has had")
    for name, text in lacking:
        con.execute(text)
        con.execute(sql("store/migrations_record"), {"name": name, "sha256": _digest(text)})
    if lacking or _stale_views(digest_of):
        _apply_views(con, digest_of)


def check_migrations(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Refuses to read a store whose tables and views are not the ones that this program knows."""
    try:
        digest_of = dict(con.execute(sql("store/migrations_applied")).fetchall())
    except duckdb.CatalogException as error:
        raise StoreError(
            f"{folder / 'curate.duckdb'} is not a curate store: it has no migrations. Next: "
            f"move it away and type curate init {folder}"
        ) from error
    _refuse_newer(digest_of)
    lacking = [name for name in _migration_texts() if name not in digest_of]
    if lacking:
        raise StoreError(
            f"this store was written by an older curate (it lacks migration {lacking[0]}). "
            f"Next: curate init {folder} brings it up to date and keeps what is in it"
        )
    if stale := _stale_views(digest_of):
        raise StoreError(
            f"this store was written by another curate (its view {stale[0]} is not the one of this "
            f"curate). Next: curate init {folder} brings it up to date and keeps what is in it"
        )


def _refuse_newer(digest_of: Mapping[str, str]) -> None:
    migrations = {name for name in digest_of if not name.startswith(_VIEW)}
    newer = sorted(migrations - _migration_texts().keys())
    if newer:
        raise StoreError(
            f"this store was written by a newer curate (it has migration {newer[-1]}). "
            "Next: pip install --upgrade curate-workbench"
        )


def _migration_texts() -> Mapping[str, str]:
    return _texts(resource_dir("sql") / "migrations")


def _view_texts() -> Mapping[str, str]:
    return _texts(resource_dir("sql") / "views")


@functools.cache
def _texts(folder: Path) -> Mapping[str, str]:
    """Returns the text of each file, in the order of names; they are read once a process."""
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.sql"))}


@functools.cache
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# -- views -----------------------------------------------------------------------------------------


def _views_in_store(digest_of: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(_VIEW): digest
        for name, digest in digest_of.items()
        if name.startswith(_VIEW)
    }


def _stale_views(digest_of: Mapping[str, str]) -> list[str]:
    """Returns the views that are new, changed or gone since they were applied, by name."""
    expected = {name: _digest(text) for name, text in _view_texts().items()}
    return sorted({name for name, _ in expected.items() ^ _views_in_store(digest_of).items()})


def _apply_views(con: duckdb.DuckDBPyConnection, digest_of: Mapping[str, str]) -> None:
    """Applies all views, as DuckDB refuses one whose tables or views have other columns by now."""
    views = _view_texts()
    for name in sorted(_views_in_store(digest_of).keys() - views.keys()):
        # The name is one that this program took from a file and recorded.
        con.execute(f'DROP VIEW IF EXISTS "{name}"')  # noqa: S608, RUF100
    con.execute(sql("store/views_clear"))
    for name in _in_order(views):
        con.execute(views[name])
        record = {"name": _VIEW + name, "sha256": _digest(views[name])}
        con.execute(sql("store/migrations_record"), record)


def _in_order(views: Mapping[str, str]) -> list[str]:
    """Returns the names of the views, each one after those that its text mentions."""
    mentions = {}
    for name, text in views.items():
        code = re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", text)
        mentions[name] = set(re.findall(r"\w+", code)) & (views.keys() - {name})
    return list(TopologicalSorter(mentions).static_order())
