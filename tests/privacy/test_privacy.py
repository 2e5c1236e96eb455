"""The stage: what it stores, what stops an export, what is allowed; and that no user id is kept."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate.cli import cli
from curate.errors import ConfigError, GateFailed, MissingExtra
from curate.privacy import person_names
from curate.privacy.privacy import gate, privacy, redactor, settings
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from projects import new_project
from servers import missing

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

KEY = "sk-ant-api03-AbC123dEf456GhI789jKl012mNo"
ROWS = (
    {"id": "a", "prompt": "Mail ann@shop.example or call +1 415 555 0198", "rating": 5},
    {"id": "b", "prompt": f"My key {KEY} fails", "rating": 5},
    {"id": "c", "prompt": f"Is {KEY} still good?", "rating": 1},
    {"id": "d", "prompt": "Version 1.2.3.4 or 1.2.3.5?", "rating": 5},
)


@pytest.fixture
def pulled(tmp_path: Path, write_jsonl: WriteJsonl) -> Callable[..., Project]:
    """Pulls rows into the project of the test."""

    def pull(*rows: Mapping[str, Any], fields: Mapping[str, str] | None = None) -> Project:
        project = new_project(tmp_path / "p")
        documents = [{"response": f"Answer to {row['id']}.", **row} for row in rows]
        log = write_jsonl(tmp_path / "log.jsonl", documents)
        project.pull([str(log)], PullOptions(declared=Declared(fields=fields or {})))
        return project

    return pull


def configure(project: Project, **keys: Any) -> None:
    lines = [f"{key} = {orjson.dumps(value).decode()}\n" for key, value in keys.items()]
    (project.folder / "curate.toml").write_text("[privacy]\n" + "".join(lines), encoding="utf-8")


def ids(project: Project) -> dict[str, str]:
    rows = project.table("interactions").to_pylist()
    return {row["source_id"]: row["interaction_id"] for row in rows}


def everything(project: Project) -> str:
    with project.store.read() as con:
        query = "SELECT table_name FROM duckdb_tables() WHERE NOT internal"
        names = [name for (name,) in con.execute(query).fetchall()]
        return repr([con.execute(f'SELECT * FROM "{name}"').fetchall() for name in names])


def test_what_is_found_and_where(pulled: Callable[..., Project]) -> None:
    project = pulled(*ROWS)
    result = project.privacy()
    assert (result.examples, result.checked) == (4, 4)
    assert [(k.kind, k.places, k.examples, k.kept) for k in result.kinds] == [
        ("SECRET", 2, 2, 1), ("EMAIL", 1, 1, 1), ("PHONE", 1, 1, 1),
    ]  # fmt: skip
    assert (result.kept, result.concerned) == (3, 2)
    assert [(s.source_id, s.field, s.detector, s.kept, s.allowed) for s in result.secrets] == [
        ("b", "messages[0].content", "anthropic", True, False),
        ("c", "messages[0].content", "anthropic", False, False),
    ]
    rows = project.table("privacy_findings").to_pylist()
    prompts = {ids(project)[row["id"]]: row["prompt"] for row in ROWS}
    values = {prompts[r["example_id"]][r["start"] : r["stop"]] for r in rows}
    assert values == {KEY, "ann@shop.example", "+1 415 555 0198"}
    assert not {r["detector"] for r in rows} - {"anthropic", "email", "phone"}
    assert KEY not in repr(rows)


@pytest.mark.slow
def test_only_what_is_new_or_changed_is_looked_at(
    pulled: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = pulled(*ROWS)
    privacy(project.store, chunk=3)
    before = project.store.state_digest()
    assert project.privacy().checked == 0
    assert project.store.state_digest() == before
    runs = [r for r in project.table("runs").to_pylist() if r["command"] == "privacy"]
    assert [r["outcome"] for r in runs] == ["changed", "unchanged"]
    changed = [{**row, "prompt": "nothing"} if row["id"] == "b" else row for row in ROWS]
    pulled(*changed, {"id": "e", "prompt": "write to eve@x.org"})
    result = project.privacy()
    assert result.checked == 2
    assert {(k.kind, k.places) for k in result.kinds} == {("SECRET", 1), ("EMAIL", 2), ("PHONE", 1)}
    configure(project, regions=["DE"])
    assert project.privacy().checked == 5
    configure(project, regions=["DE"], leave=["EMAIL"])
    left = project.privacy()
    assert (left.checked, left.concerned) == (0, 1)


@pytest.mark.slow
def test_a_planted_key_stops_what_it_is_kept_in(pulled: Callable[..., Project]) -> None:
    project = pulled(*ROWS)
    found = exported(project, "b")
    with pytest.raises(
        GateFailed, match=r"1 secret in 1 example that.*curate privacy --allow"
    ) as said:
        gate(found.secrets)
    assert said.value.exit_code == 3 and KEY not in str(said.value)
    gate(exported(project, "a").secrets)
    assert project.privacy_allow([ids(project)["b"][:9]], reason="revoked") == [1]
    assert project.privacy_allow([ids(project)["b"]], reason="revoked again") == []
    gate(exported(project, "b").secrets)
    assert exported(project, "b").counts == {"SECRET": 1}
    changed = [{**row, "prompt": f"new {KEY}"} if row["id"] == "b" else row for row in ROWS]
    pulled(*changed)
    assert [a.holds for a in project.privacy().allowances] == [False]
    assert exported(project, "b").secrets
    project.privacy_withdraw(1)
    assert project.privacy().allowances == ()
    with pytest.raises(ConfigError, match="nothing is allowed under this number"):
        project.privacy_withdraw(1)


def exported(project: Project, source_id: str) -> Any:
    """Returns a redactor that has looked at one example as an export would."""
    from curate.privacy.privacy import example_of

    with project.store.read() as con:
        made = redactor(project.store, con)
        rows = con.sql("SELECT * FROM examples").to_arrow_table().to_pylist()
    for row in rows:
        if row["source_id"] == source_id:
            made.look(example_of(row))
    return made


def test_a_value_that_is_nobodys(pulled: Callable[..., Project]) -> None:
    project = pulled(*ROWS)
    project.privacy()
    project.privacy_allow(values=["Ann@Shop.example", "+1 (415) 555-0198"], reason="our own")
    result = project.privacy()
    assert (result.checked, [k.kind for k in result.kinds]) == (0, ["SECRET"])
    assert exported(project, "a").counts == {}
    assert "Ann@Shop" not in everything(project)
    project.privacy_withdraw(1)
    assert [k.kind for k in project.privacy().kinds] == ["SECRET", "EMAIL"]


def test_settings_and_their_mistakes(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p")
    assert settings(project.folder).regions == ("US", "GB")
    configure(project, regions=["de"], leave=["ip"], redact=False)
    assert settings(project.folder).as_dict() == {
        "regions": ["DE"], "leave": ["IP"], "names": False, "redact": False,
    }  # fmt: skip
    for keys, words in (
        ({"regions": ["UK"]}, "unknown region 'UK'"),
        ({"leave": ["SECRET"]}, "unknown kind 'SECRET'"),
        ({"leave": "IP"}, "expected a list of texts"),
        ({"names": "yes"}, "expected true or false"),
        ({"region": ["US"]}, "Did you mean 'regions'"),
    ):
        configure(project, **keys)
        with pytest.raises(ConfigError, match=words):
            settings(project.folder)


def test_an_empty_project(tmp_path: Path) -> None:
    result = new_project(tmp_path / "p").privacy()
    assert (result.examples, result.checked, result.kinds, result.secrets) == (0, 0, (), ())


@pytest.mark.slow
def test_command(pulled: Callable[..., Project]) -> None:
    project = pulled(*ROWS)
    folder = str(project.folder)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["-C", folder, "privacy", *arguments])

    done = run()
    assert done.exit_code == 0, done.output
    assert "stops an export" in done.stdout and "not kept: out of exports of kept" in done.stdout
    assert "kept examples with any of it: 2 of 3; exported as placeholders" in done.stdout
    assert done.stderr == ""
    for refused in (
        ("--allow", "b"),
        ("--reason", "why"),
        ("--allow-value", "", "--reason", "why"),
        ("--allow-value", " -", "--reason", "why"),
    ):
        assert isinstance(run(*refused).exception, ConfigError), refused
    allowed = run("--allow", "b", "--reason", "revoked on 3 May")
    assert "revoked on 3 May" in allowed.stdout and "Next: curate status" in allowed.stdout
    said = orjson.loads(run("--withdraw", "1", "--json").stdout)
    assert said["allowances"] == [] and said["secrets"][0]["allowed"] is False
    assert KEY not in done.stdout + allowed.stdout


def test_names_need_an_extra(
    pulled: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = pulled(ROWS[0])
    configure(project, names=True)
    monkeypatch.setattr(person_names, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"curate-workbench\[pii\]"):
        exported(project, "a")


@pytest.mark.e2e
def test_names_of_people(pulled: Callable[..., Project]) -> None:
    if importlib.util.find_spec("presidio_analyzer") is None:
        missing("the extra [pii] is not installed")
    project = pulled({"id": "a", "prompt": "My name is Maria Gonzalez, not <NAME_1>."})
    configure(project, names=True)
    found = exported(project, "a").findings
    assert [(f.kind, f.detector, f.start, f.end) for f in found] == [("NAME", "presidio", 11, 25)]


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"user_id": "raw-user-17"}, {}),
        ({"who": "raw-user-17"}, {"user": "who"}),
        ({"meta": {"ids": ["x", {"uid": "raw-user-17"}], "k": 1}}, {"user": "$.meta.ids[1].uid"}),
        ({"request": {"messages": [{"role": "user", "content": "hi"}], "user": "raw-user-17"}}, {}),
    ],
)
def test_no_user_id_is_stored(
    pulled: Callable[..., Project], row: dict[str, Any], fields: dict[str, str]
) -> None:
    given = row if "request" in row else {"prompt": "hello", **row}
    project = pulled({"id": "a", **given}, fields=fields)
    stored = project.table("interactions").to_pylist()[0]
    assert len(stored["user_key"]) == 32
    if "meta" in row:
        assert orjson.loads(stored["metadata"]) == {"meta": {"ids": ["x", {}], "k": 1}}
    assert "raw-user-17" not in everything(project)
    assert b"raw-user-17" not in project.store.path.read_bytes()
