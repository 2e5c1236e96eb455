"""Which commands are typed for which data set: the same list for the tree before and after.

A recipe writes its logs, types commands, answers what was handed to annotators from what it knows
of the data, and types on. All it knows of curate is its command line, the table `interactions` of
the store and the files that commands write.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from programs import Runner

sys.path.append(str(Path(__file__).parents[1] / "real_data"))

from raw_oracle import Row, read
from real_sets import SETS, oasst1_turns

PROJECT = "p"
VERDICTS = ("verdicts", "excluded", "duplicates", "issues", "pair_verdicts")
FILLED = ("interactions", "split_ledger", "versions", "version_examples", "verdicts", "examples")


@dataclass(frozen=True)
class Recipe:
    """One data set and what is done with it.

    Attributes:
        name: as it is given on the command line.
        cook: types the commands, in the folder of the runner.
        filled: tables and views that must have rows in the end, or nothing was compared.
        project: the project folder.
    """

    name: str
    cook: Callable[[Runner, Path, bool], None]
    filled: tuple[str, ...]
    project: str = PROJECT


# -- what recipes share ----------------------------------------------------------------------------


def write(runner: Runner, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Writes rows as JSON Lines beside the project and returns the name of the file."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (runner.folder / name).write_text(text, encoding="utf-8")
    return name


def lot(*parts: Any) -> int:
    """Returns a number that the parts always draw."""
    return zlib.crc32("\x1f".join(map(str, parts)).encode())


def spread(names: Sequence[str], count: int) -> list[str]:
    """Returns so many of the names, from the first to the last."""
    step = max(1, len(names) // count)
    return list(names[::step][:count])


def stories(runner: Runner, project: str, small: bool, *more: str) -> None:
    """Asks for the story of examples that are spread over the set, and of some named ones."""
    with duckdb.connect(str(runner.folder / project / "curate.duckdb"), read_only=True) as con:
        query = "SELECT interaction_id FROM interactions ORDER BY ALL"
        names = [name for (name,) in con.execute(query).fetchall()]
    # The suspected and the queued ones are known from what commands printed.
    for name in [*dict.fromkeys(more[: 1 if small else 8]), *spread(names, 2 if small else 20)]:
        runner("-C", project, "why", name, "--json")
    for name in spread(names, 1) if small else [*more[:1], *spread(names, 3)]:
        runner("-C", project, "why", name)


def looks(runner: Runner, project: str) -> None:
    """Asks what anybody asks of a project that has versions."""
    for command in (("status",), ("versions",), ("verify",), ("label", "status")):
        runner.both("-C", project, *command)
    if not runner.brief:
        runner("-C", project, "status", "--rejects")


def stages(runner: Runner, project: str, small: bool, *names: str) -> None:
    """Brings the stages up to date after a pull: one by one, or of a small run in one command."""
    apart = [name for name in names if name == "pairs"]  # `run` makes them in some projects only
    for name in ["run", *apart] if small else names:
        runner("-C", project, name, "--json")


Answer = Callable[[Mapping[str, Any]], list[dict[str, Any]]]


def label(runner: Runner, project: str, answer: Answer, *push: str) -> None:
    """Hands the queue over as a file, answers it, and takes the answers in, twice."""
    here = ("-C", project, "label")
    runner(*here, "push", "--to-file", "tasks.json", *push)
    tasks = json.loads((runner.folder / "tasks.json").read_bytes())
    exported = []
    for number, task in enumerate(tasks, 1):
        key, people = task["data"]["curate_id"], [1, 2] if number % 5 == 0 else [1]
        annotations = [
            {
                "id": number * 10 + who, "completed_by": {"id": who, "email": f"{who}@example.org"},
                "created_at": f"2024-03-0{who}T10:{number // 60 % 60:02}:{number % 60:02}Z",
                "updated_at": f"2024-03-0{who}T11:{number // 60 % 60:02}:{number % 60:02}Z",
                "was_cancelled": number % 17 == 0, "lead_time": 5.0 + who, "result": answer(task),
            }
            for who in people
        ]  # fmt: skip
        exported.append({"id": number, "data": {"curate_id": key}, "annotations": annotations})
    (runner.folder / "answers.json").write_text(json.dumps(exported), encoding="utf-8")
    runner(*here, "sync", "--from-file", "answers.json")
    runner(*here, "sync", "--from-file", "answers.json", "--json")


def _choice(name: str, value: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [value]}}


def relabel(truth: Mapping[str, str], task: Mapping[str, Any]) -> list[dict[str, Any]]:
    key, label = task["data"]["curate_id"], truth.get(task["data"]["text"])
    if label is None or lot(key) % 11 == 0:
        return [_choice("label", "__unusable__")]
    return [_choice("label", label)]


def review(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    drawn = lot(task["data"]["curate_id"])
    rating = {"from_name": "rating", "to_name": "text", "type": "rating",
              "value": {"rating": 1 + drawn % 5}}  # fmt: skip
    said = f"That was {drawn % 97} of the question, put better."
    better = {"from_name": "corrected", "to_name": "text", "type": "textarea",
              "value": {"text": [said]}}  # fmt: skip
    return [
        rating,
        *([better] if drawn % 3 == 0 else []),
        *([_choice("verdict", "drop")] if drawn % 13 == 0 else []),
        *([_choice("verdict", "keep")] if drawn % 13 == 1 else []),
    ]


def compare_answers(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    drawn = lot(task["data"]["curate_id"])
    return [_choice("preference", ("A", "B", "A", "B", "tie", "both_bad", "A")[drawn % 7])]


# -- classification --------------------------------------------------------------------------------


def _some_labels(rows: Sequence[Row], column: str, small: bool) -> list[Row]:
    """Returns all rows, or some of a few labels."""
    few = sorted({row[column] for row in rows})[:8]
    return [row for row in rows if row[column] in few][::3] if small else list(rows)


def _wrong(rows: list[Row], column: str) -> list[Row]:
    """Returns the rows with one label in 25 swapped for another one."""
    labels = sorted({row[column] for row in rows})
    next_to = dict(zip(labels, [*labels[1:], labels[0]], strict=True))
    return [
        {**row, column: next_to[row[column]]} if n % 25 == 7 else row for n, row in enumerate(rows)
    ]


def _classifier(
    name: str, column: str, runner: Runner, data: Path, small: bool, *, given: bool
) -> None:
    """A classifier's set in two pulls; with its own split, or with ids and a drawn one."""
    published = _some_labels(read(data / name / SETS[name].file), column, small)
    truth = {row["text"]: row[column] for row in published}
    rows = _wrong(published, column)
    if not given:
        rows = [
            {"id": f"{name}-{n}", "text": row["text"], column: row[column]}
            for n, row in enumerate(rows)
        ]
    first = write(runner, "first.jsonl", (row for n, row in enumerate(rows) if n % 7))
    copies = [{**row, "text": f"{row['text'].upper()} "} for row in rows[1:60:5]]
    if not given:
        copies = [{**row, "id": f"copy-{row['id']}"} for row in copies]
    rest = write(runner, "rest.jsonl", [*rows[::7], *copies])
    curate, here = runner, ("-C", PROJECT)
    more = not (small and given)  # of a small run, one classifier is looked at from all sides
    options = ("--map", "split=split") if given else ()
    curate("init", PROJECT, "--task", "classification")
    curate(*here, "pull", first, *options)
    curate(*here, "filter")
    curate(*here, "embed")
    curate(*here, "dedupe")
    curate(*here, "cluster")
    curate(*here, "mislabels", "--top", "20")
    if more:
        curate(*here, "status", "--json")
        curate(*here, "export", "intents", "--dry-run")
    curate(*here, "export", "intents", "--format", "classification")
    asked = curate.both(*here, "queue", "--budget", "60" if small else "300")
    label(curate, PROJECT, partial(relabel, truth))
    curate(*here, "pull", rest, *options, "--json")
    if not given:
        said = "".join(f"{name}-{n},{published[n][column]}\n" for n in range(7, 200, 25))
        (runner.folder / "labels.csv").write_text(f"id,label\n{said}", encoding="utf-8")
        curate(*here, "pull", "labels.csv", "--as", "feedback", "--key", "id")
    if more:
        curate(*here, "status")
    stages(curate, PROJECT, small, "filter", "embed", "dedupe", "cluster")
    suspected = curate.both(*here, "mislabels")["issues"]
    curate.both(*here, "mislabels", "--classes")
    if more:
        curate(*here, "queue", "--budget", "40", "--json")
    curate(*here, "export", "intents", "--format", "classification", "--json")
    curate.both(*here, "diff", "intents@1", "intents@2")
    train = f"{PROJECT}/datasets/intents/v2/train.jsonl"
    if more:
        curate(*here, "check", train, expect=(0, 3))
    curate.json(*here, "check", train, "--target", "classification", expect=(0, 3))
    if more:
        curate(*here, "pairs", expect=(2,))
        curate(*here, "dedupe", "--suggest-threshold")
    if not small:
        curate.both(*here, "curve")
        curate(*here, "run", "--json")
        curate.both(*here, "privacy")
    looks(curate, PROJECT)
    queued = [entry["example_id"] for entry in _entries(asked)]
    stories(curate, PROJECT, small, *[issue["id"] for issue in suspected[:4]], *queued[:4])


