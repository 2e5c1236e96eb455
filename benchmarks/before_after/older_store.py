"""Makes the small project that tests/test_older_store.py opens with today's program.

    python benchmarks/before_after/older_store.py REV

A clean checkout of REV writes it: logs with ratings, labels and copies, vectors, clusters and
suspected labels, one exported version, answers of annotators, late ratings and new rows since. Kept
are the project without its snapshot, and what REV itself says of it: status, why, versions, and the
next export, which is made on a copy.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from programs import CHECKOUT, SALT, Runner, checkout, revision_of
from recipes import label, review, spread, write

KEPT = CHECKOUT / "tests" / "support" / "older_store"
EXPORT = ("export", "support", "--format", "trl-prompt-completion", "--test-size", "0.2")

_EVERYBODY = "SELECT source_id FROM interactions ORDER BY ALL"
_DECIDED = (
    "SELECT source_id FROM interactions "
    "WHERE interaction_id IN (SELECT example_id FROM decisions) ORDER BY ALL"
)

_ASKED = {
    "delivery": ("Where is the {}?", "Follow the link in the mail about the {}."),
    "refund": ("I want my money back for the {}", "The money for the {} is back within a week."),
    "invoice": ("Please send the invoice of the {} again", "The invoice of the {} is in the mail."),
    "login": ("I cannot sign in to see the {}", "Choose a new password, then look for the {}."),
}
_THINGS = ("red kettle", "garden chair", "desk lamp", "coffee grinder", "road bike", "oak table",
           "wool blanket", "rain jacket", "steel pan", "book shelf", "wall clock")  # fmt: skip
_TAILS = ("", " that I ordered on Monday", ", it is for my sister", " from your shop in town")


def rows() -> Iterator[dict[str, Any]]:
    """Yields calls about four subjects; some are rated, some copied, some carry a wrong label."""
    names, start, number = [*_ASKED], datetime(2024, 5, 1, 8), 0
    for thing in _THINGS:
        for place, (name, (asked, answered)) in enumerate(_ASKED.items()):
            number += 1
            given = names[(place + 1) % 4] if number % 13 == 5 else name
            row = {
                "id": f"c{number}", "prompt": asked.format(thing) + _TAILS[number % 4],
                "response": answered.format(thing), "intent": given,
                "created_at": f"{start + timedelta(hours=7 * number):%Y-%m-%dT%H:%M:%S}",
                "session": f"s{number // 2}",
            }  # fmt: skip
            yield row if number % 7 == 3 else {**row, "rating": 2 if number % 9 == 4 else 5}
            if number % 8 == 1:
                yield {**row, "id": f"copy-{number}", "rating": 4, "session": f"copy-{number}"}
            if number % 11 == 2:
                near = f"{row['prompt']} please, as soon as you can"
                yield {**row, "id": f"near-{number}", "prompt": near, "rating": 5, "session": "n"}


def make(curate: Runner) -> None:
    """Types the commands that make the project `p`."""
    made, here = list(rows()), ("-C", "p")
    first = write(curate, "calls.jsonl", made[:48])
    (curate.folder / first).open("a").write("{broken\n")
    curate("init", "p")
    curate(*here, "pull", first)
    (curate.folder / "late.csv").write_text("id,stars\nc3,5\nc6,1\nnobody,4\n")
    curate(*here, "pull", "late.csv", "--as", "feedback", "--key", "id", "--scale", "1-5")
    for stage in ("filter", "embed", "dedupe", "cluster", "mislabels"):
        curate(*here, stage)
    curate(*here, *EXPORT)
    curate(*here, "queue", "--budget", "16", "--audit", "6")
    label(curate, "p", review)
    curate(*here, "pull", write(curate, "more.jsonl", made[48:]))
    for stage in ("filter", "embed", "dedupe", "cluster", "mislabels"):
        curate(*here, stage)


def what_it_says(curate: Runner) -> dict[str, Any]:
    """Returns what the program that made the project says of it."""
    here = ("-C", "p")
    with duckdb.connect(str(curate.folder / "p" / "curate.duckdb"), read_only=True) as con:
        decided, everybody = (
            [name for (name,) in con.execute(query).fetchall()] for query in (_DECIDED, _EVERYBODY)
        )
    names = dict.fromkeys(decided[:3] + spread(everybody, 7))
    said = {
        "status": curate.json(*here, "status"),
        "why": {name: curate.json(*here, "why", name) for name in names},
        "versions": curate.json(*here, "versions"),
        "mislabels": curate.json(*here, "mislabels", "--classes"),
    }
    shutil.copytree(curate.folder / "p", curate.folder / "next")
    exported = curate.json("-C", "next", *EXPORT)
    latest = curate.json("-C", "next", "versions")[-1]
    said["export"] = {name: exported[name] for name in ("train", "test", "pending", "funnel")}
    said["export"] |= {name: latest[name] for name in ("version", "content_id", "test_id")}
    return said


def pack(project: Path, archive: Path) -> None:
    """Writes the files of a project into an archive."""
    # It is made by the next command that writes, and would double what is kept.
    (project / "curate.snapshot.duckdb").unlink()
    (project / "curate.lock").unlink(missing_ok=True)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as kept:
        for path in sorted(project.rglob("*")):
            if path.is_file():
                kept.write(path, path.relative_to(project))


def main(rev: str) -> None:
    commit = revision_of(rev)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        curate = Runner(checkout(commit, folder), folder, watch=lambda t: print(t, file=sys.stderr))
        make(curate)
        said = what_it_says(curate)
        pack(folder / "p", KEPT / "project.zip")
    text = json.dumps({"commit": commit, "salt": SALT, "next": EXPORT, **said}, indent=1)
    (KEPT / "said.json").write_text(text + "\n", encoding="utf-8")
    for path in sorted(KEPT.iterdir()):
        print(f"{path.relative_to(CHECKOUT)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
