"""What a command imports: help costs click, looking costs no numerics, nothing costs pandas."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from curate import cli
from curate.project import Project

HEAVY = {"duckdb", "numpy", "orjson", "pandas", "pyarrow", "rich", "scipy", "zstandard"}
NEVER = {"cleanlab", "datasets", "label_studio_sdk", "pandas", "sentence_transformers", "sklearn",
         "torch"}  # fmt: skip

# Runs each list of arguments in one process and says, after each, its exit code and what is loaded.
PROBE = """
import contextlib, io, json, sys

from curate.cli import main

for arguments in json.loads(sys.argv[1]):
    code, out = 0, io.TextIOWrapper(io.BytesIO(), "utf-8")
    try:
        with contextlib.redirect_stdout(out):
            main(arguments)
    except SystemExit as stop:
        code = stop.code or 0
    out.flush()
    loaded = {name.partition(".")[0] for name in sys.modules}
    print(json.dumps([code, sorted(loaded), out.buffer.getvalue().decode()]))
"""


def _loaded(*commands: list[str]) -> list[tuple[int, set[str], str]]:
    """Runs commands in a fresh interpreter: exit code, top-level modules so far, and stdout."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(commands)],
        env=environment, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [
        (code, set(names), out) for code, names, out in map(json.loads, done.stdout.splitlines())
    ]


def _all_commands() -> list[list[str]]:
    names = [[name] for name in cli.cli.commands]
    groups = [name for name, command in cli.cli.commands.items() if hasattr(command, "commands")]
    return names + [[g, name] for g in groups for name in cli.cli.commands[g].commands]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_jsonl: Any) -> Path:
    """A project with two versions."""
    made = Project.init(tmp_path_factory.mktemp("imports") / "project")
    rows = [{"id": f"r{n}", "query": f"What is {n} and {n * n} and {n + 1} in words, please?",
             "response": f"It is {n}.", "rating": 5, "model": "m"} for n in range(60)]  # fmt: skip
    log = write_jsonl(made.folder / "logs" / "a.jsonl", rows[:40])
    made.pull([str(log.parent)])
    made.export("set")
    write_jsonl(made.folder / "logs" / "b.jsonl", rows[40:])
    made.pull([str(log.parent)])
    made.export("set")
    return made.folder


def test_help_of_the_group_and_of_every_command_imports_click_only(tmp_path: Path) -> None:
    commands = [["--help"], ["--version"], *([*c, "--help"] for c in _all_commands())]
    assert len(commands) > 14
    for arguments, (code, names, out) in zip(commands, _loaded(*commands), strict=True):
        assert code == 0, arguments
        assert "click" in names and not names & (HEAVY | NEVER), (arguments, names & HEAVY)
        assert out


def test_importing_the_package_and_the_facade_is_light() -> None:
    code = "import sys, curate; curate.Project; print(*sys.modules)"
    names = subprocess.run(
        [sys.executable, "-c", code], text=True, capture_output=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ).stdout.split()  # fmt: skip
    assert not {name.partition(".")[0] for name in names} & (HEAVY | NEVER)
    assert "click" not in names


@pytest.mark.slow
@pytest.mark.parametrize("command", [["status"], ["versions"], ["why", "r1"], ["status", "--json"]])
def test_looking_imports_no_scipy(folder: Path, command: list[str]) -> None:
    ((code, names, out),) = _loaded(["-C", str(folder), *command])
    assert code == 0 and out
    assert "duckdb" in names
    assert not names & ({"scipy"} | NEVER)


@pytest.mark.slow
def test_no_command_imports_what_a_notebook_or_a_model_needs(folder: Path, tmp_path: Path) -> None:
    here = ["-C", str(folder)]
    commands = [
        ["init", str(tmp_path / "new")],
        [*here, "pull", str(folder / "logs")],
        [*here, "filter", "--min-rating", "3"],
        [*here, "filter", "--list"],
        [*here, "dedupe"],
        [*here, "dedupe", "--suggest-threshold"],
        [*here, "export", "set", "--json"],
        [*here, "export", "other", "--format", "openai-chat", "--json"],
        [*here, "versions"],
        [*here, "verify"],
        [*here, "diff", "set@1", "set@2"],
        [*here, "why", "r1"],
        [*here, "browse", "words"],
        [*here, "pairs"],
        [*here, "privacy"],
        [*here, "status"],
        [*here, "doctor"],
        [*here, "runs"],
        ["check", str(folder / "datasets" / "set" / "v1" / "train.jsonl")],
        [*here, "queue", "--budget", "30"],
        [*here, "label", "push", "--to-file", str(tmp_path / "tasks.json")],
        [*here, "label", "sync", "--from-file", str(tmp_path / "tasks.json")],
        [*here, "heldout", "import", str(folder / "logs" / "a.jsonl")],
        [*here, "undo", "--help"],
        [*here, "contract", "--infer"],
        [*here, "evaluations"],
        [*here, "report"],
    ]
    run = {command[2] if command[0] == "-C" else command[0] for command in commands}
    meaning = {"demo", "run", "embed", "cluster", "map", "mislabels", "curve", "signals",
               "evaluate"}  # fmt: skip
    assert {*cli.cli.commands} - run == meaning, "a command that is not run here"
    for arguments, (code, names, out) in zip(commands, _loaded(*commands), strict=True):
        assert code == 0, (arguments, out)
        assert not names & NEVER, (arguments, names & NEVER)


@pytest.mark.slow
def test_nothing_new_to_encode_loads_no_model(folder: Path) -> None:
    Project(folder).embed()
    here = ["-C", str(folder)]
    for code, names, out in _loaded([*here, "embed"], [*here, "run"], [*here, "status"]):
        assert code == 0, out
        assert not names & {"torch", "sentence_transformers", "transformers"}
