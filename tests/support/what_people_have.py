"""What people have: of each row of the table in docs/pull.md the files, and what is stored.

A row is known by the commands that its reader types, as they stand in the table.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

import langfuse

Row = Mapping[str, Any]
Stored = tuple[str | None, str | None, float | None]


@dataclass(frozen=True)
class Have:
    """What lies in the folder in which a reader types, and what is to be stored of it.

    Args:
        stored: the question, the answer and the rating from 1 to 5 of each call.
        files: the name and the content of each.
        task: of the project.
        labels: of the calls, where there are some.
        server: what has to run; the test puts its address where the command looks for it.
    """

    stored: Sequence[Stored]
    files: Mapping[str, bytes] = field(default_factory=dict)
    task: str = "sft"
    labels: Sequence[str] = ()
    server: Literal["langfuse", "postgres"] | None = None


def lines(*rows: Row) -> bytes:
    """Returns rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def table(text: str, encoding: str = "utf-8") -> bytes:
    """Returns a table that was written with bars as a CSV file with semicolons."""
    rows = [line.strip().strip("|").split("|") for line in text.strip().splitlines()]
    return "\r\n".join(";".join(cell.strip() for cell in row) for row in rows).encode(encoding)


def parquet(*rows: Row) -> bytes:
    """Returns rows as a Parquet file."""
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), target)
    return target.getvalue()


def sqlite(*statements: str) -> bytes:
    """Returns the file of a database after some statements."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.sqlite"
        con = sqlite3.connect(path)
        con.executescript(";".join(statements))
        con.close()
        return path.read_bytes()


def user(text: str) -> Row:
    """Returns a message of the user."""
    return {"role": "user", "content": text}


def assistant(text: str) -> Row:
    """Returns a message of the assistant."""
    return {"role": "assistant", "content": text}


OPEN, PAY = ("Is the museum open today?", "Until six."), ("Can I pay by card?", "Yes, at the desk.")
"""The talk of most rows."""

CALLS = [
    {"request_id": "r1", "prompt": OPEN[0], "completion": OPEN[1]},
    {"request_id": "r2", "prompt": PAY[0], "completion": PAY[1]},
]
UNRATED: list[Stored] = [(*OPEN, None), (*PAY, None)]
RATED: list[Stored] = [(*OPEN, 5), (*PAY, 1)]


def answered(question: str, answer: str) -> tuple[Row, Row]:
    """Returns a request and a response as OpenAI's API has them."""
    choice = {"index": 0, "message": assistant(answer), "finish_reason": "stop"}
    response = {"id": f"chatcmpl-{len(answer)}", "object": "chat.completion", "choices": [choice]}
    return {"model": "gpt-4o-mini", "messages": [user(question)]}, response


