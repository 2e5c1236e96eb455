"""`curate report`: what a day looks like, on one page that needs no network.

It is a look: nothing is stored, and no clock is read. The same state gives the same bytes, whatever
was run meanwhile without changing anything.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from curate import config
from curate.errors import ConfigError
from curate.progress import Progress, silent
from curate.report import blocks, page, state
from curate.report.parts import Block, Grid, MapOfInputs, Part, Percent, Plot, Sentence
from curate.store import Store, sql
from curate.text.escaping import for_html
from curate.text.notebook import Rows, Shown

NAME = "report.html"
_HEAD = 2_000
"""Bytes of a file in which a report says what it is."""


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

    def _repr_html_(self) -> str:
        """Returns the first sentence of each block, as a notebook shows it: the file is long."""
        rows = [
            (block.title, next((p.text for p in block.parts if isinstance(p, Sentence)), ""))
            for block in self.blocks
            if block.parts
        ]
        said = Rows({"question": title, "answer": text} for title, text in rows)
        return f"<p>{for_html(str(self.path))}</p>{said._repr_html_()}"

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
    if isinstance(part, Grid):
        rows = [[float(v) if isinstance(v, Percent) else v for v in row] for row in part.rows]
        return {"kind": kind, **asdict(replace(part, rows=rows))}
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
    _refuse_other_files(path)
    with state.of(store, hidden=not personal_data, progress=progress) as now:
        project = config.load(store.folder).get("project", {})
        name = now.hide(str(project.get("name") or store.folder.resolve().name))
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


def _refuse_other_files(path: Path) -> None:
    """Refuses to write where something else stands than a report.

    Raises:
        ConfigError: it does, or nothing can.
    """
    following = "Next: curate report --output FILE, a new one or an older report"
    try:
        if path.is_dir():
            raise ConfigError(f"{path} is a folder. Next: curate report --output {path / NAME}")
        if (file := next((p for p in path.parents if p.is_file()), None)) is not None:
            raise ConfigError(f"{file} is a file, no folder. {following}")
        if path.exists() and not (path.is_file() and page.MARK in path.read_bytes()[:_HEAD]):
            raise ConfigError(f"{path} is there, and is no report of curate's. {following}")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}. {following}") from error


def _write(path: Path, text: bytes) -> None:
    """Replaces a file as a whole, so that nobody sees a half of it; a link stays one.

    Raises:
        ConfigError: there is no such place.
    """
    target = path.resolve()
    beside = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(text)
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: nothing can be written there. Next: curate report --output FILE"
        ) from error
    beside.replace(target)
