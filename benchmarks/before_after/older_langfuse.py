"""Makes the project of Langfuse logs that tests/whole/test_older_langfuse.py reads again.

    python benchmarks/before_after/older_langfuse.py REV

A clean checkout of REV, whose reader stores JSON text where an answer stands, pulls a blob export
of observations and the scores about them, as somebody may have done who did not look: everything
is a call, spans too, and everything is a human's thumb, a judge's score too. It is labelled and
exported. Kept are the project with its logs, without its snapshot, and what the generator knows.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from programs import CHECKOUT, SALT, Runner, checkout, revision_of
from recipes import label, review, write

from older_store import KEPT, pack

EXPORT = ("export", "talks", "--format", "trl-prompt-completion", "--test-size", "0.3", "--lossy")

_PARTS = ("dial", "pump", "filter", "valve", "sensor", "battery", "display", "fuse", "hose", "fan")
_ASKED = (
    ("How do I reset the {}?", "Hold the {} for ten seconds, then let it go."),
    ("Which {} fits the older machine?", "Any {} of the second series fits it."),
    ("What does it cost to replace the {}?", "The {} costs twelve euros and no labour."),
    ("Why is the {} so loud since the last update?", "Tighten the four screws under the {}."),
    ("Is the {} covered by the warranty?", "Yes, the {} is covered for three years."),
)


@dataclass(frozen=True)
class Call:
    """What one generation says: the truth that a reader should find."""

    id: str
    messages: list[dict[str, str]]
    answer: str | None
    session: str
    thumb: bool | None = None


def calls() -> list[Call]:
    """Returns the calls of all sessions; in every fifth, somebody asks what another one asked."""
    found: list[Call] = []
    for place, part in enumerate(_PARTS):
        for number, (asked, answered) in enumerate(_ASKED):
            at = len(found)
            said = [{"role": "user", "content": asked.format(part)}]
            if number % 2:
                said.insert(0, {"role": "system", "content": "You help with home devices."})
            answer = None if at % 17 == 11 else answered.format(part)
            thumb = None if at % 3 == 2 else at % 7 != 4
            found.append(Call(f"gen-{at:03d}", said, answer, f"s-{at // 2:02d}", thumb))
        asked, answered = _ASKED[place % len(_ASKED)]
        said = [{"role": "user", "content": asked.format(part)}]
        answer = f"{answered.format(part)} Anything else?"
        found.append(Call(f"again-{place:02d}", said, answer, f"again-{place:02d}", True))
    return found


def _input(call: Call, at: int) -> str:
    """Returns what was asked, in one of the forms in which an export has it as JSON text."""
    alone = len(call.messages) == 1
    if alone and at % 4 == 0:
        return json.dumps({"args": [], "kwargs": {"question": call.messages[-1]["content"]}})
    if alone and at % 4 == 1:
        return json.dumps(json.dumps(call.messages))  # encoded twice, as downloads have it
    return json.dumps(call.messages if at % 4 == 2 else {"messages": call.messages})


def _arguments(question: str, *, again: bool) -> dict[str, Any]:
    """Returns what the function around a call was given; of one that was asked again, more."""
    if not again:
        return {"args": [question], "kwargs": {}}
    about = {"channel": "phone", "priority": "low", "locale": "en_GB", "retries": 0, "queue": 4}
    return {"args": [], "kwargs": {"text": question, **about}}


def observations(logged: list[Call]) -> list[dict[str, Any]]:
    """Returns the rows of the export: a span around each call, and the call."""
    rows, start = [], datetime(2026, 9, 1, 10)
    for at, call in enumerate(logged):
        begun = start + timedelta(minutes=5 * at)
        answer = call.answer and json.dumps({"role": "assistant", "content": call.answer})
        common = {
            "trace_id": f"tr-{call.id}", "project_id": "p1", "environment": "production",
            "start_time": f"{begun:%Y-%m-%d %H:%M:%S.000000}",
            "end_time": f"{begun + timedelta(seconds=2):%Y-%m-%d %H:%M:%S.000000}",
            "user_id": f"user-{at // 2:04d}", "session_id": call.session, "metadata": {},
        }  # fmt: skip
        question = call.messages[-1]["content"]
        rows += [
            {**common, "id": f"span-{call.id}", "type": "SPAN", "name": "handle_chat",
             "parent_observation_id": "", "level": "DEFAULT", "provided_model_name": None,
             "input": json.dumps(_arguments(question, again=call.id.startswith("again"))),
             "output": json.dumps(call.answer)},
            {**common, "id": call.id, "type": "GENERATION", "name": "openai-chat",
             "parent_observation_id": f"span-{call.id}",
             "level": "DEFAULT" if call.answer else "ERROR",
             "status_message": None if call.answer else "rate limit exceeded",
             "provided_model_name": "small-model", "input": _input(call, at), "output": answer,
             "usage_details": {"input": 31, "output": 8, "total": 39}},
        ]  # fmt: skip
    return rows


def scores(logged: list[Call]) -> list[dict[str, Any]]:
    """Returns a user's thumb for most calls, and a judge's score against it for all of them."""
    rows, given = [], "2026-09-05 10:00:00.000000"
    for call in logged:
        common = {"timestamp": given, "project_id": "p1", "trace_id": f"tr-{call.id}",
                  "observation_id": call.id, "environment": "production"}  # fmt: skip
        judged = 0.1 if call.thumb else 0.9
        rows.append({**common, "id": f"judge-{call.id}", "name": "helpfulness", "value": judged,
                     "string_value": None, "data_type": "NUMERIC", "source": "EVAL"})  # fmt: skip
        if call.thumb is not None:
            rows.append({**common, "id": f"thumb-{call.id}", "name": "user-feedback",
                         "value": float(call.thumb), "string_value": str(call.thumb),
                         "data_type": "BOOLEAN", "source": "API"})  # fmt: skip
    # The judge ran last, so that its score is the one that counted.
    return sorted(rows, key=lambda row: str(row["name"]) == "helpfulness")


def make(curate: Runner, logged: list[Call]) -> None:
    """Types the commands that make the project `p`."""
    here, logs = ("-C", "p"), curate.folder / "p" / "logs"
    curate("init", "p")
    logs.mkdir()
    write(curate, "p/logs/observations.jsonl", observations(logged))
    write(curate, "p/logs/scores.jsonl", scores(logged))
    curate(*here, "pull", "p/logs/observations.jsonl")
    rated = ("--key", "observation_id", "--map", "rating=value", "--scale", "0-1")
    curate(*here, "pull", "p/logs/scores.jsonl", "--as", "feedback", *rated)
    for stage in ("filter", "embed", "dedupe"):
        curate(*here, stage)
    curate(*here, "queue", "--budget", "24")
    label(curate, "p", review)
    curate(*here, *EXPORT)


def main(rev: str) -> None:
    commit, logged = revision_of(rev), calls()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        curate = Runner(checkout(commit, folder), folder, watch=lambda t: print(t, file=sys.stderr))
        make(curate, logged)
        pack(folder / "p", KEPT / "langfuse.zip")
    truth = {call.id: [call.messages, call.answer, call.session, call.thumb] for call in logged}
    said = {"commit": commit, "salt": SALT, "next": EXPORT, "calls": truth}
    (KEPT / "langfuse.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    for path in sorted(KEPT.glob("langfuse.*")):
        print(f"{path.relative_to(CHECKOUT)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
