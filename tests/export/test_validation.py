"""`--val-size`: a validation file that is cut out of train, and moves nothing when data grows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result

from curate import formats
from curate.errors import ConfigError
from curate.export.export import export
from curate.export.options import ExportResult, ExportSettings
from curate.versions.diff import diff
from curate.versions.verify import verify
from ledger import SplitProject, many, row
from program import Program

pytestmark = pytest.mark.store


@pytest.fixture
def project(tmp_path: Path) -> SplitProject:
    return SplitProject(tmp_path)


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


def write(project: SplitProject, val_size: float = 0.2, **asked: Any) -> ExportResult:
    settings = ExportSettings(val_size=val_size, min_test=0, **asked)
    return export(project.store, "set", settings=settings)


def placed(project: SplitProject, result: ExportResult) -> dict[str, str]:
    """The file of every example that is on a line, by lineage."""
    with project.store.read() as con:
        names = dict(con.sql("SELECT interaction_id, source_id FROM interactions").fetchall())
    rows = pq.read_table(result.folder / "lineage.parquet").to_pylist()
    return {names[line["example_id"]]: line["split"] for line in rows}


def in_sessions(count: int, prefix: str) -> list[dict[str, Any]]:
    return [row(f"{prefix}{n}", session_id=f"{prefix} talk {n // 2}") for n in range(count)]


def test_a_share_of_train_is_in_a_file_of_its_own_and_growth_moves_none(
    project: SplitProject,
) -> None:
    project.pull(in_sessions(200, "a"))
    plain = write(project, 0.0)
    assert [file["split"] for file in plain.files] == ["train", "test"]
    assert set(placed(project, plain).values()) == {"train", "test"}
    first = write(project)
    before = placed(project, first)
    assert 20 <= first.validation <= 60 and first.train + first.validation == plain.train
    assert first.test_id == plain.test_id and first.content_id != plain.content_id
    for n in range(0, 200, 2):  # a conversation is in one file
        assert before[f"a{n}"] == before[f"a{n + 1}"]
    assert set(project.sides().values()) == {"train", "test"}
    project.pull(in_sessions(300, "b"))
    second = write(project)
    after = placed(project, second)
    assert before.items() <= after.items()
    assert 25 <= second.validation - first.validation <= 85
    assert not any(checked.problems for checked in verify(project.store))
    assert verify(project.store)[1].validation == first.validation
    assert not write(project).created


def test_later_turns_and_copies_stay_in_the_file_of_what_they_continue(
    project: SplitProject,
) -> None:
    project.pull(in_sessions(120, "a"))
    before = placed(project, write(project))
    late = [row(f"late{n}", session_id=f"a talk {n}") for n in range(60)]
    late += [row(f"near{n}", row(f"a{n}")["query"] + " please") for n in range(0, 120, 2)]
    project.pull(late)
    after = placed(project, write(project))
    assert all(before[name] == file for name, file in after.items() if name in before)
    for n in range(60):
        assert after[f"late{n}"] == before[f"a{2 * n}"]
    near = [name for name in after if name.startswith("near")]
    assert all(after[name] == before[name.replace("near", "a")] for name in near)
    project.pull([row(f"again{n}", session_id=f"a talk {n}") for n in range(60)])
    last = placed(project, write(project))
    assert all(last[f"again{n}"] == before[f"a{2 * n}"] for n in range(60))


def test_manifest_card_lines_and_diff_know_the_file(project: SplitProject) -> None:
    project.pull(many(80))
    plain = write(project, 0.0)
    result = write(project, formats=("trl-prompt-completion", "alpaca", "openai-chat"))
    said = orjson.loads((result.folder / "manifest.json").read_bytes())
    assert said["counts"]["validation"] == result.validation > 0 and said["val_size"] == 0.2
    paths = [file["path"] for file in said["files"] if file["split"] == "validation"]
    assert paths[:2] == ["validation.trl-prompt-completion.jsonl", "validation.alpaca.jsonl"]
    body = (result.folder / paths[0]).read_text(encoding="utf-8").splitlines()
    assert len(body) == result.validation
    card = (result.folder / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---\n")[1])
    splits = [file["split"] for file in head["configs"][0]["data_files"]]
    assert splits == ["train", "validation", "test"]
    assert 'eval_dataset=load_dataset("path/to/this/folder", ' in card
    listed = json.loads((result.folder / "dataset_info.json").read_bytes())
    assert listed["set-alpaca_validation"]["file_name"] == paths[1]
    recipes = [yaml.safe_load(p.read_text()) for p in result.folder.glob("*.yaml")]
    assert recipes and all(r["test_datasets"][0]["split"] == "validation" for r in recipes)
    one = write(project)
    moved = diff(project.store, f"set@{plain.version}", f"set@{one.version}")
    assert moved.moved == 0
    assert moved.train.removed == (("in validation", result.validation),)
    assert moved.validation.added == (("was in train", result.validation),)
    shown = curate(project.folder, "diff", f"set@{plain.version}", f"set@{one.version}").stdout
    assert f"validation   +{result.validation} in, -0 out" in shown


def test_limit_cuts_train_only_and_leaks_see_validation_as_train(project: SplitProject) -> None:
    project.pull(many(60))
    whole = write(project)
    limited = write(project, limit=10)
    assert (limited.train, limited.validation, limited.test) == (10, whole.validation, whole.test)
    name = next(n for n, side in placed(project, whole).items() if side == "validation")
    project.heldout([{"id": "g", "query": row(name)["query"].upper(), "response": "gold"}])
    write(project)
    assert project.ledger()["g"]["exposed"]
    assert not any(checked.problems for checked in verify(project.store))


def test_a_changed_validation_file_is_noticed(project: SplitProject) -> None:
    project.pull(many(60))
    result = write(project)
    path = result.folder / "validation.jsonl"
    path.write_bytes(path.read_bytes().replace(b"answer", b"anSwer", 1))
    (checked,) = verify(project.store)
    assert any(problem.startswith("validation.jsonl was changed") for problem in checked.problems)


@pytest.mark.parametrize("name", formats.names())
def test_every_format_writes_the_file(tmp_path: Path, name: str) -> None:
    unit = formats.get(name).unit
    task = {"classification": "classification", "extraction": "extraction"}.get(name, "sft")
    project = SplitProject(tmp_path, task="preference" if unit == "pair" else task)
    rows = many(60)
    if unit == "pair":
        rows = [
            row(f"{made['id']}-{rating}", made["query"], response=f"answer {rating}", rating=rating)
            for made in rows
            for rating in (5, 1)
        ]
    for made in rows:
        made["label"] = "a" if task == "classification" else None
        if task == "extraction":
            made["response"] = json.dumps({"word": made["query"].split()[0]})
    project.pull(rows)
    result = write(project, formats=(name,))
    assert result.validation
    lines = (result.folder / "validation.jsonl").read_bytes().splitlines()
    assert len(lines) == result.validation and all(orjson.loads(line) for line in lines)
    assert not any(checked.problems for checked in verify(project.store))


def test_the_option_the_configuration_and_what_is_refused(project: SplitProject) -> None:
    project.pull(many(60))
    (project.folder / "curate.toml").write_text("[export]\nval_size = 0.3\n", encoding="utf-8")
    done = curate(project.folder, "export", "set", "--json")
    assert json.loads(done.stdout)["validation"] > 5
    again = curate(project.folder, "export", "set", "--val-size", "0.1")
    assert " validation + " in again.stdout and "validation.jsonl" in again.stdout
    assert " validation + " in curate(project.folder, "verify").stdout
    (project.folder / "curate.toml").unlink()
    held = curate(project.folder, "export", "set").stdout
    assert " validation + " in held and "--val-size 0.1 holds" in held
    assert " validation + " not in curate(project.folder, "export", "other").stdout
    ended = curate(project.folder, "export", "set", "--val-size", "0").stdout
    after = curate(project.folder, "export", "set").stdout
    assert " validation + " not in ended + after and "holds" not in ended + after
    refused = curate(project.folder, "export", "set", "--val-size", "1")
    assert refused.exit_code == 2 and "validation size 1.0" in refused.stderr
    with pytest.raises(ConfigError):
        ExportSettings(val_size=-0.1)
