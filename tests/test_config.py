"""`curate.toml`: what is known, what is refused, and what comes before it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from curate import config
from curate.errors import ConfigError
from curate.project import Project
from program import Program


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of twenty examples; each test writes the curate.toml that it needs."""
    folder = tmp_path_factory.mktemp("config") / "p"
    project = Project.init(folder)
    rows = [
        {"id": str(n), "prompt": f"Question {n}?", "response": "Ok.", "rating": 5}
        for n in range(20)
    ]
    logs = folder / "logs.jsonl"
    logs.write_bytes(b"".join(orjson.dumps(r) + b"\n" for r in rows))
    project.pull([str(logs)])
    project.filter()
    return folder


def write(folder: Path, text: str) -> None:
    (folder / "curate.toml").write_text(text, encoding="utf-8")


def test_the_template_is_toml_and_every_comment_in_it_is_a_known_option(made: Path) -> None:
    for task in config.TASKS:
        text = config.TEMPLATE.format(name="x", task=task)
        assert tomllib.loads(text)["project"] == {"name": "x", "task": task}
    keep = [line for line in text.splitlines() if not line.startswith("# A sec")]
    write(
        made,
        "\n".join(
            line.removeprefix("# ") if line.startswith("# [") or " = " in line else line
            for line in keep
        ).replace('task = "extraction"', 'task = "sft"'),
    )
    assert curate(made, "status").exit_code == 0, curate(made, "status").stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[filtr]\nmin_rating = 4\n", "Did you mean 'filter'?"),
        ("[filter]\nmin_ratng = 4\n", "Did you mean 'min_rating'?"),
        ("[export]\ntestsize = 0.1\n", "Did you mean 'test_size'?"),
        ("[project]\ntsk = 'sft'\n", "Did you mean 'task'?"),
        ("[project]\ntask = 'sftt'\n", "Did you mean 'sft'?"),
        ("[project]\nlabels = 'a'\n", "labels"),
        ("[project]\nlabels = [1]\n", "labels"),
        ("[project]\nlabel_from = 3\n", "label_from"),
        ("task = 'sft'\n", "task"),
        ("[filter\n", "curate.toml"),
        ("[filter]\nmin_rating = \n", "curate.toml"),
        ("\xff", "curate.toml"),
        ("[filter]\nmin_rating = 'high'\n", "high"),
        ("[filter]\nmin_rating = [4]\n", "min_rating"),
        ("[filter]\nmin_rating = true\n", "min_rating"),
        ("[filter]\nskip = 'refusal'\n", "skip"),
        ("[filter]\nskip = ['refusl']\n", "Did you mean 'refusal'?"),
        ("[filter]\nwhere = 3\nset = 'x'\n", "set"),
    ],
)
def test_what_is_refused(made: Path, text: str, said: str) -> None:
    (made / "curate.toml").write_bytes(text.encode("latin-1"))
    before = Project(made).store.state_digest()
    result = curate(made, "filter")
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    write(made, "")
    assert Project(made).store.state_digest() == before


@pytest.mark.parametrize(
    "text",
    [
        "[export]\ntest_size = 'big'\n",
        "[export]\ntest_size = 2\n",
        "[export]\nformat = 'recrds'\n",
        "[export]\nlimit = 0\n",
        "[dedupe]\nexact = 'all'\n",
    ],
)
def test_values_of_other_sections(made: Path, text: str) -> None:
    write(made, text)
    command = ("dedupe",) if "dedupe" in text else ("export", "sup", "--dry-run")
    result = curate(made, *command)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_flag_over_environment_over_file_over_default(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*arguments: str) -> int:
        result = curate(made, "export", "sup", "--dry-run", "--json", *arguments)
        assert result.exit_code == 0, result.output
        return int(orjson.loads(result.stdout)["test"])

    write(made, "")
    assert held() == 2
    write(made, "[export]\ntest_size = 0.2\n")
    assert held() == 4
    monkeypatch.setenv("CURATE_EXPORT_TEST_SIZE", "0.3")
    assert held() == 6
    assert held("--test-size", "0.4") == 8


def test_a_list_in_the_file_is_a_repeated_option(made: Path) -> None:
    write(made, '[export]\nformat = ["records", "openai-chat"]\n')
    result = curate(made, "export", "sup", "--dry-run", "--json")
    files = orjson.loads(result.stdout)["files"]
    assert {f["format"] for f in files} == {"records", "openai-chat"}


def test_load_and_project_settings(tmp_path: Path) -> None:
    assert config.load(tmp_path) == {}
    assert config.project_settings(tmp_path) == {
        "task": "sft",
        "label_from": "column",
        "labels": None,
    }
    write(tmp_path, "[project]\ntask = 'classification'\nlabels = ['a']\n")
    assert config.project_settings(tmp_path)["labels"] == ["a"]
    with pytest.raises(ConfigError, match="stands outside a section"):
        config.check(tmp_path, {"filter": 3}, {"filter": set()})
