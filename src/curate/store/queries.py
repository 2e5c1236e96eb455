"""Packaged files: the SQL, and what lies beside it."""

from __future__ import annotations

import functools
from pathlib import Path


@functools.cache
def resource_dir(name: str) -> Path:
    """Returns the folder of packaged files `name` (`sql`), in a wheel or in a checkout."""
    packaged = Path(__file__).parents[1] / name
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / name


@functools.cache
def sql(name: str) -> str:
    """Returns the text of `sql/queries/WING/NAME.sql`, named `WING/NAME`."""
    return (resource_dir("sql") / "queries" / f"{name}.sql").read_text(encoding="utf-8")
