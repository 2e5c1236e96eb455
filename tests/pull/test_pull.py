from __future__ import annotations

import gzip
import json
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError, GateFailed, SourceError
from curate.files.files import PullFiles
from curate.pull import from_files as pull_module
from curate.pull import staging
from curate.pull.interactions import RowBuilder
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult
from curate.pull.plain.plain import PlainMaker, PlainRows
from curate.pull.pull import pull
from curate.store import Store
from pulled import staged_rows

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

NewStore = Callable[[Path], Store]


def run(store: Store, *paths: Path | str, kind: Any = "interactions", **said: Any) -> PullResult:
    """Pulls; `fields`, `scale` and `roles` are declared, the rest are options."""
    declared = Declared(
        kind, said.pop("fields", {}), said.pop("scale", None), said.pop("roles", {})
    )
    return pull(store, [str(p) for p in paths], options=PullOptions(declared=declared, **said))


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.read_database() as con:
        return con.execute(query).fetchall()


def count(store: Store, table: str) -> int:
    return rows(store, f"SELECT count(*) FROM {table}")[0][0]


def call(key: str | None, text: str, answer: str = "ok", **more: Any) -> dict[str, Any]:
    return {**({} if key is None else {"id": key}), "query": text, "response": answer, **more}


class Box:
    """A folder with a store and the logs it is pulled from; paths in the store are relative."""

    def __init__(self, folder: Path, new_store: NewStore, write: Any) -> None:
        self.store = new_store(folder)
        self.logs = folder / "logs"
        self.write_rows = write

    def write(self, name: str, rows: list[Mapping[str, Any]]) -> Path:
        return self.write_rows(self.logs / name, rows)

    def pull(self, *names: str, **said: Any) -> PullResult:
        return run(self.store, *(self.logs / n for n in names or ("",)), **said)

    @property
    def digest(self) -> str:
        return self.store.state_digest()


@pytest.fixture
def box(tmp_path: Path, new_store: NewStore, write_jsonl: Any) -> Callable[[], Box]:
    """Makes boxes, each in a folder of its own."""
    made: Iterator[int] = iter(range(1_000))
    return lambda: Box(tmp_path / f"box{next(made)}", new_store, write_jsonl)


# -- files ---------------------------------------------------------------------------------------


def test_a_pull_stores_calls_and_says_what_it_did(box: Callable[[], Box]) -> None:
    b = box()
    b.write("a.jsonl", [call("1", "hi", "hello", rating=5), call("2", "bye", "see you", rating=2)])
    result = b.pull()
    assert (result.documents, result.new, result.changed, result.rejected) == (2, 2, 0, {})
    assert result.mapping.scale == "1-5" and result.summary["rated"] == 2
    query = "SELECT query, response, human_rating FROM ai_interactions WHERE human_rating >= 4"
    assert rows(b.store, query) == [("hi", "hello", 5.0)]


def test_nothing_to_pull(box: Callable[[], Box]) -> None:
    b = box()
    b.write("a.jsonl", [])
    result = b.pull()
    assert (result.documents, result.new, result.summary["interactions"]) == (0, 0, 0)
    assert b.pull().files_unchanged == 1


def test_locations_may_be_files_folders_and_globs(box: Callable[[], Box], tmp_path: Path) -> None:
    b = box()
    for name in ("a.jsonl", "deep/b.jsonl", "c.jsonl"):
        b.write(name, [call(name, name)])
    (b.logs / "notes.txt").write_text("not logs")
    assert b.pull("a.jsonl", "a.jsonl", "../logs/a.jsonl").documents == 1
    assert b.pull("*.jsonl").documents == 1  # c; a is unchanged
    assert b.pull().documents == 1  # deep/b
    with pytest.raises(SourceError, match=r"no such file.*a\.jsonl"):
        b.pull("aa.jsonl")
    with pytest.raises(SourceError, match="format not known"):
        b.pull("notes.txt")
    with pytest.raises(SourceError, match="no such file"):
        b.pull("dee*")
    (tmp_path / "none").mkdir()
    with pytest.raises(SourceError, match="no file here that looks like logs"):
        run(b.store, tmp_path / "none")


