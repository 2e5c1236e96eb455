"""What DuckDB and pyarrow do with pandas in a process of the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("pandas")

PROBE = """
import json, sys

import duckdb, pyarrow as pa

from curate.cli import pandas_later

pandas_later.install()
pandas_later.install()
con = duckdb.connect()
given = ["text", 1, 2.5, None, True, b"bytes", {"key": "value"}, ["list"]]
back = [con.execute("SELECT $x", {"x": value}).fetchall()[0][0] for value in given]
con.register("numbers", pa.table({"n": pa.array([1, None])}))
counted = con.sql("SELECT count(n) FROM numbers").to_arrow_table().to_pydict()
early = "pandas" in sys.modules

asked = con.sql("SELECT 1 AS n, 'one' AS name").df()
import pandas as pd

frame = pd.DataFrame({"n": [1.5, None], "day": [pd.Timestamp("2026-01-01"), pd.NaT]})
con.register("frame", frame)
print(json.dumps({
    "same": back == given,
    "counted": list(counted.values()),
    "early": early,
    "frame": [type(asked).__module__.partition(".")[0], asked.to_dict("records")],
    "scanned": con.sql("SELECT count(n), count(day) FROM frame").fetchall(),
    "arrow": [pa.Table.from_pandas(frame)["n"].null_count, pa.array(frame["n"]).null_count],
    "back": pa.table({"n": [1]}).to_pandas().to_dict("records"),
}))
"""


def test_pandas_is_imported_with_its_first_use_and_works_as_ever() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "same": True,
        "counted": [[1]],
        "early": False,
        "frame": ["pandas", [{"n": 1, "name": "one"}]],
        "scanned": [[1, 1]],
        "arrow": [1, 1],
        "back": [{"n": 1}],
    }
