"""A store of the first measure of likeness is brought to today's once; sides and versions stay."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate.embed.embed import embed
from curate.export.options import ExportSettings
from curate.options import SplitSettings
from curate.project import Project
from curate.text.text import MEASURE, digest
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
ASKED = "How do I read a large text file line by line in {} without loading it whole?"


def of_the_first_measure(project: Project) -> None:
    """Makes a store what it would be if the first measure had made it, as far as inputs go."""
    with project.store.write() as con:
        for name, text in con.execute("SELECT source_id, query FROM interactions").fetchall():
            first = " ".join(unicodedata.normalize("NFC", text).casefold().split())
            values = {"name": name, "hash": digest(first), "text": first}
            con.execute("INSERT INTO inputs SELECT $hash, $text, 14, true "
                        "WHERE $hash NOT IN (SELECT input_hash FROM inputs)",
                        {k: values[k] for k in ("hash", "text")})  # fmt: skip
            where = "(SELECT interaction_id FROM interactions WHERE source_id = $name)"
            for table in ("example_inputs", "version_examples"):
                con.execute(
                    f"UPDATE {table} SET input_hash = $hash WHERE example_id = {where}",
                    {k: values[k] for k in ("name", "hash")},
                )
        used = "(SELECT input_hash FROM example_inputs)"
        con.execute(f"DELETE FROM inputs WHERE input_hash NOT IN {used}")
        con.execute("DELETE FROM input_pairs")
        con.execute("""INSERT INTO input_pairs SELECT least(l.input_hash, r.input_hash),
                       greatest(l.input_hash, r.input_hash), 1, NULL FROM inputs l JOIN inputs r
                       ON l.text LIKE '%in c with%' AND r.text LIKE '%in c++ with%'""")
        con.execute("DELETE FROM settings WHERE name = 'measure'")


def rows_of(project: Project, query: str) -> list[tuple[Any, ...]]:
    with project.store.read() as con:
        return con.execute(query).fetchall()


def test_a_store_of_the_first_measure_is_brought_up_to_date_once(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    cobol = "\uff23\uff2f\uff22\uff2f\uff2c"
    languages = ("C", "C++", "Rust", "Go", "Zig", "Perl", "Lua", "Ada", cobol)
    rows = [
        {"id": str(n), "prompt": ASKED.format(name), "response": f"Use {name}.", "rating": 5}
        for n, name in enumerate(languages)
    ]
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "l.jsonl", rows))])
    project.filter()
    settings = ExportSettings(split=SplitSettings(test_size=0.3), min_test=0)
    project.export("first", settings)
    of_the_first_measure(project)
    sides = rows_of(project, "SELECT * FROM split_ledger ORDER BY ALL")

    result = project.dedupe(semantic=None)
    assert rows_of(project, "SELECT value::VARCHAR FROM settings WHERE name = 'measure'") == [
        (f'{{"before": 1, "version": {MEASURE}}}',)
    ]
    assert result.inputs == len(languages)
    assert rows_of(project, "SELECT count(*) FROM inputs WHERE text LIKE '%cobol%'") == [(1,)]
    assert rows_of(project, "SELECT similarity, measure FROM former_pairs") == [(1.0, 1)]
    assert rows_of(project, "SELECT count(*) FROM input_pairs") == [(0,)]
    assert rows_of(project, "SELECT * FROM split_ledger ORDER BY ALL") == sides
    assert [version.problems for version in project.verify()] == [()]

    with project.store.write() as con:  # to the first measure, C and C++ are one
        no_measure = "json_merge_patch(settings, json_object('measure', NULL))"
        con.execute(f"UPDATE versions SET settings = {no_measure}")
    (version,) = project.verify()
    assert len(version.problems) == 1 and "near-duplicate in train" in version.problems[0]
    assert version.seen_today == ()

    state = project.store.state_digest()
    assert project.dedupe(semantic=None).inputs == len(languages)
    assert project.store.state_digest() == state


def test_what_the_new_measure_changed_is_told_once_by_the_command_that_brings_it(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    languages = ("C", "C++", "Rust", "Go", "COBOL", "\uff23\uff2f\uff22\uff2f\uff2c")
    rows = [
        {"id": str(n), "prompt": ASKED.format(name), "response": f"Use {n}.", "rating": 5}
        for n, name in enumerate(languages)
    ]
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "l.jsonl", rows))])
    project.dedupe(near=None, semantic=None)
    project.export("first", ExportSettings(split=SplitSettings(test_size=0), min_test=0))
    with project.store.write() as con:  # to the first measure these two were not one
        wide = "(SELECT interaction_id FROM interactions WHERE source_id = '5')"
        con.execute(f"UPDATE version_examples SET side = 'test' WHERE example_id = {wide}")
    of_the_first_measure(project)

    def say(*arguments: str) -> Any:
        return CliRunner().invoke(Program(), ["-C", str(tmp_path / "p"), *arguments])

    shutil.copytree(tmp_path / "p", tmp_path / "q")
    told = say("dedupe", "--semantic", "off")
    note = "1 of 6 inputs in another form, 0 pairs newly alike, 1 no longer, 1 leak newly seen"
    assert note in " ".join(told.stderr.split()) and "another form" not in told.stdout
    assert "in exported versions. Next: curate verify" in " ".join(told.stderr.split())
    assert say("dedupe", "--semantic", "off").stderr == ""

    (tmp_path / "p").rename(tmp_path / "told")
    (tmp_path / "q").rename(tmp_path / "p")
    counts = {"inputs": 1, "of": 6, "pairs_found": 0, "pairs_released": 1, "leaks_found": 1}
    assert orjson.loads(say("pairs", "--json").stdout)["remeasured"] == counts
    assert "remeasured" not in orjson.loads(say("pairs", "--json").stdout)
    runs = orjson.loads(say("runs", "--json").stdout)
    assert [
        run["counts"].get("remeasured") for run in runs["runs"] if run["command"] == "pairs"
    ] == [
        None,
        counts,
    ]


@pytest.mark.slow
def test_pairs_of_long_inputs_are_found_anew(
    tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    pasted = " ".join(f"clause {n} speaks of the rent and of the garden" for n in range(40))
    rows = [
        {"id": end, "prompt": f"{pasted} {' '.join(end + c for c in letters)}", "response": "Yes."}
        for end in ("north", "south", "east")
    ]
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "l.jsonl", rows))])
    embed(project.store, load=lambda _: encoder)
    project.dedupe(semantic=0.5)
    pairs = rows_of(project, "FROM semantic_pairs ORDER BY ALL")
    assert [pair[3] for pair in pairs] == ["part"] * 3
    with project.store.write() as con:
        con.execute("UPDATE semantic_pairs SET difference = NULL")
        con.execute("DELETE FROM settings WHERE name = 'measure'")
    project.dedupe(semantic=0.5)
    assert rows_of(project, "FROM semantic_pairs ORDER BY ALL") == pairs
