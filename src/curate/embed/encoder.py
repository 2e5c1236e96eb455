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

    def windows(self, text: str) -> list[str]:
        """Returns the parts of a text that are encoded apart; a text that is read whole is one."""
        ...
