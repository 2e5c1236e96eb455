"""`trl-kto`: TRL's rows of answers with a thumb up or down."""

from __future__ import annotations

from typing import Any

from curate.formats import Contents, Example, Files, _chat, _recipes, export_format
from curate.formats.trl_prompt_completion import trl_prompt_completion


def _features(contents: Contents) -> str:
    columns = _chat.columns("prompt", "completion", tools=contents.tools)
    return columns + "  - name: label\n    dtype: bool\n"


def _snippet(contents: Contents, files: Files) -> str:
    return _recipes.trl("KTO", files)


@export_format("trl-kto", reasoning=True, unit="rated", features=_features, snippet=_snippet)
def trl_kto(example: Example) -> dict[str, Any]:
    """Returns `{"prompt", "completion", "label"}`, true for a good answer.

    Source: TRL documentation, dataset formats, unpaired preference (conversational).
    """
    return {**trl_prompt_completion(example), "label": example.good}
