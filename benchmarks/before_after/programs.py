"""A tree of curate, clean or as it is, and its command line run as a user runs it.

What a command said is kept in `outputs.jsonl`, one line a command, so that two trees can be
compared later. Nothing here imports curate or knows where a tree keeps its modules.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
SALT = "before and after"
OUTPUTS = "outputs.jsonl"


class CommandFailed(Exception):
    """A command did not end as the recipe expects it to."""


@dataclass(frozen=True)
class Output:
    """One command: what was typed, what it said, how it ended, when and how long it ran."""

    argv: list[str]
    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    days: list[str]
    tree: str


def revision_of(rev: str) -> str:
    """Returns the full hash of a commit."""
    return _git("rev-parse", "--verify", f"{rev}^{{commit}}").strip()


def checkout(commit: str, folder: Path) -> Path:
    """Returns a folder with the files of a commit and nothing else; it is made once."""
    tree = folder / "trees" / commit
    if not tree.exists():
        fresh = tree.with_suffix(".new")
        fresh.mkdir(parents=True, exist_ok=True)
        archive = subprocess.run(
            ["git", "-C", str(CHECKOUT), "archive", commit], stdout=subprocess.PIPE, check=True
        )
        subprocess.run(["tar", "-x", "-C", str(fresh)], input=archive.stdout, check=True)
        fresh.rename(tree)
    return tree


def _git(*command: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(CHECKOUT), *command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    return done.stdout


def environment(tree: Path, **more: str) -> dict[str, str]:
    """Returns what a process of this tree has in its environment: nothing of the user's settings.

    The key of the HMACs is the same for both trees, so that hashed ids can be compared.
    """
    own = ("CURATE_", "LABEL_STUDIO", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    told = {"HF_HUB_OFFLINE": "1", "CURATE_SALT": SALT, "PYTHONPATH": str(tree / "src")}
    # Compiled modules lie outside of both trees, so that neither has an advantage.
    bytecode = str(Path(tempfile.gettempdir()) / "before_after_bytecode")
    return {**kept, **told, "PYTHONPYCACHEPREFIX": bytecode, "TZ": "UTC", **more}


@dataclass
class Runner:
    """Types commands in one folder and keeps what they say.

    Attributes:
        tree: the tree whose `curate` is run.
        folder: where the commands are typed; projects and logs lie in it under relative names.
        outputs: what was said so far.
        brief: whether `both` leaves out what a person reads.
        watch: told of each command before it runs.
    """

    tree: Path
    folder: Path
    brief: bool = False
    outputs: list[Output] = field(default_factory=list)
    watch: Any = lambda _: None

    def __call__(self, *argv: str, expect: tuple[int, ...] = (0,)) -> str:
        """Runs one command and returns its stdout.

        Raises:
            CommandFailed: it ended with another exit code.
        """
        self.watch(" ".join(argv))
        started, day = time.perf_counter(), _today()
        done = subprocess.run(
            [sys.executable, "-m", "curate", *argv],
            cwd=self.folder, env=environment(self.tree), capture_output=True, check=False,
        )  # fmt: skip
        output = Output(
            list(argv), done.returncode,
            done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"),
            time.perf_counter() - started, sorted({day, _today()}), str(self.tree),
        )  # fmt: skip
        self.outputs.append(output)
        with (self.folder / OUTPUTS).open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(asdict(output)) + "\n")
        if done.returncode not in expect:
            said = output.stderr.strip().splitlines()[-1:]
            raise CommandFailed(f"curate {' '.join(argv)} ended with {done.returncode}: {said}")
        return output.stdout

    def json(self, *argv: str, expect: tuple[int, ...] = (0,)) -> Any:
        """Runs one command with --json and returns what it printed."""
        return json.loads(self(*argv, "--json", expect=expect))

    def both(self, *argv: str) -> Any:
        """Runs a command as a person reads it, then with --json, and returns what that printed."""
        if not self.brief:
            self(*argv)
        return self.json(*argv)

    def python(self, script: Path, *argv: str) -> None:
        """Runs a Python program in the environment of the tree."""
        self.watch(f"{script.name} {' '.join(argv)[:60]}")
        subprocess.run(
            [sys.executable, str(script), *argv],
            cwd=self.folder, env=environment(self.tree), check=True,
        )  # fmt: skip


def outputs_of(folder: Path) -> list[Output]:
    """Returns what the commands that were typed in a folder said."""
    lines = (folder / OUTPUTS).read_text(encoding="utf-8").splitlines()
    return [Output(**json.loads(line)) for line in lines]


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"