def test_a_second_pull_of_the_same_file_changes_nothing(box: Callable[[], Box]) -> None:
    b = box()
    same = call(None, "hi", rating=3)
    b.write("a.jsonl", [same, same, call(None, "bye"), {"id": 1}])
    (b.logs / "a.jsonl").open("ab").write(b"{broken\n[1]\n")
    b.pull()
    before = b.digest
    again = b.pull()
    assert (again.files_unchanged, again.documents) == (1, 0)
    assert b.digest == before
    assert rows(b.store, "SELECT outcome FROM runs ORDER BY run_id")[-1] == ("unchanged",)


def test_every_document_is_stored_or_listed_with_its_line(box: Callable[[], Box]) -> None:
    b = box()
    b.logs.mkdir()
    lines = [b'{"query": "a"}', b"", b"{bad", b'"text"', b'{"query": "\xff"}', b'{"query": "b"}']
    (b.logs / "a.jsonl").write_bytes(b"\n".join(lines))
    result = b.pull()
    assert result.rejected == {"bad-json": 1, "not-an-object": 1, "not-utf8": 1}
    assert (result.documents, result.new) == (5, 2)
    found = rows(b.store, "SELECT location, line, reason FROM rejects ORDER BY line")
    assert found == [
        ("logs/a.jsonl", 3, "bad-json"),
        ("logs/a.jsonl", 4, "not-an-object"),
        ("logs/a.jsonl", 5, "not-utf8"),
    ]
    assert rows(b.store, "SELECT line FROM interactions ORDER BY line") == [(1,), (6,)]
    (b.logs / "a.jsonl").write_bytes(b'{"query": "a"}\n')
    b.pull()
    assert count(b.store, "rejects") == 0


# -- mapping -------------------------------------------------------------------------------------


def test_what_was_declared_is_remembered_for_the_source(box: Callable[[], Box]) -> None:
    b = box()
    b.write("a.jsonl", [{"q": "hi", "a": "hello", "stars": 9}])
    said = {"query": "q", "response": "a"}
    b.pull("a.jsonl", fields=said, scale="0-10")
    b.write("b.jsonl", [{"q": "bye", "a": "see you", "stars": 5}])
    b.pull("b.jsonl")
    found = rows(b.store, "SELECT query, response, human_rating FROM ai_interactions ORDER BY 1")
    assert found == [("bye", "see you", 3.0), ("hi", "hello", 4.6)]


def test_a_remembered_column_may_be_absent_but_not_a_new_one(box: Callable[[], Box]) -> None:
    b = box()
    b.write("a.jsonl", [{"q": "hi", "response": "x"}])
    b.pull("a.jsonl", fields={"query": "q"})
    b.write("b.jsonl", [{"response": "y", "messages": "hi"}])
    assert b.pull("b.jsonl").new == 1
    with pytest.raises(ConfigError, match=r"unknown column 'responze'.*Did you mean 'response'"):
        b.pull("b.jsonl", fields={"query": "responze"})
    with pytest.raises(ConfigError, match=r"unknown field 'qeury'.*Did you mean 'query'"):
        b.pull("b.jsonl", fields={"qeury": "response"})


def test_documents_without_any_known_field_are_refused_with_the_next_command(
    box: Callable[[], Box],
) -> None:
    b = box()
    b.write("a.jsonl", [{"foo": 1, "bar": "what is it about?"}, {"foo": 2}])
    with pytest.raises(SourceError, match=r"no document has a question.*columns: foo, bar") as said:
        b.pull()
    assert "--map query=bar" in str(said.value)
    assert count(b.store, "interactions") == staged_rows(b.store.folder) == 0
    assert b.pull(fields={"query": "bar"}).new == 2


def test_another_mapping_replaces_what_the_old_one_made(
    box: Callable[[], Box], write_jsonl: Any
) -> None:
    b = box()
    b.write("a.jsonl", [{"query": "hi", "response": "wrong", "real": "right", "rating": 7}])
    b.pull()
    old = rows(b.store, "SELECT interaction_id FROM interactions")
    b.pull(fields={"response": "real"})
    assert rows(b.store, "SELECT response FROM interactions") == [("right",)]
    assert rows(b.store, "SELECT interaction_id FROM interaction_history") == old
    # The rating stands where it stood and says what it said, so none was replaced.
    assert rows(b.store, "SELECT human_rating FROM ai_interactions") == [(None,)]
    assert count(b.store, "feedback") == 1 and count(b.store, "feedback_history") == 0


