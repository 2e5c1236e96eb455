"""The table of docs/pull.md, from what people have to what they type: each row is typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import langfuse
import postgres
from pulled import Workbench
from what_people_have import HAVE, LANGFUSE, POSTGRES, Have

PAGE = Path(__file__).parents[2] / "docs" / "pull.md"
HEAD = "|you have|type|\n|---|---|\n"
ADDRESS = "postgresql://me@db.example.com/app"
_LARGE = 2**20

server = pytest.fixture(scope="module")(postgres.server)


def typed() -> dict[tuple[str, ...], str]:
    """Returns of each row of the table the commands in its second cell, and its first cell."""
    _, _, after = PAGE.read_text("utf-8").partition(HEAD)
    rows = [line.strip("|").split("|") for line in after.partition("\n\n")[0].splitlines()]
    return {tuple(re.findall(r"`([^`]+)`", cell)): have for have, cell in rows}


def rows() -> Iterator[Any]:
    for commands, name in typed().items():
        have = HAVE.get(commands, Have(()))
        marks = [pytest.mark.e2e] if have.server == "postgres" else []
        if sum(map(len, have.files.values())) > _LARGE:
            marks = [pytest.mark.slow]
        yield pytest.param(commands, id=name, marks=marks)


def test_every_row_has_an_input_and_every_input_a_row() -> None:
    assert len(typed()) > 20
    assert list(typed()) == list(HAVE)


@pytest.mark.parametrize("commands", list(rows()))
def test_what_a_row_says_stores_what_there_is(
    commands: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    have = HAVE[commands]
    bench = Workbench(tmp_path / "p", tmp_path / "logs", have.task)
    bench.logs.mkdir()
    for name, content in have.files.items():
        path = bench.logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with running(have, monkeypatch, request) as address:
        for command in commands:
            program, *words = shlex.split(command.replace(ADDRESS, address))
            assert program == "curate"
            result = bench.run(*words)
            assert result.exit_code == 0, result.output
    calls = bench.calls().values()
    stored = [(c["query"], c["response"], c["human_rating"]) for c in calls]
    assert sorted(stored, key=repr) == sorted(have.stored, key=repr)
    assert sorted(c["label"] for c in calls if c["label"]) == sorted(have.labels)
    assert bench.rejects() == []


@contextmanager
def running(
    have: Have, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Runs the server that a row needs, and gives the address that stands for the table's."""
    if have.server == "postgres":
        server = request.getfixturevalue("server")
        server.run("postgres", *POSTGRES)
        yield server.url("postgres")
    elif have.server == "langfuse":
        with langfuse.Langfuse(LANGFUSE) as server:
            monkeypatch.setenv("LANGFUSE_BASE_URL", server.url)
            monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", langfuse.PUBLIC_KEY)
            monkeypatch.setenv("LANGFUSE_SECRET_KEY", langfuse.SECRET_KEY)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            yield ADDRESS
    else:
        yield ADDRESS
