"""The manifest of a version, its data files, and its content id."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from curate.contract.contract import Form
from curate.export.assemble import Assembled
from curate.export.options import ExportResult, ExportSettings
from curate.formats import Format
from curate.messages import canonical
from curate.privacy import privacy
from curate.split import Plan
from curate.store import utcnow
from curate.verdicts.verdicts import Today
from curate.version import __version__

MANIFEST_VERSION = 1


@dataclass(frozen=True)
class VersionDraft:
    """All that a version is, before it is stored.

    Attributes:
        result: what is told of it.
        settings: of the export.
        formats: of its files.
        task: of the project.
        assembled: its lines.
        facts: what its card tells.
        files: its data files, with their bytes.
        plan: the ledger with the sides that it gives, in numbers.
        ledger: the same, one row per example.
        frozen: every example, with its line or its reason.
        origins: where its lines come from; None where its folder is there already.
    """

    result: ExportResult
    settings: ExportSettings
    formats: Sequence[Format]
    task: str
    assembled: Assembled
    facts: dict[str, Any]
    files: Sequence[dict[str, Any]]
    plan: Plan
    ledger: pa.Table
    frozen: pa.Table
    origins: pa.Table | None


def digest_lines(lines: Iterable[str]) -> str:
    """Returns a digest of lines, whatever their order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def compute_content_id(task: str, settings: ExportSettings, files: Sequence[dict[str, Any]]) -> str:
    """Returns the name of a version's bytes: sha256 over task, formats and data files."""
    # Only where it is asked for, so that the names of other versions stay.
    reasoning = {"reasoning": True} if settings.reasoning else {}
    body = canonical(
        {
            "task": task,
            "formats": list(settings.formats),
            "files": [[f["path"], f["sha256"]] for f in files],
            **reasoning,
        }
    )
    return hashlib.sha256(body.encode()).hexdigest()


def test_id(assembled: Assembled) -> str:
    """Returns the name of the held-out examples: versions with the same one can be compared."""
    return digest_lines(f"{line.item_id} {line.content}" for line in assembled.lines["test"])


def data_files(settings: ExportSettings, assembled: Assembled) -> list[dict[str, Any]]:
    """Returns the data files, one per format and side; `body` has the lines of each."""
    files: list[dict[str, Any]] = []
    for file in planned_files(settings, assembled):
        name, side = file["format"], file["split"]
        place = settings.formats.index(name)
        body = [line.rows[place] for line in assembled.lines[side]]
        whole = hashlib.sha256()
        for line in body:
            whole.update(line)
        tokens = assembled.tokens.get((name, side))
        files.append(
            {
                **file,
                "bytes": sum(map(len, body)),
                "sha256": whole.hexdigest(),
                "tokens": tokens and asdict(tokens),
                "body": body,
            }
        )
    return files


def planned_files(settings: ExportSettings, assembled: Assembled) -> list[dict[str, Any]]:
    """Returns what is known of the data files before they are written."""
    many = len(settings.formats) > 1
    return [
        {
            "path": f"{side}.{name}.jsonl" if many else f"{side}.jsonl",
            "split": side,
            "format": name,
            "rows": len(part),
        }
        for name in settings.formats
        for side, part in assembled.lines.items()
        if part
    ]


def manifest(version: VersionDraft, today: Today, run_id: int) -> dict[str, Any]:
    """Returns the manifest of a version.

    Args:
        version: that is written.
        today: the verdicts that it freezes.
        run_id: of the export.
    """
    result, assembled = version.result, version.assembled
    return {
        "manifest_version": MANIFEST_VERSION,
        "name": result.name,
        "version": result.version,
        "content_id": result.content_id,
        "test_id": result.test_id,
        "task": version.task,
        "unit": version.formats[0].unit,
        "files": list(result.files),
        "counts": {
            "examples": version.facts["examples"],
            "train": result.train,
            "validation": result.validation,
            "test": result.test,
            "pending": result.pending,
            "mixed": sum(taken["taken"] for taken in result.mixed),
        },
        "funnel": [{"reason": reason, "examples": n} for reason, n in result.funnel],
        "filter": today.filters.as_dict(),
        "split": result.split,
        "limit": version.settings.limit,
        "val_size": version.settings.val_size,
        "reasoning": version.settings.reasoning,
        "mixed": list(result.mixed),
        "against": {"files": list(result.evaluations), "examples": result.in_evaluations},
        "pairs": {
            "left_out": [{"reason": why, "pairs": n} for why, n in result.pair_reasons],
            "length_bias": assembled.length_bias and asdict(assembled.length_bias),
        },
        "privacy": {**privacy.settings(today.store.folder).as_dict(), "hidden": result.hidden},
        "check": {
            "target": version.settings.target,
            "warnings": result.warnings,
            "dated": assembled.dated,
        },
        "unseen": [asdict(one) for one in result.unseen],
        "error_rates": [asdict(rate) for rate in result.error_rates],
        "mix": version.facts["mix"],
        "edge_cases": version.facts["edge_cases"],
        **_form(version.facts["form"]),
        "volatile": _volatile(run_id),
    }


def _form(form: Form | None) -> dict[str, Any]:
    """Returns how many answers keep the contract; nothing where there is none."""
    return {"form": asdict(form)} if form else {}


def _volatile(run_id: int) -> dict[str, Any]:
    return {
        "exported_at": f"{utcnow():%Y-%m-%dT%H:%M:%SZ}",
        "run_id": run_id,
        "curate": __version__,
        "python": platform.python_version(),
        "duckdb": importlib.metadata.version("duckdb"),
    }