def _entries(said: Any) -> list[dict[str, Any]]:
    return next(v for v in said.values() if isinstance(v, list) and v and "task_key" in v[0])


# -- conversations ---------------------------------------------------------------------------------


def first_talks(rows: Sequence[Row], column: str, limit: int) -> list[Row]:
    """Returns the rows of the first conversations, about so many rows."""
    wanted, kept = set(), []
    for row in rows:
        if row[column] not in wanted and len(kept) >= limit:
            break
        wanted.add(row[column])
        kept.append(row)
    return kept


def _topical(runner: Runner, data: Path, small: bool) -> None:
    """Talks with ratings, one row a turn, in two pulls."""
    rows = read(data / "topical_chat_rated" / SETS["topical_chat_rated"].file)
    rows = first_talks(rows, "conversation_id", 700) if small else rows
    later = [lot(row["conversation_id"]) % 7 == 0 for row in rows]
    first = write(
        runner, "first.jsonl", (r for r, late in zip(rows, later, strict=True) if not late)
    )
    rest = write(runner, "rest.jsonl", (r for r, late in zip(rows, later, strict=True) if late))
    curate, here = runner, ("-C", PROJECT)
    formats = ("--format", "trl-prompt-completion", "--format", "openai-chat", "--lossy")
    curate("init", PROJECT)
    curate(*here, "pull", first, "--turns")
    curate(*here, "filter", "--list")
    curate(*here, "filter", "--min-rating", "4")
    curate(*here, "embed")
    curate(*here, "dedupe")
    curate(*here, "cluster")
    curate(*here, "export", "talks", *formats)
    asked = curate.both(*here, "queue", "--budget", "60" if small else "300")
    label(curate, PROJECT, review)
    curate(*here, "pull", rest, "--turns", "--json")
    stages(curate, PROJECT, small, "filter", "embed", "dedupe", "cluster", "pairs")
    curate(*here, "export", "talks", *formats, "--dry-run", "--json")
    curate(*here, "export", "talks", *formats, "--json")
    curate.both(*here, "diff", "talks@1", "talks@2")
    curate(*here, "queue", "--budget", "40", "--json")
    curate(*here, "export", "flat", "--format", "records", "--limit", "200", "--lossy")
    train = f"{PROJECT}/datasets/talks/v2/train.openai-chat.jsonl"
    curate.json(*here, "check", train, "--target", "openai", expect=(0, 3))
    if not small:
        curate(*here, "export", "thumbs", "--format", "trl-kto", "--lossy")
        curate(*here, "check", train, expect=(0, 3))
        curate.both(*here, "privacy")
    looks(curate, PROJECT)
    stories(curate, PROJECT, small, *[entry["example_id"] for entry in _entries(asked)[:6]])


