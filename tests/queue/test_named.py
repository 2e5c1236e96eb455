"""Several queues of one kind at once, each with a name, a condition and tasks of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.errors import ConfigError
from desk import Desk, choice, curate
from projects import WriteJsonl


@pytest.fixture
def desk(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    """Forty questions with two labels each."""
    rows = [{"id": f"r{n}", "prompt": f"Question {n} about a thing?", "model": f"m{n % 2}",
             "label": ("red", "blue")[n % 2]} for n in range(40)]  # fmt: skip
    copies = [{**row, "id": f"c{row['id']}", "label": "green"} for row in rows]
    return Desk(tmp_path, write_jsonl, [*rows, *copies], "classification")


def handed_over(desk: Desk, name: str, *options: str) -> list[dict[str, Any]]:
    path = desk.folder / f"{name or 'usual'}.json"
    said = ["label", "push", "--to-file", str(path), *(["--name", name] if name else []), *options]
    done = curate(desk.project, *said)
    assert done.exit_code == 0, done.output
    return list(orjson.loads(path.read_bytes()))


def test_queues_stand_beside_one_another_and_share_no_task(desk: Desk) -> None:
    ours = desk.project.queue(budget=10, audit=4, name="ones", where="model = 'm1'")
    assert "curate label push --name ones" in ours.next
    models = {r["source_id"]: r["model"] for r in desk.project.table("examples").to_pylist()}
    assert {models[e.source_id] for e in ours.entries} == {"m1"}
    usual = desk.project.queue(budget=100, audit=4)
    assert not {e.example_id for e in usual.entries} & {e.example_id for e in ours.entries}
    texts = [{e.text for e in queue.entries} for queue in (ours, usual)]
    assert not texts[0] & texts[1], "one text is asked once"
    again = desk.project.queue(budget=5, audit=0, name="ones", where="model = 'm1'")
    assert len(again.entries) == 5, "a queue of the same name is made anew"
    keys = {t["data"]["curate_id"] for t in handed_over(desk, "ones")}
    assert keys == {e.task_key for e in again.entries}
    assert len(handed_over(desk, "")) == len(usual.entries)


def test_answers_of_a_named_queue_count_as_any(desk: Desk) -> None:
    entries = desk.project.queue(budget=4, audit=0, name="few").entries
    tasks = {t["data"]["curate_id"]: t for t in handed_over(desk, "few")}
    for entry in entries:
        desk.answer(tasks[entry.task_key], choice("green"))
    assert dict(desk.sync().decisions) == {"relabel": 4}
    rest = desk.project.queue(budget=200, audit=0).entries
    assert not {e.example_id for e in rest} & {e.example_id for e in entries}


def test_what_is_wrong_with_a_name_or_a_condition_is_said(desk: Desk) -> None:
    done = curate(desk.project, "queue", "--where", "modell = 'm1'")
    assert done.exit_code == 2
    assert "curate queue --where" in done.output
    assert "Did you mean" in done.output or "model = 'm1'" in done.output
    with pytest.raises(ConfigError, match="IS NULL"):
        desk.project.queue(where="label = NULL")
    with pytest.raises(ConfigError, match="curate queue --where"):
        desk.project.queue(where="(SELECT count(*) FROM read_csv('/etc/passwd')) > 0")
    desk.project.queue(budget=4, audit=0, name="few")
    done = curate(desk.project, "label", "push", "--to-file", str(desk.folder / "x.json"))
    assert done.exit_code == 2
    assert "curate label push --kind relabel --name few" in done.output
    empty = desk.project.queue(where="label = 'nobody says this'", name="none")
    assert empty.entries == ()
