"""Helicone: requests, of the export tool, the dashboard and the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._raters import rater_by_name, verdict
from curate.sources.presets._rows import (
    columns,
    failure,
    first,
    mapping,
    number,
    row,
    without,
)

_SESSION = "Helicone-Session-Id"
_OURS = frozenset(
    (
        *("request_body", "response_body", "response_status", "request_properties"),
        *("request_user_id", "delay_ms", "response_created_at", "request_path"),
        *("helicone_user", "signed_body_url"),
    )
)
_COST = ("cost_usd", "costUSD", "cost")
_THUMB = "helicone-score-feedback"
_USED = (
    *("request_id", "request_created_at", "request_body", "response_body", "response_status"),
    *("request_user_id", "helicone_user", "request_properties", "properties", "feedback_rating"),
    *("scores", "delay_ms", *_COST, "prompt_tokens", "completion_tokens"),
    *(
        "response_model",
        "request_model",
        "model",
        "llmSchema",
        "signed_body_url",
        "feedback_id",
        "request_feedback",
    ),
    *("request_prompt", "response_prompt"),
)


def _fits(document: Fields) -> bool:
    return "request_created_at" in document and len(_OURS & set(document)) >= 2


def _rows(document: Fields) -> Iterable[Part]:
    path = str(document.get("request_path") or "").split("?")[0].rstrip("/")
    if path.endswith(("/embeddings", "/moderations")):
        yield LeftOut(path.rsplit("/", 1)[-1])
    else:
        yield _call(document)


def _call(document: Fields) -> dict[str, Any]:
    answer = document.get("response_body")
    code = number(document.get("response_status"))
    error = failure(mapping(answer).get("error"))
    failed = error is not None or (code is not None and not 0 <= code < 400)
    about = {**mapping(document.get("properties")), **mapping(document.get("request_properties"))}
    fields = {
        "id": document.get("request_id"),
        "request": document.get("request_body"),
        "response": None if failed else answer,
        "session": _session(about),
        "user": first(document, "request_user_id", "helicone_user"),
        "ratings": list(_ratings(document)),
        "created_at": document.get("request_created_at"),
        "latency_ms": document.get("delay_ms"),
        "model": first(document, "response_model", "request_model", "model"),
        "input_tokens": document.get("prompt_tokens"),
        "output_tokens": document.get("completion_tokens"),
        "cost_usd": first(document, *_COST),
        "status": document.get("response_status"),
        "error": (error or f"status {code:.0f}") if failed else None,
    }
    kept = {key: value for key, value in about.items() if key.lower() != _SESSION.lower()}
    return row({**without(document, *_USED), "properties": kept}, fields)


def _session(about: Mapping[str, Any]) -> Any:
    return next((value for key, value in about.items() if key.lower() == _SESSION.lower()), None)


def _ratings(document: Fields) -> Iterable[dict[str, Any]]:
    """Yields the user's thumb, which may stand among the scores too, and all other scores."""
    scores = {
        name: score.get("value") if isinstance(score, Mapping) else score
        for name, score in mapping(document.get("scores")).items()
    }
    among = scores.pop(_THUMB, None)
    given = first(document, "feedback_rating")
    given = mapping(document.get("request_feedback")).get("rating") if given is None else given
    thumb = _thumb(among if given is None else given)
    if piece := verdict("feedback", thumb, rater_type="user", scale="thumbs"):
        yield piece
    yield from _scores(scores)


def _thumb(value: Any) -> Any:
    """Returns whether the thumb is up; what is no yes or no stays as it is."""
    figure = number(value)
    return bool(figure) if figure in (0, 1) else value


def _scores(scores: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Yields scores, which evaluators send; one whose name says so is a user's."""
    for name, value in scores.items():
        rater = rater_by_name(name)
        piece = verdict(name, value, rater_type="code" if rater == "unknown" else rater)
        if piece:
            yield piece


PRESETS = [
    Preset(
        name="helicone",
        version=2,
        what="Helicone requests: @helicone/export, dashboard export, API",
        source="https://docs.helicone.ai/tools/export",
        date="2026-11-29",
        fits=_fits,
        fields=columns(
            *("id", "request", "response", "session", "user", "ratings", "created_at"),
            *("latency_ms", "model", "input_tokens", "output_tokens", "cost_usd", "status"),
            "error",
        ),
        rows=_rows,
    )
]
