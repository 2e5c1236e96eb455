"""`curate demo`: sample logs with planted problems, the whole path, planted against found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.demo import logs, models
from curate.demo.logs import write_logs
from curate.embed import encoders
from curate.errors import ConfigError, GateFailed, MissingExtra
from curate.evaluate.heldout import read_heldout
from curate.options import EvaluateSettings
from curate.progress import Progress
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.versions.versions import find

DATASET = "support"
# Planted kind -> the reasons that the rules for it give.
_BY_REASON = {
    "refusals": ("refusal", "boilerplate"),
    "truncated": ("truncated",),
    "empty": ("empty_answer",),
    "errors": ("error_status",),
    "repeated": ("repeated",),
    "echoes": ("echo",),
    "bad_context": ("bad_context",),
}


@dataclass(frozen=True)
class PlantedCount:
    """How many of one planted kind were found, and how many others the same stage names."""

    kind: str
    planted: int
    found: int
    other: int
    stage: str

    @property
    def missed(self) -> int:
        """Returns how many planted ones were not found."""
        return self.planted - self.found


@dataclass(frozen=True)
class DemoResult:
    """What the demo found, and where its files are."""

    folder: Path
    logs: Path
    version: Path
    content_id: str
    example: str
    findings: tuple[PlantedCount, ...]


def demo(
    folder: Path,
    *,
    seed: int = 7,
    show: Callable[[str, Any], None] = lambda _command, _result: None,
    progress: Progress = lambda items, _: items,
) -> DemoResult:
    """Runs the whole path on seeded sample logs in a folder; a second run changes nothing.

    Args:
        folder: where logs and project go; it is made, or holds an earlier demo.
        seed: of the sample logs.
        show: called with each command, as one would type it, and its result.
        progress: called around everything that takes long.

    Raises:
        ConfigError: the folder holds something else.
        MissingExtra: the path needs the extra [ml].
        GateFailed: the exported version does not verify.
    """
    logs = folder / "logs"
    if folder.exists() and any(folder.iterdir()) and not (folder / "late_feedback.csv").exists():
        raise ConfigError(f"{folder} is not empty and not a demo. Next: curate demo ANOTHER-FOLDER")
    if not encoders.available():
        raise MissingExtra(f"the demo goes the whole path. Next: {encoders.HOW_TO_INSTALL}")
    Project.init(folder)
    project = Project(folder, progress=progress)
    planted = write_logs(folder, seed=seed)

    months = sorted(str(path) for path in logs.glob("*.jsonl"))
    show(f"pull '{logs}/*.jsonl'", project.pull(months))
    late = PullOptions(declared=Declared("feedback", {"key": "request_id"}, "1-5"))
    show(
        f"pull {folder}/late_feedback.csv --as feedback --key request_id --scale 1-5",
        project.pull([str(folder / "late_feedback.csv")], late),
    )
    show("filter", project.filter())
    show("embed", project.embed())
    show("dedupe", project.dedupe())
    show("cluster", project.cluster())
    show("mislabels --top 3", project.mislabels(top=3))
    version = project.export(DATASET)
    show(f"export {DATASET}", version)
    verifications = project.verify(DATASET)
    show(f"verify {DATASET}", verifications)
    if any(verification.problems for verification in verifications):
        raise GateFailed(f"{version.folder} does not verify")
    judged = _judged(project, folder, seed, show)
    return DemoResult(
        folder,
        logs,
        version.folder,
        str(version.content_id),
        _id_of(project)[planted.exact_duplicates[0][0]],
        (*_findings(project, planted), judged),
    )


def _judged(
    project: Project, folder: Path, seed: int, show: Callable[[str, Any], None]
) -> PlantedCount:
    """Evaluates three models: one is better than the prompted one, and one only looks so."""
    with project.store.read() as con:
        heldout = read_heldout(con, find(project.store, DATASET))
    files = models.write_answers(folder / "answers", heldout, seed)
    found = project.evaluate(DATASET, files, EvaluateSettings(baselines=("prompted",)))
    named = " ".join(f"--answers {name}={path}" for name, path in files.items())
    show(f"evaluate {DATASET} {named} --baseline prompted", found)
    better = {one.candidate for one in found.comparisons if one.verdict == "beats"}
    right = better & set(models.BETTER)
    return PlantedCount(
        "better models", len(models.BETTER), len(right), len(better - right), "evaluate"
    )


def _id_of(project: Project) -> dict[str, str]:
    """Returns the example id of each request id."""
    rows = project.table("interactions").select(["source_id", "interaction_id"]).to_pydict()
    return dict(zip(rows["source_id"], rows["interaction_id"], strict=True))


def _findings(project: Project, planted: logs.Planted) -> Iterable[PlantedCount]:
    ids = _id_of(project)
    yield PlantedCount("broken lines", planted.broken_lines, len(project.rejects()), 0, "pull")
    ratings = {r["interaction_id"]: r["human_rating"] for r in project.table("ratings").to_pylist()}
    late_ratings = sum(ratings.get(ids[request]) == late for request, _, late in planted.late_flips)
    yield PlantedCount(
        "late ratings", len(planted.late_flips), late_ratings, 0, "pull --as feedback"
    )
    yield from _by_reason(project, planted, ids)
    yield from _duplicates(project, planted, ids)
    yield _wrong_labels(project, planted, ids)
    contradictory = {
        r["example_id"]
        for r in project.table("issues").to_pylist()
        if r["kind"] == "contradictory_label"
    }
    pairs = [[ids[a], ids[b]] for a, b in planted.contradictions]
    pairs_found = sum(a in contradictory and b in contradictory for a, b in pairs)
    yield PlantedCount(
        "contradictory labels",
        len(pairs),
        pairs_found,
        len(contradictory - {i for pair in pairs for i in pair}),
        "dedupe",
    )


def _by_reason(
    project: Project, planted: logs.Planted, ids: dict[str, str]
) -> Iterable[PlantedCount]:
    hits: dict[str, set[str]] = {}
    for row in project.table("excluded").to_pylist():
        hits.setdefault(row["reason"], set()).add(row["example_id"])
    for kind, reasons in _BY_REASON.items():
        ids_of_kind = {ids[request] for request in getattr(planted, kind)}
        hits_of_kind = set().union(*(hits.get(reason, set()) for reason in reasons))
        yield PlantedCount(
            kind.replace("_", " "),
            len(ids_of_kind),
            len(ids_of_kind & hits_of_kind),
            len(hits_of_kind - ids_of_kind),
            f"filter ({', '.join(reasons)})",
        )


def _wrong_labels(project: Project, planted: logs.Planted, ids: dict[str, str]) -> PlantedCount:
    """Returns how many wrong labels are among the likely ones.

    The wrong half of a contradiction is a wrong label too, and no false alarm.
    """
    likely = {
        r["example_id"] for r in project.table("mislabels").to_pylist() if r["tier"] == "likely"
    }
    ids_of_kind = {ids[request] for request, _ in planted.wrong_labels}
    wrong = ids_of_kind | {ids[request] for pair in planted.contradictions for request in pair}
    found = len(ids_of_kind & likely)
    return PlantedCount(
        "wrong labels", len(ids_of_kind), found, len(likely - wrong), "mislabels (likely)"
    )


def _duplicates(
    project: Project, planted: logs.Planted, ids: dict[str, str]
) -> Iterable[PlantedCount]:
    """Yields what each kind of duplicate found; `other` leaves out what is planted as another."""
    exact = {
        frozenset((r["example_id"], r["survivor"]))
        for r in project.table("duplicates").to_pylist()
        if r["method"] == "exact"
    }
    near, semantic = _alike(project, "input_pairs"), _alike(project, "semantic_pairs")
    kinds = (
        ("exact duplicates", planted.exact_duplicates, exact, "dedupe"),
        ("near-duplicate inputs", planted.near_duplicates, near, "dedupe"),
        ("light rewordings", planted.rewordings, semantic, "dedupe --semantic"),
        ("free paraphrases", planted.paraphrases, semantic, "dedupe --semantic"),
    )
    pairs = [{frozenset((ids[a], ids[b])) for a, b in wanted} for _, wanted, _, _ in kinds]
    for (kind, _, found, stage), wanted in zip(kinds, pairs, strict=True):
        other = found.difference(*pairs)
        yield PlantedCount(kind, len(wanted), len(wanted & found), len(other), stage)


def _alike(project: Project, table: str) -> set[frozenset[str]]:
    """Returns pairs of examples whose inputs a table of pairs holds, and nothing keeps apart."""
    holders: dict[str, list[str]] = {}
    for row in project.table("example_inputs").to_pylist():
        holders.setdefault(row["input_hash"], []).append(row["example_id"])
    return {
        frozenset((a, b))
        for row in project.table(table).to_pylist()
        if row["difference"] is None
        for a in holders.get(row["a"], [])
        for b in holders.get(row["b"], [])
    }
