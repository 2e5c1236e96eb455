"""Whatever the logs, files, labels and people say: nothing that a command prints acts.

A project is made of texts that would paint, move, ring, copy or turn the order of reading around,
and every command is run on it. What acts is told here by `unicodedata`, not by what escapes it.
"""

from __future__ import annotations

import ast
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import orjson
import pytest
from click.testing import CliRunner, Result

import curate
from curate.cli import cli
from curate.text.escaping import for_terminal
from program import Program
from projects import WriteJsonl

ACTS = (
    "\x1b[31mred\x1b[0m \x1b[2J\x1b[H"  # CSI: paint, clear, home
    "\x1b]8;;http:evil.example\x07link\x1b]8;;\x07"  # OSC 8: a link
    "\x1b]52;c;ZXZpbA==\x07\x1b]0;title\x1b\\"  # OSC 52: the clipboard; the window's title
    "\x1bP1$r0m\x1b\\"  # DCS: what the terminal would type back
    "\x9b2J\x9d0;t\x9c\x90q\x9c\x85"  # the same in one byte each
    "\x07\x08\x08\x0b\x0c\r\x7f"  # bell, backspace, tabs and pages, carriage return, DEL
    "\u202egnp.exe\u202c\u2066a\u2069\u200f\u061c"  # the order of reading
    "pay\u200bpal\u2060\ufeff\u00ad\u2028\u2029\U000e0041"  # what has no width
    " **bold** `code` | cell <b>tag [red]rich :smile: [a](http:evil)"
)
# In names of files and commands there is no newline; some names take no control at all.
PRINTABLE = " **bold** [red]rich | :smile:"
# What may be shown to annotators: their pages have no place for controls.
ON_PAGES = "".join(c for c in ACTS if unicodedata.category(c) != "Cc")
LABELS = (f"refund{ON_PAGES}", f"delivery{ON_PAGES}")

# What acts, by Unicode: controls, formats, separators of lines, halves of pairs. Joiners shape
# letters and emoji, and marks head the numbers of some scripts.
_ACTING = {"Cc", "Cf", "Zl", "Zp", "Cs"}
_HARMLESS = {*"\n\t\u200c\u200d\u06dd\u070f\u08e2", *map(chr, range(0x600, 0x606))}
MODEL = f"model{ACTS}".replace("=", "")


def acting(text: str) -> set[str]:
    """Returns the characters of a text that do something."""
    return {c for c in text if unicodedata.category(c) in _ACTING} - _HARMLESS


def test_each_part_of_what_acts_would_be_seen() -> None:
    assert len(acting(ACTS)) == 25
    assert not acting(for_terminal(ACTS))


def toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'


