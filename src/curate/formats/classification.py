"""`classification`: text and label, for SetFit, scikit-learn and sequence classifiers."""

from typing import Any

from curate import chat
from curate.formats import Contents, Example, Files, Inexpressible, class_label, export_format


def _features(contents: Contents) -> str:
    label = class_label(contents.labels, "    ")
    return f"  - name: text\n    dtype: string\n  - name: label\n{label}"


def _snippet(contents: Contents, files: Files) -> str:
    return (
        "```python\nfrom datasets import load_dataset\n"
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n\n"
        f"train = {files.load}\n"
        "model = make_pipeline(TfidfVectorizer(), LogisticRegression())\n"
        'model.fit(train["text"], train["label"])\n```\n\n'
        "The file has labels as text. `load_dataset` makes numbers of them, whose names are "
        '`train.features["label"].names`.\n'
    )


@export_format("classification", features=_features, snippet=_snippet)
def classification(example: Example) -> dict[str, Any]:
    """Returns `{"text": last user turn, "label": class}`."""
    if not example.label:
        raise Inexpressible("no label")
    return {"text": chat.question(example), "label": example.label}
