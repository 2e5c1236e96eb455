"""What the report says is what the commands say; the file holds it as text, the same each time."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate.cli import cli
from curate.project import Project
from curate.report import blocks
from curate.report.parts import Facing, Grid, Sentence
from desk import ROWS, Desk, choice, curate
from hostile import hostile_project
from judged import labelled_project
from projects import Demo, WriteJsonl, new_project


class Elements(HTMLParser):
    """The tags of a page with their attributes, and the texts of its data blocks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[Any] = []
        self.said = ""
        self._is_data = self._is_code = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_data = dict(attrs).get("type") == "application/json"
        self._is_code = tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.data.append(json.loads(data))
            self._is_data = False
        elif not self._is_code:
            self.said += data

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False


def written(project: Project, **options: Any) -> str:
    return project.report(**options).path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shown(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("report") / "demo"
    demo.copy_to(folder)
    return Project(folder)


@pytest.mark.slow
def test_the_numbers_of_the_demo_are_those_of_the_commands(shown: Project) -> None:
    told = {block.name: block for block in shown.report().blocks}
    status = shown.status()
    (funnel,) = [p for p in told["funnel"].parts if isinstance(p, Grid)]
    assert funnel.rows[-1] == ("ready", status.train + status.test, status.train, status.test)
    assert [-row[1] for row in funnel.rows[:-1]] == [r.examples for r in status.funnel]
    grids = [p for p in told["sides"].parts if isinstance(p, Grid)]
    by_cluster = next(p for p in grids if p.header[0] == "cluster")
    rows = {f"{c.cluster_id} {c.name}": (c.examples, c.train, c.test) for c in status.clusters}
    assert {row[0]: tuple(row[1:]) for row in by_cluster.rows} == rows
    by_label = next(p for p in grids if p.header[0] == "label")
    labels = {row.label: (row.production, row.train, row.test) for row in status.labels}
    assert {row[0]: tuple(row[1:]) for row in by_label.rows if row[0] in labels} == labels
    pairs = shown.mislabels_classes().pairs
    (confused,) = [p for p in told["classes"].parts if isinstance(p, Grid)]
    assert [row[:2] for row in confused.rows] == [(p.a, p.b) for p in pairs[: len(confused.rows)]]
    (exported,) = [p for p in told["versions"].parts if isinstance(p, Grid)]
    assert [row[:3] for row in exported.rows] == [("support@1", status.train, status.test)]
    assert told["evaluations"].parts and told["suspects"].parts


@pytest.mark.slow
def test_ratings_by_cluster_are_counted_again(shown: Project) -> None:
    told = {block.name: block for block in shown.report().blocks}
    grid = next(
        p for p in told["ratings"].parts if isinstance(p, Grid) and p.header[0] == "cluster"
    )
    examples = {r["example_id"]: r for r in shown.table("examples").to_pylist()}
    rated = {r["interaction_id"]: r["human_rating"] for r in shown.table("ratings").to_pylist()}
    inputs = {r["example_id"]: r["input_hash"] for r in shown.table("example_inputs").to_pylist()}
    of = {r["input_hash"]: r["cluster_id"] for r in shown.table("cluster_members").to_pylist()}
    out = {
        r["example_id"]
        for r in shown.table("excluded").to_pylist()
        if r["reason"] in ("unrated", "low_rating")
    }
    for row in grid.rows:
        cluster = int(row[0].split()[0])
        members = [e for e in examples if of.get(inputs.get(e)) == cluster]
        ratings = [rated[e] for e in members if e in rated]
        assert row[1:3] == [len(members), len(ratings)]
        assert row[8] == pytest.approx(len(set(members) & out) / len(members))
        assert row[6] == (round(sum(ratings) / len(ratings), 2) if ratings else None)
        assert row[7] == len(set(members) & out)


@pytest.mark.slow
def test_the_same_state_gives_the_same_bytes(shown: Project, tmp_path: Path) -> None:
    before = shown.store.state_digest()
    first = shown.report().path.read_bytes()
    shown.filter()
    shown.dedupe()
    assert Project(shown.folder, threads=2).report(tmp_path / "x.html").path.read_bytes() == first
    assert shown.store.state_digest() == before


def test_an_empty_project_says_what_to_type(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p")
    result = curate(project, "report")
    assert result.exit_code == 0, result.output
    assert "curate pull LOGS" in result.output
    page = (project.folder / "reports" / "report.html").read_text(encoding="utf-8")
    assert page.count("Not yet: ") == len(blocks.names())


def test_answers_of_annotators_are_told(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [
        {"id": name, "prompt": row["text"], "label": row["label"]} for name, row in ROWS.items()
    ]
    desk = Desk(tmp_path, write_jsonl, rows, "classification")
    curate(desk.project, "filter", "--unrated", "keep")
    curate(desk.project, "queue", "--budget", "40", "--kind", "relabel")
    path = tmp_path / "tasks.json"
    assert curate(desk.project, "label", "push", "--to-file", str(path)).exit_code == 0
    for n, task in enumerate(json.loads(path.read_bytes())):
        label = task["data"].get("label_seen") or "refund"
        desk.answer(task, choice(label if n % 4 else "password"), by=1)
        desk.answer(task, choice(label), by=2)
    desk.sync()
    told = {block.name: block for block in desk.project.report().blocks}
    status = desk.project.label_status()
    progress = next(p for p in told["annotators"].parts if isinstance(p, Grid))
    assert [row[0] for row in progress.rows] == [p.kind for p in status.progress]
    assert [row[3] for row in progress.rows] == [p.answered for p in status.progress]
    rates = [p for p in told["error_rate"].parts if isinstance(p, Grid)]
    assert bool(rates) == bool(status.error_rates)
    people = [p for p in told["annotators"].parts if isinstance(p, Grid)][-1]
    assert [row[:2] for row in people.rows] == [
        [str(a.annotator), a.answers] for a in status.agreement[0].annotators
    ]


def test_duplicates_stand_side_by_side(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    text = "Please tell me how I can change the delivery address of my order before it is sent"
    rows = [
        {"id": "a", "prompt": text, "response": "Like this.", "rating": 5},
        {"id": "b", "prompt": f"{text} off", "response": "Like this.", "rating": 5},
    ]
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    project.dedupe()
    (block,) = [b for b in project.report().blocks if b.name == "duplicates"]
    (pair,) = [p for p in block.parts if isinstance(p, Facing)]
    assert {pair.one.text, pair.other.text} == {text, f"{text} off"}
    assert re.search(r"<mark>\s?off</mark>", written(project))


def test_hostile_texts_are_texts(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = hostile_project(tmp_path, write_jsonl)
    page = written(project)
    elements = Elements(page)
    for tag, attributes in elements.tags:
        assert tag not in ("img", "svg", "link", "iframe", "object", "base", "form"), tag
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "href", "action", "data"):
            assert (attributes.get(name) or "#").startswith("#")
    allowed = {"\n", "\t"}
    assert not {c for c in page if unicodedata.category(c) in ("Cc", "Cs")} - allowed
    assert not set(page) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    for block in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.S):
        assert "<" not in block
    said = " ".join(elements.said.split()) + json.dumps(elements.data)
    for text in ("{{7*7}} ${7*7}", "<svg onload=alert(1)>", "javascript:alert(1)"):
        assert text in said
    assert (
        re.findall(r"url\([^)]*\)|@import", re.findall(r"<style>(.*?)</style>", page, re.S)[0])
        == []
    )


def test_personal_data_and_secrets_are_behind_placeholders(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    key = "sk-ant-api03-AbC123dEf456GhI789jKl012mNo"
    text = "Please write to ann.lee@example.com or change the password of my account, thank you {}"
    rows = [
        {
            "id": str(n),
            "prompt": text.format(more),
            "response": "Done.",
            "label": label,
            "rating": 5,
        }
        for n, (more, label) in enumerate(
            [("now", "a"), ("today", "bob@example.com"), (f"with {key}", "a")]
        )
    ]
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    project.dedupe()
    page = html.unescape(written(project))
    assert "<EMAIL" in page
    for value in ("ann.lee@example.com", "bob@example.com", key):
        assert value not in page
    page = html.unescape(written(project, personal_data=True))
    assert "ann.lee@example.com" in page and "bob@example.com" in page
    assert key not in page


def test_every_block_names_commands_that_there_are(tmp_path: Path) -> None:
    for block in new_project(tmp_path / "p").report().blocks:
        commands = re.findall(r"curate (\w+)((?: [a-z]\w+)?)((?: --[\w-]+)*)", block.command)
        assert commands, block.name
        for name, part, options in commands:
            command: Any = cli.commands[name]
            if part.strip() in getattr(command, "commands", {}):
                command = command.commands[part.strip()]
            known = {option for p in command.params for option in p.opts}
            assert set(options.split()) <= known


def test_json_has_the_same_numbers(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = labelled_project(tmp_path, write_jsonl, 60)
    result = curate(project, "report", "--json", "--output", str(tmp_path / "r.html"))
    told = json.loads(result.stdout)
    assert list(told["blocks"]) == blocks.names()
    status = project.status()
    rows = next(p for p in told["blocks"]["funnel"]["parts"] if p["kind"] == "grid")["rows"]
    assert rows[-1][1:] == [status.train + status.test, status.train, status.test]
    assert "<td" in project.report(tmp_path / "r.html")._repr_html_()
    assert told["bytes"] == (tmp_path / "r.html").stat().st_size


def test_the_file_may_stand_where_it_can(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p")
    assert curate(project, "report", "--output", str(tmp_path)).exit_code == 2
    (tmp_path / "file").touch()
    assert curate(project, "report", "--output", str(tmp_path / "file" / "x.html")).exit_code == 2
    path = tmp_path / "new" / "folder" / "day.html"
    assert project.report(path).path == path
    assert CliRunner().invoke(cli, ["-C", str(tmp_path / "none"), "report"]).exit_code != 0


def test_a_block_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weather.py").write_text(
        "from curate.report.blocks import block\nfrom curate.report.parts import Sentence\n\n"
        "@block(order=15, title='What weather?', command='curate runs', missing='none')\n"
        "def weather(state):\n    return [Sentence('It rains.')]\n", "utf-8",
    )  # fmt: skip
    monkeypatch.setattr(blocks, "__path__", [*blocks.__path__, str(tmp_path)])
    monkeypatch.setattr(blocks, "_blocks", dict(blocks._blocks))
    page = written(new_project(tmp_path / "p"))
    assert page.index("What weather?") < page.index("What is new")
    assert "It rains." in page
    sys.modules.pop("curate.report.blocks.weather")


def test_nothing_else_is_written_over(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p")
    store = project.store.path
    before = store.read_bytes()
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    os.mkfifo(tmp_path / "pipe")
    long = tmp_path / ("x" * 300)
    for path in (store, tmp_path / "notes.txt", tmp_path / "pipe", Path("/dev/full"), long):
        result = curate(project, "report", "--output", str(path))
        assert result.exit_code == 2 and "Next: " in result.output, result.output
    assert store.read_bytes() == before
    assert (tmp_path / "notes.txt").read_text("utf-8") == "mine"
    first = project.report(tmp_path / "day.html").path
    (tmp_path / "link.html").symlink_to(first)
    first.write_bytes(first.read_bytes().replace(b"the day", b"THE DAY"))
    project.report(tmp_path / "link.html")
    assert (tmp_path / "link.html").is_symlink()
    assert b"THE DAY" not in first.read_bytes()


def test_the_name_of_the_project_stands_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new_project(tmp_path / "p")
    monkeypatch.chdir(project.folder)
    assert "<h1>p: the day</h1>" in written(Project("."))
    toml = project.folder / "curate.toml"
    toml.write_text(toml.read_text("utf-8").replace('name = "p"', 'name = "helpdesk"'), "utf-8")
    assert "<h1>helpdesk: the day</h1>" in written(Project("."))


def test_ratings_that_no_rule_goes_by_are_told(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [
        {"id": str(n), "prompt": f"Question {n} of many", "label": "a", "rating": 1 + n % 5}
        for n in range(20)
    ]
    project = new_project(tmp_path / "p", task="classification")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    page = html.unescape(written(project))
    assert "`rating >= 4` would take out 12 examples that were rated lower" in page


def test_pairs_are_what_a_preference_project_trains_on(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [
        {"id": f"{n}{answer}", "prompt": f"Which of these words rhymes with number {n * 37}?",
         "response": f"{answer} answer to {n}", "rating": rating, "model": f"m{n % 2}"}
        for n in range(30)
        for answer, rating in (("good", 5), ("bad", 1))
    ]  # fmt: skip
    project = new_project(tmp_path / "p", task="preference")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    project.pairs()
    count, train, test = project.status().pairs
    told = {block.name: block for block in project.report().blocks}
    assert f"{train + test:,} of {count:,} preference pairs are ready" in str(told["funnel"].parts)
    grid = next(p for p in told["sides"].parts if isinstance(p, Grid))
    assert [sum(row[n] for row in grid.rows) for n in (2, 3)] == [2 * train, 2 * test]


@pytest.mark.slow
def test_what_has_no_point_yet_is_told(shown: Project, tmp_path: Path) -> None:
    demo, folder = shown.folder, tmp_path / "demo"
    shutil.copytree(demo, folder)
    project = Project(folder)
    placed = project.map().inputs
    assert placed
    rows = [
        {"id": f"new{n}", "prompt": f"A new thing, number {n * 31}, asked now?"} for n in range(9)
    ]
    (tmp_path / "new.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))

    def said() -> list[str]:
        (block,) = [b for b in project.report().blocks if b.name == "inputs"]
        return [part.text for part in block.parts if isinstance(part, Sentence)]

    assert said() == []
    project.pull([str(tmp_path / "new.jsonl")])
    (text,) = said()
    assert text.startswith("9 of 2,009 examples have no point") and "curate embed" in text
    project.embed()
    (text,) = said()
    assert text.endswith("9 inputs came since. Next: curate map")
    project.map()
    assert said() == []
