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
from curate.text.text import tokens

FEWEST = 5
"""Examples below which a part says nothing."""


_PARTS_BY_LENGTH = 3


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
                    told = interval(values[mine], clusters[mine], seed=seed)
                    part = (len(mine), told.mean, told.low, told.high)
                    found.append(Slice(name, by, value, *part))
    return tuple(sorted(found, key=lambda s: (s.score, s.high, s.by, s.value, s.candidate)))


def _parts(
    heldout: Sequence[HeldOut], forms: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, NDArray[np.int64]]]]:
    ways: dict[str, Sequence[str | None]] = {
        "cluster": [one.cluster for one in heldout],
        "label": [one.label for one in heldout],
        "language": [language(one.input) if one.input else None for one in heldout],
        "length": _lengths(heldout),
        "contract": [forms.get(one.example_id) for one in heldout],
    }
    for by, values in ways.items():
        places: dict[str, list[int]] = defaultdict(list)
        for place, value in enumerate(values):
            if value is not None:
                places[value].append(place)
        if len(places) > 1:
            yield by, {value: np.array(listed) for value, listed in sorted(places.items())}


def _lengths(heldout: Sequence[HeldOut]) -> list[str]:
    """Returns for each example which third of the lengths it is in, in tokens of its input."""
    sizes = np.array([len(tokens(one.input)) for one in heldout])
    shares = np.arange(1, _PARTS_BY_LENGTH) / _PARTS_BY_LENGTH
    ends = sorted({int(end) for end in np.quantile(sizes, shares)})
    names = [f"up to {end} tokens" for end in ends] + [f"over {ends[-1]} tokens"]
    return [names[int(np.searchsorted(ends, size))] for size in sizes]
