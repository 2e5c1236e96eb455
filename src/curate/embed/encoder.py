"""What an encoder is: anything that turns texts into unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """What `curate.embed` needs of an encoder."""

    @property
    def name(self) -> str:
        """As in `[embed] encoder`."""
        ...

    @property
    def digest(self) -> str:
        """What tells its vectors from those of another encoder."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 (n, dim), one row per text."""
        ...

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """Returns which texts are longer than what the encoder reads of them."""
        ...
