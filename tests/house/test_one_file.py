"""One file adds a thing: each is written into a copy of the program, and used from end to end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.store import resource_dir

DETECTOR = """\
-- Answers that shout.
-- serves: answers
-- place: 6
-- prior: 3 of 4
-- edge case: shouting
-- why loud: {marks} exclamation marks in one answer
-- $most integer = 2: exclamation marks that an answer may have
SELECT example_id, 1 / marks AS score, 'loud' AS because, marks
FROM (
    SELECT example_id, length(response) - length(replace(response, '!', '')) AS marks
    FROM examples JOIN verdicts USING (example_id)
    WHERE side IN ('train', 'test')
)
WHERE marks > $most
"""
KIND = '''\
"""`sift`: says whether an answer is fit for training at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.label.kinds import Decisions, Parts, kind
from curate.label.controls import one_choice


@kind(
    "sift",
    asks="keep or drop the answer",
    about="answer",
    reads_answers=True,
    controls={"verdict": "Choices"},
    shows=("text", "response", "reason"),
    needs=("text", "response"),
    instructions=("Drop what nobody should learn from.",),
)
def read(parts: Parts, row: Mapping[str, Any], names: set[str]) -> Decisions:
    """Returns the verdict."""
    verdict = one_choice(parts, "verdict")
    return [(verdict, None)] if verdict else []
'''
INTERFACE = """\
<View>
  <Text name="reason" value="$reason"/>
  <Text name="text" value="$text"/>
  <Text name="response" value="$response"/>
  <Choices name="verdict" toName="response" choice="single">
    <Choice value="Keep" alias="keep"/>
    <Choice value="Drop" alias="drop"/>
  </Choices>
</View>
"""
FILTER = """\
-- Drops questions in capitals.
-- judges: input
-- $max_capitals number = 0.8: largest share of capital letters
SELECT example_id, 'capitals' AS reason,
       length(regexp_replace(query, '[^A-Z]', '', 'g')) / length(query) AS score
FROM candidates
WHERE length(regexp_replace(query, '[^A-Z]', '', 'g')) / length(query) > $max_capitals
"""
SOURCE = '''\
"""`logfmt`: lines of key=value pairs."""

import shlex
from collections.abc import Iterator

from curate.sources import Document, Location, Reject, source


@source("logfmt", ".logfmt")
def read_logfmt(location: Location) -> Iterator[Document | Reject]:
    """Yields one document per line."""
    for number, line in enumerate(location.path.read_text(encoding="utf-8").splitlines(), 1):
        pairs = [pair.partition("=") for pair in shlex.split(line)]
        yield Document(number, {key: value for key, _, value in pairs})
'''
FORMAT = '''\
"""`faq`: a question and its answer."""

from typing import Any

from curate.formats import Example, export_format

FEATURES = "  - name: question\\n    dtype: string\\n  - name: answer\\n    dtype: string\\n"


@export_format("faq", features=FEATURES)
def faq(example: Example) -> dict[str, Any]:
    """Returns `{"question", "answer"}`."""
    return {"question": example.query, "answer": example.response}
'''
COMMAND = '''\
"""`curate tally`: counts what is ready."""

from __future__ import annotations

from pathlib import Path

import click

from curate.cli.group import Command, Context, Once, cli, json_option, pass_context, show_result


class _TallyCommand(Command):
    """`tally`, whose section may also say in which unit it counts."""

    def extra_keys(self, folder: Path) -> set[str]:
        return {"unit"}


@cli.command(cls=_TallyCommand)
@click.option("--least", type=int, default=1, show_default=True, help="Complain below.")
@click.option("--loud", cls=Once, is_flag=True, help="Once.")
@json_option
@pass_context
def tally(context: Context, least: int, loud: bool, as_json: bool) -> None:
    """Counts what is ready.

    \\b
    Example: curate tally --least 10
    """
    status = context.project().status()
    ready = status.train + status.test
    unit = (click.get_current_context().default_map or {}).get("unit", "example")
    text = f"{ready} {unit}s, {'enough' if ready >= least else 'too few'}{'!' * loud}\\n"
    show_result({"ready": ready}, as_json, lambda: text)
