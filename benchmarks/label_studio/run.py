"""10,000 tasks to a real Label Studio server and back; writes RESULTS.md beside this file.

`curate label push` and `curate label sync` beside the server's own client (label-studio-sdk) on the
same tasks and the same server, in one run. Answers are given in bulk: the server takes three a
second through its API, so the tasks are imported a second time with an answer each, which is what
sync then reads.

    python benchmarks/label_studio/run.py [TASKS]
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "tests" / "support"), str(HERE.parents[1] / "src")]

import labelstudio
from curate.label import ledger
from curate.label import push as label_push
from curate.label import sync as label_sync
from curate.label import tasks as label
from curate.label.server import Server
from curate.project import Project
from curate.verdicts import verdicts
from faulty import Faulty

LABELS = [f"label {n}" for n in range(20)]


def timed(what: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.monotonic()
    made = what()
    return made, time.monotonic() - begun


def project(folder: Path, count: int) -> Project:
    """A project in which every task is worth asking: no example has a label."""
    made = Project.init(folder, task="classification")
    toml = folder / "curate.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("[project]", f"[project]\nlabels = {json.dumps(LABELS)}"))
    logs = folder / "logs.jsonl"
    with logs.open("w", encoding="utf-8") as file:
        for n in range(count):
            text = f"Question {n} about the {n % 97}th thing that somebody has to sort? " * 2
            file.write(json.dumps({"id": f"r{n}", "prompt": text}) + "\n")
    made.pull([str(logs)])
    made.filter()
    _, seconds = timed(lambda: made.queue(budget=count, audit=0))
    print(f"queue {seconds:.1f} s", file=sys.stderr)
    return made


def push(made: Project, server: Server) -> Any:
    return label_push.push(
        made.store, server, label_push.PushSettings(), send=True, progress=lambda items, _: items
    )


def sync(made: Project, server: Server) -> Any:
    return label_sync.sync(made.store, server, progress=lambda items, _: items)


def answered(question: Any) -> dict[str, Any]:
    """A task with an answer, for import."""
    number = int(question.data["curate_id"][:8], 16) % len(LABELS)
    value = {"choices": [LABELS[number]]}
    result = [{"from_name": "label", "to_name": "text", "type": "choices", "value": value}]
    return {**plain(question), "annotations": [{"result": result, "lead_time": 9.0}]}


plain = label.task


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rows: list[tuple[str, int, float]] = []
    with labelstudio.running() as studio, tempfile.TemporaryDirectory() as folder:
        from label_studio_sdk import LabelStudio

        token = studio.admin.token
        sdk = LabelStudio(base_url=studio.url, api_key=token, max_retries=0, timeout=3600)
        with Faulty(studio.url) as line, Server(line.url, token) as server:
            one = project(Path(folder, "one"), count)
            with verdicts.today(one.store) as today:
                keys = ledger.queued(today.con, "relabel", ("queued",))
                queued = ledger.to_hand_over(today, keys)
            tasks = [plain(q) for q in label.made("relabel", queued, "given")[0]]
            result, seconds = timed(lambda: push(one, server))
            assert result.tasks == count
            rows.append(("curate label push", count, seconds))
            xml = one.table("label_projects").to_pylist()[0]["config"]
            number = sdk.projects.create(title="plain", label_config=xml).id
            _, seconds = timed(lambda: sdk.projects.import_tasks(number, request=tasks))
            rows.append(("SDK, one `import_tasks` of all", count, seconds))
            number = sdk.projects.create(title="batches", label_config=xml).id
            size = label_push.BATCH_TASKS
            batches = [tasks[n : n + size] for n in range(0, count, size)]
            _, seconds = timed(
                lambda: [sdk.projects.import_tasks(number, request=b) for b in batches]
            )
            rows.append((f"SDK, `import_tasks` of {size} at a time", count, seconds))
            result, seconds = timed(lambda: push(one, server))
            assert (result.tasks, result.known) == (0, count)
            rows.append(("curate label push again (nothing to send)", count, seconds))

            two = project(Path(folder, "two"), count)
            label.task = answered  # type: ignore[assignment]
            push(two, server)
            label.task = plain
            number = two.table("label_projects").to_pylist()[0]["project_id"]
            result, seconds = timed(lambda: sync(two, server))
            assert result.new == count and result.decisions == {"relabel": count}
            rows.append(("curate label sync", count, seconds))
            listed, seconds = timed(
                lambda: sum(1 for _ in sdk.tasks.list(project=number, fields="all", page_size=500))
            )
            assert listed == count
            rows.append(("SDK, `tasks.list(fields='all')`", count, seconds))
            listed, seconds = timed(
                lambda: sum(
                    1
                    for _ in sdk.tasks.list(
                        project=number, fields="all", include="id,annotations,result", page_size=500
                    )
                )
            )
            rows.append(("SDK, `tasks.list` of answers alone", listed, seconds))
            with two.store.write() as con:  # as if the last sync was more than a minute ago
                con.execute("UPDATE label_projects SET synced_to = synced_to + INTERVAL 2 MINUTE")
            line.requests.clear()
            result, seconds = timed(lambda: sync(two, server))
            assert (result.new, result.same) == (0, 0)
            rows.append(("curate label sync again (nothing new)", count, seconds))
            requests = [(r.method, r.path.split("?")[0], r.received_bytes) for r in line.requests]
    write(count, rows, requests)
    return 0


def write(
    count: int, rows: list[tuple[str, int, float]], requests: list[tuple[str, str, int]]
) -> None:
    packages = ", ".join(f"{p} {version(p)}" for p in ("label-studio-sdk", "duckdb"))
    lines = [
        "# Label Studio, there and back",
        "",
        f"Written by `python benchmarks/label_studio/run.py {count}` on "
        f"{datetime.now(UTC):%Y-%m-%d}; Python {platform.python_version()}, {packages}, "
        f"label-studio {labelstudio.VERSION} on SQLite, {os.cpu_count()} cores that server and "
        "client share. Seconds by the clock; the database of curate is written in them too.",
        "",
        "| what | tasks | seconds | tasks/s |",
        "|---|--:|--:|--:|",
        *(f"| {what} | {n:,} | {s:,.1f} | {n / s:,.0f} |" for what, n, s in rows),
        "",
        "Requests of the sync with nothing new: "
        + "; ".join(f"`{m} {p}`, {size:,} bytes" for m, p, size in requests)
        + ".",
        "",
    ]
    text = "\n".join(lines)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    sys.exit(main())
