"""Tables of platforms in a database, which are read with the presets of their files."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from pulled import Workbench, talk

pytestmark = pytest.mark.slow


def table(bench: Workbench, name: str, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Writes a table of a database, and returns how to name it."""
    con = sqlite3.connect(bench.logs / "logs.db")
    con.execute(f'CREATE TABLE "{name}" ({", ".join(rows[0])})')
    marks = ", ".join("?" * len(rows[0]))
    con.executemany(f'INSERT INTO "{name}" VALUES ({marks})', [list(r.values()) for r in rows])
    con.commit()
    con.close()
    return ("logs.db", "--table", name)


# Source: LiteLLM, schema.prisma, LiteLLM_SpendLogs.
def test_the_spend_logs_of_litellm(bench: Workbench) -> None:
    ask = json.dumps([{"role": "user", "content": "Dogs?"}])
    answer = json.dumps({"choices": [{"message": {"role": "assistant", "content": "Yes."}}]})
    error = json.dumps({"error_information": {"error_message": "budget"}})
    rows = [
        {"request_id": name, "call_type": kind, "api_key": "k", "spend": 0.1,
         "startTime": f"2026-09-06T06:00:0{n}", "end_user": "guest-4417", "messages": ask,
         "response": said, "session_id": "s1", "status": status, "metadata": about}
        for n, (name, kind, said, status, about) in enumerate([
            ("c1", "acompletion", answer, "success", "{}"),
            ("c2", "acompletion", "{}", "failure", error),
            ("c3", "aembedding", "{}", "success", "{}"),
        ])
    ]  # fmt: skip
    how = (*table(bench, "LiteLLM_SpendLogs", rows), "--cursor", "startTime", "--key", "request_id")
    said = bench.pull(*how)
    assert "preset litellm" in said and "1 aembedding" in said
    asked = [("user", "Dogs?")]
    calls = bench.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        "c1": (asked, "Yes."),
        "c2": (asked, None),
    }
    assert calls["c2"]["error"] == "budget"
    assert {call["session_id"] for call in calls.values()} == {"s1"}
    assert bench.places("guest-4417") == []
    assert "2 already here" in bench.pull(*how)
    assert "withdrawn" not in bench.pull(*how, "--reconcile")


# Source: LangChain, PostgresChatMessageHistory; n8n, Postgres chat memory.
def test_a_chat_memory(bench: Workbench) -> None:
    talks = [("s1", "human", "Open?"), ("s1", "ai", "No."), ("s2", "human", "Late?")]
    rows = [
        {"id": n, "session_id": name, "message": json.dumps({"type": kind, "content": text})}
        for n, (name, kind, text) in enumerate(talks)
    ]
    how = (*table(bench, "n8n_chat_histories", rows), "--cursor", "id", "--key", "id")
    assert "--turns" in bench.refused(*how)
    bench.pull(*how, "--turns")
    (call,) = bench.calls().values()
    assert (talk(call), call["session_id"]) == (([("user", "Open?")], "No."), "s1")