'''

LOGS = [
    {"id": "a", "prompt": "Where is my parcel?", "response": "On its way.", "rating": 5},
    {"id": "b", "prompt": "Is the shop open today?", "response": "Yes!!! Until six!", "rating": 5},
    {"id": "c", "prompt": "How do I return a lamp?", "response": "By post.", "rating": 4},
    {"id": "d", "prompt": "CAN I PAY BY INVOICE", "response": "No, sorry.", "rating": 4},
    {"id": "e", "prompt": "May I change my address?", "response": "Yes, in your account."},
]


# Runs the commands that come in, a line each, and tells their exit code, stdout and stderr.
WORKER = """
import contextlib, io, json, sys
from curate.cli import main
for line in sys.stdin:
    code, streams = 0, [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
    try:
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            main(json.loads(line))
    except SystemExit as stop:
        code = stop.code or 0
    for stream in streams:
        stream.flush()
    print(json.dumps([code, *(s.buffer.getvalue().decode() for s in streams)]), flush=True)
"""


class Copy:
    """A copy of the program in a process of its own, and the project folder that it works on."""

    def __init__(self, root: Path) -> None:
        self.root, self.project = root, root / "project"
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=root, text=True,
            env={**os.environ, "PYTHONPATH": str(root / "src")},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, fails: int = 0) -> str:
        """Runs the copy on the project; returns stdout, or stderr where it should fail."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(["-C", str(self.project), *arguments]) + "\n")
        self.process.stdin.flush()
        code, out, err = json.loads(self.process.stdout.readline())
        assert code == fails, (out, err)
        return str(err if fails else out)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def out(self) -> dict[str, int]:
        """Returns how many examples are out, by reason."""
        return {row["reason"]: row["examples"] for row in self.json("status")["funnel"]}


FILES = {
    "sql/detectors/shouting.sql": DETECTOR,
    "src/curate/label/kinds/sift.py": KIND,
    "label_config/sift.xml": INTERFACE,
    "sql/filters/capitals.sql": FILTER,
    "src/curate/sources/logfmt.py": SOURCE,
    "src/curate/formats/faq.py": FORMAT,
    "src/curate/cli/tally.py": COMMAND,
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A copy of the program with these files added, and none of its own changed."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(Path(curate.__file__).parent, root / "src" / "curate")
    for name in ("sql", "label_config"):
        shutil.copytree(resource_dir(name), root / name)
    for place, text in FILES.items():
        assert not (root / place).exists()
        (root / place).write_text(text, encoding="utf-8")
    made = Copy(root)
    yield made
    made.process.communicate()


@pytest.fixture
def program(copy: Copy, tmp_path: Path) -> Copy:
    """The copy, with a project of the logs above."""
    copy.project = tmp_path / "project"
    copy.run("init", str(copy.project))
    logs = tmp_path / "logs.jsonl"
    logs.write_text("\n".join(map(json.dumps, LOGS)), encoding="utf-8")
    copy.run("pull", str(logs))
    return copy


def test_a_detector_is_one_file(program: Copy) -> None:
    queued = program.json("queue", "--audit", "0", "--budget", "9")
    (entry,) = [e for e in queued["entries"] if "shouting" in e["detectors"]]
    assert (entry["source_id"], entry["why"]) == ("b", "4 exclamation marks in one answer")
    (share,) = [s for s in queued["shares"] if s["name"] == "shouting"]
    assert (share["tasks"], share["expected"]) == (1, 4 / 6), "one and three of two and four"
    assert "shouting" in program.run("queue", "--audit", "0")

    # What people answer tells how often it is right; what it flagged is an edge case in exports.
    answer(program, "review", lambda task: [rated("response", 5)])
    program.run("label", "sync", "--from-file", f"{program.project}.answers.json")
    for command in (["status"], ["label", "status"]):
        (right,) = [d for d in program.json(*command)["detectors"] if d["name"] == "shouting"]
        assert (right["reviewed"], right["changed"]) == (1, 0)
    program.run("export", "all", "--format", "records", "--test-size", "0", "--min-test", "0")
    rows = map(json.loads, (program.project / "datasets/all/v1/train.jsonl").open())
    shouting = [r["input"] for r in rows if r["metadata"]["edgeCaseReason"] == "shouting"]
    assert shouting == [entry["text"]]


def test_a_kind_of_work_is_one_file_and_its_interface(program: Copy) -> None:
    assert "sift" in program.run("queue", "--help")
    assert "Did you mean 'sift'?" in program.run("queue", "--kind", "sitf", fails=2)
    assert "nothing is queued to sift" in program.run(
        "label", "push", "--kind", "sift", "--to-file", f"{program.project}.tasks.json", fails=2
    )
    queued = program.json("queue", "--kind", "sift", "--audit", "3", "--budget", "9")
    assert queued["kind"] == "sift" and len(queued["entries"]) > 3
    shown = answer(program, "sift", lambda task: [chosen("verdict", verdict(task))])
    assert set(shown[0]) == {"curate_id", "text", "response", "reason"}

    synced = program.json("label", "sync", "--from-file", f"{program.project}.answers.json")
    assert synced["problems"] == []
    assert synced["decisions"] == {"drop": 1, "keep": len(shown) - 1}
    assert ["dropped", 1] in [
        [r["reason"], r["examples"]] for r in program.json("status")["funnel"]
    ]
    (row,) = program.json("label", "status")["progress"]
    assert (row["kind"], row["answered"]) == ("sift", len(shown))
    # A second annotator who disagrees makes a tie, which the queue asks again.
    answer(program, "sift", lambda task: [chosen("verdict", "keep")], again=shown)
    program.run("label", "sync", "--from-file", f"{program.project}.answers.json")
    (agreement,) = program.json("label", "status")["agreement"]
    assert (agreement["kind"], agreement["tied"]) == ("sift", 1)
    again = program.json("queue", "--kind", "sift", "--audit", "0", "--budget", "9")
    assert [e["why"] for e in again["entries"]] == ["annotators disagree: drop or keep"]


def test_a_rule_is_one_file(program: Copy) -> None:
    assert "--max-capitals NUMBER" in program.run("filter", "--help")
    hits = program.json("filter", "--max-capitals", "0.5")["hits"]
    assert ["capitals", "capitals", 1] in hits
    assert ["capitals", 1] in [
        [r["reason"], r["examples"]] for r in program.json("status")["funnel"]
    ]


def test_a_source_is_one_file(program: Copy) -> None:
    line = 'id=f prompt="Do you ship abroad?" response="To the whole EU." rating=5\n'
    logs = program.project.parent / "may.logfmt"
    logs.write_text(line, encoding="utf-8")
    assert program.json("pull", str(logs))["new"] == 1
    assert program.json("why", "f")["response"] == "To the whole EU."


def test_a_format_is_one_file(program: Copy) -> None:
    program.run("export", "faq", "--format", "faq", "--test-size", "0", "--min-test", "0")
    lines = (program.project / "datasets/faq/v1/train.jsonl").read_text(encoding="utf-8")
    assert '{"question":"Where is my parcel?","answer":"On its way."}' in lines.splitlines()
    assert "name: question" in (program.project / "datasets/faq/v1/README.md").read_text("utf-8")


def test_a_command_is_one_file(program: Copy) -> None:
    assert "tally" in program.run("--help") and "Complain below" in program.run("tally", "--help")
    assert program.run("tally") == "4 examples, enough\n"
    settings = program.project / "curate.toml"
    with settings.open("a", encoding="utf-8") as toml:
        toml.write('\n[tally]\nleast = 9\nunit = "row"\n')
    assert program.run("tally", "--loud") == "4 rows, too few!\n"
    with settings.open("a", encoding="utf-8") as toml:
        toml.write("loud = true\n")
    assert "unknown key 'loud'" in program.run("tally", fails=2), "it is asked for once"


# -- annotators ----------------------------------------------------------------------------------


def rated(to: str, stars: int) -> dict[str, Any]:
    return {"from_name": "rating", "to_name": to, "type": "rating", "value": {"rating": stars}}


def chosen(name: str, choice: str) -> dict[str, Any]:
    value = {"choices": [choice]}
    return {"from_name": name, "to_name": "response", "type": "choices", "value": value}


def verdict(task: dict[str, Any]) -> str:
    return "drop" if task["text"] == "How do I return a lamp?" else "keep"


def answer(
    program: Copy,
    kind: str,
    decide: Callable[[dict[str, Any]], list[dict[str, Any]]],
    again: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Answers all that is queued, or the same tasks once more as somebody else."""
    if again is None:
        program.run("label", "push", "--kind", kind, "--to-file", f"{program.project}.tasks.json")
        tasks = json.loads(Path(f"{program.project}.tasks.json").read_text(encoding="utf-8"))
        shown = [task["data"] for task in tasks]
        before: list[Any] = [[] for _ in shown]
    else:
        shown = again
        read = json.loads(Path(f"{program.project}.answers.json").read_text(encoding="utf-8"))
        before = [task["annotations"] for task in read]
    user = 1 + (again is not None)
    exported = [
        {
            "id": number,
            "data": task,
            "annotations": [
                *answers,
                {"id": 100 * user + number, "completed_by": user, "result": decide(task),
                 "updated_at": f"2026-05-0{user}T10:00:00Z"},
            ],
        }
        for number, (task, answers) in enumerate(zip(shown, before, strict=True), 1)
    ]  # fmt: skip
    Path(f"{program.project}.answers.json").write_text(json.dumps(exported), encoding="utf-8")
    return shown
