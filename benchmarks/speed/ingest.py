"""Times how logs get into a store, beside what other programs need to read or store the same file.

Each program runs in a process of its own: `python benchmarks/speed/ingest.py 100000`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import logs
from measured import child

BATCH = 100_000
TYPES = {
    "id": "VARCHAR", "created_at": "TIMESTAMP", "user_id": "VARCHAR", "model": "VARCHAR",
    "prompt": "VARCHAR", "completion": "VARCHAR", "rating": "BIGINT", "category": "VARCHAR",
    "metadata": "JSON", "messages": "JSON",
}  # fmt: skip
_OF_SHAPE = {"columns": ("messages",), "messages": ("prompt", "completion")}


@dataclass(frozen=True)
class Ingest:
    """What one program needed for one log.

    Attributes:
        shape: of the log.
        program: its name.
        seconds: by clock, the median of several times.
        cpu_seconds: of the same time.
        peak_mib: the most memory of any time.
    """

    shape: str
    program: str
    seconds: float
    cpu_seconds: float
    peak_mib: float


def measure(count: int, folder: Path, data: Path, *, times: int = 1) -> list[Ingest]:
    """Returns what each program needs for a log of each shape.

    Args:
        count: of the calls in the log.
        folder: where logs and stores are written; a log that is there is not written again.
        data: that the texts are from.
        times: that each program runs.
    """
    found = []
    for shape in logs.SHAPES:
        log = logs.write(folder / f"{shape}-{count}.jsonl", data, shape, count)
        for name in programs():
            runs = [_once(name, log, shape, folder) for _ in range(times)]
            middle = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
            peak = max(run.peak_mib for run in runs)
            found.append(Ingest(shape, name, middle.seconds, middle.cpu_seconds, peak))
    return found


def _once(name: str, log: Path, shape: str, folder: Path) -> Any:
    with tempfile.TemporaryDirectory(dir=folder) as project:
        if name == "curate":
            child("-m", "curate", "-C", project, "init")
            return child("-m", "curate", "-C", project, "pull", str(log))
        return child(__file__, name, str(log), shape, str(Path(project) / "peer.duckdb"))


def programs() -> list[str]:
    """Returns the names of the programs that are there."""
    optional = ("pandas", "polars")
    absent = {name for name in optional if importlib.util.find_spec(name) is None}
    return ["curate", *(name for name in PEERS if name not in absent)]


# -- the others, each in a process of its own ------------------------------------------------------


def _columns(shape: str) -> dict[str, str]:
    return {name: kind for name, kind in TYPES.items() if name not in _OF_SHAPE[shape]}


def _connected(database: Path, shape: str) -> Any:
    import duckdb

    con = duckdb.connect(str(database), config={"threads": os.environ.get("CURATE_THREADS", "2")})
    columns = ", ".join(f"{name} {kind}" for name, kind in _columns(shape).items())
    con.execute(f"CREATE TABLE calls ({columns})")
    return con


def orjson_loop(log: Path, shape: str, database: Path) -> int:
    """Loads each line, and inserts the same columns as Arrow tables."""
    import orjson

    con, count = _connected(database, shape), 0
    with log.open("rb") as file:
        while rows := [orjson.loads(line) for line in islice(file, BATCH)]:
            con.register("batch", _table(rows, shape))
            con.execute("INSERT INTO calls SELECT * FROM batch")
            con.unregister("batch")
            count += len(rows)
    con.close()
    return count


def _table(rows: list[Mapping[str, Any]], shape: str) -> Any:
    import pyarrow as pa

    return pa.table({name: list(_cells(name, rows)) for name in _columns(shape)})


def _cells(name: str, rows: list[Mapping[str, Any]]) -> Iterator[Any]:
    import orjson

    for row in rows:
        value = row[name]
        if name == "created_at":
            yield datetime.fromisoformat(value).replace(tzinfo=None)
        else:
            yield orjson.dumps(value).decode() if isinstance(value, dict | list) else value


def duckdb_typed(log: Path, shape: str, database: Path) -> int:
    """Has DuckDB read the file itself, with the types that are known, and store it."""
    con = _connected(database, shape)
    con.execute(
        "INSERT INTO calls SELECT * FROM read_ndjson($log, columns = $columns)",
        {"log": str(log), "columns": _columns(shape)},
    )
    count = con.execute("SELECT count(*) FROM calls").fetchall()[0][0]
    con.close()
    return int(count)


def pandas_read(log: Path, _shape: str, _database: Path) -> int:
    """Reads the file into memory; nothing is stored."""
    import pandas

    return len(pandas.read_json(log, lines=True))


def polars_read(log: Path, _shape: str, _database: Path) -> int:
    """Reads the file into memory; nothing is stored."""
    import polars

    return len(polars.read_ndjson(log))


PEERS: dict[str, Callable[[Path, str, Path], int]] = {
    "orjson": orjson_loop,
    "duckdb": duckdb_typed,
    "pandas": pandas_read,
    "polars": polars_read,
}


def report(found: list[Ingest]) -> str:
    """Returns the figures as a table, with how many times as long as ours each one takes."""
    lines = [
        "| log | program | seconds | CPU s | MiB | seconds / ours |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        ours = statistics.fmean(
            o.seconds for o in found if o.shape == one.shape and o.program == "curate"
        )
        lines.append(
            f"| {one.shape} | {one.program} | {one.seconds:.2f} | {one.cpu_seconds:.2f} | "
            f"{one.peak_mib:,.0f} | {one.seconds / ours:.2f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Runs one program over a log, or all of them over new ones."""
    if arguments and arguments[0] in PEERS:
        name, log, shape, database = arguments
        print(json.dumps({"calls": PEERS[name](Path(log), shape, Path(database))}))
        return
    count, times = (int(number) for number in [*arguments, *("100000", "1")[len(arguments) :]])
    folder = Path(os.environ.get("SPEED_FOLDER", Path(tempfile.gettempdir()) / "speed"))
    folder.mkdir(exist_ok=True)
    print(report(measure(count, folder, Path(os.environ["CURATE_TEST_DATA"]), times=times)))


if __name__ == "__main__":
    main(sys.argv[1:])
