"""What annotators see and what their answers mean: one kind of work, one XML file, one parser.

Answers are Label Studio's result JSON, as its interface writes it (version 1.23).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate import label_sets
from curate.label.interface import NONE_FITS, UNUSABLE


def made(
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
    made: dict[str, Any] = {"data": question.data}
    return {**made, "predictions": list(question.predictions)} if question.predictions else made


MAX_TEXT = 200_000
"""Characters of one text that are shown; a longer one is refused, as no annotator reads it."""
# What XML 1.0, and so PostgreSQL and browsers, cannot carry.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


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
        problem: why nothing follows from it.
    """

    decisions: tuple[tuple[str, str | None], ...] = ()
    origin: str | None = None
    problem: str | None = None


def question(kind: str, row: Mapping[str, Any], prefill: str) -> Question:
    """Returns the task of one ledger row.

    Args:
        kind: of the work.
        row: task_key, query, context, response, other_response, label, suggested, probability,
            why, blind, swapped.
        prefill: `given`, `model` or `none`; a blind task has none, whatever this says.

    Raises:
        ValueError: a text is too long, or holds what no interface can show.
    """
    data = {"curate_id": row["task_key"], "text": _shown(row["query"])}
    if kind != "spans":
        data["context"] = _shown(row["context"])
    data["reason"] = "" if row["blind"] else _shown(row["why"])
    if kind == "review":
        data["response"] = _shown(row["response"])
    if kind == "preference":
        pair = [_shown(row["response"]), _shown(row["other_response"])]
        data["response_a"], data["response_b"] = reversed(pair) if row["swapped"] else pair
    result = [] if row["blind"] or prefill == "none" else _prefilled(kind, row, prefill)
    if not result:
        return Question(data)
    score = row.get("probability") if prefill == "model" else None
    made: dict[str, Any] = {"model_version": f"curate-{prefill}", "result": result}
    return Question(data, ({**made, "score": score} if score is not None else made,))


def _shown(text: str | None) -> str:
    text = text or ""
    if len(text) > MAX_TEXT:
        raise ValueError(f"a text of {len(text):,} characters (at most {MAX_TEXT:,} are shown)")
    if bad := _UNPRINTABLE.search(text):
        raise ValueError(f"character U+{ord(bad.group()):04X}, which no interface can show")
    return text


def _prefilled(kind: str, row: Mapping[str, Any], prefill: str) -> list[dict[str, Any]]:
    if kind == "relabel":
        label = row["suggested"] if prefill == "model" else row["label_seen"]
        if label and row.get("multi_label"):
            return [_choice("label", "text", *(label_sets.read(label) or (NONE_FITS,)))]
        return [_choice("label", "text", label)] if label else []
    if kind == "spans":
        return [
            {
                "id": f"s{n}", "from_name": "span", "to_name": "text", "type": "labels",
                "value": {"start": start, "end": end, "text": row["query"][start:end],
                          "labels": [field]},
            }
            for n, (field, start, end) in enumerate(spans(row["query"] or "", row["response"]))
        ]  # fmt: skip
    return []


def _choice(name: str, to: str, *values: str) -> dict[str, Any]:
    return {
        "id": "p1", "from_name": name, "to_name": to, "type": "choices",
        "value": {"choices": list(values)},
    }  # fmt: skip


def spans(text: str, response: str | None) -> list[tuple[str, int, int]]:
    """Returns (field, start, end) of each value of a JSON answer that stands in the text.

    Offsets count Unicode code points, as Label Studio's do; a value that stands there several times
    is marked the first time that nothing else covers.
    """
    found: list[tuple[str, int, int]] = []
    for field, value in fields(response):
        at = text.find(value) if value else -1
        while at >= 0 and any(at < end and start < at + len(value) for _, start, end in found):
            at = text.find(value, at + 1)
        if at >= 0:
            found.append((field, at, at + len(value)))
    return found


def is_object(response: str | None) -> bool:
    """Returns whether an answer is a JSON object."""
    try:
        return isinstance(json.loads(response or ""), dict)
    except ValueError:
        return False


def fields(response: str | None) -> list[tuple[str, str]]:
    """Returns the (field, text) pairs of a JSON object whose values are texts or lists of texts."""
    try:
        said = json.loads(response or "")
    except ValueError:
        return []
    if not isinstance(said, dict):
        return []
    pairs: list[tuple[str, str]] = []
    for field, value in said.items():
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
    origins = [str(part["origin"]) for part in result if part.get("origin")]
    origin = next((o for o in ("prediction-changed", "manual", "prediction") if o in origins), None)
    try:
        made = _PARSERS[kind](_by_name(result), row, set(names))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return Answer(origin=origin, problem=f"not understood: {error}")
    if not made:
        return Answer(origin=origin, problem="nothing was answered")
    return Answer(tuple(made), origin)


