"""A real PostgreSQL server: types, plans, transactions, faults, kills, and what is never shown."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from curate.errors import ConfigError, RemoteUnavailable, SourceError
from curate.project import Project
from curate.pull import from_database
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult, Reading
from curate.pull.pull import pull
from curate.store import Store
from postgres import LOCKED, PASSWORD, Postgres, server
from program import Program

pytestmark = pytest.mark.e2e

postgres = pytest.fixture(scope="module")(server)

CALLS = (
    "CREATE TABLE calls (id int8 PRIMARY KEY, query text, response text, rating int2,"
    " created_at timestamptz, updated_at timestamptz)"
)
INDEX = "CREATE INDEX ON calls (updated_at, id)"


class Base:
    """A database of its own on the server, and a project beside it."""

    def __init__(self, server: Postgres, name: str, store: Store) -> None:
        self.server, self.name, self.store, self.url = server, name, store, server.url(name)

    def run(self, *statements: str) -> None:
        self.server.run(self.name, *statements)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.server.rows(self.name, query)

    def connect(self) -> Any:
        """Opens a connection whose changes wait for its commit."""
        return self.server.connect(self.name, autocommit=False)

    def pull(self, **said: Any) -> PullResult:
        kind, fields = said.pop("kind", "interactions"), said.pop("fields", {})
        declared = Declared(kind, fields, said.pop("scale", None))
        names = ("table", "query", "source", "rater")
        options = {name: said.pop(name) for name in names if name in said}
        if "query" not in options:
            options.setdefault("table", "calls")
        url = said.pop("url", self.url)
        how = Reading(**{"cursor": "updated_at", "key": "id", **said})
        found = PullOptions(declared=declared, database=how, **options)
        return pull(self.store, [url], options=found)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.store.read_database() as con:
            return con.execute(query).fetchall()

    @property
    def digest(self) -> str:
        return self.store.state_digest()


@pytest.fixture
def base(postgres: Postgres, store: Store, request: pytest.FixtureRequest) -> Iterator[Base]:
    name = f"t{abs(hash(request.node.nodeid)) % 10**9}"
    postgres.run("postgres", f"CREATE DATABASE {name}")
    yield Base(postgres, name, store)
    postgres.run("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_database, "PAGE_ROWS", 4)


def curate(*arguments: str | Path) -> Any:
    return CliRunner().invoke(Program(), [str(a) for a in arguments])  # type: ignore[arg-type]


# -- presets ---------------------------------------------------------------------------------------


def test_the_table_of_litellm_is_read_with_its_preset(base: Base, small_pages: None) -> None:
    base.run(
        'CREATE TABLE "LiteLLM_SpendLogs" (request_id text PRIMARY KEY, call_type text,'
        ' api_key text, spend float8, "startTime" timestamp, "endTime" timestamp, "user" text,'
        " end_user text, messages jsonb, response jsonb, metadata jsonb, session_id text,"
        " status text)",
        "INSERT INTO \"LiteLLM_SpendLogs\" SELECT 'c' || n, CASE n % 3 WHEN 0 THEN 'aembedding'"
        " ELSE 'acompletion' END, 'k', 0.1, TIMESTAMP '2026-09-06 06:00' + n * INTERVAL '1 s',"
        " TIMESTAMP '2026-09-06 06:01' + n * INTERVAL '1 s', 'owner', 'guest-' || n,"
        """ '[{"role": "user", "content": "Dogs?"}]',"""
        """ '{"choices": [{"message": {"role": "assistant", "content": "Yes."}}]}', '{}',"""
        " 's1', 'success' FROM generate_series(1, 10) n",
    )
    how = {"table": "LiteLLM_SpendLogs", "cursor": "startTime", "key": "request_id"}
    result = base.pull(**how)
    assert result.mapping.preset == "litellm@1"
    assert (result.documents, result.new, sum(result.rejected.values())) == (10, 7, 0)
    rows = base.rows(
        "SELECT DISTINCT query, response, session_id, latency_ms, cost_usd FROM interactions"
    )
    assert rows == [("Dogs?", "Yes.", "s1", 60_000.0, 0.1)]
    assert base.rows("SELECT count(DISTINCT user_key) FROM interactions") == [(7,)]
    again = base.pull(**how)
    assert (again.new, again.changed) == (0, 0)


# -- rows ------------------------------------------------------------------------------------------


def test_every_type_arrives_as_a_file_would_give_it(base: Base, small_pages: None) -> None:
    base.run(
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
        """CREATE TABLE calls (
            id uuid PRIMARY KEY, messages jsonb, answer json, rating numeric(3, 1), cost_usd float4,
            created_at timestamptz, updated_at timestamp, day date, valid_until timestamptz,
            took interval, tags text[], mood mood, raw bytea, ok bool, tokens int8, name char(5),
            ip inet, weights float8[], span int4range, at time, big numeric
        )""",
        INDEX,
        r"""INSERT INTO calls VALUES (
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
            '[{"role": "user", "content": "caf\u00e9 \ud83d\ude00?"}]',
            '{"role": "assistant", "content": "oui"}', 4.5, 0.1,
            '2026-05-01 10:00:00.123456+09', '2026-05-01 01:00:00.000001', '2026-05-01', 'infinity',
            '1 day 2 hours', '{a,NULL,"b c"}', 'good', '\xff00', true, 9223372036854775807, 'ab',
            '10.0.0.1', '{1.5,2}', '[1,3)', '10:00', 123456789012345678901234567890.5
        )""",
    )
    result = base.pull(fields={"response": "answer", "output_tokens": "tokens"})
    assert (result.new, result.rejected) == (1, {})
    ((source_id, messages, output, created, cost, tokens, metadata),) = base.rows(
        "SELECT source_id, messages, output, created_at, cost_usd, output_tokens, metadata"
        " FROM interactions"
    )
    assert source_id == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    assert json.loads(messages) == [{"role": "user", "content": "café 😀?"}]
    assert json.loads(output)[0]["content"] == "oui"
    assert (str(created), cost, tokens) == ("2026-05-01 01:00:00.123456", 0.1, None)
    rest = json.loads(metadata)
    assert rest.pop("ip").startswith("hmac:")
    assert rest == {
        "at": "10:00:00", "big": "123456789012345678901234567890.5", "day": "2026-05-01",
        "mood": "good", "name": "ab", "ok": True, "raw": "\\xff00",
        "span": "[1,3)", "tags": ["a", None, "b c"], "took": "1 day 02:00:00",
        "updated_at": "2026-05-01 01:00:00.000001", "valid_until": "infinity",
        "weights": [1.5, 2.0],
    }  # fmt: skip
    assert base.rows("SELECT value, scale FROM feedback") == [("4.5", "1-5")]
    before = base.digest
    assert base.pull(reconcile=True).withdrawn == 0
    assert base.digest == before


@pytest.mark.parametrize("session", ["uuid", "int8", "text"])
def test_a_turn_table(base: Base, small_pages: None, session: str) -> None:
    value = {"uuid": "md5((n % 3)::text)::uuid", "int8": "n % 3", "text": "'chat ' || n % 3"}[
        session
    ]
    base.run(
        f"CREATE TABLE calls (id int8 PRIMARY KEY, chat {session}, role text, said text,"
        " created_at timestamptz)",
        f"INSERT INTO calls SELECT n, {value},"
        " CASE WHEN n % 6 < 3 THEN 'user' ELSE 'assistant' END, 'turn ' || n,"
        " '2026-05-01 09:00Z'::timestamptz + n * interval '1 minute'"
        " FROM generate_series(0, 11) n WHERE n <> 6",
    )  # every chat is two rounds of a question and an answer; one question is not there yet
    said: dict[str, Any] = {"kind": "turns", "fields": {"session": "chat", "text": "said"},
                            "cursor": "created_at"}  # fmt: skip
    first = base.pull(**said)
    assert (first.documents, first.new, first.rejected) == (11, 6, {})
    base.run(
        f"INSERT INTO calls SELECT n, {value}, 'user', 'turn 6', '2026-05-01 09:06Z'"
        " FROM generate_series(6, 6) n"
    )
    late = base.pull(**said)
    assert (late.new, late.changed) == (0, 1)
    ((messages,),) = base.rows("SELECT messages FROM interactions WHERE source_id = '9'")
    assert [m["content"] for m in json.loads(messages)] == ["turn 0", "turn 3", "turn 6"]
    before = base.digest
    assert base.pull(**said).changed == 0
    assert base.digest == before


TEXT = ("text", "'k ' || n")


@pytest.mark.parametrize(
    ("key", "made", "cursor"),
    [("int4", "n", "timestamptz"), ("int8", "9e17::int8 + n", "timestamp"), (*TEXT, "date"),
     ("uuid", "md5(n::text)::uuid", "timestamptz"), ("bpchar", "'k' || n", "timestamptz"),
     ("varchar(20)", "chr(65 + n % 60) || n", "timestamp"), ("numeric", "n / 10.0", "timestamptz")],
)  # fmt: skip
def test_keys_and_cursors(base: Base, small_pages: None, key: str, made: str, cursor: str) -> None:
    # Five rows a moment, moments a microsecond apart: every page ends among equal times.
    step = "n / 5 * interval '1 microsecond'" if cursor != "date" else "n / 5"
    base.run(
        f"CREATE TABLE calls (id {key} PRIMARY KEY, query text, updated_at {cursor} NOT NULL)",
        f"INSERT INTO calls SELECT {made}, 'q' || n, '2026-05-01'::{cursor} + {step}"
        " FROM generate_series(1, 14) n",
    )
    assert base.pull().new == 14
    before = base.digest
    assert base.pull(reconcile=True).changed == 0
    assert base.digest == before
    wanted = sorted(str(name) for (name,) in base.ask("SELECT trim(id::text) FROM calls"))
    assert sorted(name for (name,) in base.rows("SELECT source_id FROM interactions")) == wanted
    base.run(f"INSERT INTO calls SELECT {made}, 'new', max(updated_at) FROM calls,"
             " generate_series(20, 22) n GROUP BY n")  # fmt: skip
    assert base.pull().new == 3


def test_the_time_zone_of_neither_side_matters(
    base: Base, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.run(
        CALLS,
        "SET TIME ZONE 'Asia/Tokyo'",
        "INSERT INTO calls SELECT n, 'q', 'a', 3, '2026-03-08 06:59:58Z'::timestamptz + n *"
        " interval '0.5 s', '2026-03-08 06:59:58Z'::timestamptz + n * interval '0.5 s'"
        " FROM generate_series(0, 11) n",
    )
    monkeypatch.setenv("PGTZ", "Europe/Berlin")
    assert base.pull().new == 12
    before = base.digest
    monkeypatch.setenv("PGTZ", "America/New_York")  # the hour that is skipped there
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    base.pull()
    assert base.digest == before
    assert str(base.rows("SELECT min(created_at) FROM interactions")[0][0]) == "2026-03-08 06:59:58"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_times_without_a_zone_are_not_held_back(base: Base, zone: str) -> None:
    """They may be the server's local time (it is New York here) or UTC."""
    base.run(
        "CREATE TABLE calls (id int PRIMARY KEY, query text, updated_at timestamp)",
        f"INSERT INTO calls VALUES (1, 'q', now() AT TIME ZONE '{zone}')",
        "INSERT INTO calls VALUES (2, 'q', now() AT TIME ZONE 'UTC' + interval '3 days')",
    )
    result = base.pull()
    assert result.new == (0 if zone == "Asia/Tokyo" else 1)
    waiting = 2 - result.new
    assert [n for n in result.notes if f"{waiting} rows have their updated_at later than" in n]


