"""What annotators see and what their answers mean; each kind of work reads its own answers.

Answers are Label Studio's result JSON, as its interface writes it (version 1.23).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.label import kinds
from curate.label.controls import by_name
from curate.label.remarks import BESIDE, remarks


def build_tasks(
    kind: str, rows: Sequence[Mapping[str, Any]], prefill: str
) -> tuple[list[Question], list[tuple[str, str]]]:
    """Returns the tasks of ledger rows, and (example id, why) of those that cannot be shown."""
    tasks, refused = [], []
    for row in rows:
        try:
            tasks.append(question(kind, row, prefill))
        except ValueError as error:
            refused.append((row["example_id"], str(error)))
    return tasks, refused


def task(question: Question) -> dict[str, Any]:
    """Returns a task as Label Studio imports it."""
    body: dict[str, Any] = {"data": question.data}
    return {**body, "predictions": list(question.predictions)} if question.predictions else body


@dataclass(frozen=True)
class Question:
    """One task as it is sent.

    Attributes:
        data: what is shown, and `curate_id`.
        predictions: the prefilled answer, if any.
    """

    data: dict[str, Any]
    predictions: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What one annotation means.

    Attributes:
        decisions: (kind, value).
        cannot: why the annotator cannot judge it: as good as skipped.
        origin: prediction, prediction-changed or manual; None where the server does not say.
        problem: why nothing follows from it, or not what was asked for.
    """

    decisions: tuple[tuple[str, str | None], ...] = ()
    origin: str | None = None
    problem: str | None = None
    cannot: str | None = None


def question(kind: str, row: Mapping[str, Any], prefill: str, *, can_fill: bool = True) -> Question:
    """Returns the task of one ledger row.

    Args:
        kind: of the work.
        row: task_key, query, context, response, other_response, label, suggested, probability,
            why, blind, swapped; messages, output and other_output as JSON, where they are stored;
            adjudicates.
        prefill: `given`, `model` or `none`; a blind task and an adjudication have none, whatever
            this says.
        can_fill: whether the interface has what `prefill` fills in.

    Raises:
        ValueError: a text is too long, or holds what no interface can show.
    """
    # Reading answers, and the help, need none of this.
    from curate.label.shown import VARIABLES

    work = kinds.get(kind)
    row = {**row, "prefill": prefill, "can_fill": can_fill}
    unaided = prefill == "none" or not can_fill or row["blind"] or row.get("adjudicates")
    filled = None if unaided else work.prefill
    result = filled(row, prefill) if filled else []
    row = {**row, "filled": [c for part in result for c in part["value"].get("choices", ())]}
    variables = {name: shown(row) for name, shown in VARIABLES.items() if name in work.shows}
    data = {"curate_id": row["task_key"], **variables}
    if not result:
        return Question(data)
    score = row.get("probability") if prefill == "model" else None
    prediction: dict[str, Any] = {"model_version": f"curate-{prefill}", "result": result}
    return Question(data, ({**prediction, "score": score} if score is not None else prediction,))


def choice(name: str, to: str, *values: str) -> dict[str, Any]:
    """Returns a choice that is filled in, as Label Studio's result JSON."""
    return {
        "id": "p1", "from_name": name, "to_name": to, "type": "choices",
        "value": {"choices": list(values)},
    }  # fmt: skip


def understand(
    kind: str, result: Sequence[Mapping[str, Any]], row: Mapping[str, Any], names: Iterable[str]
) -> Answer:
    """Returns what an annotation means.

    Args:
        kind: of the work.
        result: of the annotation, as Label Studio has it.
        row: query, response, example_id, other_id and swapped of the task.
        names: labels or fields that may be chosen.
    """
    work = kinds.get(kind)
    origins = [_origin(work, part, row) for part in result if part.get("from_name") not in BESIDE]
    origin = next((o for o in ("prediction-changed", "manual", "prediction") if o in origins), None)
    try:
        parts = by_name(result)
        if cannot := remarks(parts).cannot:
            return Answer(origin=origin, cannot=cannot)
        answer = work.read(parts, row, set(names))
        if unknown := {decision for decision, _ in answer} - {*kinds.DECISIONS}:
            raise ValueError(f"there is no decision {min(unknown)!r}")
    except (TypeError, ValueError) as error:
        return Answer(origin=origin, problem=f"not understood: {error}")
    except KeyError as error:
        return Answer(origin=origin, problem=f"not understood: it has no {error}")
    if not answer:
        return Answer(origin=origin, problem="nothing was answered")
    return Answer(tuple(answer), origin)


def _origin(work: kinds.Kind, part: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
    """Returns what became of a part of an answer: a box that nobody touched was accepted."""
    from curate.label.shown import VARIABLES

    variable, value = work.boxes.get(str(part.get("from_name"))), part.get("value")
    if not variable or not isinstance(value, Mapping) or row.get("blind"):
        return part.get("origin")
    left = " ".join(map(str, value.get("text") or ()))
    try:
        is_as_sent = left.split() == VARIABLES[variable](row).split()
    except ValueError:  # what cannot be shown was not sent
        is_as_sent = False
    return "prediction" if is_as_sent else part.get("origin")
