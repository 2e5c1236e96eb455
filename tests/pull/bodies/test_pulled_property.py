"""What is written in any dialect is stored as the same conversation by a real pull.

Each row holds a request and a response as an independent writer writes them, and beside them a
rating, a session and a time.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pulled import Workbench
from talks import TEXTS, plain, talks
from writers import MANY, WRITERS, Talk

FAST, THOROUGH = 3, 8  # files
# A pull takes a second: one that fails is shown as it was drawn.
SETTINGS: dict[str, Any] = {
    "deadline": None, "derandomize": True, "database": None, "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}  # fmt: skip
FIRST = datetime(2026, 9, 1, 10, tzinfo=UTC)
NAMED = ("--map", "session=session_id")  # one that all rows share is not taken unasked
WRITES = ("jsonl", "texts", "csv", "parquet")
"""How a file holds a request: as an object, as JSON text, and in the cells of tables."""


@dataclass(frozen=True)
class Logged:
    """A row of a log: a conversation, and what was said of it."""

    talk: Talk
    stars: int | None
    session: str
    minutes: int

    def single(self) -> Logged:
        """Returns the same with its first answer only, for APIs that give one."""
        talk = replace(self.talk, answers=self.talk.answers[:1], ends=self.talk.ends[:1])
        return replace(self, talk=talk)


@st.composite
def logged(draw: Any) -> Logged:
    return Logged(
        draw(talks(most_answers=3)),
        draw(st.one_of(st.none(), st.integers(1, 5))),
        draw(st.one_of(st.sampled_from(["s-1", "s-2"]), TEXTS.map(lambda text: f"s {text}"))),
        draw(st.integers(0, 10_000)),
    )


FILES = st.lists(logged(), min_size=4, max_size=8)


def of_dialects(names: Iterable[str], rows: list[Logged]) -> dict[str, tuple[str, Logged]]:
    """Returns the rows of a log by their ids: each conversation in each dialect."""
    return {
        f"{name}-{number}": (name, row if name in MANY else row.single())
        for name in names
        for number, row in enumerate(rows)
    }


def written(rows: dict[str, tuple[str, Logged]], how: str, folder: Path) -> str:
    """Writes the file of a log, and returns its name."""
    made = []
    for id, (name, row) in rows.items():
        request, response = WRITERS[name](row.talk)
        made.append({
            "request_id": id,
            "request": request,
            "response": response,
            "stars": row.stars,
            "session_id": row.session,
            "created_at": (FIRST + timedelta(minutes=row.minutes)).isoformat(),
            "user_id": "person-4711",
        })  # fmt: skip
    if how != "jsonl":
        made = [{**row, **{key: as_text(row[key]) for key in ("request", "response")}}
                for row in made]  # fmt: skip
    return SAVED[how](folder, made)


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def save_lines(folder: Path, rows: list[dict[str, Any]]) -> str:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "log.jsonl").write_text(text, "utf-8")
    return "log.jsonl"


def save_csv(folder: Path, rows: list[dict[str, Any]]) -> str:
    with (folder / "log.csv").open("w", encoding="utf-8", newline="") as handle:
        table = csv.DictWriter(handle, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return "log.csv"


def save_parquet(folder: Path, rows: list[dict[str, Any]]) -> str:
    pq.write_table(pa.Table.from_pylist(rows), folder / "log.parquet")
    return "log.parquet"


SAVED: dict[str, Callable[[Path, list[dict[str, Any]]], str]] = {
    "jsonl": save_lines, "texts": save_lines, "csv": save_csv, "parquet": save_parquet,
}  # fmt: skip
# By their documents, these say nothing of some of it.
NO_ENDS = {"vercel_ui", "vercel_model"}
NO_USAGE = {*NO_ENDS, "otel"}
NO_TOOLS = {*NO_USAGE, "langchain_constructor", "langchain_data", "langchain_dump"}


def model_of(name: str, talk: Talk) -> str:
    """Returns the model that was asked, which comes before the one that answered."""
    if name.startswith(("gemini", "langchain")):
        return talk.model  # the request does not name it
    return "claude-asked" if name.startswith("anthropic") else "asked"


def check(rows: dict[str, tuple[str, Logged]], calls: dict[str, dict[str, Any]]) -> None:
    """Compares what is stored with what was said, answer by answer."""
    expected = {
        f"{id}#{place + 1}" if place else id: (name, row, place)
        for id, (name, row) in rows.items()
        for place in range(len(row.talk.answers))
    }
    assert calls.keys() == expected.keys()
    for id, (name, row, place) in expected.items():
        check_call(name, row, place, calls[id])


def check_call(name: str, row: Logged, place: int, call: dict[str, Any]) -> None:
    """Compares a stored call; what is said of a call as a whole stands with its first answer."""
    id, talk, is_first = call["source_id"], row.talk, place == 0
    assert plain(call["messages"]) == plain(talk.whole), id
    assert plain(call["output"]) == plain(talk.answers[place : place + 1]), id
    asked = plain([m for m in talk.whole if m["role"] == "user"][-1:])[0]["content"]
    texts = [asked] if isinstance(asked, str) else [p["text"] for p in asked if p != "PICTURE"]
    assert call["query"] == "\n".join(texts), id
    assert call["response"] == (talk.answers[place]["content"] or ""), id
    assert call["human_rating"] == (row.stars if is_first else None), id
    assert call["session_id"] == row.session, id
    assert call["created_at"] == (FIRST + timedelta(minutes=row.minutes)).replace(tzinfo=None), id
    assert call["user_key"] and "person" not in call["user_key"], id
    if name not in NO_ENDS:
        assert call["finish_reason"] == talk.ends[place], id
    if name not in NO_USAGE:
        tokens = (call["input_tokens"], call["output_tokens"])
        assert tokens == (talk.tokens if is_first else (None, None)), id
        assert call["model"] == model_of(name, talk), id
    if name not in NO_TOOLS:
        assert (call["tools"] or []) == talk.tools, id


def pull_and_check(rows: dict[str, tuple[str, Logged]], how: str, *options: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Workbench(Path(folder) / "project", Path(folder))
        said = work.pull(written(rows, how, Path(folder)), "--scale", "1-5", *NAMED, *options)
        assert f" {len(rows)} documents -> " in said and " 0 rejected" in said, said
        check(rows, work.calls())


@settings(max_examples=FAST, **SETTINGS)
@given(FILES, st.sampled_from(WRITES))
def test_a_log_of_all_dialects_is_stored_as_the_same_conversations(
    rows: list[Logged], how: str
) -> None:
    pull_and_check(of_dialects(WRITERS, rows), how, "--preset", "none")


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_a_log_of_one_dialect_is_stored_as_the_same_conversations(name: str) -> None:
    @settings(max_examples=THOROUGH, **SETTINGS)
    @given(FILES, st.sampled_from(WRITES))
    def holds(rows: list[Logged], how: str) -> None:
        # Its preset takes the id of a response for the call's, and here all have the same.
        options = ("--preset", "none") if name == "openai_responses" else ()
        pull_and_check(of_dialects([name], rows), how, *options)

    holds()
