"""The verdicts that were derived last, kept beside the store for as long as they hold.

The file is a cache. It names the state and the settings that it was derived from; whoever finds
another name derives the verdicts anew. Only a writing command leaves one, at its end.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress

import duckdb

from curate.filters import filters
from curate.filters.rules import FilterSettings
from curate.options import DedupeSettings, SplitSettings
from curate.store import Store, quoted, resource_dir, sql
from curate.version import __version__

_SOURCES = ("queries/verdicts", "queries/split", "queries/filters", "filters")
_OF_THE_MOMENT = re.compile(
    r"\b(now|today|age|(get_)?current_\w+|local_?time\w*|transaction_timestamp|random|uuid\w*"
    r"|gen_random_uuid|setseed)\b"
)


def key(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    split: SplitSettings,
    dedupe: DedupeSettings,
    rules: FilterSettings,
    *,
    ended: bool = False,
) -> str | None:
    """Returns what names verdicts: all that they follow from; None where nothing can.

    That is while a run is changing what is stored, unless it is named as it will be once that has
    ended, and where a rule asks for the time.
    """
    state, active = store.state(con, ended=ended), filters.active(store, rules)
    texts = [rule.query for rule in active if not rule.trusted]
    if state is None or any(_OF_THE_MOMENT.search(text.lower()) for text in texts):
        return None
    settings = [part.as_dict() for part in (split, dedupe, rules)]
    parts = [state, __version__, _sources(), *settings, texts]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def attach(store: Store, con: duckdb.DuckDBPyConnection, named: str | None) -> dict[str, str]:
    """Makes the kept verdicts of this name readable, under the names that derived ones have.

    Returns:
        What was kept with them, under `key` their name; empty where there are none of this name.
    """
    path = store.kept
    if named is None or not path.exists():
        return {}
    try:
        con.execute(f"ATTACH '{quoted(path)}' AS kept (READ_ONLY)")
        facts = dict(con.execute(sql("verdicts/kept_facts")).fetchall())
        if facts["key"] == named:
            con.execute("SET search_path = 'curate,kept'")
            return facts
        con.execute("DETACH kept")
    except (duckdb.Error, KeyError):
        pass  # A damaged cache is none.
    return {}


def save(
    store: Store, con: duckdb.DuckDBPyConnection, facts: Mapping[str, str], *, are_kept: bool
) -> None:
    """Keeps the verdicts that a connection has, with facts, of which `key` is one.

    Where that fails (the disk is full), there are none, and the next reader derives them.

    Args:
        store: the project's store.
        con: a connection with the verdicts.
        facts: name -> text.
        are_kept: whether these verdicts are those of the file, which then gets other facts only.
    """
    path, fresh = store.kept, store.kept.with_suffix(".new")
    try:
        fresh.unlink(missing_ok=True)
        if are_kept:
            shutil.copyfile(path, fresh)
        con.execute(f"ATTACH '{quoted(fresh)}' AS fresh (STORAGE_VERSION 'v1.5.0')")
        if not are_kept:
            con.execute(sql("verdicts/keep"))
        con.execute(
            sql("verdicts/kept_facts_add"), {"names": list(facts), "texts": list(facts.values())}
        )
        con.execute("DETACH fresh")
        fresh.replace(path)
    except (duckdb.Error, OSError):
        with suppress(OSError):
            path.unlink(missing_ok=True)
            fresh.unlink(missing_ok=True)


@functools.cache
def _sources() -> str:
    """Returns a digest of the queries that verdicts follow from."""
    digest = hashlib.sha256()
    for folder in _SOURCES:
        for file in sorted((resource_dir("sql") / folder).glob("*.sql")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