_BODIES = [answered(*talk) for talk in (OPEN, PAY)]
_BATCH = [
    {"custom_id": f"b{n}", "method": "POST", "url": "/v1/chat/completions", "body": asked}
    for n, (asked, _) in enumerate(_BODIES)
]
_RESULTS = [
    {"id": f"batch_req_{n}", "custom_id": f"b{n}", "response": {"status_code": 200, "body": said}}
    for n, (_, said) in enumerate(_BODIES)
]
_OBSERVATION = {
    **{"project_id": "p", "environment": "live", "start_time": "2026-09-02 08:00:00.000000"},
    **{"trace_id": "t1", "parent_observation_id": ""},
}
_OBSERVATIONS = [
    {
        **_OBSERVATION,
        **{"id": f"o{n}", "type": "GENERATION", "name": "answer"},
        **{"input": json.dumps([user(asked)]), "output": json.dumps(assistant(said))},
    }
    for n, (asked, said) in enumerate((OPEN, PAY))
]
_SPAN = {**_OBSERVATION, "id": "o9", "type": "SPAN", "name": "turn"}
_SCORES = [
    {
        **{"id": f"s{n}", "timestamp": "2026-09-02 10:00:00.000000", "project_id": "p"},
        **{"trace_id": "t1", "observation_id": f"o{n}", "name": "user-feedback", "source": "API"},
        **{"value": value, "string_value": str(bool(value)), "data_type": "BOOLEAN"},
    }
    for n, value in enumerate((1.0, 0.0))
]
_RUNS = [
    {
        **{"id": f"run-{n}", "trace_id": f"run-{n}", "run_type": "llm", "name": "ChatOpenAI"},
        **{"start_time": "2026-09-03T10:00:00", "session_id": "project-1", "parent_run_id": None},
        **{"inputs": {"messages": [[user(asked)]]}, "dotted_order": "2026"},
        "outputs": {"generations": [[{"text": said}]]},
    }
    for n, (asked, said) in enumerate((OPEN, PAY))
]
_NODES = [
    ("n0", None, None, ""),
    ("n1", "n0", "user", OPEN[0]),
    ("n2", "n1", "assistant", OPEN[1]),
    ("n3", "n2", "user", PAY[0]),
    ("n4", "n3", "assistant", PAY[1]),
]
_CHATGPT = {
    **{"title": "Museum", "create_time": 1757000000.0, "conversation_id": "c1", "id": "c1"},
    "mapping": {
        name: {
            **{"id": name, "parent": parent, "children": []},
            "message": role
            and {
                **{"id": f"m-{name}", "author": {"role": role}},
                "content": {"content_type": "text", "parts": [text]},
            },
        }
        for name, parent, role, text in _NODES
    },
}
_THUMBS = [
    {
        **{"id": f"m-{name}", "conversation_id": "c1", "user_id": "u1", "rating": thumb},
        **{"create_time": "2026-09-05T10:00:00Z", "content": "{}", "evaluation_name": None},
    }
    for name, thumb in (("n2", "thumbs_up"), ("n4", "thumbs_down"))
]
_SPANS = [
    {
        **{"traceId": "t", "spanId": f"s{n}", "name": "chat gpt-4o-mini"},
        "attributes": {
            **{"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"},
            "gen_ai.input.messages": json.dumps(
                [{"role": "user", "parts": [{"type": "text", "content": asked}]}]
            ),
            "gen_ai.output.messages": json.dumps(
                [{"role": "assistant", "parts": [{"type": "text", "content": said}]}]
            ),
        },
    }
    for n, (asked, said) in enumerate((OPEN, PAY))
]
_TURNS = (
    "CREATE TABLE turns (id INTEGER PRIMARY KEY, chat_id TEXT, speaker TEXT, text TEXT)",
    f"INSERT INTO turns VALUES (1, 'c1', 'customer', '{OPEN[0]}'), (2, 'c1', 'agent', '{OPEN[1]}'),"
    f" (3, 'c1', 'customer', '{PAY[0]}'), (4, 'c1', 'agent', '{PAY[1]}')",
)
_REPLIES = [
    {"message_id": "q", "conversation_id": "c", "role": "user", "text": OPEN[0]},
    {"message_id": "a", "parent_id": "q", "conversation_id": "c", "role": "bot", "text": OPEN[1]},
    {"message_id": "b", "parent_id": "q", "conversation_id": "c", "role": "bot", "text": "Yes."},
]
_MONGO = [
    {
        **{"_id": {"$oid": f"65f1a2b3c4d5e6f708091a{n:02}"}, "question": asked, "answer": said},
        "createdAt": {"$date": "2026-09-01T10:00:00Z"},
    }
    for n, (asked, said) in enumerate((OPEN, PAY))
]
_PAGE = "Every room of the museum has a history. " * 430_000  # more than 16 MB

LANGFUSE = langfuse.project(calls=3, scores=1)
"""What the server of Langfuse has."""

POSTGRES = (
    "CREATE TABLE calls (id int8 PRIMARY KEY, question text, answer text, stars int2,"
    " updated_at timestamptz)",
    f"INSERT INTO calls VALUES (1, '{OPEN[0]}', '{OPEN[1]}', 5, '2026-05-01 09:00:00+00'),"
    f" (2, '{PAY[0]}', '{PAY[1]}', 1, '2026-05-01 09:01:00+00')",
)
"""What makes the table of the PostgreSQL server."""


def _of_langfuse() -> list[Stored]:
    ratings = dict(langfuse.ratings_of(LANGFUSE))
    places = {None: None, True: 5.0, False: 1.0}
    calls = langfuse.calls_of(LANGFUSE).items()
    return [(call[0], call[1], places[ratings.get(name)]) for name, call in calls]


