"""Writes a database file anew: what was changed or deleted stays in an old one, byte for byte."""

from __future__ import annotations

from pathlib import Path

import duckdb

from curate.store.migrations import migrate
from curate.store.queries import quoted, sql


def rewrite(path: Path) -> None:
    """Writes the file anew, with what it holds; nobody may have it open.

    A kill leaves the old file, and a new one beside it that the next call begins again.
    """
    fresh = path.with_suffix(".rewritten")
    fresh.unlink(missing_ok=True)
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as con:
        for name, file in (("curate", fresh), ("old", path)):
            mode = " (READ_ONLY)" if name == "old" else ""
            con.execute(f"ATTACH '{quoted(file)}' AS {name}{mode}")
        con.execute("USE curate")
        con.execute("BEGIN")
        migrate(con)
        con.execute(sql("store/migrations_clear"))
        con.execute("COMMIT")
        con.execute(sql("store/copy_rows"))
        con.execute("USE memory")
        con.execute("DETACH curate")
    fresh.replace(path)
