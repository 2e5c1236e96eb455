"""Each text of a call is stored once, and the view `interactions` gives all of it back."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.messages import canonical
from curate.store import Store, sql

pytestmark = pytest.mark.store

# What encoders of JSON disagree about, what ends like something stored, and what is empty.
TEXTS = st.sampled_from(
    ["", " ", "Where is it?", "a\x00b", "\x01\x0b\x1b\x1f", "\x7f\x80", "\u2028\u2029",
     "Ä 語 😀\U0010ffff", "</script>", "a/b", '"', "\\", "\\u0000", "\b\f\n\r\t",
     '","role":"user"}]', "[", ",", "null", "[]"]
) | st.text(max_size=8)  # fmt: skip
ROLES = st.sampled_from(["user", "assistant", "system", "tool", 'x"'])
CONTENTS = TEXTS | st.none() | st.just([{"type": "text", "text": "part"}])
MESSAGES = st.builds(
    lambda role, content, more: {"role": role, "content": content} | more,
    ROLES, CONTENTS,
    st.sampled_from([{}, {}, {"tool_calls": [{"id": "1"}]}, {"name": "x"}]),
)  # fmt: skip
SPOKEN = st.tuples(st.lists(MESSAGES, max_size=3), ROLES, TEXTS)
JSON_TEXTS = st.sampled_from(
    ["null", "[]", "[ ]", '""', '"["', '","', "{}", "0", "[1,2]",
     '[{"content":"a" ,"role":"user"}]', ' [{"content":"a","role":"user"}]']
)  # fmt: skip


def _said(spoken: tuple[list[dict[str, Any]], str, str]) -> tuple[str, str]:
    """Returns a list of messages as JSON, and the text of its last one."""
    before, role, text = spoken
    return canonical([*before, {"role": role, "content": text}]), text


SIDES = SPOKEN.map(_said) | st.tuples(
    SPOKEN.map(_said).map(lambda said: said[0]) | JSON_TEXTS, st.none() | TEXTS
)
NO_ANSWER = st.tuples(st.none(), st.none() | TEXTS)


def row(number: int, asked: tuple[str, str | None], answered: Any) -> dict[str, Any]:
    messages, query = asked
    output, response = answered
    return {
        "interaction_id": f"{number:03}", "source": "s", "source_id": str(number),
        "messages": messages, "output": output, "query": query, "response": response,
        "content_hash": "", "row_hash": "", "run_id": 1,
    }  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(talks=st.lists(st.tuples(SIDES, SIDES | NO_ANSWER), max_size=6))
def test_every_text_comes_back_character_for_character(store: Store, talks: Any) -> None:
    rows = [row(number, *talk) for number, talk in enumerate(talks)]
    names = ("messages", "output", "query", "response")
    with store.write() as con:
        con.execute("DELETE FROM calls")
        insert(con, rows)
        query = f"SELECT {', '.join(names)} FROM interactions ORDER BY interaction_id"
        assert con.execute(query).fetchall() == [tuple(r[n] for n in names) for r in rows]


def insert(con: Any, rows: list[dict[str, Any]]) -> None:
    """Stores calls as a pull does."""
    pull = [{**r, "pull": "p", "file_number": 0, "part": 0, "line": n} for n, r in enumerate(rows)]
    texts = ("messages", "output", "query", "response")
    if not rows:
        return
    table = pa.Table.from_pylist(pull)
    for name in texts:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].cast(pa.string()))
    con.execute("DELETE FROM staging_interactions")
    con.register("drawn", table.drop_columns(["interaction_id", "source", "run_id"]))
    con.execute("INSERT INTO staging_interactions BY NAME FROM drawn")
    con.unregister("drawn")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE incoming AS "
        "SELECT lpad(source_id, 3, '0') AS interaction_id, source_id, line AS place, "
        "file_number, line, part, 1 AS recency, 'new' AS state "
        "FROM staging_interactions"
    )
    con.execute(sql("pull/merge/interactions_insert"), {"source": "s", "run_id": 1})
    con.execute("DELETE FROM staging_interactions")


def test_what_query_and_response_say_is_stored_nowhere_else(store: Store) -> None:
    user, system, answer = (
        {"role": role, "content": f'{role} says "hi"'} for role in ("user", "system", "assistant")
    )
    tool = {**answer, "tool_calls": [{"id": "1"}]}
    talks = [([user], [answer]), ([system, user], [answer]), ([user, answer, user], None),
             ([user, tool], [tool])]  # fmt: skip
    with store.write() as con:
        insert(
            con,
            [
                row(n, (canonical(asked), user["content"]),
                    (output and canonical(output), output and answer["content"]))
                for n, (asked, output) in enumerate(talks)
            ],
        )  # fmt: skip
        stored = con.execute("SELECT messages, output FROM calls ORDER BY ALL").fetchall()
    assert sorted(stored, key=repr) == sorted(
        [
            ("[", "["),
            (f"{canonical([system])[:-1]},", "["),
            (f"{canonical([user, answer])[:-1]},", None),
            (canonical([user, tool]), canonical([tool])),
        ],
        key=repr,
    )


def test_what_is_no_json_is_refused(store: Store) -> None:
    with store.write() as con, pytest.raises(Exception, match="Malformed JSON"):
        insert(con, [row(0, ("[", "a"), (None, None))])


def test_the_view_has_the_columns_and_types_of_a_table(store: Store) -> None:
    with store.read() as con:
        of = {
            name: con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {name})").fetchall()
            for name in ("interactions", "calls")
        }
    assert [name for name, _ in of["interactions"]] == [name for name, _ in of["calls"]]
    types = dict(of["interactions"])
    assert {types[name] for name in ("messages", "output", "tools", "metadata")} == {"JSON"}


def test_the_view_does_not_see_what_a_query_calls_calls(store: Store) -> None:
    with store.read() as con:
        query = "WITH calls AS (SELECT 1 AS one) SELECT count(*) FROM interactions, calls"
        assert con.execute(query).fetchall() == [(0,)]
