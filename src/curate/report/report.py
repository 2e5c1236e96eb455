"""`curate report`: what a day looks like, on one page that needs no network.

It is a look: nothing is stored, and no clock is read. The same state gives the same bytes, whatever
was run meanwhile without changing anything.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from curate.errors import ConfigError
from curate.progress import Progress, silent
from curate.report import blocks, page, state
from curate.report.parts import Block, MapOfInputs, Part, Plot
from curate.store import Store, sql
from curate.text.notebook import Shown

NAME = "report.html"


@dataclass(frozen=True)
class ReportResult(Shown):
    """The report that was written.

    Attributes:
        path: of the file.
        bytes: of it; `sha256` their digest.
        blocks: what it says, in their order.
    """

    path: Path
    bytes: int
    sha256: str
    blocks: tuple[Block, ...] = field(repr=False)

    def numbers(self) -> dict[str, Any]:
        """Returns the same as plain data: tables, figures and texts, without pictures."""
        told = {b.name: {"title": b.title, "command": b.command, "parts": [
            _plain(part) for part in b.parts]} for b in self.blocks}  # fmt: skip
        return {"path": str(self.path), "bytes": self.bytes, "sha256": self.sha256, "blocks": told}


def _plain(part: Part) -> dict[str, Any]:
    kind = type(part).__name__.lower()
    if isinstance(part, MapOfInputs):
        return {"kind": "map", "points": len(part.columns["x"]), "of": part.of}
    if isinstance(part, Plot):
        return {"kind": kind, "caption": part.caption, "rows": list(part.rows)}
    return {"kind": kind, **asdict(part)}


def report(
    store: Store,
    *,
    output: Path | None = None,
    personal_data: bool = False,
    progress: Progress = silent,
) -> ReportResult:
    """Writes the report of a project.

    Args:
        store: the project's store.
        output: the file; None for `report.html` in the project's folder `reports`.
        personal_data: whether it is shown as it was logged; secrets never are.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: the file cannot stand there.
        MissingExtra: `vl-convert-python` is not installed.
    """
    path = output or store.folder / "reports" / NAME
    if path.is_dir():
        raise ConfigError(f"{path} is a folder. Next: curate report --output {path / NAME}")
    if (file := next((p for p in path.parents if p.is_file()), None)) is not None:
        raise ConfigError(f"{file} is a file, no folder. Next: curate report --output FILE")
    with state.of(store, hidden=not personal_data, progress=progress) as now:
        name = now.hide(str(store.setting(now.con, "project").get("name") or store.folder.name))
        names = blocks.names()
        found = tuple(blocks.answer(name, now) for name in progress(names, "gathering"))
        subtitle = _subtitle(now)
    text = page.page(f"{name}: the day", subtitle, found).encode()
    _write(path, text)
    return ReportResult(path, len(text), hashlib.sha256(text).hexdigest(), found)


def _subtitle(now: state.State) -> str:
    """Returns what state is shown: as the last run left it that changed something."""
    last = now.con.execute(sql("report/last_run")).fetchall()
    run = f"as run {last[0][0]} of {last[0][1]:%Y-%m-%d %H:%M} UTC left it" if last else "empty"
    return f"curate report, task {now.status.task}, {run}"


def _write(path: Path, text: bytes) -> None:
    """Replaces a file as a whole, so that nobody sees a half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(text)
    beside.replace(path)