def _oasst1(runner: Runner, data: Path, small: bool) -> None:
    """Trees of messages with ranks and ratings become preference pairs."""
    published = oasst1_turns(read(data / "oasst1_en_validation" / "messages.jsonl.gz"))
    trees = sorted({row["message_tree_id"] for row in published})
    trees = trees[:60] if small else trees
    early = {tree for tree in trees if lot(tree) % 6}
    first = write(runner, "first.jsonl", (r for r in published if r["message_tree_id"] in early))
    rest = {tree for tree in trees if tree not in early}
    rest = write(runner, "rest.jsonl", (r for r in published if r["message_tree_id"] in rest))
    curate, here = runner, ("-C", PROJECT)
    mapped = [("rank", "rank"), ("session", "message_tree_id"), ("rating", "quality")]
    options = [part for field, column in mapped for part in ("--map", f"{field}={column}")]
    options += ["--turns", "--scale", "0-1"]
    curate("init", PROJECT, "--task", "preference")
    curate(*here, "pull", first, *options)
    curate(*here, "filter")
    curate(*here, "embed")
    curate(*here, "dedupe")
    curate.both(*here, "pairs")
    curate(*here, "export", "better", "--format", "trl-dpo", "--format", "openai-dpo", "--lossy")
    asked = curate.both(*here, "queue", "--budget", "40")
    label(curate, PROJECT, compare_answers)
    curate(*here, "pull", rest, *options, "--json")
    stages(curate, PROJECT, small, "filter", "embed", "dedupe", "cluster", "pairs")
    curate(*here, "export", "better", "--format", "trl-dpo", "--json")
    curate.both(*here, "diff", "better@1", "better@2")
    curate(*here, "export", "thumbs", "--format", "trl-kto", "--lossy", "--json")
    curate(*here, "export", "answers", "--format", "sharegpt", "--lossy")
    curate(*here, "pairs", "--min-margin", "0.5", "--json")
    train = f"{PROJECT}/datasets/better/v2/train.jsonl"
    curate.json(*here, "check", train, "--target", "trl", expect=(0, 3))
    if not small:
        curate.both(*here, "signals")
    looks(curate, PROJECT)
    stories(curate, PROJECT, small, *[entry["example_id"] for entry in _entries(asked)[:6]])


