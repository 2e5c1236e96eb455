"""Windows: the parts of a text that is longer than what an encoder reads at once.

The vector of such a text is the mean of its windows' vectors, so that its end counts as much as its
beginning. A mean says what a text is about; whether two long texts say the same, it cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_WINDOWS = 8
"""Windows that are read of one text, so that no text costs more than this many short ones."""


def spans(length: int, most: int) -> list[tuple[int, int]]:
    """Returns where the windows of something begin and end, the first first.

    They are equally long, so that each counts the same in the mean. The first begins where the text
    begins and the last ends where it ends; what `MOST_WINDOWS` do not cover lies evenly between.

    Args:
        length: of the whole, in tokens or characters.
        most: that the encoder reads at once, in the same.
    """
    count = min(MOST_WINDOWS, max(1, -(-length // most)))
    size = min(most, -(-length // count))
    starts = np.linspace(0, length - size, count).round().astype(int).tolist()
    return [(start, start + size) for start in starts]


def means(vectors: NDArray[np.float32], counts: Sequence[int]) -> NDArray[np.float32]:
    """Returns one unit vector for each text, float32 (texts, dim).

    Args:
        vectors: unit vectors of all windows, text by text, float32 (windows, dim).
        counts: windows of each text. The vector of a text of one window is left as it is.
    """
    sizes = np.array(counts, np.int64)
    starts = np.cumsum(sizes) - sizes
    whole: NDArray[np.float32] = vectors[starts]
    for text in np.flatnonzero(sizes > 1):
        mean = vectors[starts[text] : starts[text] + sizes[text]].mean(axis=0)
        whole[text] = mean / np.linalg.norm(mean)
    return whole
