"""What happens to kept examples on their way to lines: left out, mixed in, hidden, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from curate.project import Project
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Pulled = Callable[..., Project]

KEY = "AKIA" + "QX7PLMN4ZRT5WVB2"
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "find", "arguments": '{"mail": "Ann.Berg@mail.example.com"}'},
}


@pytest.fixture
def pulled(tmp_path: Path, write_jsonl: WriteJsonl) -> Pulled:
    def make(logged: Iterable[Mapping[str, Any]], task: str = "sft") -> Project:
        project = new_project(tmp_path / "p", task=task)
        project.pull([str(write_jsonl(tmp_path / "logs.jsonl", logged))])
        return project

    return make


SUBJECTS = (
    "boats",
    "tents",
    "lamps",
    "kites",
    "drums",
    "vases",
    "ropes",
    "bells",
    "stoves",
    "rugs",
)
ASKED = (
    "What do {0} of kind {1} cost, and how soon do they come?",
    "My {0} from order {1} arrived broken; please tell me what to do.",
    "Is there a way to send back {1} of the {0} that I bought last week?",
)


def rows(count: int = 20) -> list[dict[str, Any]]:
    return [
        {
            "id": f"r{n:02}",
            "prompt": ASKED[n % 3].format(SUBJECTS[n % 10], n),
            "response": f"{n + 3} crowns; within {n + 2} days.",
            "rating": 5,
        }
        for n in range(count)
    ]


def export(
    project: Project, *arguments: str, name: str = "sup", code: int = 0
) -> tuple[dict[str, Any], str]:
    """Returns the result of an export, and what stood on stderr."""
    command = ["-C", str(project.folder), "export", name, "--json", "--min-test", "0", *arguments]
    result = CliRunner().invoke(Program(), command)  # type: ignore[arg-type]
    assert result.exit_code == code, result.output
    return (orjson.loads(result.stdout) if code == 0 else {}), result.stderr


def read(said: Mapping[str, Any], name: str = "train.jsonl") -> list[dict[str, Any]]:
    path = Path(said["folder"]) / name
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def manifest(said: Mapping[str, Any]) -> dict[str, Any]:
    return dict(orjson.loads((Path(said["folder"]) / "manifest.json").read_bytes()))


def why(project: Project, name: str) -> list[dict[str, Any]]:
    return list(project.why(name)["versions"])


# -- evaluation sets and general data ----------------------------------------------------------


@pytest.mark.slow
def test_what_an_evaluation_set_has_is_out_of_train_with_the_line_as_evidence(
    pulled: Pulled, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    project, logged = pulled(rows()), rows()
    asked = [{"question": "Who won?"}, {"question": logged[4]["prompt"].upper()}]
    evaluation = write_jsonl(tmp_path / "exam.jsonl", asked)
    said, _ = export(project, "--against", str(evaluation), "--test-size", "0")
    assert said["train"] == 19
    assert said["in_evaluations"] == {"train": 1, "test": 0}
    (story,) = why(project, "r04")
    assert (story["reason"], story["line"]) == ("against", None)
    assert story["evidence"] == "same as exam.jsonl line 2"
    stored = manifest(said)["against"]
    assert [(f["name"], f["prompts"]) for f in stored["files"]] == [("exam.jsonl", 2)]
    assert {"reason": "against", "examples": 1} in manifest(said)["funnel"]


@pytest.mark.slow
def test_general_data_has_its_share_its_origin_and_never_leaves_train(
    pulled: Pulled, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    project = pulled(rows(40))
    first, _ = export(project, "--test-size", "0.3")
    held_out = read(first, "test.jsonl")[0]["prompt"][-1]["content"]
    offered = [{"prompt": held_out, "completion": "A leak."}] + [
        {"prompt": f"Name {n} rivers of the country number {n}.", "completion": f"River {n}."}
        for n in range(30)
    ]
    general = write_jsonl(tmp_path / "general.jsonl", offered)
    said, _ = export(project, "--mix", f"{general}:20%", "--test-size", "0.3")
    own = first["train"]
    taken = round(own / 4)
    assert (said["train"], said["test"]) == (own + taken, first["test"])
    assert said["test_id"] == first["test_id"]
    assert said["mixed"][0]["left_out"] == {"leak": 1}
    assert manifest(said)["counts"]["mixed"] == taken
    lineage = pq.read_table(Path(said["folder"]) / "lineage.parquet").to_pylist()
    mixed = [row for row in lineage if row["role"] == "mixed"]
    assert len(mixed) == taken
    assert {row["split"] for row in mixed} == {"train"}
    assert {row["source"] for row in mixed} == {"mix:general.jsonl"}
    train = read(said)
    for row in mixed:
        line = offered[row["source_line"] - 1]
        assert train[row["line"] - 1]["completion"][0]["content"] == line["completion"]
    assert [v.problems for v in project.verify("sup")] == [(), ()]
    again, _ = export(project, "--mix", f"{general}:20%", "--test-size", "0.3")
    assert (again["created"], again["content_id"]) == (False, said["content_id"])


@pytest.mark.slow
def test_general_data_by_tokens_and_where_it_cannot_be(
    pulled: Pulled, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    project = pulled(rows())
    long = [
        {"prompt": f"Tell me about {n}. " + "word " * 200, "completion": "So."} for n in range(9)
    ]
    general = write_jsonl(tmp_path / "general.jsonl", long)
    by = ("--mix", f"{general}:0.5", "--test-size", "0")
    by_rows, _ = export(project, *by)
    by_tokens, _ = export(project, *by, "--mix-by", "tokens", name="tokens")
    assert by_rows["mixed"][0]["taken"] == 9
    assert any("all 9 rows" in note for note in by_rows["notes"])
    assert 0 < by_tokens["mixed"][0]["taken"] < 9
    _, stderr = export(project, *by, "--format", "trl-kto", code=2)
    assert "trl-kto has no lines that general data could be" in stderr


# -- personal data and secrets -----------------------------------------------------------------


@pytest.mark.slow
def test_a_planted_key_stops_the_export_until_somebody_says_why_it_may_pass(
    pulled: Pulled,
) -> None:
    logged = rows()
    logged[3]["response"] += f" The key is {KEY}."
    project = pulled(logged)
    _, stderr = export(project, code=3)
    assert "1 secret in 1 example that" in stderr
    assert KEY not in stderr
    assert not (project.folder / "datasets").exists()
    project.privacy_allow(["r03"], reason="revoked in May")
    said, _ = export(project, "--test-size", "0")
    body = (Path(said["folder"]) / "train.jsonl").read_text(encoding="utf-8")
    assert KEY not in body
    assert "<SECRET_1>" in body
    assert said["hidden"] == manifest(said)["privacy"]["hidden"] == {"SECRET": 1}


def test_a_key_in_what_is_not_exported_stops_nothing(pulled: Pulled) -> None:
    logged = rows()
    logged[3].update(rating=1, response=f"The key is {KEY}.")
    said, _ = export(pulled(logged), "--test-size", "0")
    assert (said["train"], said["hidden"]) == (19, {})


def test_one_value_has_one_placeholder_in_prompt_answer_and_tool_call(pulled: Pulled) -> None:
    history = [
        {"role": "user", "content": "I am ann.berg@mail.example.com, not bo@mail.example.com."},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "ann.berg@mail.example.com: active"},
        {"role": "user", "content": "And?"},
    ]
    logged = [
        {
            "id": "a",
            "messages": history,
            "response": "ann.berg@mail.example.com is active.",
            "rating": 5,
        }
    ]
    said, _ = export(pulled(logged), "--test-size", "0")
    (row,) = read(said)
    assert row["prompt"][0]["content"] == "I am <EMAIL_1>, not <EMAIL_2>."
    assert row["prompt"][1]["tool_calls"][0]["function"]["arguments"] == {"mail": "<EMAIL_1>"}
    assert row["prompt"][2]["content"] == "<EMAIL_1>: active"
    assert row["completion"][0]["content"] == "<EMAIL_1> is active."


@pytest.mark.slow
def test_originals_leave_only_where_the_project_says_so(pulled: Pulled) -> None:
    logged = rows()
    logged[0]["response"] = "Write to ann.berg@mail.example.com."
    logged[1]["response"] = f"The key {KEY} is revoked."
    project = pulled(logged)
    toml = project.folder / "curate.toml"
    toml.write_text(toml.read_text() + "\n[privacy]\nredact = false\n")
    export(project, "--test-size", "0", code=3)
    (secret,) = project.privacy().stopping
    project.privacy_allow([secret.example_id], reason="revoked")
    said, _ = export(project, "--test-size", "0")
    train, card = (
        (Path(said["folder"]) / name).read_text() for name in ("train.jsonl", "README.md")
    )
    assert "ann.berg@mail.example.com" in train
    assert KEY not in train and "The key <SECRET_1> is revoked." in train
    assert (said["hidden"], manifest(said)["privacy"]["redact"]) == ({"SECRET": 1}, False)
    assert "personal data is as it was logged" in card and "1 SECRET" in card


# -- rules and tokens --------------------------------------------------------------------------


def test_a_target_that_wants_more_rows_stops_the_export(pulled: Pulled) -> None:
    project = pulled(rows(6))
    chat = ("--format", "openai-chat", "--test-size", "0")
    _, stderr = export(project, *chat, "--target", "openai", code=3)
    assert "too-few-rows" in stderr
    assert not (project.folder / "datasets").exists()
    said, _ = export(project, *chat)
    assert said["train"] == 6
    _, stderr = export(project, *chat, "--target", "opena", code=2)
    assert "openai" in stderr


def test_a_line_that_breaks_a_rule_names_its_example_and_lossy_leaves_it_out(
    pulled: Pulled,
) -> None:
    logged = rows()
    logged[5]["prompt"] = "User: what do boats cost? Assistant: nothing."
    project = pulled(logged)
    asked = ("--format", "openai-chat", "--target", "bedrock-nova", "--test-size", "0")
    _, stderr = export(project, *asked, code=3)
    assert "wrong-format" in stderr or "reserved-word" in stderr


def test_tokens_are_counted_by_what_is_there_and_long_rows_are_told(pulled: Pulled) -> None:
    logged = rows()
    logged[7]["response"] = " ".join(f"word{n}" for n in range(500))
    project = pulled(logged)
    said, _ = export(project, "--test-size", "0", "--tokenizer", "estimate", "--max-length", "256")
    (file,) = said["files"]
    counted = file["tokens"]
    assert (counted["exact"], counted["rows"], counted["cut"]) == (False, 20, 1)
    assert counted["max"] > 400
    assert said["warnings"] == {"answer-truncated": 1}
    card = (Path(said["folder"]) / "README.md").read_text(encoding="utf-8")
    assert "1 rows of `train.jsonl` are longer than 256 tokens" in card
    assert "max_length=256,  # the longest row has" in card
    _, stderr = export(project, "--tokenizer", "nosuch.json", code=2)
    assert "nosuch.json" in stderr


def test_no_row_is_too_long_for_the_length_that_the_card_sets(pulled: Pulled) -> None:
    logged = rows()
    logged[7]["response"] = " ".join(f"word{n}" for n in range(1_500))
    said, _ = export(pulled(logged), "--test-size", "0", "--tokenizer", "estimate")
    (file,) = said["files"]
    longest = file["tokens"]["max"]
    assert longest > 1_024 and said["warnings"] == {}
    card = (Path(said["folder"]) / "README.md").read_text(encoding="utf-8")
    assert f"the longest row has {longest:,} tokens" in card and "cuts them" not in card


@pytest.mark.parametrize("lossy", [(), ("--lossy",)])
def test_a_format_that_the_target_does_not_read_is_told_by_one_that_it_does(
    pulled: Pulled, lossy: tuple[str, ...]
) -> None:
    project = pulled(rows())
    _, stderr = export(project, "--target", "mistral", *lossy, code=3)
    assert "wrong-format" in stderr and "Next: --format openai-chat" in stderr
    assert "--lossy" not in stderr and "--format trl" not in stderr
    _, stderr = export(project, "--target", "vertex", *lossy, code=3)
    assert "Next: leave out --target vertex" in stderr


def test_columns_of_dates_load_as_the_texts_they_are(pulled: Pulled, tmp_path: Path) -> None:
    import datasets

    logged = [
        {
            "id": str(n),
            "prompt": f"When is event {n}?",
            "response": f"2026-01-{n + 10}",
            "rating": 5,
        }
        for n in range(9)
    ]
    said, _ = export(pulled(logged), "--test-size", "0", "--format", "records")
    assert said["warnings"] == {}
    datasets.disable_progress_bars()
    data = datasets.load_dataset(said["folder"], split="train", cache_dir=str(tmp_path / "cache"))
    assert sorted(data["output"]) == [row["response"] for row in logged]
    assert set(data["input"]) == {row["prompt"] for row in logged}


def test_values_of_a_json_answer_are_spans_of_the_text(pulled: Pulled) -> None:
    said = [
        ("Ann flew to Oslo.", {"person": "Ann", "place": "Oslo"}),
        ("Write to Bo, bo@mail.example.com.", {"mail": "bo@mail.example.com"}),
        ("Nothing here.", {}),
        ("He flew home.", {"person": "Ann"}),
    ]
    logged = [
        {"id": str(n), "prompt": text, "response": orjson.dumps(found).decode(), "rating": 5}
        for n, (text, found) in enumerate(said)
    ]
    project = pulled(logged, task="extraction")
    _, stderr = export(project, "--test-size", "0", code=2)
    assert "does not say where they stand" in stderr
    made, _ = export(project, "--test-size", "0", "--lossy")
    rows = {row["text"]: row for row in read(made)}
    assert made["inexpressible"] == 1
    spans = {text: [text[s["start"] : s["end"]] for s in rows[text]["spans"]] for text in rows}
    assert spans == {
        "Ann flew to Oslo.": ["Ann", "Oslo"],
        "Write to Bo, <EMAIL_1>.": ["<EMAIL_1>"],
        "Nothing here.": [],
    }
    card = (Path(made["folder"]) / "README.md").read_text(encoding="utf-8")
    assert "B-mail" in card and "B-place" in card


# -- pairs and thumbs --------------------------------------------------------------------------


def rated() -> list[dict[str, Any]]:
    """Ten prompts, each answered well and badly."""
    return [
        {**row, "id": f"{row['id']}{mark}", "response": answer + row["response"], "rating": rating}
        for row in rows(10)
        for mark, answer, rating in (("+", "Gladly: ", 5), ("-", "Who cares. ", 1))
    ]


@pytest.mark.slow
def test_pairs_are_lines_with_two_examples_on_one_side(pulled: Pulled) -> None:
    project = pulled(rated())
    many = ("--format", "trl-dpo", "--format", "openai-dpo", "--test-size", "0.4")
    said, _ = export(project, *many)
    assert (said["train"] + said["test"], said["train"] > 0, said["test"] > 0) == (10, True, True)
    sides = {side: read(said, f"{side}.trl-dpo.jsonl") for side in ("train", "test")}
    asked = {side: {row["prompt"][-1]["content"] for row in part} for side, part in sides.items()}
    assert asked["train"].isdisjoint(asked["test"])
    for row in [row for part in sides.values() for row in part]:
        assert row["chosen"][0]["content"].startswith("Gladly")
        assert row["rejected"][0]["content"].startswith("Who cares")
    lineage = pq.read_table(Path(said["folder"]) / "lineage.parquet").to_pylist()
    assert len(lineage) == 20
    source = {row["example_id"]: row["source_id"] for row in lineage}
    for row in lineage:
        assert source[row["example_id"]].endswith("+" if row["role"] == "chosen" else "-")
    (checked,) = project.verify("sup")
    assert (checked.problems, checked.train, checked.test) == ((), said["train"], said["test"])
    frozen = project.table("version_examples").to_pylist()
    assert len(frozen) == 20
    assert all((row["line"] is None) == (row["reason"] is not None) for row in frozen)
    assert manifest(said)["pairs"]["length_bias"]["pairs"] == 10
    card = (Path(said["folder"]) / "README.md").read_text(encoding="utf-8")
    assert "the better answer is the longer one in 0% of pairs" in card
    again, _ = export(project, *many)
    assert again["created"] is False


def test_thumbs_are_lines_with_their_verdict(pulled: Pulled) -> None:
    project = pulled(rated())
    said, _ = export(project, "--format", "trl-kto", "--test-size", "0.4")
    both = [*read(said), *read(said, "test.jsonl")]
    assert len(both) == 20
    for row in both:
        assert row["label"] is row["completion"][0]["content"].startswith("Gladly")
    assert project.verify("sup")[0].problems == ()


@pytest.mark.slow
def test_thumbs_that_are_pulled_again_are_the_same_thumbs(pulled: Pulled, tmp_path: Path) -> None:
    said, _ = export(pulled(rated()), "--format", "trl-kto", "--test-size", "0")
    again = new_project(tmp_path / "again")
    again.pull([str(Path(said["folder"]) / "train.jsonl")])
    assert {r["label"] for r in again.table("interactions").to_pylist()} == {None}
    other, _ = export(again, "--format", "trl-kto", "--test-size", "0")

    def thumbs(made: dict[str, Any]) -> list[bytes]:
        return sorted(orjson.dumps([r[n] for n in ("prompt", "completion", "label")])
                      for r in read(made))  # fmt: skip

    assert {row["label"] for row in read(said)} == {True, False}
    assert thumbs(other) == thumbs(said)


def test_one_version_has_lines_of_one_kind(pulled: Pulled) -> None:
    project = pulled(rated())
    _, stderr = export(project, "--format", "openai-chat", "--format", "trl-dpo", code=2)
    assert "openai-chat has examples, trl-dpo has pairs" in stderr
    assert "two names" in stderr


def test_the_task_preference_exports_pairs(pulled: Pulled) -> None:
    said, _ = export(pulled(rated(), task="preference"), "--test-size", "0")
    assert [file["format"] for file in said["files"]] == ["trl-dpo"]


# -- what people are told ----------------------------------------------------------------------


def test_a_gate_says_what_the_format_refused(pulled: Pulled) -> None:
    _, stderr = export(pulled(rows(3)), "--format", "classification", "--lossy", code=3)
    assert "3 were left out: classification refuses no label" in stderr


@pytest.mark.parametrize(
    ("name", "told"),
    [("manifest.json", "is missing"), ("train.jsonl", "is not what was written")],
)
def test_a_damaged_version_is_no_unchanged_version(pulled: Pulled, name: str, told: str) -> None:
    project = pulled(rows())
    said, _ = export(project, "--test-size", "0")
    file = Path(said["folder"]) / name
    if told == "is missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes().replace(b"e", b"E", 1))
    _, stderr = export(project, "--test-size", "0", code=1)
    assert f"{name} {told}" in stderr
    Path(said["folder"]).rename(project.folder / "away")
    again, _ = export(project, "--test-size", "0")
    assert (again["created"], again["content_id"]) == (False, said["content_id"])
    assert project.verify("sup")[0].problems == ()


def test_rows_of_an_evaluation_set_without_a_prompt_are_told(
    pulled: Pulled, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    asked = [{"question": "Who won?"}, {"question": ""}, {"other": 1}]
    evaluation = write_jsonl(tmp_path / "exam.jsonl", asked)
    folder = str(pulled(rows()).folder)
    command = ["-C", folder, "export", "sup", "--test-size", "0", "--min-test", "0"]
    result = CliRunner().invoke(Program(), [*command, "--against", str(evaluation)])  # type: ignore[arg-type]
    assert "exam.jsonl: 1 prompt, 2 no-prompt" in result.stdout


def test_a_row_of_an_unknown_shape_is_told_and_the_export_is_made(
    pulled: Pulled, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    odd = {"prompt": "Who lost?", "completion": {"colour": "red"}}
    good = {"prompt": "Who won?", "completion": "Nobody."}
    exam = write_jsonl(tmp_path / "exam.jsonl", [odd, {**good, "prompt": "Who came?"}])
    general = write_jsonl(tmp_path / "general.jsonl", [good, odd])
    folder = str(pulled(rows()).folder)
    command = ["-C", folder, "export", "sup", "--test-size", "0", "--min-test", "0"]
    others = ["--against", str(exam), "--mix", f"{general}:5%"]
    result = CliRunner().invoke(Program(), [*command, *others])  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    assert "exam.jsonl: 1 prompt, 1 unknown-shape" in result.stdout
    assert "mixed in: 1 of 1 from mix:general.jsonl" in result.stdout
    assert "(left out: 1 unknown-shape)" in result.stdout


def test_lines_of_other_formats_are_no_changed_answers(pulled: Pulled) -> None:
    project = pulled(rows())
    export(project, "--test-size", "0")
    export(project, "--test-size", "0", "--format", "records")
    found = project.diff("sup@1", "sup@2")
    assert (found.same_formats, found.train.changed, found.train.added) == (False, 0, ())