_API_ROLES = {"agent": "assistant", "api": "tool", "user": "user"}


def _said(turn: Mapping[str, Any]) -> str:
    return turn.get("text") or json.dumps({k: v for k, v in turn.items() if k != "role"})


def _taskmaster(runner: Runner, data: Path, small: bool) -> None:
    """Contexts with a reward of 0 or 1, of which one in ten comes late."""
    published = read(data / "taskmaster3_reward" / "rows.jsonl.gz")
    rows = []
    for n, row in enumerate(published[:400] if small else published):
        told = {} if n % 10 == 3 else {"rating": row["reward"]}
        messages = [
            {"role": _API_ROLES[t["role"]], "content": _said(t)} for t in json.loads(row["context"])
        ]
        said = _said(json.loads(row["generation"]))
        rows.append({"id": f"tm-{n}", **told, "messages": messages, "response": said})
    first = write(runner, "first.jsonl", (row for n, row in enumerate(rows) if n % 8))
    # Some calls come again with another answer: the source has changed.
    changed = [{**row, "response": f"{row['response']} Is that right?"} for row in rows[1:40:8]]
    rest = write(runner, "rest.jsonl", [*rows[::8], *changed])
    late = "".join(f"tm-{n},{published[n]['reward']}\n" for n in range(3, len(rows), 10))
    (runner.folder / "late.csv").write_text(f"id,reward\n{late}nobody,1\n", encoding="utf-8")
    curate, here = runner, ("-C", PROJECT)
    curate("init", PROJECT)
    curate(*here, "pull", first, "--scale", "0-1")
    curate(*here, "filter")
    curate(*here, "embed")
    curate(*here, "dedupe")
    curate(*here, "export", "tickets", "--format", "trl-prompt-completion", "--lossy")
    curate(*here, "export", "thumbs", "--format", "trl-kto", "--lossy")
    curate(*here, "pull", rest, "--scale", "0-1", "--json")
    curate(
        *here, "pull", "late.csv", "--as", "feedback", "--key", "id", "--map", "rating=reward",
        "--scale", "0-1",
    )  # fmt: skip
    curate(*here, "status")
    stages(curate, PROJECT, small, "filter", "embed", "dedupe", "cluster", "pairs", "privacy")
    curate(*here, "queue", "--budget", "40", "--json")
    curate(*here, "export", "tickets", "--format", "trl-prompt-completion", "--lossy", "--json")
    curate.both(*here, "diff", "tickets@1", "tickets@2")
    curate(*here, "export", "better", "--format", "trl-dpo", "--min-test", "0", "--lossy", "--json")
    train = f"{PROJECT}/datasets/tickets/v2/train.jsonl"
    curate.json(*here, "check", train, "--target", "trl", expect=(0, 3))
    looks(curate, PROJECT)
    stories(curate, PROJECT, small)


