"""What happens to projects and tasks on a server: no answer is lost, and no task is there twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from labelstudio import LabelStudio
from office import Office, choice

pytestmark = pytest.mark.e2e


@pytest.fixture
def office(tmp_path: Path, label_studio: LabelStudio, request: pytest.FixtureRequest) -> Office:
    # Other tests share the server, and another project of the same logs would have equal tasks.
    about = request.node.name.replace("_", " ")
    rows = [{"id": f"r{n}", "prompt": f"Question {n} about {about}?", "label": "red"}
            for n in range(8)]  # fmt: skip
    rows += [{**row, "id": f"c{row['id'][1:]}", "label": "blue"} for row in rows]
    made = Office(tmp_path, label_studio, rows, "classification")
    made.queue()
    made.push()
    return made


def answered(office: Office, names: list[str], label: str = "red") -> None:
    tasks = office.tasks()
    for name in names:
        office.answer("anna", tasks[name]["id"], choice(label))
    assert office.sync()["new"] == len(names)


def names_of(office: Office) -> list[str]:
    return sorted(office.tasks())


def exported(office: Office) -> list[dict[str, Any]]:
    path = f"/api/projects/{office.number()}/export"
    told = {"exportType": "JSON", "download_all_tasks": "true"}
    return list(office.server.request("GET", path, params=told))


def decided(office: Office) -> Counter[str]:
    names = {r["example_id"]: k for k, r in office.examples().items()}
    rows = office.project.table("current_decisions").to_pylist()
    return Counter(names[row["example_id"]] for row in rows)


def once(office: Office, tasks: int = 8) -> None:
    """Each task of the ledger is on the server once, over all projects that it knows."""
    with office.store.read_database() as con:
        rows = con.sql("SELECT DISTINCT project_id FROM label_projects WHERE NOT gone").fetchall()
    there = Counter(
        task["data"]["curate_id"] for (number,) in rows for task in office.server.tasks(number)
    )
    assert set(there.values()) == {1}
    assert len(there) == tasks


def test_the_description_is_edited_and_a_line_is_appended(office: Office) -> None:
    path = f"/api/projects/{office.number()}/"
    names = names_of(office)
    answered(office, names[:1])
    for description in ("{} \nAsk Kim about refunds.", "Ask Kim about refunds."):
        told = office.server.request("GET", path)["description"]
        office.server.request("PATCH", path, json={"description": description.format(told)})
        number = office.number()
        result = office.sync()
        assert result["notes"] == []
        assert office.push().exit_code == 0
        assert office.number() == number
    once(office)
    answered(office, names[1:2])


def test_a_project_is_deleted_and_restored_from_its_export(office: Office) -> None:
    names = names_of(office)
    answered(office, names[:3])
    tasks, config = exported(office), office.server.request(
        "GET", f"/api/projects/{office.number()}/"
    )["label_config"]  # fmt: skip
    office.server.request("DELETE", f"/api/projects/{office.number()}/")
    assert office.curate("label", "sync").exit_code == 1
    assert decided(office) == Counter(names[:3])
    # Somebody puts it back: by hand, without curate's line, with the answers.
    office.server.project(config, [{"data": t["data"], "annotations": t["annotations"]}
                                   for t in tasks])  # fmt: skip
    result = office.sync()
    assert "is there again" in result["notes"][0]
    assert decided(office) == Counter(names[:3])
    office.queue()
    office.push()
    once(office)
    answered(office, names[3:4])
    assert decided(office) == Counter(names[:4])


def test_a_project_is_made_anew_without_its_answers(office: Office) -> None:
    names = names_of(office)
    answered(office, names[:3])
    tasks, config = exported(office), office.server.request(
        "GET", f"/api/projects/{office.number()}/"
    )["label_config"]  # fmt: skip
    number = office.number()
    office.server.project(config, [{"data": t["data"]} for t in tasks])
    office.server.request("DELETE", f"/api/projects/{number}/")
    assert "is project" in office.sync()["notes"][0]
    assert office.number() != number
    assert decided(office) == Counter(names[:3]), "answers that the server lost stay"
    once(office)
    assert office.sync("--full")["withdrawn"] == 0
    assert decided(office) == Counter(names[:3])


def test_tasks_are_moved_to_another_project_and_imported_again(office: Office) -> None:
    names = names_of(office)
    answered(office, names[:2])
    tasks = office.tasks()
    config = office.server.request("GET", f"/api/projects/{office.number()}/")["label_config"]
    # The first goes to another project, the second to the end of the same one.
    for name, data in ((names[0], tasks[names[0]]["data"]), (names[1], tasks[names[1]]["data"])):
        office.server.request("DELETE", f"/api/tasks/{tasks[name]['id']}/")
        if name == names[0]:
            office.server.project(config, [{"data": data}])
        else:
            path = f"/api/projects/{office.number()}/import"
            office.server.request("POST", path, json=[{"data": data}])
    result = office.sync("--full")
    assert "1 tasks were moved to project" in "".join(result["notes"])
    assert "no longer on the server" not in "".join(result["notes"])
    assert result["withdrawn"] == 0
    assert decided(office) == Counter(names[:2])
    once(office)
    assert {row["state"] for row in office.ledger()} == {"sent"}


def test_a_label_is_added_on_the_server_and_then_to_the_project(office: Office) -> None:
    name, *_ = names_of(office)
    path = f"/api/projects/{office.number()}/"
    config = office.server.request("GET", path)["label_config"]
    added = config.replace('<Choice value="red"', '<Choice value="green" /><Choice value="red"')
    office.server.request("PATCH", path, json={"label_config": added})
    office.answer("anna", office.tasks()[name]["id"], choice("green"))
    result = office.sync()
    assert (result["new"], result["unread"]) == (1, 1)
    [problem] = orjson.loads(office.curate("label", "problems", "--json").stdout)["problems"]
    assert (problem["source_id"], problem["annotator"]) == (name, 1)
    assert "'green' is no label of this project" in problem["why"]
    toml = office.project.folder / "curate.toml"
    text = toml.read_text("utf-8")
    toml.write_text(text.replace("[project]\n", '[project]\nlabels = ["red", "blue", "green"]\n'))
    result = office.sync()
    assert (result["changed"], result["unread"], result["decisions"]) == (1, 0, {"relabel": 1})
    assert office.examples()[name]["label"] == "green"


def test_an_export_of_the_server_tells_of_the_same_answers(office: Office) -> None:
    name, second, skipped, drafted, *_ = names_of(office)
    tasks = office.tasks()
    number = office.answer("anna", tasks[name]["id"], choice("red"))["id"]
    reason = {"from_name": "verdict", "to_name": "text", "type": "textarea",
              "value": {"text": ["cannot judge"]}}  # fmt: skip
    office.answer("anna", tasks[skipped]["id"], reason, was_cancelled=True)
    draft = {"result": [choice("red")], "lead_time": 1, "project": office.number()}
    office.server.request("POST", f"/api/tasks/{tasks[drafted]['id']}/drafts", json=draft)
    old = office.folder / "old.json"
    old.write_bytes(orjson.dumps(exported(office)))
    for label in ("blue", "red", "blue"):
        change = {"result": [choice(label)]}
        office.server.request("PATCH", f"/api/annotations/{number}/", json=change)
        office.sync()
    office.answer("anna", tasks[second]["id"], choice("blue"))
    office.sync()
    assert decided(office) == Counter([name, second])
    before = office.store.state_digest()

    def sync(path: Path) -> dict[str, Any]:
        said = office.curate("label", "sync", "--from-file", str(path), "--json")
        assert said.exit_code == 0, said.output
        return dict(orjson.loads(said.stdout))

    result = sync(old)
    assert (result["new"], result["changed"], result["older"]) == (0, 0, 2)
    assert "older than what is known" in result["notes"][0]
    assert office.store.state_digest() == before
    new = office.folder / "new.json"
    new.write_bytes(orjson.dumps(exported(office)))
    result = sync(new)
    assert (result["new"], result["changed"], result["same"], result["older"]) == (0, 0, 3, 0)
    assert office.store.state_digest() == before
    assert office.examples()[name]["label"] == "blue"