def test_names_with_schemas_and_quotes(base: Base, small_pages: None) -> None:
    base.run(
        'CREATE SCHEMA "My App"',
        'CREATE TABLE "My App"."Calls.v2" '
        '("Id" int PRIMARY KEY, "query" text, "Up ""dated""" timestamptz)',
        'INSERT INTO "My App"."Calls.v2" SELECT n, \'q\', now() FROM generate_series(1, 6) n',
        "CREATE SCHEMA other",
        "CREATE TABLE other.calls AS SELECT 1 AS id, 'o' AS query, now() AS updated_at",
        "CREATE TABLE calls AS SELECT 2 AS id, 'p' AS query, now() AS updated_at",
    )
    said: dict[str, Any] = {"cursor": 'Up "dated"', "key": "Id"}
    assert base.pull(table="My App.Calls.v2", **said).new == 6
    assert base.pull(table='"My App"."Calls.v2"', **said).new == 0
    base.pull(table="other.calls", source="o")
    base.pull(table="public.calls", source="p")
    base.pull(table="calls", source="p")
    found = base.rows("SELECT source, query, split_part(location, '#', 2) FROM interactions"
                      " WHERE source <> 'logs' ORDER BY 1")  # fmt: skip
    assert found == [("o", "o", "other.calls"), ("p", "p", "calls")]
    with pytest.raises(ConfigError, match=r"Known: My App\.Calls\.v2, calls, other\.calls"):
        base.pull(table="nosuch")
    with pytest.raises(ConfigError, match=r"has 3 tables: .*--table NAME"):
        base.pull(table=None)


