"""The store: one DuckDB file a project, and the only place that opens it."""

from curate.store.queries import resource_dir, sql
from curate.store.store import Run, Store, utcnow

__all__ = ["Run", "Store", "resource_dir", "sql", "utcnow"]