def rows() -> Iterator[dict[str, Any]]:
    subjects = {
        LABELS[0]: "I want the money for my {} back, {} please",
        LABELS[1]: "When will the {} be delivered to my {} house?",
    }
    things = ("lamp", "chair", "table", "sofa", "mirror", "carpet", "shelf", "vase", "clock", "bed")
    for n in range(60):
        label, text = list(subjects.items())[n % 2]
        if n in (6, 7, 14):
            label = LABELS[1 - n % 2]
        acts = ON_PAGES if n % 3 else ACTS
        asked = text.format(things[n // 2 % 10], ("old", "new", "big")[n // 20])
        yield {
            "id": f"id{n}{ACTS}",
            "messages": [{"role": "user", "content": f"{asked} {acts}"}],
            "response": f"We will see to number {n}. {acts}" if n % 9 else "",
            "label": label,
            "model": f"model{n % 2}{ACTS}",
            "session": f"talk{n}{ACTS}",
            "user": f"user{n % 4}{ACTS}",
            "rating": 5 if n % 5 else 1,
            "created_at": f"2026-0{1 + n % 6}-11T10:00:00Z",
            "finish_reason": f"stop{ACTS}",
            f"column{ACTS}": ACTS,
        }


@dataclass
class Shown:
    """What was typed and printed, by command."""

    folder: Path
    results: dict[str, list[tuple[list[str], Result]]] = field(default_factory=dict)

    def run(self, *words: str | Path, code: int | None = 0, both: bool = True) -> Any:
        """Runs a command as it is, and with --json, whose value it returns."""
        typed = [str(word) for word in words]
        name = next(n for n in sorted(commands(), key=len, reverse=True) if _begins(typed, n))
        for more in ([], ["--json"]) if both else ([],):
            result = CliRunner().invoke(Program(), [*typed, *more])  # type: ignore[arg-type]
            assert code is None or result.exit_code == code, result.output
            assert isinstance(result.exception, SystemExit | None), (typed, result.exc_info)
            self.results.setdefault(name, []).append(([*typed, *more], result))
        return json.loads(result.stdout_bytes) if both and not result.exit_code else None


def _begins(typed: list[str], name: str) -> bool:
    return typed[: len(name.split())] == name.split()


def commands(group: click.Group = cli, path: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, f"{path}{name} ")
        else:
            found[f"{path}{name}"] = command
    return found


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Iterator[Shown]:
    """Every command, on a project whose texts all act."""
    folder = tmp_path_factory.mktemp("shown")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run = Shown(folder)
        _make(run, write_jsonl)
        _curate(run)
        _label(run)
        _export(run)
        _mistakes(run)
        yield run


def _make(shown: Shown, write_jsonl: WriteJsonl) -> None:
    shown.run("init", f"p{ACTS}", both=False)
    shown.run("init", f"p{ACTS}", both=False)
    shown.run("init", ".", "--task", "sft", both=False)
    (shown.folder / "curate.toml").write_text(
        f"[project]\nname = {toml(f'project{ACTS}')}\ntask = 'sft'\n"
        f"[label]\ntags = [{toml(f'tag{ON_PAGES}')}]\n", "utf-8",
    )  # fmt: skip
    log = write_jsonl(shown.folder / "logs" / f"logs{ACTS}.jsonl", rows())
    with log.open("ab") as file:
        file.write(orjson.dumps({"not": ACTS}) + f'\n{{"broken {ACTS}\n[1]\n'.encode())
    write_jsonl(
        shown.folder / "late" / f"late{ACTS}.jsonl",
        [
            {"key": f"id{n}{ACTS}", "rating": 2, "comment": ACTS, "rater": ACTS}
            for n in (1, 2, 3, 999)
        ],
    )
    rule = shown.folder / "sql" / "filters" / "shouts.sql"
    rule.parent.mkdir(parents=True)
    rule.write_text(
        "-- Drops what shouts.\n"
        f"SELECT example_id, 'shouts{ACTS.replace(chr(39), '')}' AS reason, 1.0 AS score\n"
        "FROM candidates WHERE response LIKE '%number 11.%'\n", "utf-8",
    )  # fmt: skip
    name = f"source{ACTS}"
    shown.run("pull", "logs", "--dry-run")
    shown.run("pull", "logs", "--source", name)
    late = ("--as", "feedback", "--key", "key", "--scale", "1-5", "--source", name)
    shown.run("pull", "late", *late)
    write_jsonl(
        shown.folder / "golden" / f"golden{ACTS}.jsonl",
        [
            {"id": f"g{n}{ACTS}", "prompt": f"Golden {n}? {ACTS}", "response": ACTS,
             "label": LABELS[n % 2]}
            for n in range(4)
        ],
    )  # fmt: skip
    shown.run("heldout", "import", "golden", "--source", f"gold{ACTS}")


def _curate(shown: Shown) -> None:
    shown.run("filter", "--list")
    shown.run("filter", "--where", f"query <> '{ACTS}'", "--min-rating", "2")
    shown.run("embed")
    shown.run("dedupe", "--semantic", "0.95")
    shown.run("dedupe", "--suggest-threshold")
    shown.run("cluster")
    shown.run("mislabels")
    shown.run("mislabels", "--classes")
    shown.run("curve", code=None)
    shown.run("signals", "--signal", "relevance", "--signal", "format")
    shown.run("pairs")
    shown.run("privacy")
    shown.run("privacy", "--allow-value", f"nobody{ACTS}", "--reason", f"because {ACTS}")
    shown.run("contract", "--infer")
    shown.run("contract")
    shown.run("status")
    shown.run("status", "--rejects")
    shown.run("run")
    shown.run("doctor", code=None)
    shown.run("map")
    shown.run("browse")
    shown.run("browse", "money", "--label", LABELS[0], "--limit", "3")
    shown.run("browse", f"nobody said {ACTS}", "--label", ACTS)
    shown.run("why", f"id1{ACTS}")
    shown.run("why", f"id2{ACTS}", "--all")


def _label(shown: Shown) -> None:
    queued = shown.run("queue", "--kind", "relabel", "--budget", "12")
    assert queued["entries"]
    push = ("label", "push", "--kind", "relabel", "--to-file")
    shown.run(*push, "tasks.json", both=False)
    shown.run(*push, f"again{ACTS}.json", "--again", code=None)
    tasks = orjson.loads(Path("tasks.json").read_bytes())
    answers = [_choice("label", value) for value in (*LABELS, f"unknown{ON_PAGES}")]
    exported = [
        {
            "data": task["data"],
            "annotations": [
                {
                    "id": 10 * n + who, "completed_by": {"id": who, "email": f"{ACTS}@x"},
                    "updated_at": "2026-05-01T10:00:00Z",
                    "result": [
                        answers[(n + who) % 3],
                        _choice("tags", f"tag{ON_PAGES}"),
                        {"from_name": "note", "to_name": "text", "type": "textarea",
                         "value": {"text": [f"note {ACTS}"]}},
                    ],
                }
                for who in (1, 2)
            ],
        }
        for n, task in enumerate(tasks)
    ]  # fmt: skip
    Path(f"answers{ACTS}.json").write_text(json.dumps(exported), "utf-8")
    shown.run("label", "sync", "--from-file", f"answers{ACTS}.json")
    shown.run("label", "status")
    shown.run("label", "problems")
    shown.run("label", "export", "--output", f"answers{ACTS}.csv")
    shown.run("queue", "--kind", "relabel", "--budget", "12", "--name", f"name{PRINTABLE}"[:30])
    for entry in queued["entries"][:3]:
        shown.run("why", entry["example_id"])


def _choice(control: str, value: str) -> dict[str, Any]:
    return {"from_name": control, "to_name": "text", "type": "choices",
            "value": {"choices": [value]}}  # fmt: skip


def _export(shown: Shown) -> None:
    shown.run("export", "set", "--test-size", "0.3", "--dry-run")
    shown.run("export", "set", "--test-size", "0.3")
    shown.run("export", "set", "--test-size", "0.3", "--limit", "20", code=None)
    shown.run("versions")
    shown.run("verify")
    shown.run("diff", "set@1", "set@2", code=None)
    train = Path("datasets/set/v1/train.jsonl")
    bad = Path(f"bad{ACTS}.jsonl")
    bad.write_bytes(train.read_bytes() + f'{{"broken {ACTS}\n{{"messages": "{ACTS}"}}\n'.encode())
    shown.run("check", bad, "--target", "openai", code=None)
    held_out = Path("datasets/set/v1/test.jsonl").read_bytes().splitlines()
    answers = Path(f"model{ACTS}.jsonl")
    answers.write_bytes(
        b"".join(
            orjson.dumps({"prompt": orjson.loads(line)["prompt"], "answer": LABELS[0]}) + b"\n"
            for line in held_out
        ) + orjson.dumps({"id": f"nobody{ACTS}", "answer": ACTS}) + b"\n"
    )  # fmt: skip
    shown.run("evaluate", "set@1", "--answers", f"{MODEL}={answers}", code=None)
    shown.run("evaluations")
    shown.run("report")
    shown.run("report", "--output", f"day{ACTS}.html", "--personal-data")
    shown.run("runs")
    shown.run("undo", "3", "--dry-run", code=None)


MISTAKES = [
    ("why", f"nosuch{ACTS}"),
    ("verify", f"nosuch{ACTS}"),
    ("diff", f"a{ACTS}@1", f"b{ACTS}@2"),
    ("export", f"set{ACTS}"),
    ("export", "set", "--format", f"f{ACTS}"),
    ("export", "set", "--to", f"s3://b{ACTS}/x"),
    ("pull", f"nosuch{ACTS}.jsonl"),
    ("pull", "logs", "--map", f"query={ACTS}"),
    ("pull", "logs", "--map", f"{ACTS}=id"),
    ("pull", "logs", "--scale", ACTS),
    ("pull", "logs", "--format", ACTS),
    ("pull", "logs", "--where", f"'{ACTS}'"),
    ("pull", "logs", "--encoding", ACTS),
    ("pull", "logs", "--preset", ACTS),
    ("filter", "--skip", ACTS),
    ("filter", "--where", f"nosuch{ACTS}"),
    ("filter", f"--{ACTS}"),
    ("filter", "--min-rating", ACTS),
    ("dedupe", "--near", ACTS),
    ("embed", "--encoder", ACTS, "--rebuild"),
    ("queue", "--kind", ACTS),
    ("queue", "--budget", ACTS),
    ("queue", "--name", ACTS),
    ("queue", "--where", ACTS),
    ("check", f"nosuch{ACTS}.jsonl"),
    ("check", f"bad{ACTS}.jsonl", "--target", ACTS),
    ("check", f"bad{ACTS}.jsonl", "--tokenizer", ACTS),
    ("evaluate", "set", "--answers", ACTS),
    ("evaluate", "set", "--answers", f"{MODEL}=nosuch{ACTS}"),
    ("evaluate", "set", "--by", ACTS),
    ("label", "push", "--to-file", "no/such/folder.json"),
    ("label", "sync", "--from-file", f"bad{ACTS}.jsonl"),
    ("label", "push", "--prefill", ACTS),
    ("label", "push", "--url", f"http://127.0.0.1:9/{ACTS}"),
    ("privacy", "--allow", ACTS, "--reason", "x"),
    ("init", "--task", ACTS),
    ("demo", f"p{ACTS}"),
    ("mislabels", "--detector", ACTS),
    ("mislabels", "--evaluate", f"bad{ACTS}.jsonl"),
    ("signals", "--signal", ACTS),
    ("heldout", "import", f"nosuch{ACTS}"),
    ("browse", "--reason", ACTS),
    ("browse", "--side", ACTS),
    ("browse", "--where", ACTS),
    ("report", "--output", f"logs/logs{ACTS}.jsonl/x.html"),
]  # fmt: skip


def _mistakes(shown: Shown) -> None:
    for words in MISTAKES:
        shown.run(*words, code=None, both=words[0] == "demo")
    config = shown.folder / "curate.toml"
    before = config.read_text("utf-8")
    for section in ("filter", f"nosuch{ACTS}"):
        config.write_text(f"{before}\n[{toml(section)}]\n{toml(ACTS)} = {toml(ACTS)}\n", "utf-8")
        shown.run("status", code=2, both=False)
    config.write_text(f"{before}\n[dedupe]\nexact = {toml(ACTS)}\n", "utf-8")
    shown.run("dedupe", code=2, both=False)
    shown.run("dedupe", "--help", both=False)
    config.write_text(f"not toml {ACTS}", "utf-8")
    shown.run("status", code=2, both=False)
    config.write_text(before, "utf-8")


@pytest.mark.slow
def test_every_command_was_run_with_and_without_json(shown: Shown) -> None:
    for name, command in commands().items():
        typed = [words for words, _ in shown.results.get(name, [])]
        assert typed, f"{name} is not run here: what it prints of texts is not looked at"
        if any(parameter.name == "as_json" for parameter in command.params):
            assert any("--json" in words for words in typed), name


@pytest.mark.slow
@pytest.mark.parametrize(
    "pattern", ["datasets/set/v1/README.md", "datasets/set/v1/*.svg", "reports/*.html", "day*.html"]
)
def test_nothing_acts_in_what_is_written_for_people(shown: Shown, pattern: str) -> None:
    files = list(shown.folder.glob(pattern))
    assert files
    for file in files:
        assert not acting(file.read_text("utf-8")), file


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(commands()))
def test_nothing_acts(shown: Shown, name: str) -> None:
    for words, result in shown.results[name]:
        for stream in (result.stdout_bytes, result.stderr_bytes):
            assert not acting(stream.decode()), (words, stream.decode())


@pytest.mark.slow
def test_texts_are_seen_and_not_taken_away(shown: Shown) -> None:
    ((_, plain), (_, as_json), *_) = shown.results["why"]
    assert f"id1{for_terminal(ACTS)}" in plain.stdout
    story = json.loads(as_json.stdout_bytes)
    assert story["source_id"] == f"id1{ACTS}"
    assert story["query"].endswith(ON_PAGES) and story["label"] == LABELS[1]


@pytest.mark.slow
def test_json_of_every_command_holds_the_texts_as_they_are(shown: Shown) -> None:
    values: list[Any] = []
    for words, result in (one for results in shown.results.values() for one in results):
        if "--json" in words and result.exit_code in (0, 3):
            values.append(json.loads(result.stdout_bytes))
    texts = "\n".join(_texts(values))
    wanted = (f"id1{ACTS}", LABELS[0], f"source{ACTS}", f"logs{ACTS}.jsonl", f"unknown{ON_PAGES}")
    for text in wanted:
        assert text in texts


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in _texts(part))
    elif isinstance(value, list):
        yield from (text for part in value for text in _texts(part))


def test_nothing_is_printed_past_the_one_place() -> None:
    """Whoever prints calls `curate.cli.terminal`; nobody else calls click's echo and its like."""
    package = Path(curate.__file__).parent
    calls = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in package.rglob("*.py") if path != package / "cli" / "terminal.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in PRINTING
    ]  # fmt: skip
    assert calls == []


PRINTING = {
    *(f"click.{name}" for name in ("echo", "secho", "prompt", "confirm", "progressbar", "pause")),
    "sys.stdout.write", "sys.stderr.write",
}  # fmt: skip
