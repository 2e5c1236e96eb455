"""The command line: exit codes, what is on which stream, help, and no traceback for any mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import orjson
import pytest
from click.testing import CliRunner, Result

from curate.cli import cli
from curate.project import Project
from curate.version import __version__
from program import Program

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def curate(*arguments: str | Path, **more: Any) -> Result:
    return CliRunner().invoke(Program(), [str(a) for a in arguments], **more)  # type: ignore[arg-type]


def row(n: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"r{n}",
        "prompt": f"Question {n}?",
        "response": f"Answer {n}.",
        "rating": 5,
        **more,
    }


def commands(group: click.Group = cli, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Path:
    """A project with twenty examples, for commands that must change nothing."""
    folder = tmp_path_factory.mktemp("logged") / "p"
    project = Project.init(folder)
    project.pull([str(write_jsonl(folder / "logs.jsonl", [row(n) for n in range(20)]))])
    project.filter()
    return folder


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = curate(*name.split(), "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"Usage: curate {name}" in result.stdout
    assert f"curate {name}" in result.stdout.split("Example", 1)[1]
    assert "Options:" in result.stdout


def test_the_group_lists_commands_and_exit_codes() -> None:
    result = curate("--help")
    assert result.exit_code == 0
    assert all(f"  {name.split()[0]}" in result.stdout for name, _ in commands())
    assert "130 interrupted" in " ".join(result.stdout.split())
    assert curate("--version").stdout.strip().endswith(__version__)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("exprot", "x"), "Did you mean 'export'?"),
        (("stat",), "Did you mean"),
        (("nothing-like-it",), "unknown command"),
        (("export",), "Missing argument"),
        (("filter", "--min-ratng", "3"), "min-rating"),
        (("export", "x", "--limit", "many"), "--limit"),
        (("heldout", "imprt", "x"), "imprt"),
        (("--threads", "0", "status"), "threads"),
    ],
)
def test_mistyped_commands_and_options(arguments: tuple[str, ...], said: str) -> None:
    result = curate(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


NO_PROJECT = [
    ("pull", "x.jsonl"),
    ("heldout", "import", "x.jsonl"),
    ("filter",),
    ("dedupe",),
    ("export", "x"),
    ("versions",),
    ("verify",),
    ("diff", "a", "b"),
    ("why", "x"),
    ("status",),
    ("status", "--rejects"),
    ("run",),
]


@pytest.mark.parametrize("arguments", NO_PROJECT)
def test_without_a_project(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        result = curate("-C", folder, *arguments)
        assert (result.exit_code, result.stdout) == (2, ""), result.output
        assert "curate init" in result.stderr
        assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == [], "a command that fails leaves nothing behind"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("pull",), 2, "what to pull?"),
        (("pull", "nosuch.jsonl"), 1, "nosuch.jsonl"),
        (("pull", "*.nosuch"), 1, "*.nosuch"),
        (("pull", "EMPTY"), 1, "EMPTY"),
        (("pull", "LOGS", "--map", "query"), 2, "NAME=VALUE"),
        (("pull", "LOGS", "--map", "qury=prompt"), 2, "Did you mean 'query'"),
        (("pull", "LOGS", "--map", "query=promt"), 2, "Did you mean 'prompt'"),
        (("pull", "LOGS", "--scale", "stars"), 2, "stars"),
        (("pull", "LOGS", "--format", "xslx"), 2, "xslx"),
        (("pull", "LOGS", "--key", "id"), 2, "--as feedback"),
        (("pull", "LOGS", "--as", "feedback", "--turns"), 2, "--turns"),
        (("pull", "LOGS", "--as", "feedback", "--rater", "humn"), 2, "human_user"),
        (("dedupe", "--exact", "exampel"), 2, "Did you mean 'example'"),
        (("export", "a/b"), 2, "dataset name"),
        (("export", "x" * 300), 2, "dataset name"),
        (("verify", "nosuch"), 2, "nosuch"),
        (("diff", "a@1", "b@2"), 2, "a"),
        (("why", "nosuch"), 2, "nosuch"),
    ],
)
def test_mistakes_in_a_project(
    logged: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    before = Project(logged).store.state_digest()
    (tmp_path / "EMPTY").mkdir()
    places = {"LOGS": logged / "logs.jsonl", "EMPTY": tmp_path / "EMPTY"}
    result = curate("-C", logged, *(places.get(a, a) for a in arguments))
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert result.stderr.lstrip().startswith(("Error: ", "Usage: "))
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert Project(logged).store.state_digest() == before


def test_a_damaged_store_says_what_to_do(tmp_path: Path) -> None:
    Project.init(tmp_path)
    (tmp_path / "curate.duckdb").write_bytes(b"not a database at all")
    result = curate("-C", tmp_path, "status")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Next: " in result.stderr
    assert "Traceback" not in result.stderr


JSON = [
    ("filter",),
    ("filter", "--list"),
    ("dedupe",),
    ("versions",),
    ("verify",),
    ("why", "r1"),
    ("status",),
    ("status", "--rejects"),
    ("doctor",),
    ("run",),
    ("export", "sup", "--dry-run", "--test-size", "0.3"),
]


@pytest.mark.slow
@pytest.mark.parametrize("arguments", JSON)
def test_json_is_one_value_and_nothing_else(logged: Path, arguments: tuple[str, ...]) -> None:
    result = curate("-C", logged, *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert isinstance(orjson.loads(result.stdout), dict | list)


@pytest.mark.parametrize("name", [name for name, command in commands() if name != "init"])
def test_every_command_but_init_has_json(name: str) -> None:
    command = dict(commands())[name]
    assert any(p.name == "as_json" for p in command.params)


def test_init_keeps_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / 'a "quoted" name'
    result = curate("init", folder, "--task", "classification")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"Next: curate -C '{folder}' pull LOGS" in result.stdout
    assert 'task = "classification"' in (folder / "curate.toml").read_text(encoding="utf-8")
    assert curate("-C", folder, "status").exit_code == 0
    (folder / "curate.toml").write_text("# mine\n", encoding="utf-8")
    assert curate("init", folder).exit_code == 0
    assert (folder / "curate.toml").read_text(encoding="utf-8") == "# mine\n"
    assert curate("init", folder, "--task", "sftt").exit_code == 2


def test_the_project_folder_from_the_environment(
    logged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_PROJECT", str(logged))
    assert orjson.loads(curate("status", "--json").stdout)["interactions"] == 20
    assert curate("-C", tmp_path, "status").exit_code == 2, "the flag comes first"
    monkeypatch.delenv("CURATE_PROJECT")
    monkeypatch.chdir(logged)
    assert orjson.loads(curate("status", "--json").stdout)["interactions"] == 20


TOML = """\
[pull]
locations = ["logs/*.jsonl"]
[filter]
min_rating = 3
[dedupe]
exact = "input"
"""


@pytest.mark.slow
def test_run_does_every_configured_stage_and_then_nothing(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    project = Project.init(tmp_path)
    (tmp_path / "curate.toml").write_text(TOML, encoding="utf-8")
    write_jsonl(tmp_path / "logs" / "a.jsonl", [row(1, rating=3), row(2, rating=2)])
    write_jsonl(tmp_path / "logs" / "b.jsonl", [row(3), row(4, prompt="Question 3?")])
    result = curate("-C", tmp_path, "run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "4 documents" in result.stdout
    assert "3 pass every rule" in result.stdout
    assert "out as duplicates: 1 exact, 0 near" in result.stdout
    assert result.stdout.endswith("Next: curate status\n")
    before = project.store.state_digest()
    count = project.table("runs").num_rows
    result = curate("-C", tmp_path, "run", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    said = orjson.loads(result.stdout)
    assert set(said) == {"pull", "filter", "embed", "dedupe", "cluster"}
    assert said["filter"]["checked"] == 0
    assert project.store.state_digest() == before
    outcomes = [r["outcome"] for r in project.table("runs").to_pylist()][count:]
    assert outcomes
    assert set(outcomes) == {"unchanged"}
    text = f'{TOML}[project]\ntask = "classification"\n'
    (tmp_path / "curate.toml").write_text(text, encoding="utf-8")
    assert "mislabels" in orjson.loads(curate("-C", tmp_path, "run", "--json").stdout)


@pytest.mark.slow
def test_run_follows_the_environment(
    tmp_path: Path, write_jsonl: WriteJsonl, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.init(tmp_path)
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", [row(1, rating=3), row(2)]))])
    monkeypatch.setenv("CURATE_FILTER_MIN_RATING", "3")
    assert "2 pass every rule" in curate("-C", tmp_path, "run").stdout
