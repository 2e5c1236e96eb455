"""`classification`: text and label, for SetFit, scikit-learn and sequence classifiers."""

from typing import Any

from curate.formats import Example, Inexpressible, export_format


@export_format(
    "classification",
    features="""\
  - name: text
    dtype: string
  - name: label
    dtype: string
""",
)
def classification(example: Example) -> dict[str, Any]:
    """Returns `{"text": last user turn, "label": class}`."""
    if not example.label:
        raise Inexpressible("no label")
    return {"text": example.query, "label": example.label}
