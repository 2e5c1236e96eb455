"""Who gave a score, from what platforms say of it: its source and its name."""

from __future__ import annotations

import re
from typing import Any, Literal

from curate.sources.presets._rows import number

Rater = Literal["user", "expert", "llm", "code", "unknown"]

_WORD = re.compile(r"[a-z]+")
_USERS = frozenset(
    (
        *("user", "users", "human", "customer", "thumb", "thumbs", "thumbsup", "thumbsdown"),
        *("star", "stars", "like", "liked", "csat", "nps", "feedback", "satisfaction"),
        *("rating", "vote", "upvote"),
    )
)
_MACHINES = frozenset(
    (
        *("judge", "llm", "model", "auto", "automatic", "eval", "evaluator", "evaluation"),
        *("ragas", "faithfulness", "hallucination", "relevance", "relevancy", "toxicity"),
        *("groundedness", "similarity", "bleu", "rouge", "bertscore", "embedding"),
    )
)


def rater_by_name(name: Any) -> Rater:
    """Returns whose score it is by its name: `user_feedback` a user's, `quality_judge` no one's."""
    words = set(_WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name)).lower()))
    if words & _MACHINES:
        return "llm"
    return "user" if words & _USERS else "unknown"


def rater_by_kind(kind: Any, name: Any) -> Rater:
    """Returns whose score it is by the word for it that platforms write, else by its name."""
    word = str(kind or "").casefold()
    if word in ("llm", "llm_judge", "ai_judge", "model", "auto_eval", "eval"):
        return "llm"
    if word == "code":
        return "code"
    if word in ("human", "annotation", "app"):
        return "user" if rater_by_name(name) == "user" else "expert"
    return rater_by_name(name)


def verdict(name: str, value: Any, **more: Any) -> dict[str, Any] | None:
    """Returns one piece of feedback of a row: a number or a yes and no rates, a word labels.

    Args:
        name: of the score.
        value: of the score.
        more: `rater_type` and the other keys of a piece of feedback; empty ones are left out.
    """
    if not isinstance(value, bool | int | float | str) or value == "" or value != value:
        return None
    rates = isinstance(value, bool) or number(value) is not None or str(value).casefold() in _RATES
    said = {key: item for key, item in more.items() if item not in (None, "")}
    return {"kind": "rating" if rates else "label", "name": name, "value": value, **said}


_RATES = frozenset({"true", "false", "yes", "no", "👍", "👎", "thumbs up", "thumbs down"})
