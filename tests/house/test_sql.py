"""The SQL files: one statement each, explained, used; rules that select; none built in Python."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import duckdb
import pytest

import curate
from curate.filters import rules as filter_rules
from curate.label import kinds
from curate.label.flags import flag
from curate.store import Store, resource_dir, sql
from curate.verdicts import verdicts
from curate.verdicts.detectors import parse_detector

pytestmark = pytest.mark.store

SQL = resource_dir("sql")
SOURCE = Path(curate.__file__).parent
FILES = sorted(SQL.rglob("*.sql"))
MIGRATIONS = sorted((SQL / "migrations").glob("*.sql"))
VIEWS = sorted((SQL / "views").glob("*.sql"))
RULES = sorted((SQL / "filters").glob("*.sql"))
DETECTORS = sorted((SQL / "detectors").glob("*.sql"))
QUERIES = [file for file in FILES if SQL / "queries" in file.parents]
MODULES = sorted(SOURCE.rglob("*.py"))
WIDTH = 120


def _name(path: Path) -> str:
    return str(path.relative_to(SQL if path.suffix == ".sql" else SOURCE))


def test_there_are_only_queries_rules_detectors_views_and_migrations() -> None:
    assert len(QUERIES) > 50 and min(map(len, (RULES, DETECTORS, VIEWS))) > 10 and MIGRATIONS
    assert sorted([*MIGRATIONS, *VIEWS, *RULES, *DETECTORS, *QUERIES]) == FILES
    assert sorted(path for path in SQL.rglob("*") if path.is_file()) == FILES


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_file_is_one_explained_statement(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    statements = duckdb.extract_statements(text)
    # Statements without parameters that always run together are one script.
    script = len(statements) > 1 and not any(s.named_parameters for s in statements)
    assert len(statements) == 1 or script
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


# -- views -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", VIEWS, ids=_name)
def test_a_view_file_makes_its_view_and_comments_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[1] == f"CREATE OR REPLACE VIEW {file.stem} AS"
    first, *rest = duckdb.extract_statements(text)
    assert first.type == duckdb.StatementType.CREATE
    assert not any(statement.named_parameters for statement in (first, *rest))
    # What follows the view is about it: each comment stands on one line.
    comments = [line for line in lines if line.startswith("COMMENT ON ")]
    place = rf"COMMENT ON (VIEW {file.stem}|COLUMN {file.stem}\.\w+) IS '.+';"
    assert len(comments) == len(rest)
    assert all(re.fullmatch(place, line) for line in comments)
    assert sum(line.startswith(f"COMMENT ON VIEW {file.stem} ") for line in comments) == 1


def test_migrations_after_the_views_moved_out_make_none() -> None:
    late = [file for file in MIGRATIONS if int(file.name[:4]) > 13]
    assert [file.name for file in late if re.search(r"\bVIEW\b", file.read_text("utf-8"))] == []


# -- rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", RULES, ids=_name)
def test_a_rule_selects_example_id_reason_and_score(file: Path, store: Store) -> None:
    rule = filter_rules.parse_rule(file)
    (statement,) = duckdb.extract_statements(rule.query)
    assert statement.type == duckdb.StatementType.SELECT
    arguments = {parameter.name: parameter.default for parameter in rule.parameters}
    assert set(statement.named_parameters) == set(arguments)
    assert rule.help.startswith("Notes " if rule.notes else "Drops ") and rule.help.endswith(".")
    assert all(parameter.help for parameter in rule.parameters)
    with store.read() as con:
        con.execute(sql("filters/rated"))
        con.execute(sql("filters/candidates_all"))
        found = con.sql(rule.query, params=arguments).to_arrow_table()
    # A live rule may tell why, as a text.
    told = ["evidence"] if rule.live and "evidence" in found.column_names else []
    assert found.column_names == ["example_id", "reason", "score", *told]
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


# -- detectors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", DETECTORS, ids=_name)
def test_a_detector_selects_what_its_header_names(file: Path, store: Store) -> None:
    detector = parse_detector(file)
    (statement,) = duckdb.extract_statements(detector.query)
    assert statement.type == duckdb.StatementType.SELECT
    assert re.match(r"[A-Z].{20,}\.$", detector.help)
    kinds_served = [name for name in kinds.names() if file.stem in kinds.detectors_of(name)]
    assert kinds_served, "it serves some kind of work"
    for kind in kinds_served:
        with verdicts.today(store) as today:
            flag(today, kind)
            assert today.con.execute("FROM flags").fetchall() == []
            arguments = dict.fromkeys(statement.named_parameters)
            columns = today.con.sql(detector.query, params=arguments).columns
        sentences = [part for why in detector.why.values() for part in re.findall(r"{(\w+)}", why)]
        assert {"example_id", "score", *sentences} <= set(columns)
        assert set(columns) <= {
            "example_id", "score", "place", "because", "suggested", *sentences
        }  # fmt: skip
        codes = set(detector.why) - {""}
        assert bool(codes) == ("because" in columns)


# -- the code --------------------------------------------------------------------------------------


def _named() -> dict[str, list[str]]:
    """Returns the queries that the code names, each with all places; every name is a literal."""
    named: dict[str, list[str]] = {}
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "sql":
                (argument,) = node.args
                where = f"{_name(module)}:{node.lineno}"
                assert isinstance(argument, ast.Constant), f"{where} is no literal"
                named.setdefault(argument.value, []).append(where)
    return named


def test_every_query_is_used_and_every_used_query_exists() -> None:
    there = {str(f.relative_to(SQL / "queries").with_suffix("")) for f in QUERIES}
    named = _named()
    assert {name: where for name, where in named.items() if name not in there} == {}
    assert there - set(named) == set()


def test_a_wing_runs_its_own_queries_only() -> None:
    """Who else needs an answer calls a function of the wing."""
    abroad = [
        (name, where)
        for name, places in _named().items()
        for where in places
        if re.split(r"[/.]", where)[0] != name.split("/")[0]
    ]
    assert abroad == []


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
