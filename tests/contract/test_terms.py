"""`[contract]` in curate.toml: how it is read, what is refused, how it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate import config
from curate.contract import terms
from curate.contract.terms import Contract
from curate.errors import ConfigError

SCHEMA = '{"type": "object", "required": ["b", "a"]}'


def project(folder: Path, toml: str, schema: str | None = None) -> Path:
    (folder / "curate.toml").write_text(toml, encoding="utf-8")
    if schema is not None:
        (folder / terms.SCHEMA_FILE).write_text(schema, encoding="utf-8")
    return folder


def test_without_a_section_calls_are_checked_and_nobody_wrote_it(tmp_path: Path) -> None:
    assert terms.load(tmp_path) == Contract()
    assert terms.load(project(tmp_path, "[project]\n")) == Contract()
    assert Contract().tools and not Contract().written and not Contract().has_form


def test_a_schema_is_read_from_a_file_or_stands_in_the_section(tmp_path: Path) -> None:
    of_file = terms.load(project(tmp_path, '[contract]\nschema = "contract.schema.json"\n', SCHEMA))
    inline = (
        '[contract]\nfences = true\n[contract.schema]\ntype = "object"\nrequired = ["b", "a"]\n'
    )
    of_table = terms.load(project(tmp_path, inline))
    assert of_file.schema == of_table.schema == '{"required":["b","a"],"type":"object"}'
    assert (of_file.file, of_table.file) == (terms.SCHEMA_FILE, None)
    assert of_file.written and of_file.digest != of_table.digest  # fences
    assert terms.from_dict(of_file.as_dict()) == of_file


def test_the_digest_names_what_is_checked_and_not_how_it_is_laid_out(tmp_path: Path) -> None:
    toml = '[contract]\nschema = "contract.schema.json"\n'
    one = terms.load(project(tmp_path, toml, SCHEMA))
    other = terms.load(project(tmp_path, toml, '{"required":["b","a"],\n "type":"object"}'))
    assert one.digest == other.digest
    assert terms.load(project(tmp_path, toml + "tools = false\n", SCHEMA)).digest != one.digest


@pytest.mark.parametrize(
    ("toml", "schema", "words"),
    [
        ('schema = "nosuch.json"', None, ["line 2", "nosuch.json is not there", "Next: "]),
        ('schema = "contract.schema.json"', '{"a":\n}', ["line 2, column 1", "no JSON"]),
        ('schema = "contract.schema.json"', '{"type": "objekt"}', ["/type", "objekt"]),
        ('schema = "contract.schema.json"', '{"$ref": "https://x.example/y"}', ["$ref", "fetched"]),
        ('schema = "contract.schema.json"', '{"$ref": "#"}', ["for ever"]),
        ('schema = "contract.schema.json"', '{"$schema": "x"}', ["$schema", "no draft"]),
        ('schema = "contract.schema.json"', '{"properties": {"a": {"pattern": "("}}}',
         ["/properties/a/pattern"]),
        ("schema = 5", None, ["[contract] schema", "a file"]),
        ('schema = "a"\npattern = "b"', None, ["line 3", "one form", "Next: "]),
        ('pattern = "("', None, ["line 2", "regular expression", "Next: "]),
        ("pattern = 5", None, ["regular expression"]),
        ('tools = "yes"', None, ["line 2", "true or false"]),
        ("fence = true", None, ["Did you mean 'fences'?"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, toml: str, schema: str | None, words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        terms.load(project(tmp_path, f"[contract]\n{toml}\n", schema))
    assert [word for word in words if word not in str(caught.value)] == []


def test_formats_that_nothing_checks_are_named() -> None:
    schema = '{"properties": {"a": {"format": "date-time"}, "format": {"format": "date"}}}'
    assert Contract(schema=schema).unchecked_formats == ["date-time"]
    assert Contract().unchecked_formats == []


@pytest.mark.parametrize(
    "contract",
    [
        Contract(schema='{"required":["a"],"type":"object"}', written=True, file=terms.SCHEMA_FILE),
        Contract(pattern=r"yes|no", tools=False, written=True),
        Contract(pattern='it\'s "\\d"\n', fences=True, written=True),
    ],
)
def test_what_is_written_is_read_again(tmp_path: Path, contract: Contract) -> None:
    project(tmp_path, "# mine\n[filter]\nmin_rating = 4  # stars\n")
    terms.write(tmp_path, contract)
    assert terms.load(tmp_path) == contract
    text = (tmp_path / "curate.toml").read_text(encoding="utf-8")
    assert text.startswith("# mine\n[filter]\nmin_rating = 4  # stars\n\n[contract]\n")


def test_another_contract_stays_unless_it_shall_be_replaced(tmp_path: Path) -> None:
    project(tmp_path, '[contract]\n# why\npattern = "a"\n\n[filter]\nmin_rating = 4\n')
    before = (tmp_path / "curate.toml").read_text(encoding="utf-8")
    new = Contract(schema='{"type":"object"}', written=True, file=terms.SCHEMA_FILE)
    with pytest.raises(ConfigError, match="--yes"):
        terms.write(tmp_path, new)
    assert (tmp_path / "curate.toml").read_text(encoding="utf-8") == before
    assert not (tmp_path / terms.SCHEMA_FILE).exists()
    terms.write(tmp_path, new, replace=True)
    assert terms.load(tmp_path) == new
    assert config.load(tmp_path)["filter"] == {"min_rating": 4}
    (tmp_path / "curate.toml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=terms.SCHEMA_FILE):  # a schema that nobody names is kept
        terms.write(tmp_path, new)


def test_a_section_is_taken_out_with_its_tables() -> None:
    gone = '[contract]\npattern = """\n[b]\n"""\n[contract.schema]\ntype = "x"\n'
    text = f"[a]\nx = 1\n{gone}[b]\ny = 2\n"
    assert config.without_section(text, "contract") == "[a]\nx = 1\n[b]\ny = 2\n"


def test_a_schema_is_laid_out_for_people() -> None:
    schema = {"type": "object", "properties": {k * 9: {"enum": ["x", "y"]} for k in "abcd"}}
    text = terms.pretty(json.dumps(schema))
    assert json.loads(text) == schema
    assert '    "aaaaaaaaa": {"enum": ["x", "y"]},\n' in text
    assert max(map(len, text.splitlines())) <= 100
