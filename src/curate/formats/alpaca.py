"""`alpaca`: instruction and output with the turns before, for LLaMA-Factory."""

from __future__ import annotations

from typing import Any

from curate.formats import Contents, Example, Files, _chat, _recipes, export_format

_COLUMNS = {
    "prompt": "instruction",
    "query": "input",
    "response": "output",
    "system": "system",
    "history": "history",
}


def _side_files(contents: Contents, files: Files) -> dict[str, str]:
    return _recipes.dataset_info(files, {"formatting": "alpaca", "columns": _COLUMNS})


def _snippet(contents: Contents, files: Files) -> str:
    return _recipes.llama_factory(files)


@export_format(
    "alpaca",
    features="".join(
        f"  - name: {name}\n    dtype: string\n"
        for name in ("instruction", "input", "output", "system")
    )
    + "  - name: history\n    list:\n      list: string\n",
    snippet=_snippet,
    side_files=_side_files,
)
def alpaca(example: Example) -> dict[str, Any]:
    """Returns `{"instruction", "input", "output", "system", "history"}`; `input` is empty.

    `history` has the turns before as pairs of question and answer.

    Source: LLaMA-Factory, data/README.md, alpaca format.
    """
    system, turns = _chat.turns([*_chat.prompt(example), *_chat.answer(example)])
    texts = [message["content"] for message in _chat.plain(turns)]
    return {
        "instruction": texts[-2],
        "input": "",
        "output": texts[-1],
        "system": system,
        "history": [texts[n : n + 2] for n in range(0, len(texts) - 2, 2)],
    }
