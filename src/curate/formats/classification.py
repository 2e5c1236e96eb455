"""`classification`: text and label, for SetFit, scikit-learn and sequence classifiers."""

from __future__ import annotations

from typing import Any

from curate.formats import (
    Contents,
    Example,
    Files,
    Inexpressible,
    _chat,
    class_label,
    export_format,
)


def _features(contents: Contents) -> str:
    text = "  - name: text\n    dtype: string\n"
    if contents.multi_label:
        return f"{text}  - name: labels\n" + class_label(contents.labels, "    ", key="list")
    return f"{text}  - name: label\n" + class_label(contents.labels, "    ")


def _snippet(contents: Contents, files: Files) -> str:
    several = contents.multi_label
    model, column = "LogisticRegression()", "label"
    imports = [
        "from sklearn.feature_extraction.text import TfidfVectorizer",
        "from sklearn.linear_model import LogisticRegression",
        "from sklearn.pipeline import make_pipeline",
    ]
    prepare, target = "", 'train["label"]'
    if several:
        model, column = f"OneVsRestClassifier({model})", "labels"
        imports.insert(2, "from sklearn.multiclass import OneVsRestClassifier")
        imports.append("from sklearn.preprocessing import MultiLabelBinarizer")
        prepare = "labels = MultiLabelBinarizer()\n"
        target = 'labels.fit_transform(train["labels"])'
    names = f'train.features["{column}"].{"feature." if several else ""}names'
    lines = "\n".join(["from datasets import load_dataset", *imports])
    return (
        f"```python\n{lines}\n\ntrain = {files.load}\n{prepare}"
        f"model = make_pipeline(TfidfVectorizer(), {model})\n"
        f'model.fit(train["text"], {target})\n```\n\n'
        "The file has labels as text. `load_dataset` makes numbers of them, whose names are "
        f"`{names}`.\n"
    )


@export_format("classification", features=_features, snippet=_snippet)
def classification(example: Example) -> dict[str, Any]:
    """Returns `{"text": last user turn, "label": class}`; a list of `labels` of several."""
    if not example.label:
        raise Inexpressible("no label")
    if example.labels is not None:
        return {"text": _chat.question(example), "labels": list(example.labels)}
    return {"text": _chat.question(example), "label": example.label}
