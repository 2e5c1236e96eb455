"""Keeps DuckDB and pyarrow from importing pandas, half a second, before somebody uses pandas.

With its first parameter DuckDB imports pandas, and pyarrow does with its first list, only to ask
whether what they were given comes from there. The program gives them nothing of the kind. So DuckDB
gets a stand-in, which hands on what else it is asked for, and pyarrow finds no pandas until a table
is wanted as a DataFrame. A source of another package that hands pyarrow a Series calls
`pyarrow.Array.from_pandas`.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any


def install() -> None:
    """Answers the two questions, once a process; where pandas is imported already, does nothing."""
    if "pandas" in sys.modules:
        return
    import duckdb
    import pyarrow as pa

    sys.modules["pandas"] = _StandIn("pandas")
    with duckdb.connect() as con:
        con.execute("SET VARIABLE asked = $value", {"value": ""})
    del sys.modules["pandas"]
    sys.meta_path.insert(0, _Absent())
    pa.array([""])
    del sys.meta_path[0]


class _Absent(MetaPathFinder):
    """Finds no pandas."""

    def find_spec(self, fullname: str, *_: Any) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


class _StandIn(ModuleType):
    """What DuckDB takes for pandas: its missing values and its tables; the rest is pandas' own."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.NaT, self.NA, self.DataFrame = object(), object(), _DataFrame

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("pandas"), name)


class _OfPandas(type):
    """A type of pandas under another name."""

    def __instancecheck__(cls, value: object) -> bool:
        return type(value).__module__.startswith("pandas") and isinstance(value, _real())

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return _real()(*arguments, **options)

    def __getattr__(cls, name: str) -> Any:
        return getattr(_real(), name)


class _DataFrame(metaclass=_OfPandas):
    """What DuckDB takes for pandas' DataFrame."""


def _real() -> Any:
    return importlib.import_module("pandas").DataFrame
