from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.errors import ConfigError
from curate.files.conditions import Condition
from curate.sources import Document, Reject
from program import Program
from projects import new_project

SPANS = [
    {"id": "1", "attributes": {"gen_ai.operation.name": "chat"}, "ms": 120, "kind": "LLM"},
    {"id": "2", "attributes": {"gen_ai.operation.name": "embeddings"}, "ms": 5, "kind": "LLM"},
    {"id": "3", "attributes": None, "ms": None, "kind": "TOOL", "a.b": 7, "tags": ["x", "y"]},
    {"ID": "4", "ms": 2.5, "kind": None, "tags": []},
]


def curate(folder: Path, *arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]
    assert done.exit_code == code, done.output
    return done


def chosen(text: str, documents: list[dict[str, Any]] | None = None) -> list[int]:
    documents = SPANS if documents is None else documents
    condition = Condition(text)
    found = condition.choose(Document(n, fields) for n, fields in enumerate(documents, 1))
    lines = [item.line for item in found if item is not None]
    condition.refuse_unknown()
    return lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("kind = 'LLM'", [1, 2]), ("ms > 3", [1, 2]), ("ms < 3 OR kind = 'TOOL'", [3, 4]),
        ("\"attributes\"->>'gen_ai.operation.name' = 'chat'", [1]),
        ("attributes->>'$.\"gen_ai.operation.name\"' LIKE 'emb%'", [2]),
        ('"a.b" = 7', [3]), ("attributes IS NULL", [3, 4]), ("tags->>0 = 'x'", [3]),
        ("json_array_length(tags) = 0", [4]), ("ID = '4'", []), ("id IN ('1', '3')", [1, 3]),
        ("kind NOT LIKE 'L%'", [3]), ("true", [1, 2, 3, 4]), ("ms + 1 > ms", [1, 2, 4]),
    ],
)  # fmt: skip
def test_documents_that_meet_a_condition(text: str, lines: list[int]) -> None:
    assert chosen(text) == lines


def test_columns_may_be_missing_where_files_differ() -> None:
    rows: list[dict[str, Any]] = [{"a": n} for n in range(1_500)]
    rows += [{"b": str(n), "a": n} for n in range(1_500)]
    assert chosen("b = '7'", rows) == [1_508]
    # A column that is a number here and a text there.
    assert chosen("a = 5", [{"a": 5}, {"a": "5"}, {"a": "6"}]) == [1, 2]
    assert chosen("a = 'x'", [{"a": 10**30}, {"a": "x"}, {"a": True}]) == [2]
    assert chosen("b IS NULL", []) == []


def test_rejects_pass_and_what_is_left_out_is_said() -> None:
    found = [Document(1, {"a": 1}), Reject(2, "bad-json", "x"), Document(3, {"a": 2})]
    assert list(Condition("a = 2").choose(found)) == [None, found[1], found[2]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("knd = 'LLM'", r"no column 'knd'. Did you mean 'kind'.*curate pull --where"),
        ("kind = LLM", "a text stands in single quotes"),
        ("nope = 1", r"no column 'nope'. Columns: id, attributes, ms, kind, a\.b, tags, ID"),
        ("a.b = 7", r'Referenced table "a" not found.*"a\.b"'),
        ("kind = NULL", "a comparison with NULL is never true. Next: curate pull --where"),
        ("kind = 'LLM", "a quote is open"), ("kind > 5", "try_cast"), ("", "--where"),
        ("id IN (SELECT content FROM read_text('/etc/passwd'))", "disabled by configuration"),
        ("id = getenv('HOME')", "getenv"), ("true) UNION (SELECT 1", "--where"),
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        chosen(text)


def test_the_door_pulls_what_meets_the_condition(tmp_path: Path) -> None:
    new_project(tmp_path)
    rows = [
        {
            "id": str(n),
            "query": f"q {n}",
            "response": "r",
            "span": {"kind": "LLM" if n % 3 else "T"},
        }
        for n in range(9)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    where = "span->>'kind' = 'LLM'"
    done = curate(tmp_path, "pull", str(tmp_path / "a.jsonl"), "--where", where)
    assert (
        "  9 documents  ->  6 interactions" in done.stdout or "6 interactions (6 new" in done.stdout
    )
    assert "left out by --where: 3\n" in done.stdout
    again = orjson.loads(
        curate(tmp_path, "pull", str(tmp_path / "a.jsonl"), "--where", where, "--json").stdout
    )
    assert (again["files_unchanged"], again["left_out"]) == (1, 0)
    # Another condition is another way to read the file.
    wider = orjson.loads(curate(tmp_path, "pull", str(tmp_path / "a.jsonl"), "--json").stdout)
    assert (wider["new"], wider["left_out"]) == (3, 0)
    bad = curate(tmp_path, "pull", str(tmp_path / "a.jsonl"), "--where", "spam = 1", code=2)
    assert "no column 'spam'. Did you mean 'span'" in " ".join(bad.stderr.split())
