"""`trl-dpo`: TRL's preference rows with an explicit prompt."""

from __future__ import annotations

from typing import Any

from curate.formats import Contents, Files, Inexpressible, Pair, _chat, _recipes, export_format


def _features(contents: Contents) -> str:
    return _chat.columns("prompt", "chosen", "rejected", tools=contents.tools)


def _axolotl(contents: Contents, files: Files) -> dict[str, str]:
    columns = (
        "type: chat_template.default",
        "field_messages: prompt",
        "field_chosen: chosen",
        "field_rejected: rejected",
    )
    return {"axolotl-dpo.yaml": _recipes.axolotl(files, columns, ("rl: dpo",))}


def _snippet(contents: Contents, files: Files) -> str:
    return _recipes.trl("DPO", files)


@export_format(
    "trl-dpo",
    reasoning=True,
    unit="pair",
    features=_features,
    snippet=_snippet,
    side_files=_axolotl,
)
def trl_dpo(pair: Pair) -> dict[str, Any]:
    """Returns `{"prompt": [messages], "chosen": [answer], "rejected": [answer]}`.

    Source: TRL documentation, dataset formats, preference (conversational, explicit prompt).
    """
    before = _chat.prompt(pair.chosen)
    better, worse = (
        _chat.messages([*before, *_chat.answer(one)], parsed=True)
        for one in (pair.chosen, pair.rejected)
    )
    if better[-1] == worse[-1]:
        raise Inexpressible("two answers that are the same")
    return {
        "prompt": better[:-1],
        "chosen": better[-1:],
        "rejected": worse[-1:],
        **_chat.tools_column(pair.chosen),
    }
