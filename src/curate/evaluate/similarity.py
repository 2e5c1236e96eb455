"""Embedding similarity of free text, which is computed only where verdicts are to go by it.

It is a weak measure: vectors of a text and of its negation are alike, and so are those of a right
and a wrong figure.

Source: Reimers & Gurevych 2019, Sentence-BERT, EMNLP (cosine of sentence vectors).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from curate.embed import encoders
from curate.embed.embed import encoded
from curate.errors import ConfigError
from curate.evaluate.answers import AnswerSet
from curate.evaluate.heldout import HeldOut, answer_text
from curate.progress import Progress
from curate.store import Store


def scores(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    heldout: Sequence[HeldOut],
    sets: Sequence[AnswerSet],
    progress: Progress,
) -> Mapping[str, NDArray[np.float64]]:
    """Returns the cosine of each answer with the right one, by the project's encoder.

    Args:
        store: the project's store.
        con: a connection to read with.
        heldout: (n) examples.
        sets: the answers of some models.
        progress: called with (items, label) around the work.

    Returns:
        Name of the model -> (n,) cosines, negative ones taken as 0; NaN where there is no answer.

    Raises:
        ConfigError: the project has no encoder yet.
        MissingExtra: its encoder is not installed.
    """
    settings = store.setting(con, "embed")
    if not settings:
        raise ConfigError(f"similarity needs an encoder. Next: {encoders.next_step()}")
    said = {
        one.name: {name: answer_text(a.messages) for name, a in one.answers.items()} for one in sets
    }
    texts = {one.text for one in heldout}.union(*(found.values() for found in said.values()))
    encoder = encoders.load(settings["encoder"])
    rows = [(text, text) for text in sorted(texts, key=lambda text: (-len(text), text))]
    vector_of: dict[str, NDArray[np.float32]] = {}
    for names, _, vectors in encoded(encoder, rows, progress, "embedding", cut=encoder.windows):
        vector_of.update(zip(names, vectors, strict=True))
    return {
        name: np.array([_cosine(vector_of, one, found.get(one.example_id)) for one in heldout])
        for name, found in said.items()
    }


def _cosine(vector_of: Mapping[str, NDArray[np.float32]], one: HeldOut, said: str | None) -> float:
    if said is None:
        return float("nan")
    # Vectors are of length 1, up to their digits.
    return min(max(float(vector_of[one.text] @ vector_of[said]), 0.0), 1.0)
