"""Projects to test with: an empty one, what `curate demo` leaves, and files of rows."""

from __future__ import annotations

import atexit
import functools
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate import config
from curate.project import Project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def new_project(folder: Path, *, task: str = "sft") -> Project:
    """Returns what `Project.init` makes, as a copy: the tables of a store take a while to make."""
    project = Project(folder)
    toml = folder / config.NAME
    if toml.exists() or project.store.path.exists():
        return Project.init(folder, task=task)
    template = _template(task)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (project.store.path, project.store.snapshot):
        shutil.copyfile(template / path.name, path)
    toml.write_text(config.TEMPLATE.format(name=folder.resolve().name, task=task), "utf-8")
    return project


@functools.cache
def _template(task: str) -> Path:
    """Returns the folder of a new project, made once in each test process."""
    base = Path(tempfile.mkdtemp(prefix="curate-new-"))
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    return Project.init(base / task, task=task).folder


@dataclass(frozen=True)
class Demo:
    """One run of `curate demo`, which stands for all of them: its folder and what it printed."""

    folder: Path
    said: str

    def copy_to(self, folder: Path) -> str:
        """Copies the project and returns what the demo would have printed there."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return re.sub(r"(?<=-C )demo\b|\bdemo(?=/)", str(folder), self.said)
