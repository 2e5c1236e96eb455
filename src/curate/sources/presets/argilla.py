"""Argilla: annotated records, of its versions 1 and 2, nested and flat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.sources.presets import Fields, Part, Preset
from curate.sources.presets._annotated import (
    CALL_FIELDS,
    FEEDBACK_FIELDS,
    SCALE,
    call_in,
    feedback_rows,
    first_time,
    judged,
    kind_of_answer,
    label_of,
)
from curate.sources.presets._values import as_dict, as_list, dicts, name_of, opened, row, without

_RESPONSES = ".responses"
_OWN = (
    *("id", "external_id", "_server_id", "status", "inserted_at", "updated_at", "vectors"),
    *("suggestions", "responses", "fields", "metadata", "dataset_id"),
)
_Answer = tuple[str | None, str, Any]
"""The annotator, the question, and what was answered to it."""


def _is_record(document: Fields) -> bool:
    if not as_dict(document.get("fields")) or "responses" not in document:
        return False
    responses = opened(document.get("responses"))
    if isinstance(responses, list) and responses:
        return all({"values", "user_id"} <= set(item) for item in dicts(responses))
    marks = {"suggestions", "vectors", "_server_id", "external_id", "inserted_at", "metadata"}
    return bool(marks & set(document))


def _is_flat(document: Fields) -> bool:
    return any(f"{name}.users" in document for name in document if name.endswith(_RESPONSES))


def _is_hub(document: Fields) -> bool:
    """Returns whether a document is a row of version 1's data sets: a column for each question."""
    return "external_id" in document and any(map(_is_question, document.values()))


def _is_question(value: Any) -> bool:
    value = opened(value)
    items = [value] if isinstance(value, Mapping) else dicts(value)
    return bool(items) and all({"user_id", "value", "status"} <= set(item) for item in items)


def _fits(document: Fields) -> bool:
    return _is_record(document) or _is_flat(document) or _is_hub(document)


def _read(document: Fields) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Returns the call that a record is about, what annotators said of it, and the rest."""
    metadata = dict(as_dict(document.get("metadata")))
    if _is_record(document):
        data = dict(as_dict(document.get("fields")))
        answers = list(_nested(opened(document.get("responses"))))
    elif _is_flat(document):
        names = [name for name in document if name.endswith(_RESPONSES)]
        data = _without_questions(document, [name.removesuffix(_RESPONSES) for name in names])
        answers = [answer for name in names for answer in _flat(document, name)]
    else:
        names = [name for name, value in document.items() if _is_question(value)]
        data = _without_questions(document, names)
        answers = [
            (person, name, value)
            for name in names
            for person, value in _each(opened(document[name]))
        ]
    call, rest = call_in({**metadata, **data})
    own = name_of(document.get("id")) or name_of(document.get("external_id"))
    call["id"] = own or call.get("id")
    return call, _pieces(answers, document), rest


def _without_questions(document: Fields, questions: list[str]) -> dict[str, Any]:
    """Returns the fields of a flat record: not its questions, what a model suggests for them."""
    starts = tuple(f"{name}{mark}" for name in questions for mark in (".", "-suggestion"))
    data = without(document, (*_OWN, *questions))
    return {name: value for name, value in data.items() if not name.startswith(starts)}


def _nested(responses: Any) -> Iterator[_Answer]:
    """Yields the answers of a nested record: by question in version 2, by person in version 1."""
    if isinstance(responses, Mapping):
        for question, listed in responses.items():
            for person, value in _each(opened(listed)):
                yield person, question, value
    for response in dicts(responses) if isinstance(responses, list) else ():
        if response.get("status") in (None, "submitted"):
            for question, answer in as_dict(response.get("values")).items():
                yield name_of(response.get("user_id")), question, as_dict(answer).get("value")


def _each(listed: Any) -> Iterator[tuple[str | None, Any]]:
    """Yields who answered a question and what; what was discarded or is a draft does not count."""
    if isinstance(listed, Mapping):  # of lists, as tables keep it
        columns = [as_list(listed.get(name)) for name in ("user_id", "value", "status")]
        listed = [
            dict(zip(("user_id", "value", "status"), items, strict=True))
            for items in zip(*columns, strict=False)
        ]
    for item in dicts(listed):
        if item.get("status") in (None, "submitted"):
            yield name_of(item.get("user_id")), item.get("value")


def _flat(document: Fields, name: str) -> Iterator[_Answer]:
    values = as_list(document.get(name))
    people = as_list(document.get(f"{name}.users"))
    statuses = as_list(document.get(f"{name}.status"))
    for place, value in enumerate(values):
        status = statuses[place] if place < len(statuses) else None
        if status in (None, "submitted"):
            person = name_of(people[place]) if place < len(people) else None
            yield person, name.removesuffix(_RESPONSES), value


def _pieces(answers: list[_Answer], document: Fields) -> list[dict[str, Any]]:
    """Returns the pieces of feedback, those of one annotator together."""
    created_at = document.get("inserted_at")
    people = dict.fromkeys(person for person, _, _ in answers)
    pieces = []
    for person in people:
        own = [_kind(name, value) for other, name, value in answers if other == person]
        pieces += judged(own, person, created_at)
    return pieces


def _kind(name: str, value: Any) -> tuple[str, str, Any]:
    value = opened(value)
    if isinstance(value, bool):
        return "label", name, str(value).lower()
    if isinstance(value, int | float):
        return "rating", name, value
    if isinstance(value, list):  # several labels; a ranking or spans have objects
        return "label", name, label_of(value)
    if isinstance(value, str):
        return kind_of_answer(name, value), name, value
    return "label", name, None


def _calls(document: Fields) -> Iterator[Part]:
    call, pieces, rest = _read(document)
    created_at = call.get("created_at") or document.get("inserted_at") or first_time(call, pieces)
    yield row(rest, {**call, "created_at": created_at, "ratings": pieces or None})


def _feedback(document: Fields) -> Iterator[Part]:
    call, pieces, _ = _read(document)
    yield from feedback_rows(call["id"], pieces, {})


_SOURCE = "https://docs.argilla.io/latest/how_to_guides/import_export and argilla-io/argilla: "
_FILE = "argilla/src/argilla/records/_resource.py"

PRESETS = [
    Preset(
        name="argilla",
        version=1,
        what="Argilla: annotated records with what they are about",
        source=f"{_SOURCE}{_FILE}",
        date="2026-11-29",
        fits=_fits,
        fields=CALL_FIELDS,
        rows=_calls,
        scale=SCALE,
    ),
    Preset(
        name="argilla",
        version=1,
        what="Argilla: what annotators answered, joined by the id of the record",
        source=f"{_SOURCE}{_FILE}",
        date="2026-11-29",
        fits=_fits,
        fields=FEEDBACK_FIELDS,
        rows=_feedback,
        kind="feedback",
        scale=SCALE,
    ),
]
