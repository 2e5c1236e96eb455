"""Where a model is good and where it is not: the held-out examples in parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from curate.embed.languages import language
from curate.evaluate.heldout import HeldOut
from curate.evaluate.options import Slice
from curate.kernels.paired_bootstrap import interval
from curate.text import tokens

FEWEST = 5
"""Examples below which a part says nothing."""


_LENGTHS = ((50, "under 50 tokens"), (200, "50 to 200 tokens"), (1_000, "200 to 1,000 tokens"))
_LONGEST = "over 1,000 tokens"


def find(
    heldout: Sequence[HeldOut],
    scores: Mapping[str, NDArray[np.float64]],
    clusters: NDArray[np.int64],
    forms: Mapping[str, str],
    seed: int,
) -> tuple[Slice, ...]:
    """Returns the parts by cluster, label, language, length and form, the worst first.

    A way to part them in which all are alike is left out.

    Args:
        heldout: (n) examples.
        scores: candidate -> (n,) scores, NaN where it has no answer.
        clusters: (n,) the number of each one's conversation.
        forms: example id -> whether its right answer keeps the contract, as words.
        seed: of the intervals' resamples.
    """
    found = []
    for by, places_of in _parts(heldout, forms):
        for value, places in places_of.items():
            for name, values in scores.items():
                mine = places[~np.isnan(values[places])]
                if len(mine) >= FEWEST:
                    mean, low, high = interval(values[mine], clusters[mine], seed=seed)
                    found.append(Slice(name, by, value, len(mine), mean, low, high))
    return tuple(sorted(found, key=lambda s: (s.score, s.high, s.by, s.value, s.candidate)))


def _parts(
    heldout: Sequence[HeldOut], forms: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, NDArray[np.int64]]]]:
    ways = {
        "cluster": [one.cluster for one in heldout],
        "label": [one.label for one in heldout],
        "language": [language(one.input) if one.input else None for one in heldout],
        "length": [_length(one) for one in heldout],
        "contract": [forms.get(one.example_id) for one in heldout],
    }
    for by, values in ways.items():
        places: dict[str, list[int]] = defaultdict(list)
        for place, value in enumerate(values):
            if value is not None:
                places[value].append(place)
        if len(places) > 1:
            yield by, {value: np.array(listed) for value, listed in sorted(places.items())}


def _length(one: HeldOut) -> str:
    size = len(tokens(one.input))
    return next((name for most, name in _LENGTHS if size < most), _LONGEST)
