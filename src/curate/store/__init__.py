"""The store: one DuckDB file a project, and the only place that opens it."""

from typing import TYPE_CHECKING, Any

from curate.store.queries import fetch_arrow, quoted, resource_dir, sql

if TYPE_CHECKING:
    from curate.store.store import Run, Store, utcnow

__all__ = ["Run", "Store", "fetch_arrow", "quoted", "resource_dir", "sql", "utcnow"]


def __getattr__(name: str) -> Any:
    # What only reads packaged SQL must not pay for DuckDB.
    if name in ("Run", "Store", "utcnow"):
        from curate.store import store

        return getattr(store, name)
    raise AttributeError(f"module 'curate.store' has no attribute {name!r}")
