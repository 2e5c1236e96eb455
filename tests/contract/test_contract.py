"""The stage: what is checked once, what is dropped and noted, what `contract` and others tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.contract import answers, contract, terms
from curate.contract.contract import Form
from curate.errors import ConfigError
from curate.inputs import inputs
from curate.project import Project
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

SCHEMA = {
    "type": "object",
    "properties": {"days": {"type": "integer"}, "to": {"type": "string"}},
    "required": ["days"],
    "additionalProperties": False,
}
TOML = '[contract]\nschema = "contract.schema.json"\n'
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "ship",
            "parameters": {"type": "object", "properties": {"days": {"type": "integer"}}},
        },
    }
]


def row(name: str, answer: Any, **more: Any) -> dict[str, Any]:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    prompt = f"How many days does parcel {name} take to Bergen?"
    return {"id": name, "prompt": prompt, "response": text, "rating": 5, **more}


def call_row(name: str, arguments: str, **more: Any) -> dict[str, Any]:
    function = {"name": "ship", "arguments": arguments}
    answer = {"role": "assistant", "content": None,
              "tool_calls": [{"id": "c", "type": "function", "function": function}]}  # fmt: skip
    asked = {"role": "user", "content": f"Please ship parcel {name} to Bergen."}
    return {"id": name, "messages": [asked, answer], "tools": TOOLS, "rating": 5, **more}


ROWS = [
    *(row(f"good{n}", {"days": n, "to": "Bergen"}) for n in range(6)),
    row("word", {"days": "two"}),
    row("word-again", {"days": "three"}),
    row("cut", '{"days": 2, "to": "Ber'),
    row("prose", "Two days."),
    row("low", {"day": 2}, rating=1),
]


@pytest.fixture
def shop(tmp_path: Path, write_jsonl: WriteJsonl) -> Callable[..., Project]:
    """Makes a project with these rows and this curate.toml; the schema is beside it."""

    def make(rows: Iterable[Mapping[str, Any]] = ROWS, toml: str = TOML) -> Project:
        project = new_project(tmp_path / "shop")
        say(project, toml)
        (project.folder / terms.SCHEMA_FILE).write_text(json.dumps(SCHEMA), encoding="utf-8")
        project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
        return project

    return make


def say(project: Project, toml: str) -> None:
    (project.folder / "curate.toml").write_text(toml, encoding="utf-8")


def run(project: Project, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(project.folder), *arguments])  # type: ignore[arg-type]


def out(project: Project, reason: str = "contract") -> set[str]:
    """Returns the source ids of the examples that are out for a reason."""
    known = {e["example_id"]: e["source_id"] for e in project.table("examples").to_pylist()}
    excluded = project.table("excluded").to_pylist()
    return {known[x["example_id"]] for x in excluded if x["reason"] == reason}


def checks(project: Project) -> dict[str, str | None]:
    known = {e["example_id"]: e["source_id"] for e in project.table("examples").to_pylist()}
    return {known[c["example_id"]]: c["kind"] for c in project.table("contract_checks").to_pylist()}


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The answers that are checked from now on."""
    seen: list[Any] = []
    check = answers.check

    def counting(answer: Any, *rest: Any) -> Any:
        seen.append(answer)
        return check(answer, *rest)

    monkeypatch.setattr(answers, "check", counting)
    return seen


# -- what is dropped -------------------------------------------------------------------------------


def test_filter_drops_what_breaks_the_contract_and_says_where(shop: Callable[..., Project]) -> None:
    project = shop()
    result = project.filter()
    assert ("contract", "contract", 5) in result.hits
    assert out(project) == {"word", "word-again", "cut", "prose", "low"}
    assert checks(project)["good0"] is None and checks(project)["cut"] == "truncated"
    (reason,) = project.why("word")["reasons"]
    assert reason["evidence"] == 'contract: /days: "two" is not of type integer'
    said = run(project, "why", "word").stdout
    assert 'contract (filter: contract: /days: "two" is not of type integer)' in said
    assert "out: breaks the contract" in said
    assert "names the path that breaks" in " ".join(run(project, "filter", "--list").stdout.split())


