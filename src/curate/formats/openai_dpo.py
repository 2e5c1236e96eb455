"""`openai-dpo`: preference rows that OpenAI, Azure, Together and Fireworks read."""

from __future__ import annotations

from typing import Any

from curate.formats import Inexpressible, Pair, _chat, export_format


@export_format(
    "openai-dpo",
    unit="pair",
    features="  - name: input\n    struct:\n    - name: messages\n      list: json\n"
    + _chat.MESSAGES.format("preferred_output")
    + _chat.MESSAGES.format("non_preferred_output"),
)
def openai_dpo(pair: Pair) -> dict[str, Any]:
    """Returns `{"input": {"messages"}, "preferred_output", "non_preferred_output"}`, text only.

    Source: OpenAI API reference, direct preference optimization.
    """
    better, worse = (_chat.plain(_chat.answer(one)) for one in (pair.chosen, pair.rejected))
    if better == worse:
        raise Inexpressible("two answers that are the same")
    prompt = _chat.plain(_chat.prompt(pair.chosen))
    if any(not message["content"] for message in prompt):
        raise Inexpressible("an empty turn")
    return {
        "input": {"messages": prompt},
        "preferred_output": better,
        "non_preferred_output": worse,
    }
