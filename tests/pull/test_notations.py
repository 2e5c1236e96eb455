"""What people write in files: ratings, dates and texts of other notations, through the door."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult
from program import Program
from projects import new_project


def pulled(
    folder: Path, column: str, values: list[str | None], **declared: Any
) -> tuple[Project, PullResult]:
    project = new_project(folder / "p")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "prompt", "completion", column])
    writer.writerows([n, f"question {n}?", "yes", v] for n, v in enumerate(values, 1))
    (folder / "log.csv").write_text(text.getvalue(), encoding="utf-8")
    options = PullOptions(declared=Declared(**declared))
    return project, project.pull([str(folder / "log.csv")], options=options)


def column(project: Project, name: str) -> list[Any]:
    table = project.table("ai_interactions").to_pylist()
    return [row[name] for row in sorted(table, key=lambda row: row["query"])]


@pytest.mark.parametrize(
    ("written", "ratings", "scale"),
    [
        (["4/5", "2/5", "5/5"], [4, 2, 5], "1-5"),
        (["7 of 10", "10 of 10", "0 of 10"], [3.8, 5, 1], "0-10"),
        (["★★☆☆☆", "★★★★★", ""], [2, 5, None], "1-5"), (["2 stars", "5 stars"], [2, 5], "1-5"),
        (["👍🏿", "👎🏼", "--"], [5, 1, None], "words"), (["3,5", "5,0"], [3.5, 5], "1-5"),
        (["50%", "100%"], [3, 5], "0-100"), (["thumbs_down", "none"], [1, None], "words"),
        (["thumbsDown", "thumbsUp"], [1, 5], "words"), (["Bad", "GOOD", "n/a"], [1, 5, None], None),
        (["sad", "happy", "neutral"], [1, 5, 3], "words"), (["5", "unrated"], [5, None], "1-5"),
    ],
)  # fmt: skip
def test_ratings_that_say_their_scale(
    tmp_path: Path, written: list[str | None], ratings: list[float | None], scale: str | None
) -> None:
    project, result = pulled(tmp_path, "rating", written)
    assert column(project, "human_rating") == ratings
    assert result.mapping.scale == (scale or "good=5,bad=1") and result.notes == ()


@pytest.mark.parametrize(
    ("written", "option", "ratings"),
    [
        (["1", "2", "1"], "1-2", [1, 5, 1]), (["3", "1", "2"], "3-1", [1, 5, 3]),
        (["1", "1"], "5-1", [5, 5]), (["9", "0"], "0-10", [4.6, 1]),
        (["1 - like it", "2 - not"], "1 - like it=5,2 - not=1", [5, 1]),
    ],
)  # fmt: skip
def test_ratings_that_do_not_say_their_scale_are_asked_about(
    tmp_path: Path, written: list[str | None], option: str, ratings: list[float]
) -> None:
    project, result = pulled(tmp_path, "rating", written)
    assert column(project, "human_rating") == [None] * len(written)
    (note,) = result.notes
    assert note.startswith("the scale of rating is not clear from 1") or "9" in note
    assert "--scale" in note
    options = PullOptions(declared=Declared(scale=option))
    project.pull([str(tmp_path / "log.csv")], options=options)
    assert column(project, "human_rating") == ratings
    # What was declared is remembered.
    again = project.pull([str(tmp_path / "log.csv")])
    assert (again.files_unchanged, again.mapping.scale) == (1, option)


def days(project: Project) -> list[str | None]:
    return [moment and f"{moment:%Y-%m-%d %H:%M}" for moment in column(project, "created_at")]


@pytest.mark.parametrize(
    ("written", "moments", "order"),
    [
        (["05.11.2026 14:03", "13.11.2026 9:05"], ["2026-11-05 14:03", "2026-11-13 09:05"], None),
        (["05/11/2026", "13/11/2026 9:05"], ["2026-11-05 00:00", "2026-11-13 09:05"], "day-first"),
        (["11/05/26", "11/13/26 9:05 PM"], ["2026-11-05 00:00", "2026-11-13 21:05"],
         "month-first"),
        (["2026/11/05", "Nov 13, 2026"], ["2026-11-05 00:00", "2026-11-13 00:00"], None),
    ],
)  # fmt: skip
def test_dates_that_say_their_order(
    tmp_path: Path, written: list[str | None], moments: list[str], order: str | None
) -> None:
    project, result = pulled(tmp_path, "date", written)
    assert days(project) == moments
    assert result.mapping.dates == order and result.notes == ()


def test_dates_that_do_not_say_their_order_are_asked_about(tmp_path: Path) -> None:
    project, result = pulled(tmp_path, "date", ["05/11/2026", "06/11/2026", "2026-11-07"])
    assert days(project) == [None, None, "2026-11-07 00:00"]
    assert "--dates day-first, or --dates month-first" in result.notes[0]
    assert result.notes[1] == "2 times could not be read: left empty"
    for order, month, day in (("day-first", "11", "05"), ("month-first", "05", "11")):
        options = PullOptions(declared=Declared(dates=order))  # type: ignore[arg-type]
        project.pull([str(tmp_path / "log.csv")], options=options)
        assert days(project)[0] == f"2026-{month}-{day} 00:00"
    # The order is remembered, and so is one that a file said itself.
    assert project.pull([str(tmp_path / "log.csv")]).mapping.dates == "month-first"
    (tmp_path / "other").mkdir()
    other, _ = pulled(tmp_path / "other", "date", ["13/11/2026"])
    (tmp_path / "other" / "log2.csv").write_text("id,prompt,completion,date\n9,z?,y,05/11/2026\n")
    other.pull([str(tmp_path / "other" / "log2.csv")])
    assert days(other) == ["2026-11-13 00:00", "2026-11-05 00:00"]


def test_the_options_of_files(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    rows = [("1", "größer?", "ja"), ("2", "für wen?", "für alle " * 200)]
    body = "id;prompt;completion\n" + "".join(";".join(row) + "\n" for row in rows)
    (tmp_path / "a.csv").write_bytes(body.encode("cp1252"))

    def curate(*options: str) -> tuple[int, str]:
        arguments = ["-C", str(tmp_path), "pull", str(tmp_path / "a.csv"), *options]
        done = CliRunner().invoke(Program(), arguments)  # type: ignore[arg-type]
        return done.exit_code, " ".join(done.output.split())

    code, output = curate()
    assert code == 1 and "Next: --encoding cp1252" in output
    assert curate("--encoding", "cp1252", "--max-document", "1kb")[0] == 0
    assert column(project, "query") == ["größer?"]
    assert [r["reason"] for r in project.rejects()] == ["too-large"]
    assert curate("--encoding", "cp1252")[0] == 0
    assert column(project, "query") == ["für wen?", "größer?"] and project.rejects() == []
    for size in ("big", "0", "-1", "16TB"):
        code, output = curate("--max-document", size)
        assert code == 2 and "expected a size such as 64MB" in output