def test_a_query_joins_what_the_cursor_needs(base: Base, small_pages: None) -> None:
    base.run(
        CALLS,
        "CREATE TABLE ratings (call_id int8, stars int, at timestamptz)",
        "INSERT INTO calls SELECT n, 'q' || n, 'a', NULL, '2026-05-01', '2026-05-01'::timestamptz +"
        " n * interval '1 min' FROM generate_series(1, 9) n",
        "INSERT INTO calls VALUES (100, 'left out', 'a', NULL, now(), NULL)",
    )
    query = """
        SELECT c.id, c.query, c.response, r.stars, c.created_at,
               GREATEST(c.updated_at, r.at) AS seen -- the later of both
        FROM calls c LEFT JOIN ratings r ON r.call_id = c.id WHERE c.query <> 'q9';
    """
    first = base.pull(query=query, cursor="seen", fields={"rating": "stars"}, scale="1-5")
    assert first.new == 8
    assert any("1 rows have no seen or no id and are not read" in note for note in first.notes)
    base.run("INSERT INTO ratings VALUES (2, 5, '2026-05-01 00:30')")
    assert base.pull(query=query, cursor="seen").changed == 1
    assert base.rows("SELECT source_id FROM ai_interactions WHERE human_rating = 5") == [("2",)]
    base.run("UPDATE calls SET query = 'q9' WHERE id = 3")
    assert base.pull(query=query, cursor="seen", reconcile=True).withdrawn == 1


