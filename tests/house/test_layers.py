"""The house: floors that hold, no circles, folders of a size, one name for one thing."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import click
import grimp
import pytest

import curate
from curate.cli import cli

ROOT = Path(__file__).parents[2]
PACKAGE = Path(curate.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_FILES = 45
#: Examples of broken training files: data of one test, not parts of the house.
CORPUS = ROOT / "tests" / "check" / "broken"
#: Files of `cli` that are no command.
SHARED = {"group", "options", "pandas_later", "progress", "settings", "terminal", "words"}
#: The demo shows how the results of the other commands read.
SHOWS_OTHERS = {"demo"}


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# -- floors ----------------------------------------------------------------------------------------


def test_every_contract_between_floors_holds() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Contracts: [4-9] kept, 0 broken", done.stdout)


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """What imports what in the package; imports for types count as any other."""
    return grimp.build_graph("curate", exclude_type_checking_imports=False, cache_dir=None)


def _order(imports: grimp.ImportGraph) -> list[str]:
    """Returns the modules, each after those that it imports."""
    return list(
        TopologicalSorter(
            {
                module: imports.find_modules_directly_imported_by(module)
                for module in imports.modules
            }
        ).static_order()
    )


def test_no_modules_import_one_another_in_a_circle(imports: grimp.ImportGraph) -> None:
    try:
        order = _order(imports)
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert len(order) == len(MODULES)


def test_the_search_for_circles_finds_one() -> None:
    with_circle = grimp.ImportGraph()
    for importer, imported in [("a", "b"), ("b", "c"), ("c", "a")]:
        with_circle.add_import(importer=importer, imported=imported)
    with pytest.raises(CycleError):
        _order(with_circle)


# -- sizes -----------------------------------------------------------------------------------------


def test_the_top_of_the_package_can_be_taken_in_at_a_glance() -> None:
    names = [path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert 20 < len(names) <= MOST_FILES


@pytest.mark.parametrize("top", ["src", "sql", "tests", "docs"])
def test_no_folder_has_too_many_files(top: str) -> None:
    folders = {
        path.parent
        for path in (ROOT / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and CORPUS not in path.parents
    }
    sizes = {
        str(folder.relative_to(ROOT)): sum(path.is_file() for path in folder.iterdir())
        for folder in folders
    }
    assert sizes
    assert {name: size for name, size in sizes.items() if size > MOST_FILES} == {}


# -- names -----------------------------------------------------------------------------------------


def test_no_class_name_is_given_twice() -> None:
    places = defaultdict(list)
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{_module(path)}:{node.lineno}")
    assert len(places) > 100
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def _private_imports(module: str, tree: ast.Module) -> Iterator[str]:
    """Yields the private names of other modules of ours that a module imports or reaches into."""
    modules = {_module(path) for path in MODULES}
    aliases = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("curate"):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full in modules:
                    aliases.add(alias.asname or alias.name)
                elif alias.name.startswith("_") and not alias.name.startswith("__"):
                    yield f"{module}:{node.lineno} imports {full}"
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            and node.value.id in aliases and re.match(r"_[^_]", node.attr)
        ):  # fmt: skip
            yield f"{module}:{node.lineno} uses {ast.unparse(node)}"


def test_no_private_name_crosses_a_file() -> None:
    crossing = [
        line
        for path in MODULES
        for line in _private_imports(_module(path), ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert crossing == []


def test_a_private_name_that_crosses_is_seen() -> None:
    text = "from curate.store.store import _json\nfrom curate.store import queries\nqueries._x()\n"
    assert len(list(_private_imports("curate.some", ast.parse(text)))) == 2


# -- commands --------------------------------------------------------------------------------------


def test_a_command_is_the_file_of_its_name_and_knows_no_other_command() -> None:
    files = {path.stem for path in (PACKAGE / "cli").glob("*.py")} - {"__init__"}
    assert files - SHARED == set(cli.commands)
    for name, command in cli.commands.items():
        assert _defined_in(command) == {f"curate.cli.{name}"}
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [
        entry["modules"]
        for entry in config["tool"]["importlinter"]["contracts"]
        if entry["type"] == "independence"
    ]
    assert set(contract) == {f"curate.cli.{name}" for name in files - SHARED - SHOWS_OTHERS}


def _defined_in(command: click.Command) -> set[str]:
    """Returns the modules of a command and of the commands in its group."""
    parts = command.commands.values() if isinstance(command, click.Group) else ()
    assert command.callback is not None
    return {command.callback.__module__}.union(*map(_defined_in, parts))


# -- words -----------------------------------------------------------------------------------------


def _exists(name: str) -> bool:
    """Returns whether a dotted name is a module, or something in one."""
    module, _, rest = name.partition(".")
    here = importlib.import_module(module)
    for part in filter(None, rest.split(".")):
        if not hasattr(here, part):
            try:
                importlib.import_module(f"{here.__name__}.{part}")
            except (AttributeError, ModuleNotFoundError):
                return False
        here = getattr(here, part)
    return True


def test_every_name_of_the_package_that_is_written_down_exists() -> None:
    """Docstrings and comments name modules and functions as `curate.export.card`."""
    missing = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in MODULES
        for name in re.findall(r"`(curate(?:\.[A-Za-z_]+)+)`", path.read_text(encoding="utf-8"))
        if not name.endswith((".toml", ".duckdb", ".lock", ".json")) and not _exists(name)
    ]
    assert missing == []
    assert not _exists("curate.no_such_module") and _exists("curate.export.card.facts")
