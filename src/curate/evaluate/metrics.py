"""How good an answer is: metrics by task, each 0 to 1 of one answer.

What an answer is judged by has to be told from the held-out example alone, so that the same answer
gets the same score whoever gave it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from curate import label_sets
from curate.errors import ConfigError, MissingExtra, unknown_name
from curate.evaluate.heldout import HeldOut, answer_text, calls
from curate.messages import Message, canonical
from curate.text import tokens

Score = Callable[[HeldOut, list[Message]], float | None]

SIMILARITY = "similarity"
"""The metric that needs an encoder, see `curate.evaluate.similarity`."""


_MISSING = (
    "chrF and ROUGE-L need sacrebleu and rouge-score. "
    "Next: pip install 'curate-workbench[evaluate]'"
)


def primary(heldout: Sequence[HeldOut]) -> str:
    """Returns the metric that verdicts go by where nobody chose one."""
    first = heldout[0]
    if first.label is not None:
        return "accuracy"
    if first.spans is not None:
        return "span_f1"
    objects = sum(_object(one.text) is not None for one in heldout)
    return "field_f1" if 2 * objects > len(heldout) else "chrf"


def scores(
    heldout: Sequence[HeldOut], answers: Mapping[str, list[Message]]
) -> dict[str, NDArray[np.float64]]:
    """Returns the scores of answers by each metric that says something of these examples.

    Args:
        heldout: (n) examples.
        answers: example id -> answer.

    Returns:
        Metric -> (n,) scores from 0 to 1; NaN where there is no answer, or nothing to judge.
    """
    found: dict[str, NDArray[np.float64]] = {}
    for name, score in _of(heldout).items():
        values = np.full(len(heldout), np.nan)
        for place, one in enumerate(heldout):
            if one.example_id in answers:
                value = score(one, answers[one.example_id])
                values[place] = np.nan if value is None else value
        found[name] = values
    return found


def choose(name: str | None, heldout: Sequence[HeldOut]) -> str:
    """Returns the metric that verdicts go by.

    Raises:
        ConfigError: there is none of this name for these examples.
    """
    known = {*_of(heldout)} | ({SIMILARITY} if _free_text(heldout) else set())
    if name is not None and name not in known:
        raise ConfigError(unknown_name("metric", name, known))
    return name or primary(heldout)


def _free_text(heldout: Sequence[HeldOut]) -> bool:
    return heldout[0].label is None and heldout[0].spans is None


def _of(heldout: Sequence[HeldOut]) -> dict[str, Score]:
    first = heldout[0]
    if first.label is not None:
        several = all(_is_list(one.label or "") for one in heldout)
        return {"accuracy": _exact, "label_f1": _label_f1} if several else {"accuracy": _exact}
    if first.spans is not None:
        return {"exact": _spans_exact, "span_f1": _span_f1}
    found: dict[str, Score] = {"exact": _exact, "chrf": _chrf, "rouge_l": _rouge_l}
    if any(_object(one.text) is not None for one in heldout):
        found["field_f1"] = _field_f1
    if any(calls(one.answer) for one in heldout):
        found |= {"tool_name": _tool_name, "tool_arguments": _tool_arguments}
    return found


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """Returns the mean F1 of the classes that the truth has."""
    hits = Counter(a for a, b in zip(truth, said, strict=True) if a == b)
    of_truth, of_said = Counter(truth), Counter(said)
    parts = [2 * hits[c] / (of_truth[c] + of_said[c]) for c in of_truth]
    return sum(parts) / len(parts) if parts else 0.0


def confusions(truth: Sequence[str], said: Sequence[str]) -> list[tuple[str, str, int]]:
    """Returns (right, said, how often) of wrong labels, the most frequent first."""
    pairs = Counter((a, b) for a, b in zip(truth, said, strict=True) if a != b)
    return [(a, b, n) for (a, b), n in sorted(pairs.items(), key=lambda p: (-p[1], p[0]))]


def _exact(one: HeldOut, answer: list[Message]) -> float:
    said = answer_text(answer).strip()
    if one.label is not None and _is_list(one.label):
        return float(_names(said) == set(label_sets.names(one.label)))
    return float(said == one.text.strip())


def _is_list(label: str) -> bool:
    return label.startswith("[")


def _names(text: str) -> set[str]:
    return set(label_sets.read(text)) if text else set()


def _label_f1(one: HeldOut, answer: list[Message]) -> float:
    right, said = set(label_sets.names(one.label or "[]")), _names(answer_text(answer).strip())
    return _f1(Counter(right), Counter(said))


def _f1(right: Counter[Any], said: Counter[Any]) -> float:
    """Returns the F1 of what was said; 1 where nothing was to say, and nothing was said."""
    both, size = (right & said).total(), right.total() + said.total()
    return 2 * both / size if size else 1.0


def _chrf(one: HeldOut, answer: list[Message]) -> float:
    """Returns the character F-score.

    Source: Popovic 2015, WMT15 (chrF), by sacrebleu with its defaults.
    """
    return float(_tools()[0].sentence_score(answer_text(answer), [one.text]).score) / 100


def _rouge_l(one: HeldOut, answer: list[Message]) -> float:
    """Returns the F-measure of the longest common subsequence of tokens.

    Source: Lin 2004, ROUGE; by rouge-score, with this project's tokens, which see all scripts.
    """
    return float(_tools()[1].score(one.text, answer_text(answer))["rougeL"].fmeasure)


@cache
def _tools() -> tuple[Any, Any]:
    try:
        from rouge_score.rouge_scorer import RougeScorer
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise MissingExtra(_MISSING) from error

    class Tokens:
        """Tokens as this project has them."""

        def tokenize(self, text: str) -> list[str]:
            """Returns the tokens of a text."""
            return list(tokens(text))

    return CHRF(), RougeScorer(["rougeL"], tokenizer=Tokens())


def _object(text: str) -> Any:
    """Returns the JSON object or list in a text; None where it is none."""
    begins = text.lstrip()[:1]
    if begins not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _field_f1(one: HeldOut, answer: list[Message]) -> float | None:
    right = _object(one.text)
    if right is None:
        return None
    said = _object(answer_text(answer).strip())
    return _f1(Counter(_fields(right)), Counter(_fields(said) if said is not None else ()))


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yields the fields of a JSON value with their values; the order of a list says nothing."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(inner, f"{path}/*")
    else:
        yield path, canonical(value)


def _tool_name(one: HeldOut, answer: list[Message]) -> float | None:
    right = Counter(name for name, _ in calls(one.answer))
    return float(right == Counter(name for name, _ in calls(answer))) if right else None


def _tool_arguments(one: HeldOut, answer: list[Message]) -> float | None:
    right = Counter(canonical(call) for call in calls(one.answer))
    return float(right == Counter(canonical(call) for call in calls(answer))) if right else None


def _spans_exact(one: HeldOut, answer: list[Message]) -> float:
    right, said = _span_sets(one, answer)
    return float(right == said)


def _span_f1(one: HeldOut, answer: list[Message]) -> float:
    return _f1(*_span_sets(one, answer))


def _span_sets(one: HeldOut, answer: list[Message]) -> tuple[Counter[Any], Counter[Any]]:
    """Returns the right spans and those of an answer: by place, or by text where it gives none."""
    spans = one.spans or ()
    said = _object(answer_text(answer).strip())
    listed = said if isinstance(said, list) else []
    places = [p for p in (_place(item) for item in listed) if p]
    if isinstance(said, list) and len(places) == len(listed):
        return Counter(spans), Counter(places)
    text = _last_text(one)
    right = Counter((label, text[start:end]) for start, end, label in spans)
    return right, Counter(_texts(said))


def _last_text(one: HeldOut) -> str:
    turns = [m["content"] for m in one.prompt if m["role"] == "user"]
    return str(turns[-1]) if turns else ""


def _place(item: Any) -> tuple[int, int, str] | None:
    if isinstance(item, dict):
        item = [item.get("start"), item.get("end"), item.get("label")]
    if isinstance(item, list) and [type(part) for part in item] == [int, int, str]:
        return item[0], item[1], item[2]
    return None


def _texts(said: Any) -> Iterator[tuple[str, str]]:
    """Yields (label, text) of an answer that names what it found."""
    if isinstance(said, dict):
        for label, found in said.items():
            for text in found if isinstance(found, list) else [found]:
                if text is not None:
                    yield label, str(text)
    elif isinstance(said, list):
        for item in said:
            if isinstance(item, dict) and "label" in item and "text" in item:
                yield str(item["label"]), str(item["text"])