def test_a_query_cannot_write(base: Base) -> None:
    base.run(
        CALLS,
        "INSERT INTO calls VALUES (1, 'q', 'a', 1, now(), now())",
        "CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM calls RETURNING 1'",
    )
    with pytest.raises(SourceError, match="cannot execute DELETE in a read-only transaction"):
        base.pull(query="SELECT *, wipe() FROM calls")
    assert base.ask("SELECT count(*) FROM calls") == [(1,)]


def test_ratings_in_a_table_of_their_own(base: Base, small_pages: None) -> None:
    base.run(
        CALLS,
        "INSERT INTO calls SELECT n, 'q', 'a', NULL, now(), now() FROM generate_series(1, 9) n",
        "CREATE TABLE ratings (rating_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),"
        " request_id int8, stars numeric(2, 1), updated_at timestamptz DEFAULT now())",
        "INSERT INTO ratings (request_id, stars) SELECT n, n % 5 + 1 FROM generate_series(1, 9) n",
    )
    base.pull()
    said: dict[str, Any] = {"kind": "feedback", "table": "ratings", "key": None, "scale": "1-5",
            "fields": {"key": "request_id", "id": "rating_id"}}  # fmt: skip
    assert base.pull(**said).new == 9
    base.run("UPDATE ratings SET stars = 5, updated_at = now() WHERE request_id = 5",
             "DELETE FROM ratings WHERE request_id = 1")  # fmt: skip
    again = base.pull(**said, reconcile=True)
    assert (again.new, again.changed, again.withdrawn) == (0, 1, 1)
    rated = "SELECT source_id::INTEGER, human_rating FROM ai_interactions WHERE human_rating > 0"
    assert sorted(base.rows(rated)) == [
        (n, 5.0 if n == 5 else n % 5 + 1) for n in range(2, 10)
    ]  # fmt: skip


