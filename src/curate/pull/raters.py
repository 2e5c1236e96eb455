"""Who gave a rating: the words that logs and platforms have for it."""

from __future__ import annotations

import re

RATERS = ("human_user", "human_expert", "llm", "code")
_RATERS = {
    **dict.fromkeys(("human_user", "user", "human", "end_user", "customer"), "human_user"),
    **dict.fromkeys(
        ("human_expert", "expert", "annotator", "annotation", "reviewer", "admin"), "human_expert"
    ),
    **dict.fromkeys(("llm", "model", "ai", "judge", "llm_judge", "eval", "evaluator"), "llm"),
    **dict.fromkeys(
        ("auto_eval", "autoeval", "auto_evaluator", "autorater", "ai_judge", "llm_as_judge"), "llm"
    ),
    **dict.fromkeys(("llm_as_a_judge", "ai_feedback", "language_model", "machine"), "llm"),
    **dict.fromkeys(("code", "rule", "program", "script", "heuristic"), "code"),
    **dict.fromkeys(("automatic", "automated", "auto", "metric"), "code"),
}
MACHINES = ("llm", "code")
# Families of models: bare, a name such as Claude or Gemini may be a person's.
_MODEL = re.compile(
    r"(?:^|[^a-z])(?:llms?(?![a-z])|(?:chat)?gpt(?![a-z])|o[134](?:-(?:mini|preview|pro))?$"
    r"|(?:claude|gemini|gemma|llama|mistral|mixtral|qwen|deepseek|grok)[-_ :/.]?"
    r"(?:v?\d|opus|sonnet|haiku|instant|large|small|medium|pro|flash|chat|coder|nano))"
)


def rater_type(word: str) -> str | None:
    """Returns the kind of rater that a word stands for, None where it is not known.

    The name of a model, such as `gpt-4o`, stands for a model.
    """
    known = _RATERS.get("_".join(word.casefold().replace("-", " ").replace("_", " ").split()))
    return "llm" if known is None and is_model(word) else known


def is_model(word: str) -> bool:
    """Returns whether a word is the name of a model, such as `gpt-4o`; no address is one."""
    return "@" not in word and _MODEL.search(word.casefold().strip()) is not None