# -- spans -----------------------------------------------------------------------------------------


def _entities(tokens: Sequence[str], tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Returns (start, end, label) of the entities that IOB2 tags mark in the joined tokens."""
    found: list[tuple[int, int, str]] = []
    at, inside = 0, False
    for token, tag in zip(tokens, tags, strict=True):
        end = at + len(token)
        if tag.startswith("I-") and inside and found[-1][2] == tag[2:]:
            found[-1] = (found[-1][0], end, tag[2:])
        elif tag != "O":
            found.append((at, end, tag[2:]))
        inside = tag != "O"
        at = end + 1
    return found


def _answer(text: str, entities: Sequence[tuple[int, int, str]]) -> str:
    said: dict[str, list[str]] = {}
    for start, end, name in entities:
        said.setdefault(name, []).append(text[start:end])
    return json.dumps({name: v[0] if len(v) == 1 else v for name, v in sorted(said.items())})


def mark(truth: Mapping[str, Sequence[tuple[int, int, str]]], task: Mapping[str, Any]) -> Any:
    text = task["data"]["text"]
    marked = [
        {"from_name": "span", "to_name": "text", "type": "labels",
         "value": {"start": start, "end": end, "text": text[start:end], "labels": [name]}}
        for start, end, name in truth.get(text, ())
    ]  # fmt: skip
    return marked or [_choice("verdict", "nothing")]


def _uner(runner: Runner, data: Path, small: bool) -> None:
    """Sentences whose entities are drafts; annotators mark the final ones."""
    published = read(data / "uner_ewt_draft_vs_final" / "dev.jsonl.gz")
    rows, truth = [], {}
    for n, row in enumerate(published[:500] if small else published):
        text = " ".join(row["tokens"])
        draft, final = (
            _entities(row["tokens"], row[f"ner_{which}"]) for which in ("draft", "final")
        )
        truth[text] = final
        # One in nine of the drafts lost what it had; nobody looked at one in four.
        said = _answer(text, [] if n % 9 == 4 else draft)
        rating = {} if n % 4 == 1 else {"rating": 1 if said != _answer(text, final) else 5}
        rows.append({"id": row["sent_id"], "prompt": text, "response": said, **rating})
    first = write(runner, "first.jsonl", (row for n, row in enumerate(rows) if n % 6))
    rest = write(runner, "rest.jsonl", rows[::6])
    curate, here = runner, ("-C", PROJECT)
    curate("init", PROJECT, "--task", "extraction")
    curate(*here, "pull", first, "--scale", "1-5")
    curate(*here, "filter", "--unrated", "keep")
    curate(*here, "embed")
    curate(*here, "dedupe")
    curate(*here, "export", "entities", "--format", "extraction", "--lossy")
    asked = curate.both(*here, "queue", "--kind", "spans", "--budget", "60" if small else "200")
    label(curate, PROJECT, partial(mark, truth), "--kind", "spans")
    curate(*here, "pull", rest, "--scale", "1-5", "--json")
    stages(curate, PROJECT, small, "filter", "embed", "dedupe", "cluster", "pairs")
    curate(*here, "export", "entities", "--format", "extraction", "--lossy", "--json")
    curate.both(*here, "diff", "entities@1", "entities@2")
    curate(*here, "queue", "--budget", "20", "--json")
    train = f"{PROJECT}/datasets/entities/v2/train.jsonl"
    curate.json(*here, "check", train, "--target", "extraction", expect=(0, 3))
    looks(curate, PROJECT)
    stories(curate, PROJECT, small, *[entry["example_id"] for entry in _entries(asked)[:6]])


# -- the demo --------------------------------------------------------------------------------------


def _demo(runner: Runner, _data: Path, small: bool) -> None:
    """`curate demo`, and what its own page goes on to do."""
    curate, here = runner, ("-C", "demo")
    curate("demo", "demo")
    asked = curate.both(*here, "queue", "--budget", "60")
    label(curate, "demo", review)
    curate(*here, "run", "--json")
    curate.both(*here, "mislabels")
    curate(*here, "export", "support", "--format", "openai-chat", "--json")
    curate(*here, "export", "support", "--format", "trl-prompt-completion", "--seed", "3")
    curate.both(*here, "diff", "support@1", "support@2")
    curate.both(*here, "pairs")
    curate.both(*here, "privacy")
    curate(*here, "cluster")
    curate(*here, "dedupe", "--json")
    curate.json(
        *here, "check", "demo/datasets/support/v2/train.jsonl", "--target", "openai", expect=(0, 3)
    )  # fmt: skip
    if not small:
        curate(*here, "pull", "demo/logs")
        curate.both(*here, "signals")
        curate.both(*here, "curve")
    looks(curate, "demo")
    stories(curate, "demo", small, *[entry["example_id"] for entry in _entries(asked)[:6]])


RECIPES = {
    made.name: made
    for made in (
        Recipe("demo", _demo, (*FILLED, "mislabels", "decisions", "clusters", "pairs"), "demo"),
        Recipe(
            "clinc150",
            partial(_classifier, "clinc150", "label", given=False),
            (*FILLED, "mislabels", "decisions", "input_pairs", "corrections", "tasks"),
        ),
        Recipe(
            "banking77",
            partial(_classifier, "banking77", "category", given=True),
            (*FILLED, "mislabels", "decisions", "input_pairs", "clusters", "tasks"),
        ),
        Recipe("topical_chat", _topical, (*FILLED, "ratings", "decisions", "embeddings", "tasks")),
        Recipe("oasst1", _oasst1, (*FILLED, "pairs", "pair_verdicts", "decisions", "ratings")),
        Recipe("uner", _uner, (*FILLED, "decisions", "tasks", "ratings")),
        Recipe(
            "tm3",
            _taskmaster,
            (*FILLED, "pairs", "pair_verdicts", "ratings", "interaction_history"),
        ),
    )
}


def given_by_api(before: Path, after: Path) -> list[str]:
    """Returns what the Python API is asked for: views, verdicts, and tables that are none any more.

    Args:
        before: the project that the tree before has made.
        after: the project that is looked at, which may be the same.
    """
    kinds = []
    for project in (before, after):
        with duckdb.connect(str(project / "curate.duckdb"), read_only=True) as con:
            query = "SELECT {0}_name FROM duckdb_{0}s() WHERE NOT internal ORDER BY ALL"
            kinds.append([
                [name for (name,) in con.execute(query.format(kind)).fetchall()]
                for kind in ("view", "table")
            ])  # fmt: skip
    (views, tables), (_, still) = kinds
    gone = [name for name in tables if name not in still and not name.startswith("_")]
    return [*views, *VERDICTS, *gone]