def test_tables_of_one_database_do_not_replace_each_other(tmp_path: Path, store: Store) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "logs.duckdb")) as con:
        con.execute("CREATE TABLE jan AS SELECT 'hi' AS query, 'x' AS response, 5.0 AS rating")
        con.execute("CREATE TABLE feb AS SELECT 'bye' AS query, 'x' AS response, 4.5 AS rating")
    with pytest.raises(ConfigError, match="2 tables: feb, jan"):
        run(store, tmp_path / "logs.duckdb")
    run(store, tmp_path / "logs.duckdb", table="jan")
    run(store, tmp_path / "logs.duckdb", table="feb")
    run(store, tmp_path / "logs.duckdb", query="SELECT 'q' AS query, 'r' AS response")
    found = rows(store, "SELECT query, human_rating, location FROM ai_interactions"
                        " JOIN interactions USING (interaction_id, query) ORDER BY 1")  # fmt: skip
    assert found[0] == ("bye", 4.5, "logs.duckdb#feb") and found[1] == (
        "hi",
        5.0,
        "logs.duckdb#jan",
    )
    assert found[2][2].startswith("logs.duckdb#query-")


# -- identity ------------------------------------------------------------------------------------


def test_equal_rows_of_one_pull_are_two_interactions(box: Callable[[], Box]) -> None:
    b = box()
    b.write("a.jsonl", [call(None, "hi")])
    b.write("b.jsonl", [call(None, "hi")])
    assert b.pull().new == 2
    ids = rows(b.store, "SELECT right(source_id, 2), location FROM interactions ORDER BY ALL")
    assert ids == [("#0", "logs/a.jsonl"), ("#1", "logs/b.jsonl")]


@pytest.mark.parametrize(
    "late", [{"rating": 4}, {"label": "billing"}, {"note": "x"}, {"rating": 1, "correction": "no"}]
)
def test_what_comes_late_finds_its_row(box: Callable[[], Box], late: dict[str, Any]) -> None:
    b = box()
    early = dict.fromkeys(late)
    b.write("a.jsonl", [call(None, "hi", **early), call(None, "bye", **early)])
    b.pull()
    ids = rows(b.store, "SELECT interaction_id FROM interactions ORDER BY 1")
    b.write("a.jsonl", [call(None, "hi", **late), call(None, "bye", **early)])
    result = b.pull()
    assert (result.new, result.changed, result.unchanged) == (0, 1, 1)
    assert rows(b.store, "SELECT interaction_id FROM interactions ORDER BY 1") == ids


def test_a_changed_text_keeps_the_old_one_once(box: Callable[[], Box]) -> None:
    b = box()
    b.write("a.jsonl", [call("1", "hi", "first")])
    b.pull()
    for _ in range(2):
        b.write("a.jsonl", [call("1", "hi", "second"), *([call("2", "x")] if _ else [])])
        b.pull()
    assert rows(b.store, "SELECT source_id, response FROM interactions ORDER BY 1") == [
        ("1", "second"),
        ("2", "ok"),
    ]
    history = rows(b.store, "SELECT output->>'$[0].content', line FROM interaction_history")
    assert history == [("first", 1)]


def test_of_two_documents_with_one_id_the_last_counts(box: Callable[[], Box]) -> None:
    b = box()
    b.write("a.jsonl", [call("1", "hi", "old", rating=1), call("1", "hi", "new", rating=5)])
    result = b.pull()
    assert (result.documents, result.new) == (2, 1)
    assert "1 documents have the id of a later one" in result.notes[0]
    assert rows(b.store, "SELECT response, human_rating FROM ai_interactions") == [("new", 5.0)]
    assert rows(b.store, "SELECT output->>'$[0].content' FROM interaction_history") == [("old",)]
    assert rows(b.store, "SELECT value FROM feedback_history") == [("1",)]
    before = b.digest
    b.pull()
    assert b.digest == before


