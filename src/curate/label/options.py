"""What `curate label` is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PREFILLS = ("given", "model", "none")

CANNOT = {
    "context": "context is missing",
    "knowledge": "not known well enough",
    "ambiguous": "more than one answer is right",
}
"""Why something cannot be judged, by the alias of the choice; an own interface may have others."""

RUBRIC = "rubric "
"""What the control of a rating by name is called, before the name."""
ANSWER_FORMATS = ("csv", "json")


@dataclass(frozen=True)
class PushSettings:
    """How the queue is handed over.

    Attributes:
        kind: of the work; None for that of the project's task.
        project: number of a project on the server to use; None for the one of before, or a new one.
        annotators: people who answer each task; None for what the project has, at first 1.
        prefill: which answer is filled in before anybody answered: given, model or none.
        config: the user's own labelling interface.
        name: of the queue; empty for the usual one.
    """

    kind: str | None = None
    project: int | None = None
    annotators: int | None = None
    prefill: str = "given"
    config: Path | None = None
    name: str = ""