def _by_name(result: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for part in result:
        found.setdefault(part["from_name"], []).append(part["value"])
    return found


_Parts = Mapping[str, list[Mapping[str, Any]]]
_Decisions = list[tuple[str, str | None]]


def _one_choice(parts: _Parts, name: str) -> str | None:
    chosen = [c for value in parts.get(name, []) for c in value["choices"]]
    if len(chosen) > 1:
        raise ValueError(f"{name} has {len(chosen)} choices")
    return str(chosen[0]) if chosen else None


def _relabel(parts: _Parts, row: Mapping[str, Any], names: set[str]) -> _Decisions:
    if row.get("multi_label"):
        return _relabel_several(parts, names)
    label = _one_choice(parts, "label")
    if label == UNUSABLE:
        return [("drop", None)]
    if label is not None and label not in names:
        raise ValueError(f"{label!r} is no label of this project")
    return [("relabel", label)] if label is not None else []


def _relabel_several(parts: _Parts, names: set[str]) -> _Decisions:
    chosen = {str(c) for value in parts.get("label", []) for c in value["choices"]}
    for alone in (UNUSABLE, NONE_FITS):
        if alone in chosen and len(chosen) > 1:
            raise ValueError(f"{alone} and a label at once")
    if chosen == {UNUSABLE}:
        return [("drop", None)]
    if unknown := sorted(chosen - names - {NONE_FITS}):
        raise ValueError(f"{unknown[0]!r} is no label of this project")
    return [("relabel", label_sets.text(chosen - {NONE_FITS}))] if chosen else []


def _review(parts: _Parts, row: Mapping[str, Any], _names: set[str]) -> _Decisions:
    made: _Decisions = []
    for value in parts.get("rating", [])[:1]:
        rating = int(value["rating"])
        if not 1 <= rating <= 5:
            raise ValueError(f"a rating of {rating}")
        made.append(("rate", str(rating)))
    text = "\n".join(t for value in parts.get("corrected", []) for t in _texts(value["text"]))
    # The box opens with the answer in it: what nobody edited comes back as it was, but for the way
    # in which browsers and people end lines.
    if text.strip() and _lines(text) != _lines(row["response"] or ""):
        made.append(("correct", text))
    verdict = _one_choice(parts, "verdict")
    if verdict not in (None, "keep", "drop"):
        raise ValueError(f"a verdict of {verdict!r}")
    return made + ([(verdict, None)] if verdict else [])


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(v) for v in value]


def _preference(parts: _Parts, row: Mapping[str, Any], _names: set[str]) -> _Decisions:
    chosen = _one_choice(parts, "preference")
    if chosen is None or chosen in ("tie", "both_bad"):
        return [("prefer", chosen)] if chosen else []
    if chosen not in ("A", "B"):
        raise ValueError(f"a preference of {chosen!r}")
    first = (chosen == "A") != row["swapped"]
    return [("prefer", row["example_id"] if first else row["other_id"])]


def _spans(parts: _Parts, row: Mapping[str, Any], names: set[str]) -> _Decisions:
    verdict = _one_choice(parts, "verdict")
    if verdict == "drop":
        return [("drop", None)]
    marked: list[tuple[int, int, str]] = []
    text = row["query"] or ""
    for value in parts.get("span", []):
        start, end, (field,) = int(value["start"]), int(value["end"]), value["labels"]
        if text[start:end] != value["text"]:
            raise ValueError(f"{value['text']!r} does not stand at {start} to {end}")
        if field not in names:
            raise ValueError(f"{field!r} is no field of this project")
        marked.append((start, end, field))
    if not marked and verdict != "nothing":
        return []
    said: dict[str, Any] = {}
    for start, end, field in sorted(marked):
        said.setdefault(field, []).append(text[start:end])
    flat = {f: v[0] if len(v) == 1 else v for f, v in sorted(said.items())}
    spans_json = json.dumps(sorted(marked), ensure_ascii=False)
    return [("spans", spans_json), ("correct", json.dumps(flat, ensure_ascii=False))]


_PARSERS = {"relabel": _relabel, "review": _review, "preference": _preference, "spans": _spans}
