"""Templates in a store: found once, kept, left out of inputs, and what they tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from curate.inputs import inputs
from curate.project import Project
from curate.pull.options import PullOptions
from curate.store import resource_dir
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Pull = Callable[..., Project]

ROUTE = " ".join(f"route{n}" for n in range(60)) + ": "
EXTRACT = " ".join(f"extract{n}" for n in range(60)) + ": "
REQUESTS = [
    "the street lamp at the corner is dark", "my bin was not emptied", "who prunes the lime tree",
    "a pipe bursts near the school", "the bus shelter has no roof", "the library card is lost",
]  # fmt: skip


@pytest.fixture
def pull(tmp_path: Path, write_jsonl: WriteJsonl) -> Pull:
    """Pulls rows into a project in which everything is train, and finds their duplicates."""
    project = new_project(tmp_path / "p")
    with project.store.write() as con:
        project.store.set_setting(con, "split", {"test_size": 0.0})

    def add(
        prompts: Iterable[str], name: str = "logs", source: str = "logs", **more: Any
    ) -> Project:
        rows = [
            {"id": f"{name}{n}", "prompt": text, "response": f"Ok {name} {n}", "rating": 5, **more}
            for n, text in enumerate(prompts)
        ]
        project.pull(
            [str(write_jsonl(tmp_path / f"{name}.jsonl", rows))], options=PullOptions(source=source)
        )
        project.dedupe(semantic=None)
        return project

    return add


def rows_of(project: Project, query: str) -> list[tuple[Any, ...]]:
    with project.store.read() as con:
        return con.execute(query).fetchall()


def inputs_of(project: Project) -> list[str]:
    query = "SELECT text FROM example_inputs JOIN inputs USING (input_hash) ORDER BY text"
    return [text for (text,) in rows_of(project, query)]


def test_a_template_that_is_found_later_makes_inputs_anew_once(
    pull: Pull,
) -> None:
    pull([ROUTE + text for text in REQUESTS[:4]], "other", source="other")
    project = pull([ROUTE + text for text in REQUESTS[:4]], "early")
    assert rows_of(project, "FROM templates") == []
    pull([ROUTE + text for text in REQUESTS[4:]], "late")
    assert rows_of(project, "FROM templates") == [("logs", "prefix", ROUTE)]
    # A few rows of another source that have it are what they are alike to, and leak.
    assert inputs_of(project) == sorted([*REQUESTS, *REQUESTS[:4]])
    with project.store.run("inputs") as run:
        inputs.refresh(project.store, run)
        assert not run.changed


def test_what_was_found_stays_until_no_row_has_it(pull: Pull) -> None:
    asked = "Please answer this question briefly: "
    project = pull(f"{asked}{text} {n}" for n, text in enumerate(REQUESTS * 4))
    assert rows_of(project, "SELECT text FROM templates") == [(asked,)]
    pull([f"{n} is {text}" for n, text in enumerate(REQUESTS * 9)], "more")
    assert rows_of(project, "SELECT text FROM templates") == [(asked,)]
    project.undo(
        rows_of(project, "SELECT min(run_id) FROM runs WHERE command = 'pull'")[0][0], yes=True
    )
    project.dedupe(semantic=None)
    assert rows_of(project, "FROM templates") == []


def test_one_text_under_two_templates_is_two_requests(pull: Pull) -> None:
    long = "when will the old lime tree in front of the town hall be pruned at last"
    asked = [*REQUESTS, long]
    project = pull(template + text for template in (ROUTE, EXTRACT) for text in [*asked, long])
    result = project.dedupe(semantic=None)
    assert rows_of(project, "SELECT count(*) FROM templates") == [(2,)]
    assert result.near_dropped == 2  # the copy behind each template
    assert rows_of(project, "SELECT count(DISTINCT template) FROM example_inputs") == [(2,)]


def test_each_label_set_of_one_text_has_its_template(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    project = new_project(tmp_path / "c", task="classification")
    rows = [
        {"id": f"{label}{n}", "prompt": template + text, "response": label, "rating": 5}
        for template, label in ((ROUTE, "roads"), (EXTRACT, "urgent"))
        for n, text in enumerate(REQUESTS)
    ]
    project.pull([str(write_jsonl(tmp_path / "c.jsonl", rows))])
    result = project.dedupe(semantic=None)
    assert (result.contradictory_labels, result.near_dropped) == (0, 0)


def test_near_copies_of_a_long_text_are_still_near_duplicates(pull: Pull) -> None:
    copies = [f"{ROUTE}and then the {name} came" for name in ("bus", "car", "tram", "van", "bike")]
    copies += [f"and {copy} in" for copy in copies]
    project = pull(copies)
    assert rows_of(project, "FROM templates") == []
    assert rows_of(project, "SELECT count(*) FROM input_pairs") == [(45,)]


def test_why_tells_the_template(pull: Pull) -> None:
    project = pull([*(ROUTE + text for text in REQUESTS), f"{EXTRACT} {REQUESTS[0]}"])
    assert project.why("logs0")["template"] == ROUTE
    assert project.why("logs6")["template"] == ""


def test_an_older_store_keeps_its_template(tmp_path: Path) -> None:
    migrations = sorted((resource_dir("sql") / "migrations").glob("*.sql"))
    with duckdb.connect() as con:
        for file in migrations:
            if file.name.startswith("0018"):
                con.execute(
                    "INSERT INTO templates VALUES ('logs', 'Before: ', ''), ('b', 'A ', ' Z')"
                )
            con.execute(file.read_text("utf-8"))
        assert con.execute("FROM templates ORDER BY ALL").fetchall() == [
            ("b", "prefix", "A "), ("b", "suffix", " Z"), ("logs", "prefix", "Before: "),
        ]  # fmt: skip
