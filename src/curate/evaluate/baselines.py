"""What stands beside every model: chance, the commonest answer, the nearest example, production."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.embed import embed
from curate.evaluate.answers import AnswerSet, ModelAnswer
from curate.evaluate.heldout import HeldOut, answer_text, label_or_text, lines
from curate.messages import decoded
from curate.store import fetch_arrow, sql
from curate.versions.versions import Version

NAMES = ("random", "majority", "nearest", "logged")
_ROWS = 1_024


@dataclass(frozen=True)
class TrainVectors:
    """The train examples that have a vector, and their unit vectors, float32 (n, dim)."""

    ids: list[str]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Baselines:
    """The baselines that there are.

    Attributes:
        sets: their answers.
        absent: name -> why there is none, and what to type.
        same_as_reference: share of the held-out answers that are what was logged: by these,
            production cannot be told from the truth.
        train: the vectors of train.
    """

    sets: tuple[AnswerSet, ...]
    absent: dict[str, str]
    same_as_reference: float
    train: TrainVectors


def find(
    con: duckdb.DuckDBPyConnection, version: Version, heldout: Sequence[HeldOut], seed: int
) -> Baselines:
    """Returns what each baseline answers to the held-out examples of a version."""
    train = _train(con, version)
    sets, absent = [], {}
    places, vectors = vectors_of(con, list(train))
    names = list(train)
    near = TrainVectors([names[place] for place in places], vectors)
    if train:
        ordered = sorted(set(train.values())) if heldout[0].label is not None else None
        pool = ordered or [train[name] for name in sorted(train)]
        drawn = [pool[int(_lot(seed, one.example_id) * len(pool))] for one in heldout]
        sets.append(_set("random", heldout, drawn))
        counts = Counter(train.values())
        commonest = min(counts, key=lambda text: (-counts[text], text))
        sets.append(_set("majority", heldout, [commonest] * len(heldout)))
        nearest = _nearest(con, near, heldout)
        if nearest is None:
            absent["nearest"] = "there are no vectors. Next: curate embed"
        else:
            texts = [None if name is None else train[name] for name in nearest]
            sets.append(_set("nearest", heldout, texts))
    else:
        absent |= dict.fromkeys(NAMES[:3], "the version has no train examples")
    logged = _logged(con, heldout)
    if logged.answers:
        sets.append(logged)
    else:
        absent["logged"] = "the logs hold no answers to these"
    same = [
        answer_text(logged.answers[one.example_id].messages).strip() == one.text.strip()
        for one in heldout
        if one.example_id in logged.answers
    ]
    return Baselines(tuple(sets), absent, sum(same) / len(same) if same else 0.0, near)


def _set(name: str, heldout: Sequence[HeldOut], texts: Sequence[str | None]) -> AnswerSet:
    answers = {
        one.example_id: ModelAnswer([{"role": "assistant", "content": text}])
        for one, text in zip(heldout, texts, strict=True)
        if text is not None
    }
    return AnswerSet(name, answers, {"kind": "baseline"})


def _lot(seed: int, name: str) -> float:
    raw = hashlib.sha256(f"{seed}\x1frandom\x1f{name}".encode()).digest()
    return int.from_bytes(raw[:6], "big") / 2**48


def _train(con: duckdb.DuckDBPyConnection, version: Version) -> dict[str, str]:
    """Returns train example -> its answer as one text, of a version's lines."""
    which = {"name": version.name, "version": version.version}
    places = dict(con.execute(sql("evaluate/train_lines"), which).fetchall())
    return {
        places[number]: label_or_text(row)
        for number, row in enumerate(lines(version, "train"), 1)
        if number in places and row.label is not False
    }


def vectors_of(
    con: duckdb.DuckDBPyConnection, ids: Sequence[str]
) -> tuple[list[int], NDArray[np.float32]]:
    """Returns the places of those examples that have a vector, and the unit vectors, (n, dim)."""
    con.register("wanted", pa.table({"place": range(len(ids)), "example_id": list(ids)}))
    table = fetch_arrow(con, sql("evaluate/vectors"), {})
    con.unregister("wanted")
    if not table.num_rows:
        return [], np.zeros((0, 0), np.float32)
    return table["place"].to_pylist(), embed.matrix(table["vector"].combine_chunks())


def _nearest(
    con: duckdb.DuckDBPyConnection, train: TrainVectors, heldout: Sequence[HeldOut]
) -> list[str | None] | None:
    """Returns the train example nearest to each held-out one; None where there are no vectors."""
    asked, queries = vectors_of(con, [one.example_id for one in heldout])
    if not train.ids or not asked:
        return None
    found: list[str | None] = [None] * len(heldout)
    for start in range(0, len(asked), _ROWS):
        best = (queries[start : start + _ROWS] @ train.vectors.T).argmax(axis=1)
        for place, at in zip(asked[start : start + _ROWS], best.tolist(), strict=True):
            found[place] = train.ids[at]
    return found


def logged_by(
    con: duckdb.DuckDBPyConnection, heldout: Sequence[HeldOut], by: str
) -> list[AnswerSet]:
    """Returns what each model (or source) of production answered to held-out prompts, by name.

    Another call with the same messages counts, too, so that models can be compared where several
    were asked the same.
    """
    parameters = {"ids": [one.example_id for one in heldout], "by": by}
    answers: dict[str, dict[str, ModelAnswer]] = {}
    for name, example, *call in con.execute(sql("evaluate/logged_by"), parameters).fetchall():
        answers.setdefault(name, {})[example] = _answer(*call)
    return [AnswerSet(name, found, {"kind": "logs"}) for name, found in sorted(answers.items())]


def _answer(output: str | None, response: str | None, *numbers: Any) -> ModelAnswer:
    messages = decoded(output) or [{"role": "assistant", "content": response}]
    return ModelAnswer(messages, *numbers)


def _logged(con: duckdb.DuckDBPyConnection, heldout: Sequence[HeldOut]) -> AnswerSet:
    ids = [one.example_id for one in heldout]
    rows = con.execute(sql("evaluate/logged"), {"ids": ids}).fetchall()
    answers = {name: _answer(*call) for name, *call in rows}
    return AnswerSet("logged", answers, {"kind": "baseline"})
