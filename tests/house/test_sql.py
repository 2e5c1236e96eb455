"""The SQL files: one statement each, explained, used; rules that select; none built in Python."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import duckdb
import pytest

import curate
from curate import filters
from curate.store import Store, resource_dir, sql

pytestmark = pytest.mark.store

SQL = resource_dir("sql")
SOURCE = Path(curate.__file__).parent
FILES = sorted(SQL.rglob("*.sql"))
MIGRATIONS = [file for file in FILES if file.parent.name == "migrations"]
RULES = [file for file in FILES if file.parent.name == "filters"]
QUERIES = [file for file in FILES if file.parent == SQL]
MODULES = sorted(SOURCE.rglob("*.py"))
WIDTH = 120


def _name(path: Path) -> str:
    return str(path.relative_to(SQL if path.suffix == ".sql" else SOURCE))


def test_there_are_only_queries_rules_and_migrations() -> None:
    assert len(QUERIES) > 50 and len(RULES) > 10 and MIGRATIONS
    assert sorted([*MIGRATIONS, *RULES, *QUERIES]) == FILES
    assert sorted(path for path in SQL.rglob("*") if path.is_file()) == FILES


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_file_is_one_explained_statement(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    statements = duckdb.extract_statements(text)
    assert len(statements) == 1 or (file in MIGRATIONS and statements)
    assert re.match(r"-- \S.{10,}", text), "the first line says what the query answers"
    assert text.endswith("\n") and not text.endswith("\n\n")
    # A literal cannot be wrapped: the text of a comment, a part of a regular expression.
    lines = [re.sub(r"'(?:[^']|'')*'", "''", line) for line in text.splitlines()]
    assert [line for line in lines if len(line) > WIDTH or line != line.rstrip()] == []


@pytest.mark.parametrize("file", MIGRATIONS, ids=_name)
def test_a_migration_has_no_parameters_and_comments_its_tables(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert all(not s.named_parameters for s in duckdb.extract_statements(text))
    made = re.findall(r"^CREATE (?:TABLE|VIEW) (\w+)", text, re.MULTILINE)
    told = re.findall(r"^COMMENT ON (?:TABLE|VIEW) (\w+)", text, re.MULTILINE)
    silent = {name for name in made if not name.startswith("staging_")} - set(told)
    assert silent <= {"settings", "runs"} - set(told)


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = [int(file.name[:4]) for file in MIGRATIONS]
    assert numbers == list(range(1, len(numbers) + 1))


# -- rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", RULES, ids=_name)
def test_a_rule_selects_example_id_reason_and_score(file: Path, store: Store) -> None:
    rule = filters.parse_rule(file)
    (statement,) = duckdb.extract_statements(rule.query)
    assert statement.type == duckdb.StatementType.SELECT
    arguments = {parameter.name: parameter.default for parameter in rule.parameters}
    assert set(statement.named_parameters) == set(arguments)
    assert rule.help.startswith("Drops ") and rule.help.endswith(".")
    assert all(parameter.help for parameter in rule.parameters)
    with store.read() as con:
        con.execute(sql("filter_candidates_all"))
        found = con.sql(rule.query, params=arguments).to_arrow_table()
    assert found.column_names == ["example_id", "reason", "score"]
    assert found.num_rows == 0


def test_each_reason_belongs_to_one_rule() -> None:
    reasons = [r for rule in RULES for r in _reasons(rule.read_text(encoding="utf-8"))]
    assert len(reasons) >= len(RULES)
    assert len(set(reasons)) == len(reasons)


def _reasons(text: str) -> set[str]:
    """Returns the words that a rule writes into its column `reason`."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    before = re.split(r"\bAS reason\b", code, maxsplit=1)[0]
    expression = before[before.rfind("example_id,") :]
    return set(re.findall(r"(?:THEN|ELSE|,)\s*'(\w+)'", expression))


# -- the code --------------------------------------------------------------------------------------


def _texts(module: Path) -> set[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is str}


def test_every_query_is_used_and_every_used_query_exists() -> None:
    texts = set().union(*(_texts(module) for module in MODULES))
    prefixes = _prefixes()
    unused = [
        file.stem for file in QUERIES
        if file.stem not in texts and not any(
            re.fullmatch(pattern, file.stem) for pattern in prefixes)
    ]  # fmt: skip
    assert unused == []


def _prefixes() -> set[str]:
    """Returns patterns of the names that the code puts together: `sql(f"staging_{name}_add")`."""
    found = set()
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+"
                    for part in node.values
                ]
                if re.fullmatch(r"\w+_", str(getattr(node.values[0], "value", ""))):
                    found.add("".join(parts))
    return found


def test_every_query_that_is_named_exists() -> None:
    names = {file.stem for file in QUERIES}
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                and node.func.id in ("sql", "_one") and node.args
                and isinstance(argument := node.args[-1], ast.Constant)
            ):  # fmt: skip
                assert argument.value in names, f"{_name(module)}:{node.lineno}"


_STATEMENT = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|COPY|WITH|FROM|MERGE|PRAGMA)\b", re.I
)
_ALLOWED = re.compile(r"^(SET|BEGIN|COMMIT|ATTACH|DETACH|USE)\b")


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_no_statement_is_written_in_python(module: Path) -> None:
    """Only settings and transactions; a query over a name is marked, with its reason."""
    text = module.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("execute", "sql", "executemany") and node.args
        ):  # fmt: skip
            continue
        argument = node.args[0]
        words = argument.values[0] if isinstance(argument, ast.JoinedStr) else argument
        if isinstance(words, ast.Constant) and not _ALLOWED.match(str(words.value)):
            assert "noqa: S608" in _around(lines, argument), f"{_name(module)}:{node.lineno}"


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_query_that_is_put_together_says_why_that_is_safe(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.JoinedStr)
            and isinstance(first := node.values[0], ast.Constant)
            and re.match(r"(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|DROP|COPY) ", first.value)
        ):
            where = f"{_name(module)}:{node.lineno}"
            assert "noqa: S608" in _around(lines, node), where
            above = "\n".join(lines[max(0, node.lineno - 4) : node.lineno])
            assert re.search(r"^\s*# \S.{20,}", above, re.MULTILINE), f"{where} has no reason"


def _around(lines: list[str], node: ast.expr) -> str:
    return "\n".join(lines[node.lineno - 1 : node.end_lineno])
