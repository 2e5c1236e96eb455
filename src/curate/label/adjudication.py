"""Adjudication: somebody else decides what annotators disagree on, having read what they say.

The page shows the answers and notes of those who disagree, without their names and without what any
model says. What the adjudicator answers outranks them (view `current_decisions`), whatever becomes
of their answers later. One of those who disagree cannot adjudicate: that is one more vote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from string import ascii_uppercase
from typing import Any

import duckdb
import orjson

from curate.label import said
from curate.label.remarks import remarks_of
from curate.label.tasks import Answer
from curate.store import fetch_arrow, sql

_DISAGREE = ("values", "disagree")
"""Why the detector `annotators` flags what they disagree on; the rest wants to be asked afresh."""


def ties(flagged: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the candidates of a queue on which annotators disagree, in order."""
    return [row for row in flagged if _is_tie(row)]


def _is_tie(row: Mapping[str, Any]) -> bool:
    if "flags" not in row:  # a pair has no other reason to be asked again
        return list(row["detectors"]) == ["annotators"]
    because = {f["because"] for f in row["flags"] if f["detector"] == "annotators"}
    return bool(because) and because <= {*_DISAGREE}


def brief(con: duckdb.DuckDBPyConnection, kind: str, rows: Sequence[dict[str, Any]]) -> None:
    """Adds to ties what their adjudicator reads (`why`), and who must not be it (`adjudicates`).

    Args:
        con: a connection to the store.
        kind: of the work.
        rows: of the queue; with `swapped`, as the page will show a pair.
    """
    votes: dict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
    parameters = {"kind": kind, "ids": [row["example_id"] for row in rows]}
    for vote in fetch_arrow(con, sql("label/adjudication/votes"), parameters).to_pylist():
        votes[_question(vote)].append(vote)
    for row in rows:
        mine = votes[_question(row)]
        row["adjudicates"] = sorted({vote["annotator"] for vote in mine})
        row["why"] = _told([vote for vote in mine if vote["counts"]], row)
        row["suggested"] = None
        # A hint that those who disagree have seen may be in what they said.
        row["blind"] = row["blind"] or all(vote["blind"] for vote in mine)


def _question(row: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(x for x in (row["example_id"], row.get("other_id")) if x)


def _told(votes: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> str:
    """Returns what each annotator says, in an order that tells of nobody."""
    of: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for vote in votes:
        of[vote["annotator"]].append(vote)
    lines = sorted(_line(mine, row) for mine in of.values())
    names = [ascii_uppercase[n] if n < len(ascii_uppercase) else n + 1 for n in range(len(lines))]
    told = [f"Annotator {name}: {line}" for name, line in zip(names, lines, strict=True)]
    return "\n".join(["Annotators disagree. Your answer decides.", *told])


def _line(votes: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> str:
    seen = {**row, "query": votes[0]["query"]}
    line = f"{said.sentence([(vote['kind'], vote['value']) for vote in votes], seen)}."
    results = dict.fromkeys(vote["result"] for vote in votes if vote["result"])
    notes = [note for result in results if (note := remarks_of(orjson.loads(result)).note)]
    return f"{line} Note: {' '.join(notes)}" if notes else line


def checked(answer: Answer, row: Mapping[str, Any], annotator: int) -> Answer:
    """Returns an answer, with the problem where it is of one who disagreed, and was to adjudicate.

    Args:
        answer: as it is understood.
        row: of the ledger.
        annotator: by number.
    """
    if answer.decisions and annotator in (row["adjudicates"] or ()):
        return replace(
            answer,
            problem=f"annotator {annotator} is one of those who disagreed, and cannot adjudicate: "
            "it is one more vote. Somebody else has to decide: curate queue --adjudicate",
        )
    return answer