def test_an_answer_is_checked_once_and_again_when_it_or_the_contract_changes(
    shop: Callable[..., Project], checked: list[Any], tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    project = shop()
    project.filter()
    assert len(checked) == len(ROWS)
    digest = project.store.state_digest()
    project.filter()
    assert len(checked) == len(ROWS)
    assert project.store.state_digest() == digest

    changed = [{**ROWS[0], "response": '{"days": "one"}'}, *ROWS[1:], row("new", {"days": 1})]
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", changed))])
    assert "good0" not in out(project)
    project.filter()
    assert len(checked) == len(ROWS) + 2
    assert out(project) == {"word", "word-again", "cut", "prose", "low", "good0"}

    say(project, TOML + "tools = false\n")
    assert "filter" in project.status().stale
    project.filter()
    assert len(checked) == 2 * len(ROWS) + 3
    assert project.status().stale[:1] != ("filter",)
    assert len(project.table("contract_checks")) == len(ROWS) + 1


def test_answers_are_checked_anew_where_another_version_judges_otherwise(
    shop: Callable[..., Project], checked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = shop()
    project.filter()
    monkeypatch.setattr(terms, "METHOD", "contract-next")
    assert "filter" in project.status().stale
    assert out(project) == {"word", "word-again", "cut", "prose", "low"}  # until then
    project.filter()
    assert len(checked) == 2 * len(ROWS) and "filter" not in project.status().stale
    assert out(project) == {"word", "word-again", "cut", "prose", "low"}


def test_the_state_is_that_of_a_store_that_knew_nothing_else(
    shop: Callable[..., Project], tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    project = shop(ROWS[:4])
    project.filter()
    say(project, "[contract]\npattern = 'x'\n")
    project.filter()
    say(project, TOML)
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", ROWS))])
    project.filter()
    fresh = new_project(tmp_path / "fresh")
    say(fresh, TOML)
    (fresh.folder / terms.SCHEMA_FILE).write_text(json.dumps(SCHEMA), encoding="utf-8")
    fresh.pull([str(tmp_path / "logs.jsonl")])
    fresh.filter()
    assert checks(project) == checks(fresh)
    with project.store.read() as a, fresh.store.read() as b:
        assert project.store.setting(a, "contract") == fresh.store.setting(b, "contract")


def test_a_kill_between_two_portions_leaves_the_contract_of_before(
    shop: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = shop()
    say(project, "[contract]\npattern = '.*'\n")
    project.filter()
    before = out(project)
    say(project, TOML)
    monkeypatch.setattr(contract, "CHUNK_ANSWERS", 3)
    found, portions = contract._found, []

    def killed(batch: Any, of: Any) -> Any:
        portions.append(batch.num_rows)
        if len(portions) == 3:
            raise KeyboardInterrupt
        return found(batch, of)

    monkeypatch.setattr(contract, "_found", killed)
    with pytest.raises(KeyboardInterrupt):
        project.filter()
    assert out(project) == before
    assert len(project.table("contract_checks")) == len(ROWS) + 6
    project.filter()
    assert portions == [3, 3, 3, 3, 2]
    assert out(project) == {"word", "word-again", "cut", "prose", "low"}
    assert len(project.table("contract_checks")) == len(ROWS)


def test_people_outrank_it_and_a_correction_has_to_keep_it(
    shop: Callable[..., Project], tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    project = shop([*ROWS, row("fixed", "Soon."), row("spoilt", {"days": 1})])
    project.filter()
    corrections = [
        {"id": "fixed", "correction": '{"days": 4}'}, {"id": "spoilt", "correction": "Four."},
    ]  # fmt: skip
    table = write_jsonl(tmp_path / "late.jsonl", corrections)
    assert run(project, "pull", str(table), "--as", "feedback", "--key", "id").exit_code == 0
    assert {"fixed", "spoilt"} & out(project) == set()  # the old answer's checks say nothing
    project.filter()
    assert {"fixed", "spoilt"} & out(project) == {"spoilt"}
    with project.store.write() as con:
        con.execute(
            "INSERT INTO settled BY NAME SELECT example_id, 'keep' AS verdict, 1 AS annotator "
            "FROM examples WHERE source_id = 'word'"
        )
        inputs.mark_due(con)
    project.filter(skip=["boilerplate"])
    assert "word" not in out(project) and "cut" in out(project)
    form = project.status().form
    assert form and (form.train_kept, form.test_kept) != (form.train, form.test)


def test_skipping_the_rule_keeps_what_breaks(shop: Callable[..., Project]) -> None:
    project = shop()
    project.filter(skip=["contract"])
    assert out(project) == set()
    form = project.status().form
    assert form and form.production_kept == 6 and form.train + form.test == 10


# -- tool calls ------------------------------------------------------------------------------------

CALLS = [
    call_row("right", '{"days": 2}'),
    call_row("wrong", '{"days": "two"}'),
    row("words", "On its way."),
]


def test_without_a_contract_wrong_arguments_are_noted(shop: Callable[..., Project]) -> None:
    project = shop(CALLS, toml="")
    result = project.filter()
    assert result.notes == (("tool_arguments", 1),)
    assert result.kept == 3 and out(project) == set()
    assert checks(project) == {"right": None, "wrong": "argument-type"}
    assert project.status().form is None
    said = run(project, "contract").stdout
    assert "none in curate.toml" in said and "ship.days" in said
    project.filter(drop=["tool_arguments"])
    assert out(project, "tool_arguments") == {"wrong"}
    assert "ship.days" in project.why("wrong")["reasons"][0]["evidence"]


def test_with_a_contract_wrong_arguments_are_dropped(shop: Callable[..., Project]) -> None:
    project = shop(CALLS, toml="[contract]\n")
    result = project.filter()
    assert result.notes == () and out(project) == {"wrong"}
    assert project.status().form == Form(2, 1, 1, 1, 0, 0)
    say(project, "[contract]\ntools = false\n")
    project.filter()
    assert out(project) == set()


def test_a_project_without_calls_stores_nothing(shop: Callable[..., Project]) -> None:
    project = shop(ROWS, toml="")
    project.filter()
    assert len(project.table("contract_checks")) == 0
    with project.store.read() as con:
        assert project.store.setting(con, "contract") == {}


# -- what is told ----------------------------------------------------------------------------------


def test_the_command_shows_the_contract_and_what_breaks_it(shop: Callable[..., Project]) -> None:
    project = shop()
    first = run(project, "contract")
    assert first.exit_code == 0, first.output
    assert "JSON Schema in contract.schema.json" in first.stdout
    assert first.stdout.endswith("Next: curate filter\n")
    project.filter()
    said = run(project, "contract").stdout
    assert "form: 54.5% of production, 100.0% of train" in said
    assert "/days" in said and " is not of type integer  " in said
    assert "Next: curate why " in said
    told = orjson.loads(run(project, "contract", "--json").stdout)
    breaks = {(b["kind"], b["path"]): b["examples"] for b in told["breaks"]}
    assert breaks == {("type", "/days"): 2, ("truncated", ""): 1, ("not-json", ""): 1,
                      ("additionalProperties", "/day"): 1}  # fmt: skip
    assert told["form"]["production"] == 11 and told["outdated"] is False


def test_status_says_the_form_and_asks_for_a_filter(shop: Callable[..., Project]) -> None:
    project = shop()
    assert "form:" not in run(project, "status").stdout
    assert "curate.toml or a rule file says otherwise" in run(project, "status").stdout
    project.filter()
    for _ in range(2):  # derived, then kept
        assert "\nform: 54.5% of production, 100.0% of train" in run(project, "status").stdout
    (project.folder / terms.SCHEMA_FILE).write_text('{"type": "object"}', encoding="utf-8")
    assert "curate.toml or a rule file says otherwise" in run(project, "status").stdout
    project.filter()
    assert "form: 81.8% of production" in run(project, "status").stdout


def test_an_export_checks_what_is_new_and_its_card_says_the_form(
    shop: Callable[..., Project], tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    project = shop([row(f"good{n}", {"days": n, "to": "Bergen"}) for n in range(40)])
    project.filter()
    write_jsonl(tmp_path / "more.jsonl", [row("late", {"days": "soon"}), row("fine", {"days": 9})])
    project.pull([str(tmp_path / "more.jsonl")])
    result = run(project, "export", "parcels", "--min-test", "0")
    assert result.exit_code == 0, result.output
    folder = project.folder / "datasets" / "parcels" / "v1"
    lines = "".join(path.read_text() for path in folder.glob("*.jsonl"))
    assert "soon" not in lines and "9}" in lines.replace("\\", "")
    assert (
        "form: 97.6% of production, 100.0% of train" in (folder / "README.md").read_text().lower()
    )
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["form"]["production"], manifest["form"]["production_kept"]) == (42, 41)


def test_a_mistake_in_the_section_is_said_by_every_command(shop: Callable[..., Project]) -> None:
    project = shop(ROWS[:2])
    say(project, '[contract]\nschema = "gone.json"\n')
    for command in ("filter", "contract", "status"):
        result = run(project, command)
        assert result.exit_code == 2
        assert "curate.toml line 2, [contract] schema" in result.stderr
        assert "Next: " in result.stderr
    say(project, "[contract]\nshema = 'x'\n")
    assert "Did you mean 'schema'?" in run(project, "contract").stderr


# -- inferring -------------------------------------------------------------------------------------


def many() -> list[dict[str, Any]]:
    """120 good answers, 20 that break their form, and 10 that people rated bad."""
    good = [row(f"g{n}", {"days": n, "to": ("Oslo", "Bergen")[n % 2]}) for n in range(120)]
    bad = [row(f"b{n}", {"anything": n}, rating=1) for n in range(10)]
    return [*good, *(row(f"c{n}", '{"days": 1, "to') for n in range(20)), *bad]


def test_good_answers_suggest_a_contract_that_is_written_once_approved(
    shop: Callable[..., Project],
) -> None:
    project = shop(many(), toml="# mine\n")
    (project.folder / terms.SCHEMA_FILE).unlink()
    project.filter()
    shown = run(project, "contract", "--infer")
    assert shown.exit_code == 0, shown.output
    assert '"required": ["days", "to"]' in shown.stdout
    assert shown.stdout.endswith("Next: curate contract --infer --write\n")
    assert (project.folder / "curate.toml").read_text() == "# mine\n"
    told = orjson.loads(run(project, "contract", "--infer", "--json").stdout)["inferred"]
    assert told["answers"] == 150 and told["kept"] == 120
    assert told["good_kept"] < told["good"] < 140  # held-out ones are not looked at
    assert told["breaks"][0]["kind"] == "truncated" and told["breaks"][0]["examples"] == 20

    written = run(project, "contract", "--infer", "--write")
    assert "Written: contract.schema.json, curate.toml" in written.stdout
    schema = json.loads((project.folder / terms.SCHEMA_FILE).read_text())
    assert schema["properties"]["to"]["enum"] == ["Bergen", "Oslo"]
    project.filter()
    assert len(out(project)) == 30

    again = run(project, "contract", "--infer", "--write")
    assert again.exit_code == 2 and "--yes" in again.stderr
    # What the contract keeps out is among the good answers still: it may be wrong itself.
    assert "of 1" in run(project, "contract", "--infer", "--write", "--yes").stdout
    assert run(project, "contract", "--write").exit_code == 2


def test_unrated_answers_will_do_and_prose_suggests_nothing(shop: Callable[..., Project]) -> None:
    rows = [row(f"p{n}", f"Parcel {n} takes {n} days." * (n % 3 + 1)) for n in range(60)]
    project = shop([{k: v for k, v in r.items() if k != "rating"} for r in rows], toml="")
    project.filter()
    said = run(project, "contract", "--infer")
    assert said.exit_code == 0, said.output
    assert "(also unrated)" in said.stdout and "no form in common" in said.stdout
    assert project.contract(infer=True, write=True).written == ()
    few = orjson.loads(run(project, "contract", "--infer", "--json").stdout)["inferred"]
    assert few["contract"] is None and few["unrated"] is True


def test_calls_alone_suggest_a_contract_of_calls(shop: Callable[..., Project]) -> None:
    project = shop([call_row(f"c{n}", json.dumps({"days": n})) for n in range(40)], toml="")
    project.filter()
    inferred = project.contract(infer=True).inferred
    assert inferred and inferred.contract and inferred.contract.tools
    assert not inferred.contract.has_form
    assert inferred.kept == inferred.answers == 40


def test_calls_of_tools_that_nobody_declared_are_counted(shop: Callable[..., Project]) -> None:
    bare = {k: v for k, v in call_row("bare", '{"days": "two"}').items() if k != "tools"}
    project = shop([*CALLS, bare])
    project.filter()
    assert "bare" not in out(project)
    assert project.contract().unchecked_calls == 1
    assert "not checked: tool calls in 1 answer, as" in run(project, "contract").stdout


def test_of_a_classifier_the_label_is_the_answer(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = new_project(tmp_path / "labels", task="classification")
    say(project, "[project]\ntask = 'classification'\n\n[contract]\npattern = '[a-z_]+'\n")
    texts = {"card_arrival": "Where is my card?", "Card": "My card is lost.", "fee": "Why a fee?"}
    rows = [{"id": label, "text": text, "label": label} for label, text in texts.items()]
    project.pull([str(write_jsonl(tmp_path / "labels.jsonl", rows))])
    project.filter()
    assert out(project) == {"Card"}


def test_forms_are_told_without_rounding_up() -> None:
    assert Form(100_000, 99_999, 3, 3, 0, 0).said == "99.9% of production, 100.0% of train"


def test_a_contract_that_is_none_stops_before_anything_is_stored(
    shop: Callable[..., Project],
) -> None:
    project = shop()
    project.filter()
    digest = project.store.state_digest()
    say(project, "[contract]\npattern = '('\n")
    with pytest.raises(ConfigError, match="regular expression"):
        project.filter()
    assert project.store.state_digest() == digest