# -- what the server says --------------------------------------------------------------------------


def test_the_index_that_is_missing_is_named_and_helps(base: Base) -> None:
    base.run(CALLS, "INSERT INTO calls SELECT n, 'q', 'a', 5, now(), now() - n * interval '1 s'"
                    " FROM generate_series(1, 5000) n")  # fmt: skip
    base.run("CREATE INDEX ON calls (updated_at)", "CREATE INDEX ON calls (id, updated_at)",
             "CREATE INDEX ON calls (updated_at, id) WHERE rating > 5")  # fmt: skip
    note = base.pull().notes[0]
    statement = note.partition("Next: ")[2]
    assert statement.startswith('CREATE INDEX "calls_updated_at_id" ON public.calls ("updated_at"')
    base.run(statement, "ANALYZE calls")
    assert base.pull().notes == ()
    before = _scans(base)
    assert base.pull(rescan="1h").documents > 3_000
    assert _scans(base) == before, "no query of the pull reads the whole table"


def _scans(base: Base) -> int:
    base.ask("SELECT pg_stat_force_next_flush()")
    return int(base.ask("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'calls'")[0][0])


def test_a_transaction_that_commits_late_is_caught_and_announced(base: Base) -> None:
    base.run(CALLS, INDEX, "INSERT INTO calls SELECT n, 'q', 'a', 5, now(), now()"
                           " FROM generate_series(1, 3) n")  # fmt: skip
    with base.connect() as late, late.cursor() as cursor:
        cursor.execute("UPDATE calls SET rating = 1, updated_at = now() WHERE id = 2")
        cursor.execute("INSERT INTO calls VALUES (9, 'late', 'a', 1, now(), now())")
        time.sleep(1.2)
        base.run("INSERT INTO calls VALUES (4, 'q', 'a', 5, now(), now())")
        warned = base.pull(lag="1s")
        assert warned.new == 4
        assert [n for n in warned.notes if "a transaction has been open for" in n]
        assert not [n for n in base.pull().notes if "a transaction has been open" in n]
        late.commit()
    assert base.pull(lag="0s").new == 0, "without a lag it is missed for good"
    caught = base.pull()
    assert (caught.new, caught.changed) == (1, 1)
    query = "SELECT source_id FROM ai_interactions WHERE human_rating = 1 ORDER BY 1"
    assert base.rows(query) == [("2",), ("9",)]


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ({"table": "call"}, ConfigError, r"unknown table 'call'\. Did you mean 'calls'"),
        ({"cursor": "updatedat"}, ConfigError, "Did you mean 'updated_at'"),
        ({"key": "idd"}, ConfigError, "Did you mean 'id'"),
        ({"key": "spot"}, ConfigError, "--key spot: rows are not read in the order of .* point"),
        ({"query": "SELECT nope FROM calls"}, SourceError, 'column "nope" does not exist'),
        ({"query": "SELEC 1"}, SourceError, "syntax error"),
        ({"query": "SELECT 1/0 AS id, now() AS updated_at"}, SourceError, "division by zero"),
        ({"query": "SELECT *, id FROM calls"}, SourceError, 'column reference "id" is ambiguous'),
        ({"url": "postgresql://nobody@HOST/DB"}, SourceError, 'role "nobody" does not exist'),
        ({"url": "postgresql://app@HOST/nodb"}, SourceError, 'database "nodb" does not exist'),
    ],
)  # fmt: skip
def test_mistakes(base: Base, said: dict[str, Any], error: type, message: str) -> None:
    base.run("CREATE TABLE calls (id int, query text, spot point, updated_at timestamptz)",
             "INSERT INTO calls VALUES (1, 'q', '(1,2)', now())")  # fmt: skip
    if "url" in said:
        host = base.url.split("@")[1].split("/")[0]
        said = {"url": said["url"].replace("HOST", host).replace("DB", base.name)}
    before = base.digest
    with pytest.raises(error, match=message) as raised:
        base.pull(**said)
    assert "Query was" not in str(raised.value) and "COPY" not in str(raised.value)
    assert base.digest == before


