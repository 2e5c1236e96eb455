"""Runs five public data sets through the whole path and writes RESULTS.md beside this file.

For each set: init, pull, filter, dedupe, export, verify, then pull and export once more; each
command is a process of its own, whose seconds and peak memory are measured. What curate counted is
compared with plain Python over the published files (`raw_oracle.py`, `real_sets.py`), the sides of
the exported version are searched for leaks by brute force, and the version is read with
`datasets`, pandas and DuckDB.

    CURATE_TEST_DATA=/path/to/data python benchmarks/real_data/run.py [SET ...]

Exit status 1: something that was measured is not what it should be; RESULTS.md names it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import raw_oracle as oracle
from real_sets import SEED_QUERY, SETS, Facts, RealSet

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from measured import CHECKOUT, Stage, child, sources

PACKAGES = ("duckdb", "pyarrow", "numpy", "scipy", "orjson", "click", "datasets", "pandas")
READERS = ("datasets", "pandas", "duckdb")


@dataclass
class Outcome:
    """Everything that was measured on one data set; `problems` is empty where all is well."""

    real: RealSet
    facts: Facts
    yardstick: Stage
    stages: dict[str, Stage] = field(default_factory=dict)
    queried: dict[str, int] = field(default_factory=dict)
    loaded: dict[str, dict[str, Any]] = field(default_factory=dict)
    crossings: oracle.Crossings | None = None
    needless: int = 0
    problems: list[str] = field(default_factory=list)


# -- running -----------------------------------------------------------------------------------


def measure(real: RealSet, data: Path, folder: Path) -> Outcome:
    """Runs one data set through the whole path in an empty folder."""
    source, project = real.source(data, folder), folder / real.name
    rows = oracle.read(source)
    outcome = Outcome(real, real.facts(rows), child(__file__, "--read", str(source)))

    def curate(name: str, *arguments: str) -> Stage:
        print(f"{real.name}: {name}", file=sys.stderr)
        outcome.stages[name] = child("-m", "curate", "-C", str(project), *arguments)
        return outcome.stages[name]

    pull = ("pull", str(source), *real.pull, "--json")
    curate("init", "init", "--task", real.task)
    curate("pull", *pull)
    curate("filter", "filter", *real.filter, "--json")
    curate("dedupe", "dedupe", "--json")
    curate("export", "export", real.name.replace("_", "-"), "--json")
    curate("verify", "verify", "--json")
    curate("pull again", *pull)
    curate("export again", "export", real.name.replace("_", "-"), "--json")
    made = project / "datasets" / real.name.replace("_", "-") / "v1"
    outcome.queried = _query(project)
    for reader in READERS:
        stage = child(__file__, "--load", reader, str(made), str(folder / "cache"))
        outcome.loaded[reader] = stage.printed
    outcome.crossings = crossings(real, rows, made)
    outcome.needless = needless(real, rows, project)
    outcome.problems = list(problems(outcome))
    return outcome


def _query(project: Path) -> dict[str, int]:
    """Returns what plain DuckDB finds in the store, the seed query unchanged."""
    import duckdb

    with duckdb.connect(str(project / "curate.duckdb"), read_only=True) as con:
        rated, good = con.execute(
            "SELECT count(human_rating), count(*) FILTER (human_rating >= 4) FROM ai_interactions"
        ).fetchall()[0]
        return {"rated": rated, "good": good, "seed": len(con.execute(SEED_QUERY).fetchall())}


def load(reader: str, made: Path, cache: Path) -> dict[str, int]:
    """Returns how many rows of train and test a reader finds in a version."""
    import duckdb
    import pandas

    if reader == "datasets":
        import datasets

        datasets.disable_progress_bars()
        found = datasets.load_dataset(str(made), cache_dir=str(cache))
        return {side: len(rows) for side, rows in found.items()}
    files = {side: str(made / f"{side}.jsonl") for side in ("train", "test")}
    if reader == "pandas":
        return {side: len(pandas.read_json(file, lines=True)) for side, file in files.items()}
    count = "SELECT count(columns(*)) FROM read_json($file)"  # reads every column
    return {side: duckdb.execute(count, {"file": f}).fetchall()[0][0] for side, f in files.items()}


def crossings(real: RealSet, rows: list[oracle.Row], made: Path) -> oracle.Crossings:
    """Returns what stands on both sides of a version, from its lineage and the raw rows alone."""
    import pyarrow.parquet as pq

    calls, sides = real.calls(rows), {"train": [], "test": []}
    lineage = pq.read_table(made / "lineage.parquet", columns=["split", "source_line"])
    for row in lineage.to_pylist():
        sides[row["split"]].append(calls[row["source_line"]])
    return oracle.crossings(sides["train"], sides["test"])


def needless(real: RealSet, rows: list[oracle.Row], project: Path) -> int:
    """Returns how many calls left as leaks of which the raw rows show no held-out partner."""
    from curate.project import Project

    calls, found = real.calls(rows), Project(project)
    lines = found.table("interactions").select(["interaction_id", "line"]).to_pylist()
    call_of = {row["interaction_id"]: calls[row["line"]] for row in lines}
    verdicts = found.table("verdicts").to_pylist()
    withheld = [call_of[v["example_id"]] for v in verdicts if v["reason"] == "leak"]
    test = [call_of[v["example_id"]] for v in verdicts if v["side"] == "test"]
    return oracle.needless(withheld, test)


# -- checking ----------------------------------------------------------------------------------


def compared(outcome: Outcome) -> dict[str, tuple[Any, Any]]:
    """Returns name -> (what plain Python counts in the raw data, what curate has)."""
    facts, stages = outcome.facts, outcome.stages
    pull, hits = stages["pull"].printed, stages["filter"].printed["hits"]
    return {
        "documents": (facts.documents, pull["documents"]),
        "calls": (facts.calls, pull["summary"]["interactions"]),
        "conversations": (facts.conversations, pull["summary"]["conversations"]),
        "calls without a query": (
            facts.without_query,
            sum(n for _, reason, n in hits if reason == "no_query"),
        ),
        "rated": (facts.rated, outcome.queried["rated"]),
        "unrated": (facts.calls - facts.rated, facts.calls - outcome.queried["rated"]),
        "rated 4 or more": (facts.rated_4_or_more, outcome.queried["good"]),
    }


def problems(outcome: Outcome) -> list[str]:
    """Returns what is not as it should be, one line each."""
    pull, export = outcome.stages["pull"].printed, outcome.stages["export"].printed
    found = [
        f"{name}: {raw:,} in the raw data, {stored:,} in curate"
        for name, (raw, stored) in compared(outcome).items()
        if raw != stored
    ]
    hits = {reason: n for _, reason, n in outcome.stages["filter"].printed["hits"]}
    unrated = outcome.facts.calls - outcome.facts.rated
    if outcome.real.drops_unrated and hits.get("unrated", 0) != unrated:
        found.append(
            f"{unrated:,} calls are unrated, {hits.get('unrated', 0):,} are dropped for it"
        )
    split, overlap = export["split"], pull["summary"]["split_overlap"]
    if "split=split" in outcome.real.pull and overlap != outcome.facts.split_overlap:
        found.append(f"split overlap: {outcome.facts.split_overlap} in the raw data, {overlap}")
    out = sum(n for _, n in export["funnel"])
    if export["train"] + export["test"] + out != outcome.facts.calls:
        found.append("train, test and reasons do not add up to the calls")
    if split["drawn"] and abs(split["drawn_test"] / split["drawn"] - split["test_size"]) > 0.01:
        found.append(f"{split['drawn_test']:,} of {split['drawn']:,} drawn for test")
    if split["largest_unit"] > split["cap"]:
        found.append(f"a unit of {split['largest_unit']:,} examples, cap {split['cap']:,}")
    crossing = outcome.crossings
    if crossing and (crossing.conversations or crossing.inputs or crossing.near_pairs):
        found.append(f"on both sides: {dataclasses.asdict(crossing)}")
    counts = {side: export[side] for side in ("train", "test")}
    found += [
        f"{reader} reads {loaded}" for reader, loaded in outcome.loaded.items() if loaded != counts
    ]
    for checked in outcome.stages["verify"].printed:
        found += checked["problems"]
    if outcome.needless > 0.005 * export["train"]:
        found.append(f"{outcome.needless:,} calls were withheld without need")
    again = outcome.stages["pull again"].printed
    if again["new"] or again["changed"] or outcome.stages["export again"].printed["created"]:
        found.append("the second pull or export changed something")
    return found


# -- writing -----------------------------------------------------------------------------------


def table(head: list[str], rows: list[list[Any]]) -> str:
    """Returns a Markdown table; numbers are shown with separators, to the right."""

    def shown(cell: Any) -> str:
        return f"{cell:,}" if isinstance(cell, int) else str(cell)

    lines = [head, ["---", *("--:" for _ in head[1:])], *([shown(c) for c in r] for r in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def render(outcomes: list[Outcome], command: str) -> str:
    """Returns the text of RESULTS.md."""
    heads = ["", *(outcome.real.name for outcome in outcomes)]
    exports = [outcome.stages["export"].printed for outcome in outcomes]
    broken = [f"{o.real.name}: {problem}" for o in outcomes for problem in o.problems]
    parts = [
        "# Real data\n",
        f"Five public data sets through the whole path. Written by `{command}` on "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {_environment()}\n",
        f"**Problems: {len(broken)}.**\n" if broken else "**Everything is as it should be.**\n",
        "".join(f"- {line}\n" for line in broken),
        "## How each is read\n",
        "".join(_commands(outcome.real) for outcome in outcomes),
        _NOTE_OASST1,
        "## Raw data against store\n",
        "Left: counted in the published files by plain Python. Right: what curate has; the ratings "
        "by plain DuckDB on the view `ai_interactions`.\n",
        table(
            heads,
            [
                [name, *(_pair(*compared(outcome)[name]) for outcome in outcomes)]
                for name in compared(outcomes[0])
            ],
        ),
        f"The seed query, unchanged and in plain DuckDB (`{SEED_QUERY}`), gives "
        + ", ".join(f"{o.queried['seed']:,} rows ({o.real.name})" for o in outcomes)
        + ".\n",
        "## Texts on both sides of a published split\n",
        "After normalising case and white space.\n",
        table(
            ["set", "parts", "raw data", "`curate pull`"],
            [
                [
                    o.real.name,
                    pair,
                    n,
                    o.stages["pull"].printed["summary"]["split_overlap"].get(pair, 0),
                ]
                for o in outcomes
                for pair, n in o.facts.split_overlap.items()
            ],
        ),
        "## Kept, and why not\n",
        "Each call once, under its first reason; a call may meet several rules.\n",
        table(heads, _funnel(exports)),
        "Hits of each rule, every rule by itself:\n",
        table(heads, _hits(outcomes)),
        "## Held-out split\n",
        table(heads, _split(exports)),
        "## What stands on both sides of the version\n",
        "Brute force over `lineage.parquet` and the raw rows, without curate: every held-out input "
        "against every train input that shares a word 3-gram with it.\n",
        table(
            heads,
            [
                [name, *(getattr(o.crossings, key) for o in outcomes)]
                for name, key in (
                    ("conversations", "conversations"),
                    ("equal inputs", "inputs"),
                    ("pairs with Jaccard >= 0.8", "near_pairs"),
                    ("pairs compared", "compared"),
                )
            ],
        ),
        "Train calls that left as leaks, of which the raw rows show no partner that is held out "
        "(in brackets: share of train):\n",
        table(
            heads,
            [
                [
                    "withheld without need",
                    *(
                        f"{o.needless:,} ({o.needless / max(e['train'], 1):.2%})"
                        for o, e in zip(outcomes, exports, strict=True)
                    ),
                ]
            ],
        ),
        "## Rows that others read\n",
        "Train + test; the manifest's counts first.\n",
        table(
            heads,
            [
                ["manifest.json", *(f"{e['train']:,} + {e['test']:,}" for e in exports)],
                *(
                    [
                        reader,
                        *(
                            f"{o.loaded[reader]['train']:,} + {o.loaded[reader]['test']:,}"
                            for o in outcomes
                        ),
                    ]
                    for reader in READERS
                ),
            ],
        ),
        "## Time and memory\n",
        "Each command is a process of its own; seconds by the clock / of CPU. The machine is "
        "shared with other work, so absolute seconds vary by half and more between runs. In "
        "brackets: the ratio of CPU seconds to those of a bare Python process that reads the same "
        "file with `gzip` and `json`, measured in the same run.\n",
        table(
            heads,
            [
                ["bare Python", *(_seconds(o.yardstick) for o in outcomes)],
                *(
                    [
                        name,
                        *(
                            f"{_seconds(o.stages[name])} "
                            f"({o.stages[name].cpu_seconds / o.yardstick.cpu_seconds:.0f}x)"
                            for o in outcomes
                        ),
                    ]
                    for name in outcomes[0].stages
                ),
            ],
        ),
        "Peak memory of each command:\n",
        table(
            heads,
            [
                [name, *(f"{o.stages[name].peak_mib:,.0f} MiB" for o in outcomes)]
                for name in outcomes[0].stages
            ],
        ),
    ]
    return "\n".join(part for part in parts if part)


_NOTE_OASST1 = """\
OASST1 keeps ratings in two parallel lists, `labels.name` and `labels.value`; `quality` stands in
position 1 to 8 of them, so no `--map rating=labels.value[N]` finds it. `real_sets.py` looks it up
by name, and writes one row per assistant message with the path to it as `messages`.
"""


def _pair(raw: int, stored: int) -> str:
    return f"{raw:,} / {stored:,}"


def _seconds(stage: Stage) -> str:
    return f"{stage.seconds:.1f} / {stage.cpu_seconds:.1f}"


def _environment() -> str:
    import curate

    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"curate {curate.__version__} (src and sql: sha256 {sources()}), Python "
        f"{platform.python_version()}, {packages}; {os.cpu_count()} cores, {platform.machine()}."
    )


def _commands(real: RealSet) -> str:
    file = f"{real.name}.jsonl" if real.prepare else real.file
    options = " ".join(["", *real.pull])
    chosen = " ".join(["", *real.filter])
    return (
        f"- {real.name}: `curate init --task {real.task}`, `curate pull {file}{options}`, "
        f"`curate filter{chosen}`\n"
    )


def _funnel(exports: list[dict[str, Any]]) -> list[list[Any]]:
    reasons = dict.fromkeys(reason for export in exports for reason, _ in export["funnel"])
    return [
        ["train", *(export["train"] for export in exports)],
        ["test", *(export["test"] for export in exports)],
        *([reason, *(dict(e["funnel"]).get(reason, 0) for e in exports)] for reason in reasons),
        ["test that waits for a good answer", *(export["pending"] for export in exports)],
    ]


def _hits(outcomes: list[Outcome]) -> list[list[Any]]:
    counted = [
        {reason: n for _, reason, n in outcome.stages["filter"].printed["hits"]}
        for outcome in outcomes
    ]
    reasons = dict.fromkeys(reason for hits in counted for reason in hits)
    return [[reason, *(hits.get(reason, 0) for hits in counted)] for reason in reasons]


def _split(exports: list[dict[str, Any]]) -> list[list[Any]]:
    splits = [export["split"] for export in exports]

    def share(split: dict[str, Any]) -> str:
        drawn = split["drawn"]
        return f"{split['drawn_test'] / drawn:.2%}" if drawn else "given"

    return [
        ["examples drawn", *(split["drawn"] for split in splits)],
        ["of them test", *(split["drawn_test"] for split in splits)],
        ["share (wanted 10%)", *(share(split) for split in splits)],
        ["side train / test", *(_pair(split["train"], split["test"]) for split in splits)],
        [
            "largest unit / cap",
            *(
                _pair(split["largest_unit"], split["cap"]) if split["drawn"] else "given"
                for split in splits
            ),
        ],
        ["train examples withheld for a leak", *(split["withheld"] for split in splits)],
        ["quarantined / exposed", *(_pair(s["quarantined"], s["exposed"]) for s in splits)],
    ]


# -- the program -------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"default: all of {', '.join(SETS)}")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("CURATE_TEST_DATA", CHECKOUT.parent / "shared" / "data")),
    )
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        print(json.dumps({"rows": len(oracle.read(arguments.read))}))
        return 0
    if arguments.load:
        reader, made, cache = arguments.load
        print(json.dumps(load(reader, Path(made), Path(cache))))
        return 0
    if not arguments.data.is_dir():
        parser.error("no data: set CURATE_TEST_DATA to the folder with the five data sets")
    outcomes = []
    for name in arguments.sets or SETS:
        with tempfile.TemporaryDirectory() as folder:
            outcomes.append(measure(SETS[name], arguments.data, Path(folder)))
    text = render(outcomes, " ".join(["python benchmarks/real_data/run.py", *arguments.sets]))
    if not arguments.sets:
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return int(any(outcome.problems for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
