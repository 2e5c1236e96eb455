"""Users' ids that an older version left in plain text: found, hashed, and gone from the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate.messages import canonical
from curate.project import Project
from curate.pull.interactions import row_hash
from program import Program
from projects import new_project

pytestmark = [pytest.mark.store, pytest.mark.slow]

IDS = ("zq-user-4711", "ada.zq@lovelace.org", "203.0.113.77", "zq-own-id-88", "zq-reject-5")


def document(n: int) -> dict[str, Any]:
    """A call with ids in a user's field, in nested keys, alone as a value, and within a text."""
    extra = {
        "meta": {"end_user_id": f"{IDS[0]}-{n}", "seen": f"by {IDS[0]}-{n} on Monday"},
        "contact": IDS[1],
        "connection": {"from": [IDS[2]]},
        "who": IDS[3],
    }
    answered = {"prompt": f"Where is parcel {n}?", "response": "In Oslo.", "rating": 5}
    name = {"id": f"r{n:03}"} if n % 2 else {}
    return {**name, **answered, "user": IDS[3], **(extra if n < 20 else {"shop": "north"})}


def plain(n: int) -> dict[str, Any]:
    known = ("id", "prompt", "response", "rating", "user")
    return {key: value for key, value in document(n).items() if key not in known}


def write_logs(folder: Path) -> list[Path]:
    """Writes a log whose calls have ids and one whose calls have none."""
    logs = [folder / "without.jsonl", folder / "with.jsonl"]
    for has_id, log in enumerate(logs):
        lines = [json.dumps(document(n)) for n in range(40) if n % 2 == has_id]
        log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return logs


def old_store(project: Project) -> None:
    """Puts the metadata back as an older version stored it, with the hash that it computed."""
    with project.store.write() as con:
        table = con.sql("SELECT * FROM interactions").to_arrow_table()
        for row in table.to_pylist():
            n = int(row["query"].split()[-1].rstrip("?"))
            old = {**row, "metadata": canonical(plain(n))}
            known = {} if n % 2 else {"source_id": None}
            hashed = row_hash({**old, **known})
            change = "UPDATE calls SET metadata = ?, row_hash = ? WHERE interaction_id = ?"
            con.execute(change, [old["metadata"], hashed, row["interaction_id"]])
        con.execute(
            "INSERT INTO rejects (source, location, line, reason, detail, run_id) "
            "VALUES ('logs', 'logs.jsonl', 7, 'bad-json', ?, 1)",
            [f'unexpected end in \'{{"user": "{IDS[4]}", "n": 1\''],
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = new_project(tmp_path / "p", task="sft")
    for log in write_logs(tmp_path):
        project.pull([str(log)])
    old_store(project)
    project.filter()  # publishes a snapshot
    return project


def curate(project: Project, *arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(Program(), ["-C", str(project.folder), *arguments])
    assert result.exit_code == code, result.output
    return result


def found(project: Project) -> set[str]:
    """Returns the ids that stand in any file of the project, or in any column of the store."""
    bodies = [p.read_bytes() for p in project.folder.rglob("*") if p.is_file()]
    tables = ("interactions", "interaction_history", "rejects", "feedback", "runs", "settings")
    bodies += [str(project.table(name).to_pylist()).encode() for name in tables]
    return {name for name in IDS if any(name.encode() in body for body in bodies)}


def test_doctor_names_them_and_rehash_mends_them(project: Project) -> None:
    assert found(project) == set(IDS)
    looked = curate(project, "doctor", code=1)
    said = (
        "in plain text in 20 calls (connection, contact, meta, meta: end_user_id, who) and 1 texts"
    )
    assert f"FAIL  user ids      {said}" in " ".join(looked.stdout.split(" "))
    assert "Next: curate privacy --rehash" in looked.stdout
    assert not any(name in looked.output for name in IDS)

    planned = orjson.loads(curate(project, "privacy", "--rehash", "--dry-run", "--json").stdout)
    columns = {"connection": 20, "contact": 20, "meta": 20, "meta: end_user_id": 20, "who": 20}
    assert planned == {
        "interactions": 20,
        "rejects": 1,
        "columns": columns,
        "rewritten": False,
    }
    assert found(project) == set(IDS)

    others = project.table("interactions").drop_columns(["metadata", "row_hash"])
    done = orjson.loads(curate(project, "privacy", "--rehash", "--json").stdout)
    assert done == {**planned, "rewritten": True}
    assert found(project) == set()
    assert project.table("interactions").drop_columns(["metadata", "row_hash"]).equals(others)
    assert "ok    user ids" in curate(project, "doctor").stdout


def test_it_is_what_a_pull_stores_and_a_second_time_changes_nothing(
    project: Project, tmp_path: Path
) -> None:
    fresh = new_project(tmp_path / "fresh", task="sft")
    (fresh.folder / ".curate-salt").write_bytes((project.folder / ".curate-salt").read_bytes())
    for log in write_logs(tmp_path):
        fresh.pull([str(log)])
    project.privacy_rehash()
    names = ("source_id", "metadata", "row_hash", "user_key")
    stored, pulled = (
        sorted(p.table("interactions").select(names).to_pylist(), key=str) for p in (project, fresh)
    )
    assert stored == pulled
    before = project.store.state_digest()
    again = project.privacy_rehash()
    assert (again.found, again.rewritten, again.columns) == (0, False, {})
    assert project.store.state_digest() == before
    assert project.filter().kept == 40


def test_a_file_that_was_not_written_anew_is_the_next_time(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(project.store, "rewrite", kill)
        project.privacy_rehash()
    again = project.privacy_rehash()
    assert (again.found, again.rewritten) == (0, True)
    assert found(project) == set()


def test_a_store_without_any_is_left_alone(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", task="sft")
    result = curate(project, "privacy", "--rehash")
    assert "in plain text: 0 calls, 0 rejects" in result.stdout
    assert "nothing to do" in result.stdout
    wrong = curate(project, "privacy", "--dry-run", code=2)
    assert "--dry-run goes with --rehash" in wrong.stderr


def test_a_rewritten_store_holds_what_it_held(project: Project) -> None:
    before = project.store.state_digest()
    with project.store.run("test"):
        project.store.rewrite()
    assert project.store.state_digest() == before
    assert project.filter().examples == 40  # views and macros are there, for writers too


def test_rejects_of_bad_lines_show_no_user(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", task="sft")
    good = {"id": "a", "prompt": "Where is it?", "response": "In Oslo.", "rating": 5}
    lines = [json.dumps(good), f'{{"user": "{IDS[4]}", "prompt": "And {IDS[1]}", "respo']
    (tmp_path / "logs.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    table = f"id,prompt,response,user\nb,Hi?,Ho.,{IDS[0]}\nc,Hi?,Ho.,{IDS[0]},more\n"
    (tmp_path / "more.csv").write_text(table, encoding="utf-8")
    table = f"id,prompt,response\nd,Hi?,Ho.\ne,{IDS[2]},Ho.,more\n"
    (tmp_path / "other.csv").write_text(table, encoding="utf-8")
    for name in ("logs.jsonl", "more.csv", "other.csv"):
        project.pull([str(tmp_path / name)])
    assert [row["detail"] for row in project.table("rejects").to_pylist()] == [
        'unexpected end of data in \'{"user": ***, "prompt": "And ***", "respo\'',
        "5 columns, the header has 4 in a line that holds a user's id",
        "4 columns, the header has 3 in 'e,***,Ho.,more'",
    ]
    assert found(project) == set()
