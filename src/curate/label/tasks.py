"""What annotators see and what their answers mean; each kind of work reads its own answers.

Answers are Label Studio's result JSON, as its interface writes it (version 1.23).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.label import kinds


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
        origin: prediction, prediction-changed or manual; None where the server does not say.
        problem: why nothing follows from it, or not what was asked for.
    """

    decisions: tuple[tuple[str, str | None], ...] = ()
    origin: str | None = None
    problem: str | None = None


def question(kind: str, row: Mapping[str, Any], prefill: str) -> Question:
    """Returns the task of one ledger row.

    Args:
        kind: of the work.
        row: task_key, query, context, response, other_response, label, suggested, probability,
            why, blind, swapped; messages, output and other_output as JSON, where they are stored;
            adjudicates.
        prefill: `given`, `model` or `none`; a blind task and an adjudication have none, whatever
            this says.

    Raises:
        ValueError: a text is too long, or holds what no interface can show.
    """
    # Reading answers, and the help, need none of this.
    from curate.label.shown import VARIABLES

    work = kinds.get(kind)
    variables = {name: shown(row) for name, shown in VARIABLES.items() if name in work.shows}
    data = {"curate_id": row["task_key"], **variables}
    unaided = prefill == "none" or row["blind"] or row.get("adjudicates")
    filled = None if unaided else work.prefill
    result = filled(row, prefill) if filled else []
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


def spans(text: str, response: str | None) -> list[tuple[str, int, int]]:
    """Returns (field, start, end) of each value of a JSON answer that stands in the text.

    Offsets count Unicode code points, as Label Studio's do; a value that stands there several times
    is marked the first time that nothing else covers.
    """
    places: list[tuple[str, int, int]] = []
    for field, value in fields(response):
        at = text.find(value) if value else -1
        while at >= 0 and any(at < end and start < at + len(value) for _, start, end in places):
            at = text.find(value, at + 1)
        if at >= 0:
            places.append((field, at, at + len(value)))
    return places


def is_object(response: str | None) -> bool:
    """Returns whether an answer is a JSON object."""
    try:
        return isinstance(json.loads(response or ""), dict)
    except ValueError:
        return False


def fields(response: str | None) -> list[tuple[str, str]]:
    """Returns the (field, text) pairs of a JSON object whose values are texts or lists of texts."""
    try:
        parsed = json.loads(response or "")
    except ValueError:
        return []
    if not isinstance(parsed, dict):
        return []
    pairs: list[tuple[str, str]] = []
    for field, value in parsed.items():
        several = value if isinstance(value, list) else [value]
        pairs += [(field, str(v)) for v in several if isinstance(v, str | int | float)]
    return pairs


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
    origins = [part.get("origin") for part in result]
    origin = next((o for o in ("prediction-changed", "manual", "prediction") if o in origins), None)
    try:
        answer = kinds.get(kind).read(_by_name(result), row, set(names))
        if unknown := {decision for decision, _ in answer} - {*kinds.DECISIONS}:
            raise ValueError(f"there is no decision {min(unknown)!r}")
    except (TypeError, ValueError) as error:
        return Answer(origin=origin, problem=f"not understood: {error}")
    except KeyError as error:
        return Answer(origin=origin, problem=f"not understood: it has no {error}")
    if not answer:
        return Answer(origin=origin, problem="nothing was answered")
    return Answer(tuple(answer), origin)


def _by_name(result: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    results: dict[str, list[Mapping[str, Any]]] = {}
    for part in result:
        if part.get("type") == "relation":
            continue  # between two spans: no control was answered
        name, value = part["from_name"], part["value"]
        if not isinstance(name, str) or not isinstance(value, Mapping):
            raise ValueError(f"a part of it has no name or no value: {str(part)[:60]}")
        results.setdefault(name, []).append(value)
    return results


def better_of_two(parts: kinds.Parts, row: Mapping[str, Any]) -> str | None:
    """Returns this, other, tie or both_bad of a pair shown as A and B; None where nobody chose.

    Raises:
        ValueError: several things were chosen, or what there is not.
    """
    chosen = one_choice(parts, "preference")
    if chosen in (None, "tie", "both_bad"):
        return chosen
    if chosen not in ("A", "B"):
        raise ValueError(f"a preference of {chosen!r}")
    return "this" if (chosen == "A") != row["swapped"] else "other"


def one_choice(parts: kinds.Parts, name: str) -> str | None:
    """Returns what was chosen in a control, None where nothing was.

    Raises:
        ValueError: several things were.
    """
    chosen = choices_of(parts, name)
    if len(chosen) > 1:
        raise ValueError(f"{name} has {len(chosen)} choices")
    return chosen[0] if chosen else None


def choices_of(parts: kinds.Parts, name: str) -> list[str]:
    """Returns all that was chosen in a control.

    Raises:
        ValueError: it is no list of names.
    """
    return [c for value in parts.get(name, []) for c in texts_of(value["choices"])]


def texts_of(value: Any) -> list[str]:
    """Returns a list of texts, also of the one that stands alone.

    Raises:
        ValueError: it is none.
    """
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"no texts: {str(texts)[:60]}")
    return texts
