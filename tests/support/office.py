"""A project, a real Label Studio server, and the annotators who answer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from click.testing import CliRunner, Result

from curate.export.options import ExportSettings
from labelstudio import LabelStudio
from program import Program
from projects import new_project

Part = Mapping[str, Any]


def choice(value: str, name: str = "label", to: str = "text") -> Part:
    return {"from_name": name, "to_name": to, "type": "choices", "value": {"choices": [value]}}


def rating(stars: int) -> Part:
    return {
        "from_name": "rating", "to_name": "response", "type": "rating", "value": {"rating": stars},
    }  # fmt: skip


def corrected(text: str) -> Part:
    value = {"text": [text]}
    return {"from_name": "corrected", "to_name": "response", "type": "textarea", "value": value}


def span(text: str, start: int, end: int, field: str) -> Part:
    value = {"start": start, "end": end, "text": text[start:end], "labels": [field]}
    return {"from_name": "span", "to_name": "text", "type": "labels", "value": value}


class Office:
    """One project and its server.

    Attributes:
        kind: of work that it is about, where there is one.

    Args:
        url: of the server as the project knows it, where that is a proxy before it.
    """

    def __init__(
        self, folder: Path, server: LabelStudio, rows: Sequence[Mapping[str, Any]], task: str,
        url: str | None = None,
    ) -> None:  # fmt: skip
        self.kind = ""
        self.format = "classification" if task == "classification" else "trl-prompt-completion"
        self.folder, self.server, self.url = folder, server, url or server.url
        self.project = new_project(folder / "p", task=task)
        self.pull(rows)

    def pull(self, rows: Sequence[Mapping[str, Any]]) -> None:
        logs = self.folder / "logs.jsonl"
        with logs.open("ab") as file:
            file.writelines(orjson.dumps(row) + b"\n" for row in rows)
        self.project.pull([str(logs)])
        self.project.filter()

    @property
    def store(self) -> Any:
        return self.project.store

    def curate(self, *arguments: str, token: str | None = None) -> Result:
        """Runs the command line in this process."""
        runner = CliRunner(env=self.environment(token))
        return runner.invoke(Program(), ["-C", str(self.project.folder), *arguments])  # type: ignore[arg-type]

    def environment(self, token: str | None = None) -> dict[str, str]:
        return {
            "LABEL_STUDIO_URL": self.url,
            "LABEL_STUDIO_API_KEY": self.server.admin.token if token is None else token,
        }

    def process(self, *arguments: str, settings: str = "") -> subprocess.Popen[str]:
        """Starts the command line in a process of its own, after some Python statements."""
        code = f"import sys\n{settings}\nfrom curate.cli import main\nmain(sys.argv[1:])"
        return subprocess.Popen(
            [sys.executable, "-c", code, "-C", str(self.project.folder), *arguments],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), **self.environment()},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def queue(self, **options: Any) -> None:
        self.project.queue(**{"budget": 500, "audit": 0, **options})

    def push(self, **options: Any) -> Result:
        told = [f"--{name}={value}" for name, value in options.items()]
        return self.curate("label", "push", "--yes", *told)

    def number(self, kind: str | None = None) -> int:
        """Returns the number of the project on the server, of the newest one."""
        # Asked while a push is under way, too, of which the snapshot knows nothing yet.
        with self.project.store.read_database() as con:
            rows = con.sql("FROM label_projects").to_arrow_table().to_pylist()
        found = [r for r in rows if not r["gone"] and kind in (None, r["kind"])]
        return int(max(found, key=lambda r: r["run_id"])["project_id"])

    def ledger(self) -> list[dict[str, Any]]:
        return list(self.project.table("tasks").to_pylist())

    def there(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Returns the tasks as the server has them."""
        return self.server.tasks(self.number(kind))

    def tasks(self, kind: str | None = None) -> dict[str, dict[str, Any]]:
        """Returns the server's tasks, with their row of the ledger as `ledger`, by source id."""
        names = {r["example_id"]: k for k, r in self.examples().items()}
        ledger = {r["task_key"]: r for r in self.ledger()}
        found = {}
        for task in self.there(kind):
            row = ledger[task["data"]["curate_id"]]
            found[names[row["example_id"]]] = {**task, "ledger": row}
        return found

    def examples(self) -> dict[str, dict[str, Any]]:
        return {r["source_id"]: r for r in self.project.table("examples").to_pylist()}

    def answer(self, name: str, task: int, *parts: Part, **more: Any) -> dict[str, Any]:
        person = self.server.annotator(name)
        return self.server.annotate(person.token, task, parts, lead_time=12.5, **more)

    def sync(self, *arguments: str) -> dict[str, Any]:
        result = self.curate("label", "sync", "--json", *arguments)
        assert result.exit_code == 0, result.output
        return dict(orjson.loads(result.stdout))

    def exported(self, name: str = "set") -> list[dict[str, Any]]:
        """Returns the rows of train of a new version: answers in full, classes for a classifier."""
        made = self.project.export(name, ExportSettings(formats=(self.format,)))
        return [orjson.loads(x) for x in (made.folder / "train.jsonl").read_bytes().splitlines()]
