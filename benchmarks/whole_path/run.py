"""`curate run` on two public data sets, as a user types it; writes RESULTS.md beside this file.

Each set goes through pull, filter, embed, dedupe, cluster (and mislabels, where it has labels) in
one command and one process, first with 99 of 100 rows, then with all of them, then with nothing
new. The seconds of each stage are those that the store recorded; the peak memory is that of the
process.

    CURATE_TEST_DATA=/path/to/data python benchmarks/whole_path/run.py
"""

from __future__ import annotations

import gzip
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from measured import Stage, child

DATA = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
SETS = {
    "topical_chat_rated/turns.jsonl.gz": '[project]\ntask = "sft"\n[pull]\nturns = true\n',
    "clinc150/rows.jsonl.gz": (
        '[project]\ntask = "classification"\n[pull]\nmap = ["split=split"]\n'
        '[dedupe]\nsemantic = "auto"\n'
    ),
}
STAGES = ("pull", "filter", "embed", "dedupe", "cluster", "mislabels")
STEPS = ("99 % of the rows", "the last 1 % too", "nothing new")
_SECONDS = (
    "SELECT command, epoch(finished_at - started_at) FROM runs WHERE command <> 'project' "
    "ORDER BY run_id"
)


def measure(name: str, toml: str, folder: Path) -> tuple[list[str], str]:
    """Returns the table rows of one set, and the story of one of its semantic duplicates."""
    import duckdb

    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        rows = list(lines)
    project, log = folder / "project", folder / "logs.jsonl"
    child("-m", "curate", "init", str(project))
    toml = toml.replace("[pull]", f'[pull]\nlocations = ["{log}"]')
    (project / "curate.toml").write_text(toml, encoding="utf-8")
    steps: list[Stage] = []
    for share in (0.99, 1.0, 1.0):
        log.write_text("".join(islice(rows, int(share * len(rows)))), encoding="utf-8")
        print(f"{name}: {STEPS[len(steps)]}", file=sys.stderr)
        steps.append(child("-m", "curate", "-C", str(project), "run", "--json"))
    with duckdb.connect(str(project / "curate.duckdb"), read_only=True) as con:
        recorded = con.execute(_SECONDS).fetchall()
    table, at = [], 0
    for step, stage in zip(STEPS, steps, strict=True):
        seconds = dict(recorded[at : at + len(stage.printed)])
        at += len(stage.printed)
        cells = [f"{seconds[s]:.1f}" if s in seconds else "" for s in STAGES]
        table.append(
            f"| {name.split('/')[0]}, {len(rows):,} rows | {step} | {' | '.join(cells)} | "
            f"{stage.seconds:.1f} | {stage.peak_mib:,.0f} |"
        )
    return table, story(project).replace(f"{folder}/", "")


def story(project: Path) -> str:
    """Returns what `curate why` tells of the first semantic duplicate."""
    from curate.project import Project

    found = Project(project).table("excluded").to_pylist()
    dropped = sorted(r["example_id"] for r in found if r["reason"] == "semantic_duplicate")
    if not dropped:
        return "no semantic duplicate"
    return str(child("-m", "curate", "-C", str(project), "why", dropped[0]).printed)


def main() -> int:
    if not DATA.is_dir():
        print(f"no data in {DATA.name}: set CURATE_TEST_DATA", file=sys.stderr)
        return 2
    rows, stories = [], []
    for name, toml in SETS.items():
        with tempfile.TemporaryDirectory() as folder:
            made, told = measure(name, toml, Path(folder))
        rows += made
        stories += [f"{name.split('/')[0]}:", "", "```text", told.rstrip(), "```", ""]
    packages = ", ".join(f"{p} {version(p)}" for p in ("duckdb", "torch", "sentence-transformers"))
    text = "\n".join(
        [
            "# The whole path in one command",
            "",
            f"Written by `python benchmarks/whole_path/run.py` on {datetime.now(UTC):%Y-%m-%d}; "
            f"Python {platform.python_version()}, {packages}, {os.cpu_count()} cores. Seconds by "
            "the clock, stage by stage, and of the whole process; its peak memory in MiB.",
            "",
            f"| set | step | {' | '.join(STAGES)} | whole | MiB |",
            f"|---|---|{'--:|' * (len(STAGES) + 2)}",
            *rows,
            "",
            "What `curate why` tells of a semantic duplicate:",
            "",
            *stories,
        ]
    )
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
