"""Label Studio: annotated tasks, as JSON, JSON-MIN and CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.sources.presets import Fields, Part, Preset
from curate.sources.presets._annotated import (
    CALL_FIELDS,
    FEEDBACK_FIELDS,
    SCALE,
    call_in,
    columns_in,
    feedback_rows,
    first_time,
    is_question,
    judged,
    kind_of_answer,
    kind_of_text,
    label_of,
)
from curate.sources.presets._values import (
    as_dict,
    as_list,
    dicts,
    is_true,
    name_of,
    opened,
    row,
    text_in,
    without,
)

_FLAT = ("annotator", "annotation_id", "lead_time")
_OWN = (*_FLAT, "id", "created_at", "updated_at", "agreement")
_RESULTS = {"rating", "choices", "taxonomy", "number", "text"}


def _annotations(document: Fields) -> list[Mapping[str, Any]]:
    return dicts(document.get("annotations")) or dicts(document.get("completions"))


def _is_task(document: Fields) -> bool:
    if not as_dict(document.get("data")):
        return False
    annotations = _annotations(document)
    if annotations:
        return all("result" in annotation for annotation in annotations)
    marks = {"total_annotations", "inner_id", "cancelled_annotations", "is_labeled", "predictions"}
    return "annotations" in document and bool(marks & set(document))


def _is_flat(document: Fields) -> bool:
    return set(_FLAT) <= set(document)


def _fits(document: Fields) -> bool:
    return _is_task(document) or _is_flat(document)


def _read(document: Fields) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Returns the call that a task is about, what annotators said of it, and the rest."""
    if _is_task(document):
        call, rest = call_in(as_dict(document.get("data")))
        pieces = [p for annotation in _annotations(document) for p in _pieces(annotation)]
        task = document.get("id")
    else:
        controls = _controls(document)
        call, rest = call_in(without(document, (*_OWN, *controls)))
        answers = [a for name, value in controls.items() for a in _flat_answers(name, value)]
        rater = _person(document.get("annotator"))
        pieces = judged(answers, rater, document.get("created_at"))
        task = document.get("id")
    call["id"] = call.get("id") or name_of(task)
    return call, pieces, rest


def _pieces(annotation: Fields) -> list[dict[str, Any]]:
    if is_true(annotation.get("was_cancelled")):
        return []
    answers = [a for result in dicts(annotation.get("result")) for a in _answers(result)]
    rater = _person(annotation.get("completed_by"))
    return judged(answers, rater, annotation.get("created_at"))


def _person(value: Any) -> str | None:
    fields = as_dict(value)
    return name_of(fields.get("id")) or name_of(fields.get("email")) or name_of(value)


def _answers(result: Fields) -> Iterator[tuple[str, str, Any]]:
    """Yields what one control of an annotation says.

    Source: https://labelstud.io/guide/task_format and the pages of the tags.
    """
    name, about = str(result.get("from_name")), str(result.get("to_name"))
    yield from _valued(name, as_dict(result.get("value")), about)


def _valued(name: str, value: Fields, about: str = "") -> Iterator[tuple[str, str, Any]]:
    if "rating" in value:
        yield "rating", name, value["rating"]
    elif "number" in value:
        yield "rating", name, value["number"]
    elif "choices" in value:
        yield "label", name, label_of(as_list(value["choices"]) or [value["choices"]])
    elif "taxonomy" in value:
        ways = [" / ".join(map(str, way)) for way in as_list(value["taxonomy"]) if way]
        yield "label", name, label_of(ways)
    elif "text" in value and "start" not in value:
        texts = as_list(value["text"]) or [value["text"]]
        text = "\n".join(text for item in texts if (text := text_in(item)))
        yield kind_of_text(name, about), name, text


def _controls(document: Fields) -> dict[str, Any]:
    """Returns the columns of a flat export that are controls, and no data of the task.

    Source: label_studio_sdk, converter/converter.py, convert_to_json_min: the data comes first,
    then the controls, then the annotator; the columns of CSV are sorted.
    """
    names = list(document)
    data = without(document, _OWN)
    used = set(columns_in(data).values())
    is_ordered = names != sorted(names)
    start = max((place for place, name in enumerate(names) if name in used), default=-1)
    controls = {}
    for place, name in enumerate(names):
        if name not in data or name in used:
            continue
        value = opened(document[name])
        if _is_result(value):
            controls[name] = value
        elif place > start or not is_ordered:
            is_certain = is_ordered and 0 < names.index("id") < place if "id" in names else False
            if is_certain or is_question(name):
                controls[name] = value
    return controls


def _is_result(value: Any) -> bool:
    items = [value] if isinstance(value, Mapping) else dicts(value)
    return any(_RESULTS & set(item) for item in items)


def _flat_answers(name: str, value: Any) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        if texts:
            yield "label", name, label_of(texts)
        for item in dicts(value):
            yield from _valued(name, item)
    elif isinstance(value, Mapping):
        yield from _valued(name, value)
    elif text := text_in(value):
        yield kind_of_answer(name, text), name, text


def _calls(document: Fields) -> Iterator[Part]:
    call, pieces, rest = _read(document)
    created_at = first_time(call, pieces)
    yield row(rest, {**call, "created_at": created_at, "ratings": pieces or None})


def _feedback(document: Fields) -> Iterator[Part]:
    call, pieces, _ = _read(document)
    yield from feedback_rows(call["id"], pieces, {})


_SOURCE = "https://labelstud.io/guide/task_format and https://labelstud.io/guide/export"

PRESETS = [
    Preset(
        name="label-studio",
        version=1,
        what="Label Studio: annotated tasks with what they are about (JSON, JSON-MIN, CSV)",
        source=_SOURCE,
        date="2026-11-29",
        fits=_fits,
        fields=CALL_FIELDS,
        rows=_calls,
        scale=SCALE,
    ),
    Preset(
        name="label-studio",
        version=1,
        what="Label Studio: annotations, joined by the id in the data of their task",
        source=_SOURCE,
        date="2026-11-29",
        fits=_fits,
        fields=FEEDBACK_FIELDS,
        rows=_feedback,
        kind="feedback",
        scale=SCALE,
    ),
]
