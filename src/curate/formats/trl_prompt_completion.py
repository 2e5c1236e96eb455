"""`trl-prompt-completion`: TRL's conversational prompt-completion rows; loss on the answer only."""

from __future__ import annotations

from typing import Any

from curate.formats import Contents, Example, Files, _chat, _recipes, export_format


def _features(contents: Contents) -> str:
    return _chat.columns("prompt", "completion", tools=contents.tools)


def _snippet(contents: Contents, files: Files) -> str:
    return _recipes.trl("SFT", files, "completion_only_loss=True")


@export_format("trl-prompt-completion", reasoning=True, features=_features, snippet=_snippet)
def trl_prompt_completion(example: Example) -> dict[str, Any]:
    """Returns `{"prompt": [messages], "completion": [answer]}`, and `tools` as JSON text.

    Arguments of tool calls are objects: templates print a string of JSON as a string.

    Source: TRL documentation, dataset formats, prompt-completion (conversational).
    """
    before = _chat.prompt(example)
    completion = _chat.messages([*before, *_chat.answer(example)], parsed=True)
    return {"prompt": completion[:-1], "completion": completion[-1:], **_chat.tools_column(example)}