HAVE: dict[tuple[str, ...], Have] = {
    ("curate pull calls.jsonl",): Have(UNRATED, {"calls.jsonl": lines(*CALLS)}),
    ("curate pull chats.jsonl",): Have(
        UNRATED,
        {"chats.jsonl": lines(*({"messages": [user(q), assistant(a)]} for q, a in (OPEN, PAY)))},
    ),
    ("curate pull bodies.jsonl",): Have(
        UNRATED, {"bodies.jsonl": lines(*({"request": q, "response": a} for q, a in _BODIES))}
    ),
    ("curate pull logs",): Have(
        UNRATED,
        {
            "logs/may.jsonl.gz": gzip.compress(lines(CALLS[0])),
            "logs/2026/june.json": json.dumps([CALLS[1]]).encode(),
        },
    ),
    ("curate pull calls.parquet",): Have(
        RATED,
        {"calls.parquet": parquet({**CALLS[0], "stars": 5}, {**CALLS[1], "stars": 1})},
    ),
    ("curate pull odd.csv --map query=frage --map response=$.bot.text",): Have(
        UNRATED,
        {
            "odd.csv": table(
                f"""
                |frage|bot|
                |{OPEN[0]}|{{"text": "{OPEN[1]}"}}|
                |{PAY[0]}|{{"text": "{PAY[1]}"}}|
                """
            )
        },
    ),
    ("curate pull sheet.csv --encoding cp1252",): Have(
        [("Größe des Saals?", "38\u201340 m", 5), (*PAY, 1)],
        {
            "sheet.csv": table(
                f"""
                |question|answer|rating|
                |Größe des Saals?|38\u201340 m|5|
                |{PAY[0]}|{PAY[1]}|1|
                """,
                "cp1252",
            )
        },
    ),
    ("curate pull rated.csv --scale 1-4",): Have(
        RATED,
        {
            "rated.csv": table(
                f"""
                |question|answer|rating|
                |{OPEN[0]}|{OPEN[1]}|4|
                |{PAY[0]}|{PAY[1]}|1|
                """
            )
        },
    ),
    ("curate pull liked.csv --map rating=liked --scale thumbs",): Have(
        RATED,
        {
            "liked.csv": table(
                f"""
                |question|answer|liked|
                |{OPEN[0]}|{OPEN[1]}|yes|
                |{PAY[0]}|{PAY[1]}|no|
                """
            )
        },
    ),
    (
        "curate pull calls.jsonl",
        "curate pull stars.csv --as feedback --key request_id --scale 1-5",
    ): Have(
        RATED,
        {
            "calls.jsonl": lines(*CALLS),
            "stars.csv": table("|request_id|stars|\n|r1|5|\n|r2|1|"),
        },
    ),
    (
        "curate pull calls.jsonl",
        "curate pull scores.csv --as feedback --key call_id --only name=stars --scale 1-5",
    ): Have(
        RATED,
        {
            "calls.jsonl": lines(*CALLS),
            "scores.csv": table(
                "|call_id|name|value|\n|r1|stars|5|\n|r1|length|120|\n|r2|stars|1|\n|r2|length|9|"
            ),
        },
    ),
    ("curate pull requests.jsonl results.jsonl",): Have(
        UNRATED, {"requests.jsonl": lines(*_BATCH), "results.jsonl": lines(*_RESULTS)}
    ),
    (
        "curate pull observations.jsonl",
        "curate pull scores.jsonl --as feedback",
    ): Have(
        RATED,
        {"observations.jsonl": lines(*_OBSERVATIONS, _SPAN), "scores.jsonl": lines(*_SCORES)},
    ),
    ("curate pull langfuse:// --since 90d",): Have(_of_langfuse(), server="langfuse"),
    ("curate pull runs.jsonl",): Have(UNRATED, {"runs.jsonl": lines(*_RUNS)}),
    (
        "curate pull conversations.json",
        "curate pull message_feedback.json --as feedback",
    ): Have(
        RATED,
        {
            "conversations.json": json.dumps([_CHATGPT]).encode(),
            "message_feedback.json": json.dumps(_THUMBS).encode(),
        },
    ),
    ("curate pull spans.jsonl",): Have(UNRATED, {"spans.jsonl": lines(*_SPANS)}),
    ("curate pull app.sqlite --table turns --turns",): Have(
        UNRATED, {"app.sqlite": sqlite(*_TURNS)}
    ),
    ("curate pull replies.jsonl --turns",): Have(
        [(*OPEN, None), (OPEN[0], "Yes.", None)], {"replies.jsonl": lines(*_REPLIES)}
    ),
    (
        "curate pull postgresql://me@db.example.com/app --table calls --cursor updated_at --key id",
    ): Have(RATED, server="postgres"),
    ("curate pull mongo.json",): Have(UNRATED, {"mongo.json": lines(*_MONGO)}),
    ("curate pull log.jsonl --where \"kind = 'chat'\"",): Have(
        UNRATED,
        {
            "log.jsonl": lines(
                *({**call, "kind": "chat"} for call in CALLS),
                {"request_id": "r3", "kind": "search", "prompt": "museum", "completion": "3 hits"},
            )
        },
    ),
    ("curate pull --query 'SELECT * FROM asked JOIN said USING (id)' asked.csv said.csv",): Have(
        UNRATED,
        {
            "asked.csv": table(f"|id|question|\n|1|{OPEN[0]}|\n|2|{PAY[0]}|"),
            "said.csv": table(f"|id|answer|\n|2|{PAY[1]}|\n|1|{OPEN[1]}|"),
        },
    ),
    ("curate pull long.jsonl --max-document 64MB",): Have(
        UNRATED, {"long.jsonl": lines({**CALLS[0], "page": _PAGE}, CALLS[1])}
    ),
    ("curate pull questions.csv --map response=",): Have(
        [(OPEN[0], None, None), (PAY[0], None, None)],
        {
            "questions.csv": table(
                f"""
                |question|page|
                |{OPEN[0]}|The page of opening hours|
                |{PAY[0]}|The page of the ticket desk|
                """
            )
        },
        task="classification",
    ),
    ("curate pull tickets.csv",): Have(
        [(OPEN[0], None, None), (PAY[0], None, None)],
        {"tickets.csv": table(f"|text|intent|\n|{OPEN[0]}|hours|\n|{PAY[0]}|payment|")},
        task="classification",
        labels=("hours", "payment"),
    ),
    ("curate pull pairs.jsonl",): Have(
        [(*OPEN, None), (OPEN[0], "No idea.", None)],
        {"pairs.jsonl": lines({"prompt": OPEN[0], "chosen": OPEN[1], "rejected": "No idea."})},
        task="preference",
    ),
    ("curate pull unknown.jsonl --dry-run",): Have([], {"unknown.jsonl": lines(*CALLS)}),
}
