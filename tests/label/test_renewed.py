"""What a later push changes on a server: suggestions nobody has answered yet, and guidelines."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelstudio import LabelStudio
from office import Office, choice

pytestmark = pytest.mark.e2e


@pytest.fixture
def office(tmp_path: Path, label_studio: LabelStudio) -> Office:
    """Forty questions with one of 15 labels each, and a copy with another."""
    rows = [{"id": f"r{n}", "prompt": f"Question {n} about a thing?", "label": f"kind {n % 15}"}
            for n in range(40)]  # fmt: skip
    copies = [{**row, "id": f"c{row['id']}", "label": "other"} for row in rows]
    made = Office(tmp_path, label_studio, [*rows, *copies], "classification")
    made.queue()
    return made


def suggest(office: Office, names: list[str], label: str) -> None:
    """Stores a suspicion as `curate mislabels` does it."""
    with office.project.store.write() as con:
        for name in names:
            con.execute(
                "INSERT INTO mislabels SELECT interaction_id, label, ?, 0.1, 0.9, 0.05, "
                "'likely', [], [], [], 0.5 FROM interactions WHERE source_id = ?", [label, name],
            )  # fmt: skip


def test_suggestions_are_renewed_where_nobody_has_answered(
    office: Office, label_studio: LabelStudio
) -> None:
    assert office.push(prefill="model").exit_code == 0
    tasks = office.tasks("relabel")
    seen = sorted(n for n, t in tasks.items() if not t["ledger"]["blind"])
    blind = next(n for n, t in tasks.items() if t["ledger"]["blind"])
    answered, changed, same = seen[:3]
    anna = label_studio.annotator("anna")
    label_studio.annotate(anna.token, tasks[answered]["id"], [choice("other")])
    office.sync()
    suggest(office, [answered, changed, blind], "kind 7")
    done = office.push(prefill="model")
    assert "1 task got a newer suggestion" in done.stdout
    after = office.tasks("relabel")
    (prediction,) = after[changed]["predictions"]
    assert prediction["result"][0]["value"] == {"choices": ["kind 7"]}
    for name in (answered, same, blind):
        assert after[name]["data"] == tasks[name]["data"]
        assert len(after[name]["predictions"]) == len(tasks[name]["predictions"])
    assert after.keys() == tasks.keys()
    assert "newer suggestion" not in office.push(prefill="model").stdout


def test_guidelines_are_renewed_by_each_push(office: Office) -> None:
    office.push()
    number = office.number("relabel")

    def instruction() -> str:
        found = office.server.request("GET", f"/api/projects/{number}/")
        return str(found["expert_instruction"])

    assert "Pick the label" in instruction()
    (office.project.folder / "guidelines.md").write_text("# Ours\n\nBe *strict*.", "utf-8")
    office.push()
    assert "<h1>Ours</h1>" in instruction()
    (office.project.folder / "guidelines.md").write_text("Be kind.", "utf-8")
    office.push()
    assert "Be kind." in instruction() and "Ours" not in instruction()
