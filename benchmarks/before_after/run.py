"""Does this tree do what an earlier commit does, and what does it cost?

    python benchmarks/before_after/run.py same --before REV [--only demo,clinc150] [--small]
    python benchmarks/before_after/run.py cost --before REV [--runs 3]
    python benchmarks/before_after/run.py stages --before REV [--runs 5] [--margin 1.6]

`same` builds projects from public data sets with a clean checkout of REV and with the working tree,
command by command, and compares all that came of it. `cost` measures the CPU time of commands on
copies of one project, `stages` that of stages on plain logs. Each writes its part of RESULTS.md
beside this file: `same` where all sets were run, `stages` where it has no margin. What REV built is
kept in --folder and not built again.

The data is looked for in CURATE_TEST_DATA. Exit status 1: there is a difference.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from differences import DERIVED, KINDS, Compared, compare, only_one_has
from programs import CHECKOUT, CommandFailed, Runner, checkout, outputs_of, revision_of
from recipes import RECIPES, Recipe, given_by_api

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
_COOKBOOK = ("programs.py", "recipes.py", "tables.py", "../real_data/real_sets.py",
             "../real_data/raw_oracle.py")  # fmt: skip
"""What decides what is built; a change of these builds anew, one of the comparison does not."""


# -- building --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kitchen:
    """Where projects are built.

    Attributes:
        folder: of trees, of what was built before and after, and of what is under way.
        data: the folder of data sets.
        small: whether only the beginning of each set is taken.
        built: what the commit has built, whatever today's recipes are; None looks for its key.
    """

    folder: Path
    data: Path
    small: bool
    built: Path | None = None

    @property
    def size(self) -> str:
        return "small" if self.small else "full"

    def key(self, commit: str) -> str:
        """Returns what names a build: the commit, the recipes, the interpreter, the libraries."""
        digest = hashlib.sha256()
        for name in _COOKBOOK:
            digest.update((HERE / name).read_bytes())
        for package in ("duckdb", "numpy", "pyarrow", "scipy", "torch"):
            digest.update(f"{package} {version(package)}".encode())
        digest.update(platform.python_version().encode())
        return f"{commit[:12]}-{digest.hexdigest()[:12]}"

    def before(self, recipe: Recipe, commit: str) -> Path:
        """Returns what the commit built, from the cache where it is there."""
        home = self.built or self.folder / "before" / self.key(commit)
        kept = home / self.size / recipe.name
        if self.built is None and not kept.exists():
            tree = checkout(commit, self.folder)
            self._build(recipe, tree, kept, "before", None)
        return kept

    def after(self, recipe: Recipe, before: Path) -> Path:
        """Returns what the working tree builds, always anew."""
        kept = self.folder / "after" / self.size / recipe.name
        self._build(recipe, CHECKOUT, kept, "after", before)
        return kept

    def _build(
        self, recipe: Recipe, tree: Path, kept: Path, which: str, before: Path | None
    ) -> None:
        # Both trees work in one folder, one after the other: no path tells them apart.
        place = self.folder / "work" / self.size / recipe.name
        place.parent.mkdir(parents=True, exist_ok=True)
        with _alone(place.with_suffix(".lock")):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            # Of a small run, the demo alone shows what a person reads of each command.
            brief = self.small and recipe.name != "demo"
            watch = partial(_watch, f"{recipe.name} {which}")
            runner = Runner(tree, place, brief=brief, watch=watch)
            try:
                recipe.cook(runner, self.data, self.small)
            except (CommandFailed, OSError, ValueError, KeyError, StopIteration) as error:
                if before is None:
                    raise
                # What is missing will be a difference.
                _say(f"{recipe.name} {which}: stopped: {error}")
            names = given_by_api((before or place) / recipe.project, place / recipe.project)
            runner.python(HERE / "tables.py", recipe.project, DERIVED, *names)
            shutil.rmtree(kept, ignore_errors=True)
            kept.parent.mkdir(parents=True, exist_ok=True)
            place.rename(kept)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _watch(who: str, text: str) -> None:
    _say(f"{who}: {text}")


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text[:150]}", file=sys.stderr, flush=True)


# -- part `same` -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """One project, built twice and compared."""

    recipe: Recipe
    compared: list[Compared]
    one_sided: list[str]
    seconds: tuple[float, float]
    commands: list[str]

    @property
    def differences(self) -> list[Compared]:
        return [one for one in self.compared if one.differences]


def same(arguments: argparse.Namespace) -> int:
    commit = revision_of(arguments.before)
    names = arguments.only.split(",") if arguments.only else [*RECIPES]
    if unknown := sorted(set(names) - set(RECIPES)):
        raise SystemExit(f"no set {unknown[0]}; there are {', '.join(RECIPES)}")
    kitchen = Kitchen(arguments.folder.resolve(), arguments.data, arguments.small, arguments.built)
    checkout(commit, kitchen.folder)

    def compared(name: str) -> Outcome | None:
        recipe = RECIPES[name]
        before = kitchen.before(recipe, commit)
        if arguments.build_only:
            _say(f"{name}: {sum(o.seconds for o in outputs_of(before)):.0f} s of commands before")
            return None
        return _outcome(recipe, before, kitchen.after(recipe, before))

    with ThreadPoolExecutor(arguments.jobs) as workers:
        outcomes = []
        for outcome in workers.map(compared, names):
            if outcome:
                outcomes.append(outcome)
                print(summary([outcome], header=len(outcomes) == 1), flush=True)
    if arguments.build_only:
        return 0
    print("\n".join(_shown(outcome) for outcome in outcomes if outcome.differences))
    if not arguments.only:
        command = f"same --before {arguments.before}{' --small' if arguments.small else ''}"
        keep(RESULTS, "same", report(outcomes, commit, command))
    return int(any(outcome.differences for outcome in outcomes))


def _outcome(recipe: Recipe, before: Path, after: Path) -> Outcome:
    outputs = [outputs_of(folder) for folder in (before, after)]
    return Outcome(
        recipe,
        compare(recipe, before, after),
        only_one_has(recipe, before, after),
        tuple(sum(o.seconds for o in side) for side in outputs),
        [" ".join(o.argv) for o in outputs[0]],
    )


_UNITS = {
    "ids": "content and test ids",
    "json": "lines of --json",
    "text": "lines of stdout",
    "stderr": "lines of stderr",
    "exit": "exit codes",
    "files": "bytes of files",
    "lineage": "rows of lineage",
    "tables": "rows of tables",
    "views": "rows of views and verdicts",
}


def summary(outcomes: Sequence[Outcome], *, header: bool = True) -> str:
    """Returns a table: what was compared of each project, and how many things differ."""
    lines = []
    if header:
        lines.append(f"| project | {' | '.join(_UNITS[kind] for kind in KINDS)} | differences |")
        lines.append(f"|---|{'--:|' * (len(KINDS) + 1)}")
    for outcome in outcomes:
        amounts = {kind: [o for o in outcome.compared if o.kind == kind] for kind in KINDS}
        cells = [f"{sum(o.amount for o in found):,} in {len(found)}" for found in amounts.values()]
        lines.append(
            f"| {outcome.recipe.name} | {' | '.join(cells)} | {len(outcome.differences)} |"
        )
    return "\n".join(lines)


def _shown(outcome: Outcome) -> str:
    parts = [f"\n### {outcome.recipe.name}: {len(outcome.differences)} differences\n"]
    for one in outcome.differences:
        parts += [f"{one.kind}: `{one.name}`\n", "```diff", *one.differences, "```\n"]
    return "\n".join(parts)


def report(outcomes: Sequence[Outcome], commit: str, command: str) -> str:
    """Returns the part of RESULTS.md that says whether the trees do the same."""
    differing = [outcome for outcome in outcomes if outcome.differences]
    told = "No difference." if not differing else "".join(map(_shown, differing))
    parts = [
        "## The same",
        f"Written by `python benchmarks/before_after/run.py {command}` on "
        f"{datetime.now(UTC):%Y-%m-%d}: commit {commit[:12]} before, {after_revision()} after; "
        f"{machine()}.",
        "Each cell: how much was compared, in how many outputs, files or tables. Not compared are "
        "clocks, run numbers and rates.",
        summary(outcomes),
        "Seconds of all commands before / after: "
        + ", ".join(f"{o.recipe.name} {o.seconds[0]:.0f} / {o.seconds[1]:.0f}" for o in outcomes)
        + ".",
        "### Differences",
        told,
        "### Tables, views and columns that only one store has",
        *[f"- {o.recipe.name}: {', '.join(o.one_sided) or 'none'}" for o in outcomes],
        "### Rows compared",
        _rows_of(outcomes, ("tables", "views")),
        "### Files compared",
        *[_files_of(outcome) for outcome in outcomes],
        "### Commands typed",
        *[_commands_of(outcome) for outcome in outcomes],
    ]
    return "\n\n".join(parts)


def _rows_of(outcomes: Sequence[Outcome], kinds: Sequence[str]) -> str:
    names = [o.recipe.name for o in outcomes]
    lines = [f"| table or view | {' | '.join(names)} |", f"|---|{'--:|' * len(names)}"]
    for kind in kinds:
        found = [{c.name: c for c in o.compared if c.kind == kind} for o in outcomes]
        for name in sorted(set().union(*found)):
            cells = [f"{rows[name].amount:,}" if name in rows else "" for rows in found]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _files_of(outcome: Outcome) -> str:
    found = [
        f"`{c.name}` {c.amount:,}{' rows' if c.kind == 'lineage' else ''}"
        for c in outcome.compared
        if c.kind in ("files", "lineage")
    ]
    return f"{outcome.recipe.name}: {', '.join(found)}"


def _commands_of(outcome: Outcome) -> str:
    typed: list[str] = []
    for command in outcome.commands:
        shorter = re.sub(r" why [0-9a-f]{32}", " why ID", command)
        if shorter not in typed:
            typed.append(shorter)
    return f"{outcome.recipe.name}: {', '.join(f'`{command}`' for command in typed)}"


# -- RESULTS.md ------------------------------------------------------------------------------------


def after_revision() -> str:
    """Returns which commit the working tree stands at, and whether it was changed since."""
    import subprocess

    git = ["git", "-C", str(CHECKOUT)]
    head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", "src", "sql", "label_config"],
        capture_output=True, text=True,
    )  # fmt: skip
    return head.stdout.strip() + (" with changes" if changed.stdout.strip() else "")


def machine() -> str:
    packages = ", ".join(f"{p} {version(p)}" for p in ("duckdb", "numpy", "torch"))
    return f"Python {platform.python_version()}, {packages}, {os.cpu_count()} cores"


def keep(path: Path, part: str, text: str) -> None:
    """Replaces one part of RESULTS.md and leaves the others as they are."""
    parts = {"same": "", "cost": "", "stages": ""}
    if path.exists():
        for name in parts:
            found = re.search(
                rf"<!-- {name} -->\n(.*?)\n<!-- end of {name} -->", path.read_text("utf-8"), re.S
            )
            parts[name] = found.group(1).strip() if found else ""
    parts[part] = text.strip()
    body = "\n\n".join(
        f"<!-- {name} -->\n\n{said}\n\n<!-- end of {name} -->"
        for name, said in parts.items()
        if said
    )
    path.write_text(f"# Before and after\n\n{body}\n", encoding="utf-8")


# -- the program -----------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = CHECKOUT.parent / "shared" / "data"
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--before", required=True, metavar="REV", help="the commit to compare with")
    both.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "before_after",
        help="where projects are built and kept (default: %(default)s)",
    )  # fmt: skip
    both.add_argument("--data", type=Path, default=Path(os.environ.get("CURATE_TEST_DATA", beside)))
    both.add_argument("--build-only", action="store_true", help="build what REV makes, no more")
    parts = parser.add_subparsers(dest="part", required=True)
    asked = parts.add_parser("same", parents=[both], help="build projects twice and compare them")
    asked.add_argument("--only", metavar="SETS", help=f"some of {','.join(RECIPES)}")
    # Safe with other recipes: commands and logs are compared too.
    asked.add_argument(
        "--built", type=Path, help="FOLDER/before/KEY: compare with what was built there"
    )
    asked.add_argument("--small", action="store_true", help="only the beginning of each set")
    asked.add_argument("--jobs", type=int, default=1, help="sets at the same time")
    asked = parts.add_parser("cost", parents=[both], help="CPU time of commands, before and after")
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--rows", type=int, default=20_000)
    asked = parts.add_parser("stages", parents=[both], help="CPU time of stages, before and after")
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument(
        "--margin", type=float, help="a limit for every stage; RESULTS.md stays as it is"
    )
    if len(sys.argv) == 1:  # as `make bench` calls it: there is nothing to compare with
        parser.print_usage()
        return 0
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error("no data: set CURATE_TEST_DATA to the folder with the data sets")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    if arguments.part == "same":
        status = same(arguments)
    else:
        from cost import cost
        from stage_cost import stage_cost

        part = cost if arguments.part == "cost" else stage_cost
        status, text = part(arguments, revision_of(arguments.before))
        if text:
            if not getattr(arguments, "margin", None):
                keep(RESULTS, arguments.part, text)
            print(text)
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