FILES = {
    "with ids": {
        "a.jsonl": [call("1", "x", "A", rating=1), call("2", "y"), call("1", "x", "B", rating=5)],
        "b.jsonl": [call("1", "x", "A", rating=1), call("3", "z", rating=4.5)],
        "c.jsonl": [call("3", "z", rating=4.5), call("2", "y", "C", rating=5), call("2", "y")],
    },
    "without ids": {
        "a.jsonl": [call(None, "x"), call(None, "y", rating=4.5), call(None, "x")],
        "b.jsonl": [call(None, "x"), call(None, "z", rating=5)],
        "c.jsonl": [call(None, "x"), call(None, "y", rating=5)],
    },
    "some ids": {
        "a.jsonl": [call("1", "x"), {**call(None, "y"), "id": None}],
        "b.jsonl": [call("1", "x", "B"), {**call(None, "y"), "id": None}],
        "c.jsonl": [call("2", "y"), {**call(None, "y", rating=5), "id": ""}],
    },
}
STEPS = [("ab", "abc"), ("c", "bc", "abc")]


@pytest.mark.slow
@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_a_file_added_later_ends_where_one_pull_of_all_does(
    box: Callable[[], Box], files: dict[str, list[dict[str, Any]]]
) -> None:
    whole = box()
    for name, documents in files.items():
        whole.write(name, documents)
    whole.pull()
    for steps in STEPS:
        b = box()
        for step in steps:
            for letter in step:
                b.write(f"{letter}.jsonl", files[f"{letter}.jsonl"])
            b.pull()
        assert b.digest == whole.digest, steps


def test_files_pulled_one_by_one_end_where_one_pull_of_all_does(box: Callable[[], Box]) -> None:
    whole, b = box(), box()
    for name, documents in FILES["with ids"].items():
        whole.write(name, documents)
        b.write(name, documents)
        b.pull(name)
    whole.pull()
    assert b.digest == whole.digest


LETTERS = st.sampled_from("AB")
DOCUMENTS = st.lists(
    st.tuples(st.integers(0, 3), LETTERS, st.sampled_from([1, 2, 5]), LETTERS), max_size=9
)


@pytest.mark.slow
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(DOCUMENTS, st.lists(st.integers(1, 3), min_size=3, max_size=3), st.data())
def test_any_order_of_files_ends_in_the_same_store(
    box: Callable[[], Box], drawn: list[Any], sizes: list[int], data: st.DataObject
) -> None:
    said = [call(f"i{k}", "q", answer, rating=r, label=lab) for k, answer, r, lab in drawn]
    files, rest = {}, said
    for number, size in enumerate([*sizes, 9]):
        files[f"{number}.jsonl"], rest = rest[:size], rest[size:]
    whole, b = box(), box()
    for name, documents in files.items():
        whole.write(name, documents)
    # The columns are declared, and each row has them: a column that is nowhere would be refused.
    fields = {name: name for name in ("id", "query", "response", "rating", "label")} if said else {}
    whole.pull(fields=fields, scale="1-5")
    names = data.draw(st.permutations([name for name in files if files[name]]))
    for name in names[: data.draw(st.integers(0, len(names)))]:
        b.write(name, files[name])
    if b.logs.exists():
        b.pull(fields=fields, scale="1-5")
    for name in files:
        b.write(name, files[name])
    b.pull(fields=fields, scale="1-5")
    assert b.digest == whole.digest


# -- interruption --------------------------------------------------------------------------------


class Killed(BaseException):
    """What ends a pull in the middle."""


@pytest.mark.parametrize("ends", ["by number", "by size"])
@pytest.mark.parametrize("kind", ["interactions", "feedback"])
def test_a_killed_pull_goes_on_where_it_was(
    box: Callable[[], Box], monkeypatch: pytest.MonkeyPatch, kind: Any, ends: str
) -> None:
    if ends == "by number":
        monkeypatch.setattr(pull_module, "CHUNK_DOCUMENTS", 3)
    else:
        monkeypatch.setattr(staging, "CHUNK_BYTES", 1)
        monkeypatch.setattr(staging, "_FIRST_AT_ONCE", 3)
    calm, b = box(), box()
    for target in (calm, b):
        for letter in "ab":
            made = [call(f"{letter}{n}", f"text {n % 4}", rating=n % 5 + 1) for n in range(10)]
            target.write(f"{letter}.jsonl", made)
            (target.logs / f"{letter}.jsonl").open("ab").write(b"{broken\n")
    calm.pull(kind=kind)
    real = PullFiles.read
    with monkeypatch.context() as patch:
        seen = 0

        def dies(files: PullFiles, location: Any) -> Iterator[Any]:
            nonlocal seen
            for document in real(files, location):
                seen += 1
                if seen > 22 + 17:  # 22 for the sample; then a and six of b
                    raise Killed
                yield document

        patch.setattr(PullFiles, "read", dies)
        with pytest.raises(Killed):
            b.pull(kind=kind)
    assert count(b.store, "interactions") == count(b.store, "feedback") == 0
    assert staged_rows(b.store.folder) == 15
    built = _count_built(monkeypatch)
    result = b.pull(kind=kind)
    assert b.digest == calm.digest
    assert len(built) == 22 - 15 - 1  # one of the rest is a reject
    assert result.documents == 22 and result.rejected == {"bad-json": 2}
    assert rows(b.store, "SELECT count(*) FROM runs WHERE finished_at IS NULL") == [(1,)]


