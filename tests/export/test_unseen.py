"""What a check for leaks cannot see stands beside `passed`: in export, card, manifest and check."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curate.check.unseen import SAMPLE, Survey, sentence
from curate.text.escaping import for_markdown
from program import Program

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Run = Callable[..., str]

NFC, NFD = "caf\u00e9", "cafe\u0301"
CHINESE = (
    "\u8bf7\u95ee\u6211\u7684\u8ba2\u5355\u4ec0\u4e48\u65f6\u5019\u80fd\u5230",
    "\u6211\u60f3\u9000\u8d27\u5e76\u62ff\u56de\u5168\u90e8\u7684\u94b1",
)
GREEK = (
    "\u03c0\u03bf\u03cd \u03b5\u03af\u03bd\u03b1\u03b9 \u03b7 \u03c0\u03b1\u03c1\u03b1"
    "\u03b3\u03b3\u03b5\u03bb\u03af\u03b1 \u03bc\u03bf\u03c5 \u03b1\u03c0\u03cc "
    "\u03c4\u03bf \u03ba\u03b1\u03c4\u03ac \u03c3\u03c4\u03b7 \u03bc\u03b1\u03c2",
    "\u03b8\u03ad\u03bb\u03c9 \u03cc\u03bb\u03b1 \u03c4\u03b1 \u03bb\u03b5\u03c6\u03c4\u03ac "
    "\u03bc\u03bf\u03c5 \u03c0\u03af\u03c3\u03c9 \u03b1\u03cd\u03c1\u03b9\u03bf \u03ae "
    "\u03c4\u03ce\u03c1\u03b1",
)
RUSSIAN = (
    "\u0433\u0434\u0435 \u043c\u043e\u0439 \u0437\u0430\u043a\u0430\u0437 \u0438\u0437 "
    "\u043c\u0430\u0433\u0430\u0437\u0438\u043d\u0430"
)
WIDE, NARROW = "\uff36\uff29\uff30", "vip"
LONG = "the {} of our neighbour was lost near the old pier in spring of last year"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run_command(*arguments: str, folder: str = "p", exit_code: int = 0) -> str:
        result = CliRunner().invoke(Program(), ["-C", str(tmp_path / folder), *arguments])
        assert result.exit_code == exit_code, result.output
        return " ".join(result.output.split()) if "--json" not in arguments else result.stdout

    return run_command


@pytest.fixture
def case(tmp_path: Path, shared_cases: Path, run: Run) -> Callable[..., str]:
    def pull_case(name: str, log: str, task: str = "sft", *options: str) -> str:
        (folder,) = shared_cases.glob(f"path/{name}-*")
        shutil.copy(folder / log, tmp_path / log)
        run("init", "--task", task)
        return run("pull", str(tmp_path / log), *options)

    return pull_case


def unseen(run: Run, *arguments: str) -> dict[str, list[dict[str, Any]]]:
    """What `--json` says, by code."""
    said = json.loads(run(*arguments, "--json"))
    listed = said[0]["unseen"] if isinstance(said, list) else said["unseen"]
    codes: dict[str, list[dict[str, Any]]] = {}
    for one in listed:
        codes.setdefault(one["code"], []).append(one)
    return codes


EXPORT = ("export", "x", "--min-test", "0")
ALL_TRAIN = (*EXPORT, "--test-size", "0")


# -- users -----------------------------------------------------------------------------------------


def test_users_on_both_sides_are_told_once_with_the_option(
    case: Any, run: Run, tmp_path: Path
) -> None:
    case("09", "a.jsonl")
    said = run("export", "x", "--test-size", "0.2")
    assert said.count("6 of 7 users stand on both sides") == 1
    assert said.index("leak check: passed") < said.index("6 of 7 users") < said.rindex("Next:")
    assert "--group user" in said
    card = (tmp_path / "p/datasets/x/v1/README.md").read_text("utf-8")
    assert card.count("6 of 7 users stand on both sides") == 1
    manifest = json.loads((tmp_path / "p/datasets/x/v1/manifest.json").read_bytes())
    (users,) = [one for one in manifest["unseen"] if one["code"] == "users_on_both_sides"]
    assert users["counts"] == {"users": 6, "of": 7, "withheld": 27}
    assert "6 of 7 users" in run("export", "x", "--test-size", "0.2")  # unchanged: still so


def test_users_in_a_group_are_on_one_side_as_the_log_grows(
    case: Any, run: Run, shared_cases: Path, tmp_path: Path
) -> None:
    case("09", "a.jsonl", "sft", "--map", "group=user_id")
    assert "stand on both" not in run("export", "x", "--test-size", "0.2")
    first = (tmp_path / "p/datasets/x/v1/test.jsonl").read_text("utf-8").splitlines()
    (folder,) = shared_cases.glob("path/09-*")
    shutil.copy(folder / "b.jsonl", tmp_path / "b.jsonl")
    run("pull", str(tmp_path / "b.jsonl"))
    assert "stand on both" not in run("export", "x", "--test-size", "0.2")
    second = (tmp_path / "p/datasets/x/v2/test.jsonl").read_text("utf-8").splitlines()
    assert set(first) <= set(second)


def test_a_column_cuts_by_time(case: Any, run: Run) -> None:
    case("09", "time.jsonl")
    assert "35 train + 7 test" in run("export", "x")


# -- classes ---------------------------------------------------------------------------------------


def labels_of(path: Path) -> Counter[str]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return Counter(json.loads(line)["label"] for line in lines)


@pytest.mark.parametrize("seed", range(4))
def test_a_class_in_test_is_in_train_or_it_is_told(
    case: Any, run: Run, tmp_path: Path, seed: int
) -> None:
    case("08", "logs.jsonl", "classification")
    found = unseen(run, *EXPORT, "--test-size", "0.2", "--seed", str(seed))
    train, test = (
        labels_of(tmp_path / f"p/datasets/x/v1/{side}.jsonl") for side in ("train", "test")
    )
    assert test.total() in (8, 9) and train.keys() >= test.keys()
    assert "only_in_test" not in found
    assert [one["labels"] for one in found["single_example"]] == [[{"class5": 1, "class6": 1}]]
    assert test["class0"] in (3, 4, 5) and test["class3"] < 2


@pytest.mark.parametrize(("log", "rows"), [("six.jsonl", (5, 1)), ("one.jsonl", None)])
def test_few_rows_are_divided_or_refused_with_the_options(
    case: Any, run: Run, tmp_path: Path, log: str, rows: tuple[int, int] | None
) -> None:
    case("08", log, "classification")
    if rows is None:
        assert "--min-train and --min-test" in run("export", "x", exit_code=3)
        return
    run("export", "x")
    counts = [labels_of(tmp_path / f"p/datasets/x/v1/{s}.jsonl").total() for s in ("train", "test")]
    assert tuple(counts) == rows


def test_a_class_only_in_test_is_told(run: Run, tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [
        {"id": str(n), "text": LONG.format(f"item{n}"), "label": label, "split": side}
        for n, (label, side) in enumerate(
            [("billing", "train"), ("billing", "train"), ("billing", "test"), ("odd", "test")]
        )
    ]
    run("init", "--task", "classification")
    run("pull", str(write_jsonl(tmp_path / "logs.jsonl", rows)))
    said = run(*EXPORT)
    assert '1 of 2 classes is only in test, so nothing is learned of it: "odd" 1' in said
    assert '"odd" 1' in (tmp_path / "p/datasets/x/v1/README.md").read_text("utf-8")
    version = tmp_path / "p/datasets/x/v1"
    held = run("check", str(version / "train.jsonl"), "--heldout", str(version / "test.jsonl"))
    assert "1 of 2 classes is only in test" in held


# -- label strings ---------------------------------------------------------------------------------


def test_odd_names_of_classes_are_equal_in_files_card_and_loader_and_told(
    case: Any, run: Run, tmp_path: Path
) -> None:
    pulled = case("20", "a.jsonl", "classification")
    exported = run(*ALL_TRAIN, "--format", "classification")
    version = tmp_path / "p/datasets/x/v1"
    told = 'labels that are words for a missing one: "None" 3, "nan" 3, "null" 3'
    for said in (pulled, exported, run("check", str(version / "train.jsonl"))):
        assert told in said
    assert for_markdown(told) in (version / "README.md").read_text("utf-8")
    names = sorted(labels_of(version / "train.jsonl"))
    assert len(names) == 11
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(str(version), split="train", cache_dir=str(tmp_path / "cache"))
    feature = loaded.features["label"]
    assert sorted(feature.names) == names
    assert Counter(map(feature.int2str, loaded["label"])) == labels_of(version / "train.jsonl")


def test_a_missing_label_is_none_and_a_list_is_told(case: Any, run: Run, tmp_path: Path) -> None:
    pulled = case("20", "b.jsonl", "classification")
    assert 'labels that are lists: "["x"]" 3' in pulled
    assert "no_label 6" in run("filter")
    said = run(*ALL_TRAIN)
    assert 'labels that are lists: "["x"]" 3' in said and "multi_label = true" in said
    names = labels_of(tmp_path / "p/datasets/x/v1/train.jsonl")
    assert names.keys() == {"0", "1", '["x"]', "false", "true"} and names["1"] == 6


def test_labels_that_differ_in_case_and_blanks_are_told_and_can_be_united(
    case: Any, run: Run, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    case("20", "c.jsonl", "classification")
    train = tmp_path / "p/datasets/x/v1/train.jsonl"
    exported = run(*ALL_TRAIN)
    groups = ('"Late delivery" 5, "late\u2423\u2423delivery" 5', '"Refund\u2423" 5, "refund" 5')
    for said in (exported, run("check", str(train)), run("pull", str(tmp_path / "c.jsonl"))):
        assert f"equal but for case, blanks or Unicode form: {'; '.join(groups)}" in said
        assert "re-fund" not in said
    assert "--as feedback" in exported
    found = unseen(run, *ALL_TRAIN)["spellings"]
    assert {tuple(sorted(g)) for one in found for g in one["labels"]} == {
        ("Late delivery", "late  delivery"), ("Refund ", "refund"),
    }  # fmt: skip

    lines = map(json.loads, (tmp_path / "c.jsonl").read_text("utf-8").splitlines())
    right = {"Refund ": "refund", "late  delivery": "Late delivery"}
    late = [{"id": r["id"], "label": right[r["label"]]} for r in lines if r["label"] in right]
    run("pull", str(write_jsonl(tmp_path / "late.jsonl", late)), "--as", "feedback", "--key", "id")
    assert "spellings" not in unseen(run, *ALL_TRAIN)


def test_unicode_forms_of_a_label_are_told_apart_for_the_eye(
    run: Run, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    names = [NFC, NFD, WIDE, NARROW, "late\u00a0delivery", "late delivery", "N/A", "\u200b", "<NA>"]
    rows = [{"text": LONG.format(f"item{n}"), "label": name} for n, name in enumerate(names)]
    path = write_jsonl(tmp_path / "train.jsonl", rows)
    said = run("check", str(path))
    groups = (
        '"cafe\\u0301" 1, "caf\u00e9" 1',
        '"late delivery" 1, "late\\u00a0delivery" 1',
        f'"vip" 1, "{WIDE}" 1',
    )
    assert f"Unicode form: {'; '.join(groups)}" in said
    missing = 'words for a missing one: "<NA>" 1, "N/A" 1, "\\u200b" 1'
    assert missing in said
    assert "passed: 0 errors, 0 warnings" in said


def test_marks_of_spans_are_labels_too(run: Run, tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [
        {"text": f"Please ship it to Oslo in week {n} of the year", "spans": [
            {"start": 18, "end": 22, "label": label}]}
        for n, label in enumerate(["city", "City", "city"])
    ]  # fmt: skip
    path = write_jsonl(tmp_path / "logs.jsonl", rows)
    assert 'Unicode form: "City" 1, "city" 2' in run("check", str(path))


# -- inputs ----------------------------------------------------------------------------------------


def test_short_inputs_and_languages_are_counted_by_side(
    run: Run, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    texts = ["Where is it?", "And now?", "Refund please"]
    texts += [LONG.format(f"item{n}") for n in range(5)]
    texts += GREEK
    rows = [
        {"id": str(n), "prompt": text, "response": f"answer {n}", "rating": 5,
         "split": "test" if n in (2, 9) else "train"}
        for n, text in enumerate(texts)
    ]  # fmt: skip
    run("init")
    run("pull", str(write_jsonl(tmp_path / "logs.jsonl", rows)))
    said = run(*EXPORT)
    assert "compared for equality only (under 8 tokens): 2 of 8 train, 1 of 2 test inputs" in said
    assert "without word lists for Greek (20.0% of the inputs)" in said
    found = unseen(run, *EXPORT)
    assert found["languages"][0]["counts"] == {"English": 8, "Greek": 2}
    train = tmp_path / "p/datasets/x/v1/train.jsonl"
    alone = run("check", str(train))
    assert "compared for equality only (under 8 tokens): 2 of 8 inputs" in alone
    assert "without word lists for Greek (12.5% of the inputs)" in alone


def test_what_the_encoder_in_force_cannot_read_is_told(
    run: Run, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    pytest.importorskip("sentence_transformers")
    rows = [
        {"id": str(n), "prompt": LONG.format(f"item{n}"), "response": "Yes.", "rating": 5}
        for n in range(4)
    ]
    rows += [{"id": "ru", "prompt": RUSSIAN, "response": "Yes.", "rating": 5}]
    run("init")
    run("pull", str(write_jsonl(tmp_path / "logs.jsonl", rows)))
    run("embed", "--encoder", "minilm")
    said = run(*ALL_TRAIN)
    assert "as minilm was not made for Cyrillic (20.0% of the inputs)" in said
    assert "word lists" not in said


def test_nothing_is_said_where_there_is_nothing_to_say(
    run: Run, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [
        {"id": str(n), "prompt": LONG.format(f"item{n}"), "response": "Yes.", "rating": 5}
        for n in range(12)
    ]
    rows += [{"id": "zh", "prompt": CHINESE[0], "response": "Yes.", "rating": 5}]
    run("init")
    run("pull", str(write_jsonl(tmp_path / "logs.jsonl", rows)))
    assert unseen(run, *EXPORT) == {}
    assert "could not see" not in (tmp_path / "p/datasets/x/v1/README.md").read_text("utf-8")


def test_marks_in_an_export_are_labels_too(
    run: Run, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [
        {
            "id": str(n),
            "prompt": LONG.format(f"lamp of {place}"),
            "response": json.dumps({kind: place}),
            "rating": 5,
        }
        for n, (kind, place) in enumerate([("city", "Oslo"), ("City", "Rome"), ("city", "Bonn")])
    ]
    run("init", "--task", "extraction")
    run("pull", str(write_jsonl(tmp_path / "logs.jsonl", rows)))
    dry = run(*ALL_TRAIN, "--dry-run")
    for said in (dry, run(*ALL_TRAIN)):
        assert 'Unicode form: "City" 1, "city" 2' in said


def test_names_in_lists_are_labels(run: Run, tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [
        {"id": str(n), "text": LONG.format(f"item{n}"), "topics": topics}
        for n, topics in enumerate([["refund", "none"], ["Refund"], ["refund"]])
    ]
    run("init", "--task", "classification")
    toml = tmp_path / "p/curate.toml"
    toml.write_text(toml.read_text("utf-8").replace("# multi_label", "multi_label"), "utf-8")
    run("pull", str(write_jsonl(tmp_path / "logs.jsonl", rows)), "--map", "label=topics")
    found = unseen(run, *ALL_TRAIN)
    assert found["spellings"][0]["labels"] == [{"Refund": 1, "refund": 2}]
    assert found["missing_words"][0]["labels"] == [{"none": 1}]
    assert "listed_labels" not in found


def test_languages_of_many_inputs_are_those_of_a_sample_whatever_their_order() -> None:
    texts = [f"{GREEK[0]} {n}" if n % 4 == 0 else LONG.format(n) for n in range(3 * SAMPLE)]
    found = []
    for order in (texts, texts[::-1]):
        survey = Survey()
        for text in order:
            survey.add_input("train", text, 20)
        found.append(survey.found())
    assert found[0] == found[1]
    ((languages,),) = (found[0],)
    counts = languages.counts
    assert languages.is_sample and SAMPLE / 4 < sum(counts.values()) <= SAMPLE
    assert 0.23 < counts["Greek"] / sum(counts.values()) < 0.27
    assert "of a sample of" in sentence(languages)
