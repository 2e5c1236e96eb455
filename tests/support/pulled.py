"""What a pull made of a log: its calls and feedback as plain values, and where a word stands."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
from click.testing import CliRunner, Result

from curate.project import Project
from program import Program
from projects import new_project

_JSON = ("messages", "output", "tools", "metadata")
# An id of two characters stands in any binary file by chance.
_LONG_ENOUGH_FOR_BYTES = 3


class Workbench:
    """A project, and commands that run in the folder where the logs lie.

    Args:
        folder: of the project, which is made.
        logs: what the commands are run in, as a person types them.
        task: of the project.
    """

    def __init__(self, folder: Path, logs: Path, task: str = "sft") -> None:
        self.project: Project = new_project(folder, task=task)
        self.folder, self.logs = folder, logs

    def write(self, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Writes a log of JSON lines, and returns its name."""
        (self.logs / name).write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        return name

    def run(self, *arguments: str) -> Result:
        with contextlib.chdir(self.logs):
            return CliRunner().invoke(Program(), ["-C", str(self.folder), *arguments])  # type: ignore[arg-type]

    def pull(self, *arguments: str) -> str:
        """Pulls, which has to succeed, and returns all that was printed, in one line."""
        result = self.run("pull", *arguments)
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    def refused(self, *arguments: str, status: int = 1) -> str:
        """Pulls, which has to be refused with nothing stored; returns all that was printed."""
        before = (self.calls(), self.feedback())
        result = self.run("pull", *arguments)
        assert result.exit_code == status, result.output
        assert (self.calls(), self.feedback()) == before
        assert "Next: " in result.output and "Traceback" not in result.output
        return " ".join(result.output.split())

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Returns the rows of a query over the store."""
        with self.project.store.read() as con:
            return con.execute(statement).to_arrow_table().to_pylist()

    def calls(self) -> dict[str, dict[str, Any]]:
        """Returns the stored calls by the log's own ids, JSON columns parsed."""
        rows = self.rows(
            "SELECT i.*, r.human_rating FROM interactions i LEFT JOIN ratings r"
            " USING (interaction_id) ORDER BY i.source_id"
        )
        for row in rows:
            row |= {name: orjson.loads(row[name] or "null") for name in _JSON}
        return {row["source_id"]: row for row in rows}

    def feedback(self) -> list[dict[str, Any]]:
        """Returns the stored feedback, ordered by call, kind and value."""
        return self.rows("SELECT * FROM feedback ORDER BY source_id, kind, value, rater_type")

    def rejects(self) -> list[tuple[str, int]]:
        """Returns the reason and the line of each document that was refused."""
        rows = self.rows("SELECT reason, line FROM rejects ORDER BY location, line, reason")
        return [(row["reason"], row["line"]) for row in rows]

    def places(self, word: str) -> list[str]:
        """Returns where a word stands: tables and columns, and files of the project as bytes."""
        pattern = rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])"
        found = [
            f"{table}.{name}"
            for table, name, text in self._cells()
            if re.search(pattern, text, re.IGNORECASE)
        ]
        if len(word) >= _LONG_ENOUGH_FOR_BYTES:
            needle = re.compile(pattern.encode(), re.IGNORECASE)
            for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
                if needle.search(path.read_bytes()):
                    found.append(path.name)
        return found

    def _cells(self) -> Iterator[tuple[str, str, str]]:
        with self.project.store.read() as con:
            tables = con.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
            ).fetchall()
            for (table,) in tables:
                cursor = con.execute(f'SELECT COLUMNS(*)::VARCHAR FROM "{table}"')
                names = [column[0] for column in cursor.description or []]
                for row in cursor.fetchall():
                    for name, value in zip(names, row, strict=True):
                        if value is not None:
                            yield table, name, value


def staged_rows(folder: Path) -> int:
    """Returns how many rows a killed pull of files has left in a project."""
    files = (folder / ".staged").glob("*/[0-9]*/*.parquet")
    return sum(pq.read_metadata(file).num_rows for file in files)


def said(message: Mapping[str, Any]) -> tuple[str, Any]:
    """Returns who said what: the role and the content of a message."""
    return message["role"], message.get("content")


def turns(call: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Returns the messages of a call before its answer, as pairs of role and content."""
    return [said(message) for message in call["messages"]]


def tool_calls(message: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Returns the tool calls of a message: the name and the parsed arguments, which are text."""
    calls: Sequence[Mapping[str, Any]] = message.get("tool_calls") or ()
    assert all(call["type"] == "function" for call in calls)
    functions = [call["function"] for call in calls]
    return [(f["name"], orjson.loads(f["arguments"])) for f in functions]


def talk(call: Mapping[str, Any]) -> tuple[list[tuple[str, Any]], Any]:
    """Returns the turns before the answer, and the content of the only answer, None without one."""
    output = call["output"] or [{"content": None}]
    assert len(output) == 1
    return turns(call), output[0]["content"]


def ratings(feedback: Sequence[Mapping[str, Any]]) -> list[tuple[str, Any, float | None, str]]:
    """Returns of each rating the call, the name of the score, the place from 1 to 5, the rater."""
    return [
        (
            row["source_id"],
            row["name"],
            None if row["rating_norm"] is None else round(1 + 4 * row["rating_norm"], 6),
            row["rater_type"],
        )
        for row in feedback
        if row["kind"] == "rating"
    ]
