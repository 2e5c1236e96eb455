"""What is said where much of a side leaves as alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from curate.dedupe.shared_text import shared_by_most
from curate.project import Project
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Pulled = Callable[..., Project]

WISHES = [
    "call me back", "write a letter", "send the forms", "book a visit", "find the office",
    "pay the fee", "open the hall", "clean the path",
]  # fmt: skip


def prose(name: str, count: int) -> str:
    return " ".join(f"{name}{n}" for n in range(count))


@pytest.fixture
def pulled(tmp_path: Path, write_jsonl: WriteJsonl) -> Pulled:
    """Makes a project with these prompts, a share of them held out."""

    def make(prompts: Iterable[str], *, test_size: float = 0) -> Project:
        project = new_project(tmp_path / "p")
        with project.store.write() as con:
            project.store.set_setting(con, "split", {"test_size": test_size})
        rows = [
            {"id": f"{n}", "prompt": text, "response": f"Ok {n}", "rating": 5}
            for n, text in enumerate(prompts)
        ]
        project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
        return project

    return make


def test_what_most_texts_share_is_found_wherever_it_stands() -> None:
    middle, end = f" {prose('middle', 9)}; ", f"? {prose('end', 8)}"
    texts = [f"{wish} {n}{middle}{n} {wish}" for n, wish in enumerate(WISHES)]
    assert shared_by_most([*texts, f"a{end}", f"b{end}"]) == middle
    assert shared_by_most([f"{wish}{end}" for wish in WISHES]) == end
    assert shared_by_most(["甲乙,请把下面的话译成英文。", "丙请把下面的话译成英文。"]) == (
        "请把下面的话译成英文。"
    )
    assert shared_by_most(["one two three four five six seven"] * 3) == ""
    assert shared_by_most([prose("one", 9), prose("other", 9)]) == ""


@pytest.mark.store
def test_much_that_leaves_is_told_with_the_text_that_stands_in_its_middle(pulled: Pulled) -> None:
    text = prose("middle", 60)
    project = pulled([f"{wish} {text} {wish}" for wish in WISHES])
    (note,) = project.dedupe(semantic=None, near=0.7).notes
    assert note == (
        "7 of 8 examples of train leave as near_duplicate; all of them share "
        f'"{text[:57]}...". If they ask for different things: '
        "curate dedupe --near off --semantic off"
    )
    assert project.dedupe(semantic=None, near=None).notes == ()


@pytest.mark.store
def test_much_that_leaves_for_several_texts_is_told_with_the_most_frequent(pulled: Pulled) -> None:
    names = [f"t{letter}x" for letter in "abcdefg"]
    asked = [f"{a}, {b}" for a, b in pairwise(WISHES)]
    prompts = [f"{prose(name, 60)} {text}" for name in names for text in asked[:4]]
    project = pulled([*prompts, f"{prose(names[3], 60)} {asked[4]}"])
    (note,) = project.dedupe(semantic=None).notes
    assert note.startswith("22 of 29 examples of train leave as near_duplicate; 18% of them share ")
    assert f'"{names[3]}0 {names[3]}1 ' in note


@pytest.mark.store
def test_leaks_are_told_in_scripts_without_spaces_and_what_stops_them(pulled: Pulled) -> None:
    text = "请仔细阅读市民的来信,判断应当转交给哪个部门处理,"
    text += "并且只用一句话说明理由,再指出还缺少哪些内容。"
    names = [chr(0x4E00 + 40 * n) for n in range(60)]
    project = pulled(
        [f"{a}{b},{text}{b}{a}?" for a, b in zip(names[::2], names[1::2], strict=True)],
        test_size=0.2,
    )
    notes = project.dedupe(semantic=None, near=None).notes
    assert len(notes) == 1 and 'leave as leak; all of them share "' in notes[0]
    assert text[:20] in notes[0]
    assert notes[0].endswith("curate export NAME --leak-threshold 1, before anything is exported")
    with project.store.write() as con:
        project.store.set_setting(con, "split", {"test_size": 0.2, "leak_threshold": 1})
    assert project.dedupe(semantic=None, near=None).notes == ()