def test_a_server_that_goes_away_leaves_what_was_read(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.run(CALLS, INDEX, "INSERT INTO calls SELECT n, 'q' || n, 'a', 5, now(), now()"
                           " FROM generate_series(1, 30) n")  # fmt: skip
    monkeypatch.setattr(from_database, "PAGE_ROWS", 10)
    real, pages = from_database.Table.page, []

    def page(self: Any, *arguments: Any, **named: Any) -> Any:
        if len(pages) == 2:
            base.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                     " WHERE application_name = 'curate'")  # fmt: skip
        pages.append(1)
        return real(self, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(from_database.Table, "page", page)
        with pytest.raises(RemoteUnavailable, match="type the command again"):
            base.pull()
    assert base.rows("SELECT count(*) FROM interactions") == [(20,)]
    assert base.pull().new == 10


# -- secrets ---------------------------------------------------------------------------------------


def test_no_byte_of_a_password_is_stored_or_printed(
    base: Base, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    base.run(CALLS, INDEX, "INSERT INTO calls SELECT n, 'q', 'a', 5, now(), now()"
             " FROM generate_series(1, 3) n", f"GRANT SELECT ON calls TO {LOCKED}")  # fmt: skip
    folder, port = base.store.folder, base.server.port
    host = f"127.0.0.1:{port}/{base.name}"
    right, wrong = PASSWORD, "wr0ng-Pass.word"
    said = ("--table", "calls", "--cursor", "updated_at", "--key", "id")
    attempts = [
        (f"postgresql://{LOCKED}:{right}@{host}", {}, 0),
        (f"postgresql://{LOCKED}@{host}", {"PGPASSWORD": right}, 0),
        (f"postgresql://{host}?user={LOCKED}&password={right}", {}, 0),
        (f"postgresql://{LOCKED}@{host}", {"PGPASSFILE": str(tmp_path / "pass")}, 0),
        (f"postgresql://{LOCKED}:{wrong}@{host}", {}, 1),
        (f"postgresql://{LOCKED}@{host}", {"PGPASSWORD": wrong}, 1),
        (f"postgresql://{LOCKED}:{right}@127.0.0.1:1/{base.name}", {}, 4),
        (f"postgresql://{LOCKED}:{right}@{host}?nosuch=parameter", {}, 4),
        (f"postgresql://{LOCKED}:{right}@{host}/x@y", {}, 2),
        (f"postgresql://{LOCKED}:{right}/@{host}", {}, 2),
        (f"postgresql://{LOCKED}@{host}", {}, 1),
    ]  # fmt: skip
    (tmp_path / "pass").write_text(f"127.0.0.1:{port}:*:{LOCKED}:{right}\n")
    (tmp_path / "pass").chmod(0o600)
    for url, variables, code in attempts:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            for more in ((), ("--json",)):
                done = curate("-vv", "-C", folder, "pull", url, *said, *more)
                assert done.exit_code == code, done.output
                printed = done.output + done.stderr + repr(done.exception)
                assert right not in printed and wrong not in printed
    (tmp_path / "pass").unlink()
    secrets = (right.encode(), wrong.encode(), LOCKED.encode())
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert folder / "curate.duckdb" in files
    assert [path for path in files if any(s in path.read_bytes() for s in secrets)] == []
    wanted = {f"postgresql://127.0.0.1:{port}/{base.name}#calls"}
    assert {row[0] for row in base.rows("SELECT location FROM interactions")} == wanted


def test_an_unreachable_server(store: Store) -> None:
    done = curate("-C", store.folder, "pull", "postgresql://127.0.0.1:1/db", "--table", "calls",
                  "--cursor", "u", "--key", "id")  # fmt: skip
    assert done.exit_code == 4
    assert done.stderr.startswith("Error: postgresql://127.0.0.1:1/db does not answer: ")
    assert "type the command again" in done.stderr
    project = Project(store.folder)
    with pytest.raises(RemoteUnavailable):
        options = PullOptions(table="calls", database=Reading("u", "id"))
        project.pull(["postgresql://127.0.0.1:1/db"], options)


# -- kills -----------------------------------------------------------------------------------------

DRIVER = """
import sys
from curate.pull import from_database
from curate.cli import main
from_database.PAGE_ROWS = int(sys.argv[1])
main(["-v", *sys.argv[2:]])
"""
ROWS, PAGE = 200_000, 10_000


def test_two_hundred_thousand_rows_five_kills_and_the_store_is_the_source(base: Base) -> None:
    """With 1% late ratings, a transaction that commits late, and deletions."""
    dice = random.Random(7)
    base.run(
        CALLS,
        "INSERT INTO calls SELECT n, 'question ' || md5(n::text), 'answer ' || md5((-n)::text),"
        " CASE WHEN n % 3 = 0 THEN n % 5 + 1 END, '2026-01-01'::timestamptz + n * interval '7 s',"
        f" now() - ({ROWS} - n) / 7 * interval '1 s' FROM generate_series(1, {ROWS}) n",
        INDEX,
        "ANALYZE calls",
    )
    for pages in (2, 4, 5):
        _killed_pull(base, pages, dice)
    assert base.rows("SELECT count(*), max(at_key) IS NOT NULL FROM interactions, pulled_tables")[
        0
    ][1]
    _pull(base)
    _compare(base)

    with base.connect() as late, late.cursor() as cursor:
        cursor.execute("UPDATE calls SET rating = 1, updated_at = now() WHERE id % 20011 = 5")
        cursor.execute("INSERT INTO calls SELECT n, 'late', 'a', 5, now(), now()"
                       f" FROM generate_series({ROWS} + 1, {ROWS} + 50) n")  # fmt: skip
        base.run("UPDATE calls SET rating = 5 - coalesce(rating, 1) % 5, updated_at = now()"
                 " WHERE id % 100 = 3 AND id % 20011 <> 5",
                 "DELETE FROM calls WHERE id % 400 = 7")  # fmt: skip
        _killed_pull(base, 2, dice, page=100)
        _pull(base)
        late.commit()
    _killed_pull(base, 5, dice, "--reconcile", page=100)
    _pull(base, "--reconcile")
    _compare(base)
    before = base.digest
    _pull(base, "--reconcile")
    assert base.digest == before


def _start(base: Base, *more: str, page: int = PAGE) -> subprocess.Popen[str]:
    said = ("pull", base.url, "--table", "calls", "--cursor", "updated_at", "--key", "id", *more)
    driver = [sys.executable, "-c", DRIVER, str(page), "-C", str(base.store.folder), *said]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(driver, **pipes)  # type: ignore[call-overload,no-any-return]


def _pull(base: Base, *more: str) -> None:
    process = _start(base, *more)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said


def _killed_pull(base: Base, pages: int, dice: random.Random, *more: str, page: int = PAGE) -> None:
    """Kills a pull at a random moment after it has stored some pages."""
    process = _start(base, *more, page=page)
    assert process.stdout
    for line in process.stdout:
        pages -= " rows up to " in line
        if pages == 0:
            break
    time.sleep(dice.uniform(0, 0.5))
    assert process.poll() is None, "it was killed in the middle"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def _compare(base: Base) -> None:
    """Every id, text, rating and time of the table is that of the store."""
    with base.connect() as con, con.cursor() as cursor:
        cursor.execute("SELECT id::text AS source_id, query, response, rating::float8 AS rating,"
                       " created_at AT TIME ZONE 'UTC' AS created_at FROM calls")  # fmt: skip
        source: pa.Table = cursor.fetch_arrow_table()
    with base.store.read() as con:
        con.register("source", source)
        stored = ("SELECT source_id, query, response, human_rating AS rating, created_at"
                  " FROM ai_interactions")  # fmt: skip
        missing = con.execute(f"FROM source EXCEPT ALL ({stored})").fetchmany(3)
        surplus = con.execute(f"{stored} EXCEPT ALL FROM source").fetchmany(3)
        number = con.execute(
            "SELECT count(*), count(DISTINCT location) FROM interactions"
        ).fetchall()
        con.unregister("source")
    assert (missing, surplus, number) == ([], [], [(source.num_rows, 1)])
