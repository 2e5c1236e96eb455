"""Notebooks: every result of `Project` is shown as tables, and the one of the docs runs."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import sys
import typing
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest

from curate import project
from curate.project import Project
from curate.text.notebook import Rows

NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook.ipynb"


def type_names() -> dict[str, Any]:
    """The names in project.py, with those that are imported for types only."""
    names = dict(vars(project))
    for block in ast.parse(inspect.getsource(project)).body:
        for node in block.body if isinstance(block, ast.If) else ():
            if isinstance(node, ast.ImportFrom) and node.module != "datasets":
                module = importlib.import_module(str(node.module))
                names |= {alias.name: getattr(module, alias.name) for alias in node.names}
            elif isinstance(node, ast.Import):
                names |= {a.asname or a.name: importlib.import_module(a.name) for a in node.names}
    return {**names, "DatasetDict": Any}


def results() -> dict[str, Any]:
    """Method -> what it returns, by its annotation."""
    names = type_names()
    methods = inspect.getmembers(Project, inspect.isroutine)
    return {
        name: typing.get_type_hints(method, names)["return"]
        for name, method in methods
        if not name.startswith("_")
    }


def unshown(result: Any) -> list[Any]:
    """The types in a result that a notebook would show as Python writes them."""
    origin, parts = typing.get_origin(result), typing.get_args(result)
    bare = [part for inner in parts for part in unshown(inner)]
    if origin in (list, tuple) and any(is_dataclass(part) for part in parts) and len(parts) == 1:
        bare.append(result)
    if is_dataclass(result) and not hasattr(result, "_repr_html_"):
        bare.append(result)
    return bare


def test_every_result_of_a_project_is_shown_as_tables() -> None:
    found = results()
    assert len(found) > 35 and is_dataclass(found["status"])
    assert typing.get_origin(found["versions"]) is Rows
    assert {name: bare for name, result in found.items() if (bare := unshown(result))} == {}


@pytest.mark.slow
def test_the_notebook_of_the_docs_runs_and_shows_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a kernel of this interpreter, in an empty folder that is empty again afterwards."""
    nbformat = pytest.importorskip("nbformat")
    from ipykernel.kernelspec import write_kernel_spec
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    book = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") for cell in book.cells), "Next: clear the outputs"
    specs, work, home = tmp_path / "kernels", tmp_path / "work", tmp_path / "home"
    for folder in (work, home):
        folder.mkdir()
    write_kernel_spec(str(specs / "python3"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(work))
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(home / "jupyter"))
    for name in ("HF_HOME", "HF_DATASETS_CACHE"):
        monkeypatch.delenv(name, raising=False)
    manager = AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(specs)])
    )
    client = NotebookClient(book, km=manager, timeout=300, resources={"metadata": {"path": work}})
    client.execute()

    outputs = [(cell, out) for cell in book.cells for out in cell.get("outputs", ())]
    # Without ipywidgets tqdm warns that it has no bars to show.
    outputs = [(cell, out) for cell, out in outputs if "IProgress" not in out.get("text", "")]
    assert [out for _, out in outputs if out.output_type in ("error", "stream")] == []
    shown = ["project." in cell.source.splitlines()[-1] for cell, _ in outputs]
    tables = ["text/html" in out.get("data", {}) for _, out in outputs]
    assert sum(tables) >= 6
    assert [cell.source for (cell, _), s, t in zip(outputs, shown, tables, strict=True)
            if s and not t and "dataset(" not in cell.source] == []  # fmt: skip
    assert any("DatasetDict" in str(out.get("data")) for _, out in outputs)
    assert [path for path in work.rglob("*") if path.is_file()] == []  # torch makes a folder
    assert not [path for path in home.rglob("*") if path.is_file() and "jupyter" not in str(path)]
