"""An extraction on the page: the fields that are no spans stand in a form, and all come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from browser import Annotator
from curate.label import interface, tasks
from labelstudio import LabelStudio
from office import Office

pytestmark = pytest.mark.e2e


def answer(n: int) -> dict[str, Any]:
    return {
        "customer": {"name": f"Ann{n} Özgür", "vip": n % 2 == 0, "id": None},
        "due": f"2026-05-{n + 1:02}",
        "total": n + 0.5,
        "items": [{"what": "lamps", "count": n + 40, "gift": False}, {"what": "rug", "count": 1}],
        "notes": "",
        "order": "unknown",
    }


def text(n: int) -> str:
    return (
        f"Hello,\n\nthis is Ann{n} Özgür 🎉. I want {n + 40} lamps and 1 rug by {n + 1} May.\n"
        f"It belongs to order A-{n}, and I pay when it comes.\n\nThanks!"
    )


@pytest.fixture(scope="module")
def anna(chromium: Any, label_studio: LabelStudio) -> Iterator[Annotator]:
    made = Annotator(chromium, label_studio, label_studio.annotator("anna"))
    made.page.set_viewport_size({"width": 1366, "height": 900})
    yield made
    made.close()
    assert made.elsewhere == [], "asked other machines"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, label_studio: LabelStudio) -> Office:
    rows = [
        {
            "id": f"r{n}",
            "prompt": text(n),
            "response": json.dumps(answer(n)),
            "rating": 1 if n < 12 else 5,
        }
        for n in range(40)
    ]
    made = Office(tmp_path_factory.mktemp("extraction"), label_studio, rows, "extraction")
    made.queue(kind="spans")
    assert made.push(kind="spans").exit_code == 0
    return made


def form(anna: Annotator) -> Any:
    return anna.editor.locator(".curate-form textarea")


def in_train(office: Office) -> list[str]:
    return sorted(n for n, t in office.tasks("spans").items() if not t["ledger"]["blind"])


def test_a_nested_extraction_reaches_the_exported_file(office: Office, anna: Annotator) -> None:
    name, untouched = in_train(office)[:2]
    number, there = int(name[1:]), office.tasks("spans")
    anna.open(office.number("spans"), there[name]["id"])
    shown = form(anna).input_value()
    logged = answer(number)
    assert json.loads(shown) == {
        "customer": {"vip": number % 2 == 0, "id": None}, "due": logged["due"],
        "total": logged["total"], "items": [{"gift": False}, {}], "notes": "", "order": "unknown",
    }  # fmt: skip
    assert ("customer.name", f"Ann{number} Özgür") in anna.marked()
    anna.screenshot("spans-form")
    form(anna).scroll_into_view_if_needed()
    anna.screenshot("spans-form-below")
    form(anna).fill(shown.replace(str(logged["total"]), "99.25"))
    anna.mark("order", f"A-{number}")
    anna.screenshot("spans-form-edited")
    anna.submit()
    anna.open(office.number("spans"), there[untouched]["id"])
    anna.submit()
    assert office.sync()["decisions"] == {"spans": 2, "correct": 2}
    said = office.examples()
    better = {**logged, "total": 99.25, "order": f"A-{number}"}
    assert said[name]["response"] == json.dumps(better, ensure_ascii=False)
    assert said[untouched]["response"] == json.dumps(answer(int(untouched[1:])))
    exported = {
        row["prompt"][-1]["content"]: row["completion"][0]["content"] for row in office.exported()
    }
    assert json.loads(exported[text(number)]) == better
    assert exported[text(int(untouched[1:]))] == json.dumps(answer(int(untouched[1:])))


def test_a_task_without_a_hint_shows_names_alone(office: Office, anna: Annotator) -> None:
    name, task = next((n, t) for n, t in office.tasks("spans").items() if t["ledger"]["blind"])
    anna.open(office.number("spans"), task["id"])
    anna.screenshot("spans-form-blind")
    assert json.loads(form(anna).input_value()) == {
        "customer": {"name": None, "vip": None, "id": None}, "due": None, "total": None,
        "items": [{"what": None, "count": None, "gift": None}], "notes": None, "order": None,
    }  # fmt: skip
    assert anna.marked() == []
    form(anna).fill('{"total": 3, "customer": {"name": null}}')
    anna.mark("order", f"A-{name[1:]}")
    anna.submit()
    office.sync()
    assert json.loads(office.examples()[name]["response"]) == {"total": 3, "order": f"A-{name[1:]}"}


def test_a_task_of_before_there_was_a_form(label_studio: LabelStudio, anna: Annotator) -> None:
    row = {
        "task_key": "k1", "example_id": "x", "query": "Order A-1", "context": "", "why": "",
        "response": '{"order": "A-1", "paid": true}', "blind": False, "swapped": False,
    }  # fmt: skip
    names = ["order"]
    asked = tasks.question("spans", row, "given")
    old = interface.config("spans", names).replace("$other", "$text")
    data = {name: value for name, value in asked.data.items() if name != "other"}
    project, (task,) = label_studio.project(
        old, [{"data": data, "predictions": list(asked.predictions)}], title="old"
    )
    now = {"label_config": interface.config("spans", names)}
    label_studio.request("PATCH", f"/api/projects/{project}", json=now)
    anna.open(project, task)
    assert form(anna).input_value() == ""
    result = anna.submit()["result"]
    answer = tasks.understand("spans", result, row, names)
    assert dict(answer.decisions)["correct"] == row["response"]
