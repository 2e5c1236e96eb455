"""Writes tables, views and verdicts of a project as Parquet, by the public Python API.

    PYTHONPATH=TREE/src python tables.py PROJECT FOLDER NAME ...

A table that the API does not have becomes NAME.error with what it said.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq

from curate import Project


def main(folder: str, out: str, *names: str) -> None:
    project, made = Project(folder), Path(out)
    made.mkdir(parents=True, exist_ok=True)
    for name in names:
        try:
            pq.write_table(project.table(name), made / f"{name}.parquet")
        except Exception as error:
            (made / f"{name}.error").write_text(f"{type(error).__name__}: {error}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
