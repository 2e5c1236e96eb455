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


PLACES = [
    (
        "[filter]\n\nmin_rating = 'high'\n",
        "filter",
        "line 3, [filter] min_rating: 'high' is not a num",
    ),
    ("# x\n[filtr]\n", "status", "line 2: unknown section 'filtr'. Did you mean 'filter'?"),
    (
        "[filter]\n\nmin_ratng = 4\n",
        "status",
        "line 3, [filter] min_ratng: unknown key 'min_ratng'. ",
    ),
    (
        "[export]\nlimit = 'many'\n",
        "status",
        "line 2, [export] limit: 'many' is not an integer. Next",
    ),
    ("[export]\n'test_size' = 'big'\n", "status", "line 2, [export] test_size: 'big' is not a num"),
    ("[export]\ntest_size = 2\n", "status", "line 2, [export] test_size: 2: expected a share"),
    ("[export]\ntest_size = 2\n", "export x", "line 2, [export] test_size: 2.0: expected a share"),
    ("\nexport.limit = 0\n", "status", "line 2, [export] limit: 0 is not in the range"),
    ("export = { seed = 1, limit = 0 }\n", "filter", "line 1, [export] limit: 0 is not in the"),
    (
        "[export]\nmix_by = 'word'\n",
        "status",
        "line 2, [export] mix_by: 'word' is not one of 'rows'",
    ),
    (
        "[export]\nmix = 'general.jsonl:10%'\n",
        "status",
        "line 2, [export] mix: 'general.jsonl:10%' is not a list. Next: mix = [\"general.",
    ),
    (
        "[export]\nformat = 'recrds'\n",
        "export x",
        "line 2, [export] format: unknown format 'recrds'. Did you mean 'records'? Known: alpaca",
    ),
    (
        "[export]\nformat = ['recrds']\n",
        "export x",
        "line 2, [export] format: unknown format 'recrds'",
    ),
    ("[export]\nseed = [1]\n", "status", "line 2, [export] seed: [1] is not a single value"),
    (
        "[filter]\nskip = [\n  'refusal',  # ]\n  'refusl',\n]\n",
        "filter",
        "line 4, [filter] skip: unknown rule 'refusl'. Did you mean 'refusal'?",
    ),
    (
        '[filter]\nwhere = """\nmodel = 1\n[export]\n"""\nunrated = "maybe"\n',
        "filter",
        "line 6, [filter] unrated: unknown unrated 'maybe'",
    ),
    ("[dedupe]\nexact = 'all'\n", "dedupe", "line 2, [dedupe] exact: unknown kind of exact"),
    ("[dedupe]\nnear = 0.1\n", "dedupe", "line 2, [dedupe] near: 0.1: expected 0.3 to 1"),
    ("[dedupe]\nsemantic = true\n", "status", "line 2, [dedupe] semantic: 'true' is not a number"),
    ("[queue]\nbudget = true\n", "status", "line 2, [queue] budget: 'true' is not an integer"),
    ("[pairs]\nmin_margin = 3\n", "pairs", "line 2, [pairs] min_margin: 3: expected 0 to 1"),
    (
        "[label]\n\nprefill = true\n",
        "status",
        "line 3, [label] prefill: 'true' is not one of 'given'",
    ),
    (
        "[project]\nlabels = [\n1]\n",
        "filter",
        "line 2, [project] labels: [1]: expected a list of t",
    ),
    (
        "[privacy]\nredact = 'no'\n",
        "privacy",
        "line 2, [privacy] redact: 'no': expected true or fal",
    ),
    ("[filter]\nwhere = high\n", "status", "line 2, column 9, [filter]: Invalid value"),
    (
        "[filter]\nskip = [\n 'a',\n",
        "status",
        "line 2, [filter]: Invalid value (the file ends insid",
    ),
    ("x = 1\n", "status", "line 1: x = ... stands outside a section"),
    (
        "task = 'sft'\n",
        "status",
        "line 1: task = ... stands outside a section. Next: write it under [p",
    ),
]


@pytest.mark.parametrize(("text", "command", "said"), PLACES)
def test_a_bad_value_is_named_with_its_line(made: Path, text: str, command: str, said: str) -> None:
    write(made, text)
    result = curate(made, *command.split())
    write(made, "")
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert result.stderr.startswith(f"Error: {made / 'curate.toml'} {said}"), result.stderr
    assert result.stderr.count("\n") == 1


def test_a_bad_value_of_a_variable_is_named_by_it_and_a_typed_one_is_not(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(made, "[dedupe]\nnear = 0.1\n")
    assert curate(made, "dedupe", "--near", "0.2").stderr.startswith("Error: --near 0.2: expected")
    monkeypatch.setenv("CURATE_DEDUPE_NEAR", "0.25")
    monkeypatch.setenv("CURATE_EXPORT_LIMIT", "many")
    said = curate(made, "dedupe").stderr
    assert said.startswith("Error: CURATE_DEDUPE_NEAR: 0.25: expected 0.3 to 1, or off. Next: ")
    said = curate(made, "export", "x").stderr
    assert said.startswith("Error: CURATE_EXPORT_LIMIT: 'many' is not an integer. Next: ")
    write(made, "")
    assert "Invalid value for '--limit'" in curate(made, "export", "x", "--limit", "0").stderr


def test_the_rating_of_a_run_and_of_a_notebook_have_their_place_too(made: Path) -> None:
    write(made, "[filter]\nmin_rating = 'high'\n")
    where = f"Error: {made / 'curate.toml'} line 2, [filter] min_rating: 'high' is not a number"
    for command in ("run", "status"):
        assert curate(made, command).stderr.startswith(where)
    write(made, "[export]\ntest_size = 'big'\n")
    with pytest.raises(ConfigError, match="test size big: expected a share"):
        Project(made).status()
    write(made, "")


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
