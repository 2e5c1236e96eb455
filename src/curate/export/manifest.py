"""The manifest of a version, and its content id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from curate.export.options import ExportSettings
from curate.messages import canonical

MANIFEST_VERSION = 1


def digest_lines(lines: Iterable[str]) -> str:
    """Returns the SHA-256 of lines, in whatever order they come."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def compute_content_id(task: str, settings: ExportSettings, files: Sequence[dict[str, Any]]) -> str:
    """Returns the name of a version's bytes: sha256 over task, formats and data files."""
    body = canonical(
        {
            "task": task,
            "formats": list(settings.formats),
            "files": [[f["path"], f["sha256"]] for f in files],
        }
    )
    return hashlib.sha256(body.encode()).hexdigest()
