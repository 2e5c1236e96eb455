"""`records`: flat input and output with their origin and quality."""

from __future__ import annotations

from typing import Any

from curate.formats import Example, Inexpressible, _chat, export_format


@export_format(
    "records",
    features="""\
  - name: input
    dtype: string
  - name: output
    dtype: string
  - name: metadata
    struct:
    - name: source
      dtype: string
    - name: quality
      dtype: int64
    - name: isEdgeCase
      dtype: bool
    - name: edgeCaseReason
      dtype: string
""",
)
def records(example: Example) -> dict[str, Any]:
    """Returns `{"input", "output", "metadata": {...}}`.

    `metadata` has `source`; `quality`, the human rating of this answer as a whole number from 1 to
    5, null where nobody rated it; `isEdgeCase`, and `edgeCaseReason`, null where it is none.
    """
    if any(message.get("tool_calls") for message in example.output[:1]):
        raise Inexpressible("a tool call as the answer")
    for message in example.output[:1]:
        _chat.text(message)
    rating = example.human_rating
    return {
        "input": _chat.question(example),
        "output": example.response or example.label or "",
        "metadata": {
            "source": example.source,
            "quality": None if rating is None else int(rating + 0.5),
            "isEdgeCase": example.is_edge_case,
            "edgeCaseReason": example.edge_case_reason,
        },
    }
