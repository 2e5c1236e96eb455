"""The tables of the store, brought up to date."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import duckdb

from curate.errors import StoreError
from curate.store.queries import resource_dir, sql


def _migration_files() -> list[Path]:
    return sorted((resource_dir("sql") / "migrations").glob("*.sql"))


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Applies the migrations that the store lacks, in the transaction that records them."""
    con.execute(sql("store/migrations_table"))
    applied = dict(con.execute(sql("store/migrations_applied")).fetchall())
    _refuse_newer(applied)
    for file in _migration_files():
        text = file.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if file.stem in applied:
            if applied[file.stem] != digest:
                raise StoreError(f"migration {file.name} differs from the one this store has had")
            continue
        con.execute(text)
        con.execute(sql("store/migrations_record"), {"name": file.stem, "sha256": digest})


def check_migrations(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Refuses to read a store whose tables are not the ones that this program knows."""
    try:
        applied = dict(con.execute(sql("store/migrations_applied")).fetchall())
    except duckdb.CatalogException as error:
        raise StoreError(
            f"{folder / 'curate.duckdb'} is not a curate store: it has no migrations. Next: "
            f"move it away and type curate init {folder}"
        ) from error
    _refuse_newer(applied)
    lacking = [file.stem for file in _migration_files() if file.stem not in applied]
    if lacking:
        raise StoreError(
            f"this store was written by an older curate (it lacks migration {lacking[0]}). "
            f"Next: curate init {folder} brings it up to date and keeps what is in it"
        )


def _refuse_newer(applied: Mapping[str, str]) -> None:
    newer = sorted(set(applied) - {file.stem for file in _migration_files()})
    if newer:
        raise StoreError(
            f"this store was written by a newer curate (it has migration {newer[-1]}). "
            "Next: pip install --upgrade curate-workbench"
        )