def _count_built(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    built: list[Any] = []
    real, real_make = RowBuilder.values, PlainMaker.make

    def values(self: RowBuilder, fields: Mapping[str, Any], *more: Any) -> Any:
        built.append(fields)
        return real(self, fields, *more)

    def make(self: PlainMaker, documents: Any) -> PlainRows:
        rows = real_make(self, documents)
        built.extend(rows.places)
        return rows

    monkeypatch.setattr(RowBuilder, "values", values)
    monkeypatch.setattr(PlainMaker, "make", make)
    return built


def test_another_pull_clears_what_a_killed_one_left(
    box: Callable[[], Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull_module, "CHUNK_DOCUMENTS", 2)
    b = box()
    b.write("a.jsonl", [call(f"{n}", "x") for n in range(5)])
    with monkeypatch.context() as patch:
        patch.setattr(pull_module.FilePull, "_merge", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            b.pull()
    assert staged_rows(b.store.folder) == 5
    b.write("b.jsonl", [call("b", "y")])
    b.pull("b.jsonl")
    assert rows(b.store, "SELECT source_id FROM interactions") == [("b",)]
    assert staged_rows(b.store.folder) == 0


# -- people --------------------------------------------------------------------------------------


def test_user_ids_are_stored_as_hmac_under_the_projects_salt(
    box: Callable[[], Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    b, other = box(), box()
    for target in (b, other):
        target.write("a.jsonl", [call(n, f"x{n}", user_id="ann@here.org") for n in ("1", "2")])
        target.pull()
    salt = b.store.folder / ".curate-salt"
    assert stat.S_IMODE(salt.stat().st_mode) == 0o600
    keys = {row[0] for row in rows(b.store, "SELECT user_key FROM interactions")}
    assert len(keys) == 1 and "ann@here" not in b.store.path.read_bytes().decode("latin-1")
    assert keys != {row[0] for row in rows(other.store, "SELECT user_key FROM interactions")}
    monkeypatch.setenv("CURATE_SALT", "secret")
    made = []
    for _ in range(2):
        third = box()
        third.write("a.jsonl", [call("1", "x", user_id="ann")])
        third.pull()
        made += rows(third.store, "SELECT user_key FROM interactions")
        assert not (third.store.folder / ".curate-salt").exists()
    assert made[0] == made[1]


# -- messy input ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def messy(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import tarfile

    folder = tmp_path_factory.mktemp("messy")
    with tarfile.open(shared_data / "messy_json" / "test_parsing.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_hostile_json_files_are_stored_or_rejected_one_by_one(messy: Path, store: Store) -> None:
    files = sorted(messy.glob("*.json"))
    assert len(files) > 300
    (messy / "y_call.json").write_text('{"query": "asked", "response": "answered"}')
    result = run(store, messy)
    refused = dict(rows(store, "SELECT location, reason FROM rejects"))
    stored = {row[0] for row in rows(store, "SELECT location FROM interactions")}
    assert result.documents == count(store, "interactions") + count(store, "rejects")
    for path in files:
        document = path.read_bytes()
        if path.name.startswith("n_"):
            assert refused.get(str(path)) in ("bad-json", "not-utf8", "too-large") or not document
        elif path.name.startswith("y_"):
            expected = isinstance(json.loads(document), dict)
            array = isinstance(json.loads(document), list)
            assert (str(path) in stored) or (refused[str(path)] == "not-an-object"), path.name
            assert not expected or str(path) in stored, path.name
            assert expected or array or str(path) in refused, path.name


def test_hostile_json_lines_are_stored_or_rejected_one_by_one(messy: Path, tmp_path: Path,
                                                              store: Store) -> None:  # fmt: skip
    bodies = [p.read_bytes() for p in sorted(messy.glob("*.json"))]
    bodies = [body for body in bodies if b"\n" not in body and b"\r" not in body and body.strip()]
    latin = [body for body in bodies if b"\xff" in body or not _is_utf8(body)]
    # A file most of whose letters are not UTF-8 is refused as a whole: one such line is left.
    bodies = [body for body in bodies if body not in latin[1:]]
    bodies.append(b'{"query": "asked", "response": "answered"}')
    (tmp_path / "all.jsonl").write_bytes(b"\n".join(bodies))
    result = run(store, tmp_path / "all.jsonl")
    assert result.documents == len(bodies)
    assert result.new + sum(result.rejected.values()) == len(bodies) - count_repeats(store)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def count_repeats(store: Store) -> int:
    """Documents that have the id of a later one."""
    return count(store, "interaction_history")


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "json", "tsv"])
def test_naughty_strings_come_back_unharmed(
    shared_data: Path, tmp_path: Path, store: Store, suffix: str
) -> None:
    naughty = json.loads((shared_data / "messy_json" / "blns.json").read_text())
    naughty += [
        "nul \x00 inside",
        "rtl \u202e override",
        "👩‍👩‍👧 family",
        "line\nbreak",
        'quo"te',
        "a\rb",
    ]
    strings = [s for s in naughty if s.strip()]
    documents = [{"id": str(n), "query": s, "response": s} for n, s in enumerate(strings)]
    path = tmp_path / f"naughty.{suffix}"
    write_as(path, documents)
    result = run(store, path)
    assert result.rejected == {} and result.documents == len(documents)
    found = rows(store, "SELECT source_id, query, response, messages, output FROM interactions")
    back = {row[0]: row[1:] for row in found}
    for document in documents:
        query, response, messages, output = back[document["id"]]
        said = json.loads(messages)[0]["content"]
        assert query == said == document["query"]
        assert response == json.loads(output)[0]["content"] == document["response"]


def write_as(path: Path, documents: list[dict[str, Any]]) -> None:
    import csv

    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(documents), path)
    elif path.suffix in (".csv", ".tsv"):
        with path.open("w", newline="", encoding="utf-8") as handle:
            tab = "\t" if path.suffix == ".tsv" else ","
            writer = csv.DictWriter(handle, list(documents[0]), delimiter=tab)
            writer.writeheader()
            writer.writerows(documents)
    elif path.suffix == ".json":
        path.write_text(json.dumps(documents))
    else:
        path.write_text("".join(json.dumps(d) + "\n" for d in documents))


@pytest.mark.parametrize("depth", [200, 300, 900, 1020])
def test_deep_json_does_no_harm(tmp_path: Path, store: Store, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    (tmp_path / "a.jsonl").write_text(
        f'{{"query": "x", "deep": {deep}}}\n{{"query": "y", "response": "z"}}\n'
    )
    result = run(store, tmp_path / "a.jsonl")
    assert result.documents == 2
    assert ("y", "z") in rows(store, "SELECT query, response FROM interactions")


@pytest.mark.parametrize(
    "odd",
    [
        {"input_tokens": "inf", "cost_usd": "nan", "latency_ms": 1e300},
        {"input_tokens": 1e300, "created_at": 1e300},
        {"input_tokens": -(2**70), "rating": 10**400},
        {"created_at": {"$date": 1}, "rating": {"a": 1}, "label": [1, 2], "user": {"id": 1}},
        {"messages": [], "query": None},
        {"messages": {}, "response": {}},
        {"messages": [{"role": "user", "content": 5}, {"role": "assistant", "content": None}]},
        {"messages": [{"role": "user"}], "response": {"choices": []}},
        {"response": {"choices": [{"message": None}], "usage": "many"}},
        {"response": {"choices": [None, 1, "x"]}},
        {"messages": "not json [", "tools": "none"},
    ],
)
def test_odd_values_do_no_harm(tmp_path: Path, store: Store, odd: dict[str, Any]) -> None:
    rest = '{"id": "2", "query": "asked"}'
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "1", **odd}) + "\n" + rest)
    assert run(store, tmp_path / "a.jsonl").documents == 2
    assert count(store, "interactions") + count(store, "rejects") == 2


def test_zero_is_not_unknown(tmp_path: Path, store: Store, write_jsonl: Any) -> None:
    write_jsonl(tmp_path / "a.jsonl", [call("1", "x", cost_usd=0, input_tokens=0)])
    run(store, tmp_path / "a.jsonl")
    found = rows(store, "SELECT cost_usd, input_tokens, output_tokens FROM interactions")
    assert found == [(0.0, 0, None)]


def test_a_source_keeps_its_id_column(
    store: Store, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    """A folder that grows by many retries of known calls must not get new identities."""
    first = [{"request_id": f"r{n}", "query": f"q{n}", "response": "a"} for n in range(30)]
    write_jsonl(tmp_path / "logs" / "1.jsonl", first)
    pull(store, [str(tmp_path / "logs")], options=PullOptions())
    retries = [{**row, "response": "b"} for row in first]
    write_jsonl(tmp_path / "logs" / "2.jsonl", retries)
    with pytest.raises(GateFailed, match=r"change 30 and withdraw 0 of the 30 rows .*--yes"):
        pull(store, [str(tmp_path / "logs")], options=PullOptions())
    result = pull(store, [str(tmp_path / "logs")], options=PullOptions(yes=True))
    assert (result.mapping.fields["id"], result.new, result.changed) == ("request_id", 0, 30)


def test_a_damaged_file_does_not_stop_the_others(
    store: Store, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    write_jsonl(folder / "a.jsonl", [{"id": "a", "query": "q", "response": "a"}])
    write_jsonl(folder / "c.jsonl", [{"id": "c", "query": "q", "response": "c"}])
    whole = gzip.compress(b'{"id":"b","query":"q","response":"b"}\n' * 3000)
    (folder / "b.jsonl.gz").write_bytes(whole[: len(whole) - 12])
    result = pull(store, [str(folder)], options=PullOptions())
    assert result.rejected == {"unreadable": 1}
    with store.read() as con:
        ids = con.execute("SELECT source_id FROM interactions ORDER BY 1").fetchall()
    assert {("a",), ("c",)} <= set(ids)


def test_a_first_rating_after_the_sample_is_read(
    store: Store, write_jsonl: WriteJsonl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.pull.reading._SAMPLE_FIRST", 5)
    rows = [{"id": f"r{n}", "query": f"q{n}", "response": "a"} for n in range(20)]
    path = write_jsonl(tmp_path / "logs.jsonl", [*rows, {**rows[0], "id": "late", "rating": 5}])
    result = pull(store, [str(path)], options=PullOptions())
    assert (result.mapping.fields["rating"], result.summary["rated"]) == ("rating", 1)
    assert pull(store, [str(path)], options=PullOptions()).files_unchanged == 1


def test_an_evaluation_set_is_a_source_of_its_own(
    store: Store, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [{"id": "a", "query": "q", "response": "a"}])
    pull(store, [str(path)], options=PullOptions())
    with pytest.raises(ConfigError, match="source of its own"):
        pull(store, [str(path)], options=PullOptions(source="logs", heldout=True))


def test_a_summary_counts_what_the_views_have(box: Callable[[], Box]) -> None:
    b = box()
    talk = [("user", "a?"), ("assistant", "b"), ("user", "c?"), ("assistant", "d")]
    said = [{"role": role, "content": text} for role, text in talk]
    calls = [{"id": n, "messages": said[:end]} for n, end in enumerate((2, 4, 2))]
    calls += [call(str(n), f"q{n}", session_id=f"s{n % 2}", rating=n) for n in range(3, 7)]
    calls += [call("7", "alone"), call("8", "alone")]
    b.write("a.jsonl", calls)
    result = b.pull(scale="1-5")
    wanted = rows(
        b.store,
        "SELECT (SELECT count(DISTINCT conversation_id) FROM examples),"
        " (SELECT count(*) FROM ratings JOIN interactions USING (interaction_id))",
    )
    assert [(result.summary["conversations"], result.summary["rated"])] == wanted
    assert result.summary["interactions"] == len(calls) and wanted[0][1] == 3
