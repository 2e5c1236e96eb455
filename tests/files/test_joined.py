from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.errors import ConfigError
from curate.files.files import PullFiles, find_files
from curate.progress import silent
from curate.sources import Document, Location, Reject
from program import Program
from projects import new_project


def curate(folder: Path, *arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def files(tmp_path: Path) -> Path:
    asked = [{"custom_id": f"c{n}", "body": {"q": f"question {n}", "n": n}} for n in range(4)]
    (tmp_path / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked))
    (tmp_path / "answers.csv").write_text("custom_id;answer\nc1;eins\nc3;drei\nc1;uno\n")
    (tmp_path / "my-log.2026.json").write_text('[{"id": 1}, {"id": 2, "Id": 3}]')
    return tmp_path


def query(folder: Path, text: str, *names: str, **options: Any) -> list[Document | Reject]:
    found = find_files([str(folder / name) for name in names], query=text, **options)
    assert len(found) == 1
    with PullFiles(found, folder, None, silent) as opened:
        return list(opened.read(found[0]))


def test_each_file_is_a_table(files: Path) -> None:
    text = (
        "SELECT custom_id AS id, body, answer FROM asked JOIN answers USING (custom_id)"
        " ORDER BY id, answer"
    )
    assert query(files, text, "asked.jsonl", "answers.csv") == [
        Document(1, {"id": "c1", "body": {"q": "question 1", "n": 1}, "answer": "eins"}),
        Document(2, {"id": "c1", "body": {"q": "question 1", "n": 1}, "answer": "uno"}),
        Document(3, {"id": "c3", "body": {"q": "question 3", "n": 3}, "answer": "drei"}),
    ]
    # Files are numbered in the order in which they are named.
    text = "SELECT body->>'q' AS q FROM file2 WHERE (body->'n')::INT > 2"
    assert query(files, text, "answers.csv", "asked.jsonl") == [Document(1, {"q": "question 3"})]
    text = 'SELECT id, Id_2, count(*) OVER () AS n FROM "my-log" ORDER BY id'
    assert query(files, text, "my-log.2026.json") == [
        Document(1, {"id": 1, "Id_2": None, "n": 2}), Document(2, {"id": 2, "Id_2": 3, "n": 2}),
    ]  # fmt: skip


def test_files_of_one_name_go_by_their_numbers(files: Path) -> None:
    (files / "b").mkdir()
    (files / "b" / "answers.csv").write_text("custom_id;answer\nc9;neun\n")
    text = "SELECT answer FROM file1 UNION ALL SELECT answer FROM file2"
    found = query(files, text, "answers.csv", "b/answers.csv")
    assert [d.fields["answer"] for d in found if isinstance(d, Document)] == [
        "eins", "drei", "uno", "neun",
    ]  # fmt: skip
    with pytest.raises(ConfigError, match=r"answers does not exist.*file1 \(custom_id, answer\)"):
        query(files, "FROM answers", "answers.csv", "b/answers.csv")


def test_rejects_of_the_files_are_kept(files: Path) -> None:
    (files / "bad.jsonl").write_text('{"a": 1}\nnope\n')
    found = query(files, "SELECT a FROM bad", "bad.jsonl")
    assert isinstance(found[0], Reject) and found[0].detail.startswith("bad.jsonl: ")
    assert found[1:] == [Document(1, {"a": 1})]
    (files / "empty.jsonl").write_text("")
    assert query(files, "SELECT * FROM empty", "empty.jsonl") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * FROM nothing", r"Table with name nothing does not exist.*asked \(custom_id, bo"),
        ("SELECT bod FROM asked", r'column "bod" not found'), ("SELEC 1", "syntax error"),
        ("SELECT 1; SELECT 2", "exactly one SELECT"), ("DROP TABLE asked", "exactly one SELECT"),
        ("COPY asked TO 'x.csv'", "exactly one SELECT"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("SELECT * FROM '/etc/passwd'", "does not exist"), ("SELECT * FROM columns", "not exist"),
        ("SELECT cast(custom_id AS INT) FROM asked", "Could not convert"),
        ("SET threads = 4", "exactly one SELECT"), ("SELECT * FROM asked LIMIT $n", "--query"),
    ],
)  # fmt: skip
def test_queries_see_the_files_and_nothing_else(files: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        query(files, text, "asked.jsonl")
    assert not (files / "x.csv").exists()


def test_files_and_databases_are_not_joined(files: Path) -> None:
    import sqlite3

    sqlite3.connect(files / "logs.db").execute("CREATE TABLE calls (a)").connection.close()
    with pytest.raises(ConfigError, match=r"logs\.db is a database, .*asked\.jsonl is not"):
        query(files, "SELECT 1", "asked.jsonl", "logs.db")
    assert [f.query for f in find_files([str(files / "logs.db")], query="SELECT 1")] == ["SELECT 1"]


def test_the_door_pulls_a_query_over_files(files: Path) -> None:
    new_project(files)
    text = (
        "SELECT custom_id AS id, body->>'q' AS query, answer FROM asked"
        " JOIN answers USING (custom_id) WHERE answer <> 'uno'"
    )
    options = (
        "pull",
        *(str(files / name) for name in ("asked.jsonl", "answers.csv")),
        "--query",
        text,
        "--json",
    )
    done = orjson.loads(curate(files, *options).stdout)
    assert (done["files"], done["documents"], done["new"]) == (1, 2, 2)
    assert orjson.loads(curate(files, *options).stdout)["files_unchanged"] == 1
    (files / "answers.csv").write_text("custom_id;answer\nc1;eins\nc2;zwei\n")
    done = orjson.loads(curate(files, *options).stdout)
    assert (done["new"], done["unchanged"]) == (1, 1)


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods", "zip", "tar", "bz2", "xz"])
def test_files_that_are_not_read_say_what_to_do(tmp_path: Path, suffix: str) -> None:
    from curate.errors import SourceError

    (tmp_path / f"a.{suffix}").write_bytes(b"x")
    said = "save it as CSV" if suffix in ("xlsx", "xls", "ods") else "unpack it"
    with pytest.raises(SourceError, match=rf"a\.{suffix}: \.{suffix} files are not read.*{said}"):
        find_files([str(tmp_path / f"a.{suffix}")])
    assert find_files([str(tmp_path / f"a.{suffix}")], file_format="csv") == [
        Location(tmp_path / f"a.{suffix}")
    ]
