"""One thing has one count: what `status` and `pairs` promise is what an export writes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate.project import Project
from program import Program

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

WORDS = (
    "parcel",
    "late",
    "refund",
    "invoice",
    "broken",
    "screen",
    "colour",
    "tyre",
    "lamp",
    "oven",
)


def curate(folder: Path, *arguments: str) -> dict[str, Any]:
    command = ["-C", str(folder), *arguments, "--json"]
    result = CliRunner().invoke(Program(), command)  # type: ignore[arg-type]
    assert (result.exit_code, result.stderr) == (0, ""), (arguments, result.output)
    return dict(orjson.loads(result.stdout))


def prompts(lot: random.Random, count: int) -> list[str]:
    """Questions of which many are nearly the same at some threshold between 0.5 and 1."""
    made: list[str] = []
    for _ in range(count):
        words = (
            lot.choice(made).split() if made and lot.random() < 0.6 else lot.choices(WORDS, k=14)
        )
        words = list(words)
        words[lot.randrange(14)] = lot.choice([*WORDS, str(lot.randrange(50))])
        made.append(" ".join(words))
    return made


def rows(task: str, lot: random.Random, first: int) -> list[dict[str, Any]]:
    """Rated answers; of preference several to one prompt, some of them in one session."""
    made = []
    for number, prompt in enumerate(prompts(lot, 60), first):
        for answer in range(2 if task == "preference" else 1):
            label = lot.choice(["refund", "delivery", "other"])
            made.append(
                {
                    "id": f"{number}-{answer}",
                    "prompt": prompt,
                    "response": label if task == "classification" else f"Answer {answer} {number}.",
                    "rating": (5, lot.choice([1, 2]))[answer] if lot.random() < 0.9 else 3,
                    "session": f"s{number // 3}" if number % 4 == 0 else f"t{number}",
                }
            )
    return made


SPLITS = [
    "",
    "[export]\ntest_size = 0.3\nseed = 7\n",
    "[export]\nleak_threshold = 0.5\n",
    "[export]\nleak_threshold = 0.6\ntest_size = 0.2\n[dedupe]\nnear = 'off'\n",
    "[export]\nleak_threshold = 0.95\n[dedupe]\nnear = 0.6\n",
]
STAGES = {"sft": ["dedupe"], "classification": ["dedupe"], "preference": ["dedupe", "pairs"]}


def ready(task: str, found: dict[str, Any]) -> tuple[int, int]:
    if task == "preference":
        _, train, test = found["pairs"]
        return train, test
    return found["train"], found["test"]


@pytest.mark.slow
@pytest.mark.parametrize("text", SPLITS)
@pytest.mark.parametrize("task", STAGES)
def test_what_is_promised_is_written(
    tmp_path: Path, write_jsonl: WriteJsonl, task: str, text: str
) -> None:
    lot = random.Random(f"{task} {text}")
    folder = tmp_path / "p"
    project = Project.init(folder, task=task)
    toml = f'[project]\ntask = "{task}"\n'
    if task == "classification":
        toml += 'label_from = "response"\n'
    (folder / "curate.toml").write_text(toml + text, encoding="utf-8")
    for round_ in range(2):  # before the first export, and with new rows after it
        logs = write_jsonl(folder / f"{round_}.jsonl", rows(task, lot, 1_000 * round_))
        project.pull([str(logs)])
        assert "dedupe" in curate(folder, "status")["stale"]
        for stage in ["filter", *STAGES[task]]:
            result = curate(folder, stage)
        promised = curate(folder, "status")
        assert not {"filter", "dedupe", "pairs"} & set(promised["stale"])
        counts = ready(task, promised)
        assert min(counts) > 0
        if task == "preference":
            kept = [(m["train"], m["test"]) for m in result["methods"]]
            assert (sum(t for t, _ in kept), sum(h for _, h in kept)) == counts
        for more in (["--dry-run"], []):
            written = curate(folder, "export", "x", *more)
            assert (written["train"], written["test"]) == counts
            assert written["stale"] == promised["stale"]
        lines = [len((Path(written["folder"]) / f"{s}.jsonl").read_bytes().splitlines())
                 for s in ("train", "test")]  # fmt: skip
        assert tuple(lines) == counts
        assert ready(task, curate(folder, "status")) == counts


def test_other_settings_than_those_that_status_counts_with_are_said(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    project = Project.init(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "a.jsonl", rows("sft", random.Random(1), 0)))])
    assert curate(tmp_path / "p", "export", "x", "--dry-run")["notes"] == []
    other = ("export", "x", "--dry-run", "--test-size", "0.3")
    assert curate(tmp_path / "p", *other)["notes"] == []  # nothing was set before
    settings = tmp_path / "p" / "curate.toml"
    settings.write_text("[export]\ntest_size = 0.2\n")
    (note,) = curate(tmp_path / "p", *other)["notes"]
    assert note == "60 new examples split with test_size 0.3 (curate.toml has 0.2)"
    settings.unlink()
    curate(tmp_path / "p", "export", "x", "--test-size", "0.3")
    assert curate(tmp_path / "p", "export", "x", "--test-size", "0.2")["notes"] == []
