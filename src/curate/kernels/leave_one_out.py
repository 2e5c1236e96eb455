"""Leave-one-group-out kernel: what the labels of all other inputs say about each input.

Kernel ridge regression on one-hot labels, with exact predictions for every input by the model that
was fitted without that input and its duplicates; and, as a stiffer second opinion, how near the
input is to the centre of each label. Pure functions over arrays; they know no store.

Inputs are distinct texts. Those with labels of train examples are fitted (each as often as examples
have it, with the labels they have); the others are only predicted and change nothing for them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.progress import Track

LANDMARKS = 2_500
"""Inputs whose kernel functions span the model; up to so many, it is the exact kernel."""


GAMMA = 0.25
RIDGES = (0.05, 0.25, 1.25)
"""The one whose predictions for left-out inputs are nearest to their labels is taken."""


CENTRE = 0.15
"""How much the cosine with the centre of a label counts, beside the ridge prediction."""


GROUP_CAP = 50


_JITTER = 1e-5
_ROWS = 1_024
_LANES = 4
_ROWS_OF_TEST = 256
_DIGITS = 6
_SIGNIFICANT = 8


def left_out(
    fitted: NDArray[np.bool_],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    similarity: NDArray[np.float64],
    *,
    cap: int = GROUP_CAP,
) -> Any:
    """Returns which fitted inputs each input is judged without: its own duplicate group.

    Fitted inputs are joined by union-find, the most alike pairs first; a pair that would make a
    group of more than `cap` inputs is refused, so that a chain of small steps cannot swallow a
    label. An input that is not fitted joins nothing: it is judged without the groups that it is
    alike to, the most alike first, up to `cap` inputs.

    Args:
        fitted: bool (n,).
        a: positions of alike inputs, with `b` and `similarity` aligned.
        b: the other input of each pair.
        similarity: how alike they are.
        cap: most inputs in a group.

    Returns:
        Boolean csr_array (n, n), indices in order; the row of a fitted input includes itself, and
        rows of one group are equal.
    """
    from scipy.sparse import csr_array

    order = np.lexsort((np.maximum(a, b), np.minimum(a, b), -similarity))
    pairs = list(zip(a[order].tolist(), b[order].tolist(), strict=True))
    of = _joined(fitted, pairs, cap)
    members: dict[int, list[int]] = {}
    for position in np.flatnonzero(fitted).tolist():
        members.setdefault(int(of[position]), []).append(position)
    rows = [members[int(of[i])] if f else [] for i, f in enumerate(fitted.tolist())]
    for one, other in pairs:
        for mine, theirs in ((one, other), (other, one)):
            if not fitted[mine] and fitted[theirs]:
                group = members[int(of[theirs])]
                if theirs not in rows[mine] and len(rows[mine]) + len(group) <= cap:
                    rows[mine] = sorted(rows[mine] + group)
    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.array([c for row in rows for c in row], np.int64)
    return csr_array((np.ones(len(columns), bool), columns, ends), shape=(len(rows), len(rows)))


def _joined(
    fitted: NDArray[np.bool_], pairs: Iterable[tuple[int, int]], cap: int
) -> NDArray[np.int64]:
    """Returns the group of each input, named by one of its members."""
    parent, size = list(range(len(fitted))), [1] * len(fitted)

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in pairs:
        if fitted[one] and fitted[other]:
            x, y = find(one), find(other)
            if x != y and size[x] + size[y] <= cap:
                parent[max(x, y)] = min(x, y)
                size[min(x, y)] += size[max(x, y)]
    return np.array([find(i) for i in range(len(fitted))], np.int64)


def predictions(
    vectors: NDArray[np.float32],
    counts: Any,
    without: Any,
    *,
    progress: Track = lambda items: items,
) -> NDArray[np.float64]:
    r"""Returns for each input and label what the model without its duplicate group says.

    Vectors are centred on the fitted inputs, so that what all texts share counts for nothing.

    With V = (Z'Z + ridge I)^-1/2 Z' the ridge solution predicts F = V'V Y; without the fitted rows
    M it predicts z_i'w - v_i' V_M (I - V_M'V_M)^-1 (Y_M - F_M), for whatever row i (Sherman,
    Morrison and Woodbury). Nothing is fitted twice, and so the ridge can be chosen by the squared
    error of such predictions, on a block of inputs: little for clean labels, much for noisy ones.

    The model is the span of the kernel functions of the first `LANDMARKS` fitted inputs, and a
    constant. So pass the inputs in an order that has nothing to do with what they say, such as that
    of their hashes; with fewer fitted inputs the order does not matter.

    Args:
        vectors: unit vectors, float32 (n, dim), finite, no two of them of one text.
        counts: csr_array (n, labels), how many train examples of an input have a label; a row
            without any is not fitted.
        without: boolean csr_array (n, n), from `left_out`.
        progress: called around the blocks of work.

    Returns:
        float64 (n, labels); about 1 for the label, about 0 for the others.

    Source: Williams and Seeger 2001 (landmarks); Cook and Weisberg 1982 (rows left out); Allen 1974
    (the ridge); benchmarks/quality for the numbers.
    """
    from threadpoolctl import threadpool_limits

    fitted = np.flatnonzero(counts.sum(axis=1) > 0)
    scores = np.zeros((len(vectors), counts.shape[1]))
    if len(fitted) == 0:
        return scores
    blocks = _blocks_of_groups(fitted, without)
    others = np.flatnonzero(counts.sum(axis=1) == 0)
    alone = np.array_split(others, range(_ROWS_OF_TEST, len(others), _ROWS_OF_TEST))
    model = _Ridge(vectors, counts, without, fitted)
    steps: list[tuple[Any, Any, list[Any]]] = [
        (model.products, model.take, blocks),
        (model.solved, model.set, blocks[:1]),
        (model.judge_fitted, scores.__setitem__, blocks),
        (model.judge_others, scores.__setitem__, alone),
    ]
    # Blocks side by side, each by one thread: sums come out alike however many threads there are.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        for step, store, batch in progress(
            [
                (s, t, part[i : i + _LANES])
                for s, t, part in steps
                for i in range(0, len(part), _LANES)
            ]
        ):
            for block, rows in zip(batch, pool.map(step, batch), strict=True):
                store(block, rows)
    return scores


def _blocks_of_groups(fitted: NDArray[np.int64], without: Any) -> list[NDArray[np.int64]]:
    """Returns the fitted inputs in blocks that take no group apart, groups side by side."""
    first = without.indices[without.indptr[fitted]]
    order = np.lexsort((fitted, first))
    begins = np.flatnonzero(np.diff(first[order], prepend=-1))
    cuts = begins[np.unique(np.searchsorted(begins, np.arange(_ROWS, len(fitted), _ROWS)) - 1)]
    return [block for block in np.split(fitted[order], cuts) if len(block)]


class _Ridge:
    """The ridge model under way: sums over fitted blocks, then predictions block by block."""

    def __init__(
        self, vectors: NDArray[np.float32], counts: Any, without: Any, fitted: Any
    ) -> None:
        self._vectors, self._counts, self._without = vectors, counts, without
        self._centre = vectors[fitted].mean(axis=0, dtype=np.float64)
        self._landmarks = self._centred(fitted[:LANDMARKS])
        size = len(self._landmarks) + 1
        self._gram: NDArray[np.float64] = np.zeros((size, size))
        self._target: NDArray[np.float64] = np.zeros((size, counts.shape[1]))
        self._root: NDArray[np.float64] = np.zeros(0)
        self._weights: NDArray[np.float64] = np.zeros(0)

    def _centred(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns unit vectors, float64 (rows, dim), seen from the centre of the fitted inputs."""
        return _unit(self._vectors[rows] - self._centre)

    def _kernel(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns kernel values with all landmarks, and a constant: float64 (rows, m + 1)."""
        values = np.ones((len(rows), len(self._landmarks) + 1))
        values[:, :-1] = _gauss(self._centred(rows) @ self._landmarks.T)
        return values

    def products(self, rows: NDArray[np.int64]) -> tuple[Any, Any]:
        """Returns what fitted inputs add to the sums."""
        values = self._kernel(rows)
        target = (self._counts[rows].T @ values).T
        values *= np.sqrt(self._counts[rows].sum(axis=1))[:, None]
        return values.T @ values, target

    def take(self, _rows: NDArray[np.int64], products: tuple[Any, Any]) -> None:
        """Adds to the sums; all fitted inputs are taken before any is judged."""
        self._gram += products[0]
        self._target += products[1]

    def solved(self, rows: NDArray[np.int64]) -> tuple[Any, Any]:
        """Returns the factor and the weights that predictions need; rows choose the ridge.

        With Z = K_nm W^-T of the landmarks' kernel K_mm = W W', the factor of Z'Z + ridge I times W
        is that of K_mn K_nm + ridge K_mm: one triangle from kernel values straight to V.
        """
        from scipy.linalg import cholesky, solve_triangular

        size = len(self._gram)
        among = np.eye(size)
        among[:-1, :-1] = _gauss(self._landmarks @ self._landmarks.T)
        among[np.arange(size - 1), np.arange(size - 1)] += _JITTER
        best, chosen = np.inf, (self._root, self._weights)
        many, shares = self._shares(rows)
        for ridge in RIDGES:
            root = cholesky(self._gram + ridge * among, lower=True, overwrite_a=True)
            self.set(rows, (root, solve_triangular(root, self._target, lower=True)))
            wrong = (shares - self.judge_fitted(rows)) * many[:, None]
            error = float(f"{np.square(wrong).sum():.{_DIGITS}g}")
            if error >= best:
                break
            best, chosen = error, (self._root, self._weights)
        return chosen

    def set(self, _rows: NDArray[np.int64], solved: tuple[Any, Any]) -> None:
        """Sets what predictions need."""
        self._root, self._weights = solved

    def _rows(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns V of these inputs, float64 (m + 1, rows), not weighted."""
        from scipy.linalg import solve_triangular

        values: NDArray[np.float64] = solve_triangular(
            self._root, self._kernel(rows).T, lower=True, overwrite_b=True, check_finite=False
        )
        return values

    def _shares(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Returns the root of how many examples an input has, and the shares of their labels."""
        counts = self._counts[rows].toarray().astype(np.float64)
        many = counts.sum(axis=1)
        return np.sqrt(many), counts / many[:, None]

    def judge_fitted(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns predictions, float64 (rows, labels), for whole groups of fitted inputs."""
        values = self._rows(rows)
        many, shares = self._shares(rows)
        residual = (shares - values.T @ self._weights) * many[:, None]
        values *= many
        first = self._without.indices[self._without.indptr[rows]]
        begins = np.flatnonzero(np.diff(first, prepend=-1))
        size = np.diff(begins, append=len(rows))
        single = begins[size == 1]
        residual[single] /= 1 - np.einsum("ij,ij->j", values[:, single], values[:, single])[:, None]
        for begin, end in zip(begins[size > 1], (begins + size)[size > 1], strict=True):
            group = slice(begin, end)
            left = np.eye(end - begin) - values[:, group].T @ values[:, group]
            residual[group] = np.linalg.solve(left, residual[group])
        result: NDArray[np.float64] = shares - residual / many[:, None]
        return result

    def judge_others(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns predictions, float64 (rows, labels), for inputs that are not fitted."""
        values = self._rows(rows)
        scores: NDArray[np.float64] = values.T @ self._weights
        aside = self._without[rows]
        alike = np.unique(aside.indices)
        if len(alike) == 0:
            return scores
        theirs = self._rows(alike)
        many, shares = self._shares(alike)
        residual = (shares - theirs.T @ self._weights) * many[:, None]
        theirs *= many
        for row in np.flatnonzero(np.diff(aside.indptr)).tolist():
            group = np.searchsorted(alike, aside.indices[aside.indptr[row] : aside.indptr[row + 1]])
            left = np.eye(len(group)) - theirs[:, group].T @ theirs[:, group]
            leaving = np.linalg.solve(left, residual[group])
            scores[row] -= (values[:, row] @ theirs[:, group]) @ leaving
        return scores


def centres(vectors: NDArray[np.float32], counts: Any, without: Any) -> NDArray[np.float64]:
    """Returns the cosine of each input with the centre of each label, its duplicate group left out.

    Args:
        vectors: as for `predictions`.
        counts: likewise.
        without: likewise.

    Returns:
        float64 (n, labels); 0 for a label that nothing else has.
    """
    from scipy.sparse import csr_array

    fitted = counts.sum(axis=1) > 0
    if not fitted.any():
        return np.zeros((len(vectors), counts.shape[1]))
    residuals = _unit(vectors - vectors[fitted].mean(axis=0, dtype=np.float64))
    sums = counts.T @ residuals
    cosines: NDArray[np.float64] = residuals @ _unit(sums).T
    for part in _parts(len(vectors)):
        # Each input, each of those left out for it, and each label that these have.
        of, left = without[part].tocoo().coords
        many = counts[left].tocoo()
        pair, label = many.coords
        cells, place = np.unique(of[pair] * counts.shape[1] + label, return_inverse=True)
        at, label = np.divmod(cells, counts.shape[1])
        theirs = csr_array((many.data, (place, left[pair])), shape=(len(cells), len(vectors)))
        rest = _unit(sums[label] - theirs @ residuals)
        cosines[part][at, label] = np.einsum("ij,ij->i", residuals[part][at], rest)
    return cosines


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns rows of unit length; a row that is nearly nothing has no direction, and stays so."""
    result: NDArray[np.float64] = values / np.maximum(
        np.linalg.norm(values, axis=1, keepdims=True), _JITTER
    )
    return result


def _gauss(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns exp(-gamma |x - z|^2) of unit vectors."""
    result: NDArray[np.float64] = np.exp(-2 * GAMMA * (1 - cosines))
    return result


@dataclass(frozen=True)
class Judgement:
    """What the model says of labelled examples; aligned arrays (n,), in their order.

    Attributes:
        margin: by how much the best other label beats the given one.
        suggested: that other label.
        score: in (0, 1), low is bad: how the given label stands against the suggested one.
        given_probability: calibrated probability of the given label.
        probability: calibrated probability of the suggested label.
    """

    margin: NDArray[np.float64]
    suggested: NDArray[np.int64]
    score: NDArray[np.float64]
    given_probability: NDArray[np.float64]
    probability: NDArray[np.float64]


def temperature(
    scores: NDArray[np.float64], at: NDArray[np.int64], given: NDArray[np.int64]
) -> float:
    """Returns the temperature at which the predictions give the labels the highest likelihood.

    Args:
        scores: float64 (inputs, labels), predictions for inputs by models that have not seen them.
        at: the input of each example.
        given: its label.

    Source: Guo et al. 2017, section 4.2.
    """
    from scipy.optimize import minimize_scalar

    kinds, many = np.unique(np.column_stack([at, given]), axis=0, return_counts=True)

    def loss(log_temperature: float) -> float:
        total = 0.0
        for part in _parts(len(kinds)):
            rows = scores[kinds[part, 0]] / np.exp(log_temperature)
            rows -= rows.max(axis=1, keepdims=True)
            own = np.take_along_axis(rows, kinds[part, 1:], axis=1)[:, 0]
            total += float(many[part] @ (np.log(np.exp(rows).sum(axis=1)) - own))
        return total

    fit = minimize_scalar(
        loss, bounds=(np.log(0.005), np.log(5.0)), method="bounded", options={"xatol": 1e-3}
    )
    # The last digits depend on how many threads a product was made by.
    return float(f"{np.exp(fit.x):.3g}")


def probabilities(
    scores: NDArray[np.float64], at: NDArray[np.int64], heat: float
) -> NDArray[np.float64]:
    """Returns calibrated probabilities, float64 (examples, labels)."""
    result = scores[at] / heat
    result -= result.max(axis=1, keepdims=True)
    np.exp(result, out=result)
    result /= result.sum(axis=1, keepdims=True)
    return result


def judge(
    scores: NDArray[np.float64], at: NDArray[np.int64], given: NDArray[np.int64], heat: float
) -> Judgement:
    """Returns what predictions, float64 (inputs, labels >= 2), say of the labels of examples."""
    from scipy.special import expit

    margin, suggested = np.zeros(len(at)), np.zeros(len(at), np.int64)
    chances = np.zeros((2, len(at)))
    for part in _parts(len(at)):
        own = given[part, None]
        rows, likely = scores[at[part]], probabilities(scores, at[part], heat)
        mine = np.take_along_axis(rows, own, axis=1)
        np.put_along_axis(rows, own, -np.inf, axis=1)
        other = np.round(rows, _DIGITS).argmax(axis=1)
        suggested[part] = other
        margin[part] = (np.take_along_axis(rows, other[:, None], axis=1) - mine)[:, 0]
        chances[0, part] = np.take_along_axis(likely, own, axis=1)[:, 0]
        chances[1, part] = np.take_along_axis(likely, other[:, None], axis=1)[:, 0]
    score = rounded(expit(-margin / heat))
    return Judgement(margin, suggested, score, *chances.round(4))


def rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns numbers to eight significant digits: what is left when threads add up otherwise."""
    return np.array([float(f"{v:.{_SIGNIFICANT}g}") for v in values.tolist()], np.float64)


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, _ROWS):
        yield slice(start, min(start + _ROWS, count))
