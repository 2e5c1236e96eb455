"""Files that are not the project's logs: whatever shape they come in, their prompts are found."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.errors import ConfigError, SourceError
from curate.export import other_files
from curate.kernels.templates import Templates

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

ASKED = "Which planet of the solar system has the most moons today?"
CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": ASKED},
    {"role": "assistant", "content": "Saturn."},
]
SHAPES: list[dict[str, Any]] = [
    {"messages": CHAT},
    {"conversations": [{"from": "human", "value": ASKED}, {"from": "gpt", "value": "Saturn."}]},
    {"prompt": CHAT[:2], "completion": CHAT[2:]},
    {"prompt": ASKED, "completion": "Saturn."},
    {"question": ASKED, "answer": "Saturn."},
    {"text": ASKED, "label": "Saturn."},
    {"instruction": ASKED, "input": "", "output": "Saturn."},
    {"query": ASKED, "response": "Saturn."},
    {"request": {"messages": CHAT[:2]}, "response": {"choices": [{"message": CHAT[2]}]}},
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "+".join(shape))
def test_prompts_of_all_shapes(
    shape: dict[str, Any], tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    path = write_jsonl(tmp_path / "eval.jsonl", [shape])
    [file] = other_files.read(
        str(path), tmp_path, task="classification" if "text" in shape else "sft"
    )
    [entry] = file.entries
    assert (file.name, entry.line, entry.inputs[0]) == ("eval.jsonl", 1, ASKED.lower())
    assert (other_files.answer_of(entry.row) or entry.row["label"]) == "Saturn."


def test_instruction_and_input_are_one_prompt(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    row = {
        "instruction": "Translate this sentence into German:",
        "input": "I am here, my dear friend.",
    }
    [file] = other_files.read(str(write_jsonl(tmp_path / "a.jsonl", [row])), tmp_path)
    assert file.entries[0].row["query"] == f"{row['instruction']}\n{row['input']}"


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".json", ".csv", ".parquet"])
def test_files_that_pull_reads(suffix: str, tmp_path: Path) -> None:
    rows = [{"question": f"{ASKED} Asked {n} times, again.", "answer": "x"} for n in range(3)]
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    path = tmp_path / f"eval{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif suffix == ".csv":
        path.write_text("question,answer\n" + "".join(f'"{r["question"]}",x\n' for r in rows))
    else:
        path.write_bytes(
            {".jsonl": lines, ".jsonl.gz": gzip.compress(lines), ".json": orjson.dumps(rows)}[
                suffix
            ]
        )
    [file] = other_files.read(str(path), tmp_path)
    assert [e.row["query"] for e in file.entries] == [row["question"] for row in rows]
    assert file.offered == 3


def test_a_template_that_most_prompts_share_is_left_out(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    head = "Answer the following question as well as you can: "
    rows = [{"prompt": f"{head}{n} tons are how many pounds?"} for n in range(40)]
    [file] = other_files.read(str(write_jsonl(tmp_path / "a.jsonl", rows)), tmp_path)
    assert file.entries[7].inputs[0] == "7"
    assert file.entries[7].inputs[1] == f"{head.lower()}7 tons are how many pounds?"


def test_columns_can_be_named(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    row = {
        "problem": ASKED,
        "solution": "Saturn.",
        "text": "something else",
        "turns": [ASKED, "Why?"],
    }
    path = write_jsonl(tmp_path / "eval.jsonl", [row])

    def read(said: str) -> tuple[str, str]:
        [file] = other_files.read(f"{path}#{said}", tmp_path)
        return file.entries[0].row["query"], other_files.answer_of(file.entries[0].row)

    assert read("problem") == (ASKED, "")
    assert read("query=problem, response=solution") == (ASKED, "Saturn.")
    assert read("turns[0]") == (ASKED, "")
    with pytest.raises(ConfigError, match=r"eval\.jsonl: .*unknown column 'problm'. Did you mean"):
        read("problm")
    with pytest.raises(ConfigError, match=r"no row has a prompt \(1 not-one-text\).*#COLUMN\[0\]"):
        read("turns")


def test_a_hash_in_a_file_name_is_no_column(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    path = write_jsonl(tmp_path / "eval#2.jsonl", [{"prompt": ASKED}])
    assert other_files.read(str(path), tmp_path)[0].name == "eval#2.jsonl"


def test_rows_without_a_prompt_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "eval.jsonl"
    path.write_text(f'{{"prompt": "{ASKED}"}}\nnot json\n{{"prompt": ""}}\n{{"prompt": null}}\n')
    [file] = other_files.read(str(path), tmp_path)
    assert (file.offered, dict(file.refused)) == (4, {"bad-json": 1, "no-prompt": 2})


UNKNOWN: list[dict[str, Any]] = [
    {"prompt": ASKED, "completion": {"colour": "red"}},
    {"prompt": {"colour": "red"}, "completion": "Saturn."},
    {"prompt": ASKED, "completion": '{"role": "assistant", "contnt": "Saturn."}'},
]


@pytest.mark.parametrize("row", UNKNOWN, ids=("answer", "prompt", "text"))
def test_an_unknown_shape_costs_its_row(
    row: dict[str, Any], tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    good = {"prompt": "Is Pluto a planet?", "completion": "A dwarf planet."}
    path = write_jsonl(tmp_path / "eval.jsonl", [good, row, good])
    [file] = other_files.read(str(path), tmp_path)
    assert [entry.line for entry in file.entries] == [1, 3]
    assert (file.offered, dict(file.refused)) == (3, {"unknown-shape": 1})
    alone = write_jsonl(tmp_path / "alone.jsonl", [row])
    with pytest.raises(ConfigError, match=r"no row has a prompt \(1 unknown-shape\)"):
        other_files.read(str(alone), tmp_path)


def test_files_without_prompts_are_refused(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    unread = write_jsonl(tmp_path / "a.jsonl", [{"stem": ASKED, "choices": ["x"]}])
    with pytest.raises(ConfigError, match=r"Columns seen: stem, choices. Next: .*a\.jsonl#COLUMN"):
        other_files.read(str(unread), tmp_path)
    empty = write_jsonl(tmp_path / "b.jsonl", [])
    with pytest.raises(ConfigError, match="the file is empty"):
        other_files.read(str(empty), tmp_path)
    with pytest.raises(SourceError, match="no such file"):
        other_files.read(str(tmp_path / "c.jsonl"), tmp_path)


def test_names_do_not_tell_where_a_file_lay(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = tmp_path / "project"
    inside = write_jsonl(project / "evals" / "a.jsonl", [{"prompt": ASKED}])
    beside = write_jsonl(tmp_path / "b.jsonl", [{"prompt": ASKED}])
    names = [other_files.read(str(path), project)[0].name for path in (inside, beside)]
    assert names == ["evals/a.jsonl", "b.jsonl"]


def test_a_prompt_is_read_without_the_templates_of_the_project_too(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl", [{"question": "Dear shop, where is my parcel? Thanks."}]
    )
    of_project = Templates(("Dear shop, ",), (" Thanks.",))
    [file] = other_files.read(str(path), tmp_path, templates=of_project)
    assert file.entries[0].inputs[-1] == "where is my parcel"
