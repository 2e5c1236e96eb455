"""Rules on texts that were read wrong: the SQL of the drop rules against the Python beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner

from curate.check.check import check_lines
from curate.filters import filters
from curate.filters.rules import rules
from curate.project import Project
from curate.pull.bodies.bodies import is_envelope
from curate.pull.bodies.registry import all_dialects
from envelopes import ENVELOPES, MESSAGE, ON_PURPOSE, TEXTS, as_text, many
from program import Program
from projects import new_project

WRONG = [as_text(value) for values in [*ENVELOPES.values(), TEXTS] for value in values]


def hit(rule: str, texts: list[str], side: str = "response", task: str = "sft") -> list[bool]:
    """Returns which texts a drop rule hits, as its SQL says."""
    other = {"query": "Where is it?", "response": "Two days."}
    columns = {name: [text] * len(texts) for name, text in other.items()} | {side: texts}
    ids = [str(place) for place in range(len(texts))]
    with duckdb.connect() as con:
        table = {"example_id": ids, "task": [task] * len(texts), **columns}
        con.register("candidates", pa.table(table))
        hits = {row[0] for row in con.sql(rules()[rule].query).fetchall()}
    return [name in hits for name in ids]


def test_every_dialect_that_knows_envelopes_has_one_here() -> None:
    assert {d.name for d in all_dialects() if d.envelope} == set(ENVELOPES)


def test_sql_and_python_agree_on_thousands_of_texts() -> None:
    texts = many()
    by_python = [is_envelope(text) for text in texts]
    assert len(texts) > 3_000 and 1_000 < sum(by_python) < len(texts) / 2
    by_sql = hit("envelope", texts)
    differing = zip(texts, by_python, by_sql, strict=True)
    assert [(text, python) for text, python, sql in differing if python != sql] == []


@pytest.mark.parametrize("side", ["query", "response"])
def test_sql_and_python_agree_on_envelopes(side: str) -> None:
    texts = [*WRONG, *map(as_text, ON_PURPOSE)]
    right = dict.fromkeys(WRONG, True) | dict.fromkeys(map(as_text, ON_PURPOSE), False)
    assert {text: is_envelope(text) for text in texts} == right
    assert dict(zip(texts, hit("envelope", texts, side), strict=True)) == right


def test_what_stands_beside_a_label_may_be_anything() -> None:
    assert hit("envelope", WRONG[:3], task="classification") == [False] * 3
    assert hit("envelope", WRONG[:3], "query", task="classification") == [True] * 3


LETTERS = [
    *("It isn&#39;t", "Tom &amp; Jerry", "sch&ouml;n", "it&#x27;s", "2&nbsp;days", "R&D; sales"),
    *("a && b;", "`&amp;`", "```\n&lt;b&gt;\n```", "```\n&lt;", "&here;", "``` x ``` &lt;"),
    *(
        bytes(text, "utf-8").decode("cp1252", "ignore")
        for text in ("schön", "a \u2013 b", "5 €", "🚀")
    ),
    *(
        bytes(text, "utf-8").decode("cp1252", "ignore")
        for text in ("привет", "日本語", "Ünal", "É")
    ),
    *(bytes(text, "utf-8").decode("latin-1") for text in ("schön", "привет", "日本語", "© 2020")),
    *("schön", "5 €", "„MENÜ“", "«CAFÉ»", "MANHÃ…”", "déjà…»", "NÃO", "É»É", "\ufeffHi", "Ã†"),
]


@pytest.mark.parametrize("rule", ["html_entities", "mojibake"])
def test_sql_and_python_agree_on_letters(rule: str) -> None:
    def checked(text: str) -> bool:
        turns = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": text}]
        line = json.dumps({"messages": turns}).encode() + b"\n"
        return rule.replace("_", "-") in {f.rule for f in check_lines([line], "openai-chat")}

    hits = hit(rule, LETTERS)
    assert dict(zip(LETTERS, hits, strict=True)) == {text: checked(text) for text in LETTERS}
    assert sum(hits) == {"html_entities": 6, "mojibake": 13}[rule]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Four examples, of which a store of an older reader holds one as an envelope."""
    project = new_project(tmp_path / "p", task="sft")
    rows = [
        {"id": name, "prompt": f"Where is parcel {name}?", "response": text, "rating": 5}
        for name, text in {
            "a": "Two days.",
            "b": "ENVELOPE",
            "c": "Tom &amp; Jerry",
            "d": "sch\u00c3\u00b6n",
        }.items()
    ]
    log = tmp_path / "logs.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    project.pull([str(log)])
    with project.store.write() as con:
        change = "UPDATE calls SET response = ? WHERE response = 'ENVELOPE'"
        con.execute(change, [json.dumps(MESSAGE)])
    return project


def dropped(project: Project) -> dict[str, str]:
    with project.store.read() as con:
        filters.collect(project.store, con, filters.stored_settings(project.store, con))
        query = "SELECT source_id, reason FROM hits JOIN examples USING (example_id)"
        return dict(con.execute(query).fetchall())


def test_an_envelope_is_dropped_and_letters_are_noted(project: Project) -> None:
    result = project.filter()
    assert (result.hits, result.kept) == ((("envelope", "envelope", 1),), 3)
    assert result.notes == (("html_entities", 1), ("mojibake", 1))
    assert dropped(project) == {"b": "envelope"}


def test_what_is_noted_is_dropped_where_it_is_asked_for(project: Project) -> None:
    project.filter()
    result = project.filter(drop=["mojibake"])
    assert (result.checked, result.kept, result.notes) == (0, 2, (("html_entities", 1),))
    assert dropped(project) == {"b": "envelope", "d": "mojibake"}
    assert project.filter(skip=["html_entities"]).notes == (("mojibake", 1),)


def test_the_notes_are_printed_with_what_drops_them(project: Project) -> None:
    def curate(*arguments: str) -> Any:
        return CliRunner().invoke(Program(), ["-C", str(project.folder), *arguments])

    noted = curate("filter", "--drop", "html_entities")
    assert noted.exit_code == 0, noted.output
    assert noted.stdout.splitlines()[-2:] == [
        "  2 pass every rule",
        "  noted, not dropped: mojibake in 1 (--drop mojibake)",
    ]
    refused = curate("filter", "--drop", "refusal")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert (
        "unknown rule that only notes 'refusal'. Known: html_entities, mojibake, tool_arguments."
        in refused.stderr
    )
    (project.folder / "curate.toml").write_text('[filter]\ndrop = ["mojibake"]\n', encoding="utf-8")
    assert "filter" in project.status().stale
    assert curate("filter").exit_code == 0
    assert "filter" not in project.status().stale
    assert dropped(project) == {"b": "envelope", "d": "mojibake"}
