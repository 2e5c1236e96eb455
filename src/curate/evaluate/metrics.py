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
from numpy.typing import NDArray

from curate.contract.answers import read_json, unfenced
from curate.errors import ConfigError, MissingExtra, unknown_name
from curate.evaluate.heldout import HeldOut, answer_text, calls, plain_numbers
from curate.messages import Message, canonical
from curate.pull.contents import as_text
from curate.text import label_sets
from curate.text.text import tokens

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


def without_spans(heldout: Sequence[HeldOut], answers: Mapping[str, list[Message]]) -> int:
    """Returns how many answers hold nothing that can be read as spans, where spans are asked for.

    They score 0: to find nothing is said by an empty list.
    """
    asked = [one for one in heldout if one.spans is not None and one.example_id in answers]
    return sum(_spans(answer_text(answers[one.example_id])) is None for one in asked)


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """Returns the mean F1 of the classes that the truth has; of several labels, that of each."""
    pairs = _label_pairs(truth, said)
    hits = Counter(name for right, given in pairs for name in right & given)
    of_truth = Counter(name for right, _ in pairs for name in right)
    of_said = Counter(name for _, given in pairs for name in given)
    parts = [2 * hits[c] / (of_truth[c] + of_said[c]) for c in of_truth]
    return sum(parts) / len(parts) if parts else 0.0


def confusions(truth: Sequence[str], said: Sequence[str]) -> list[tuple[str, str, int]]:
    """Returns (right, said, how often) of wrong labels, the most frequent first.

    Several labels are one set, written as a right one is.
    """
    several = _all_lists(truth)
    pairs = Counter(
        (label_sets.text(a), label_sets.text(b)) if several else (*a, *b)
        for a, b in _label_pairs(truth, said)
        if a != b
    )
    return [(a, b, n) for (a, b), n in sorted(pairs.items(), key=lambda p: (-p[1], p[0]))]


def _label_pairs(truth: Sequence[str], said: Sequence[str]) -> list[tuple[set[str], set[str]]]:
    """Returns (right, said) labels of each example; where there is one each, sets of one."""
    several = _all_lists(truth)
    return [
        (_names(a), _names(b)) if several else ({a}, {b}) for a, b in zip(truth, said, strict=True)
    ]


def _all_lists(labels: Sequence[str]) -> bool:
    return bool(labels) and all(map(_is_list, labels))


def _exact(one: HeldOut, answer: list[Message]) -> float:
    said = answer_text(answer).strip()
    if one.label is not None and _is_list(one.label):
        return float(_names(said) == _names(one.label))
    right = None if one.label is not None else _bare_object(one.text)
    if right is not None and (found := _bare_object(said)) is not None:
        return float(canonical(right) == canonical(found))
    return float(said == one.text.strip())


def _is_list(label: str) -> bool:
    return label.startswith("[") and label_sets.read(label) != (label,)


def _names(text: str) -> set[str]:
    """Returns the labels of a text: the names in a list of JSON, or the text itself."""
    found = _bare_object(text)
    if not isinstance(found, list) or any(isinstance(name, list | dict) for name in found):
        return {text} - {""}
    return {name.strip() for name in map(as_text, found) if name is not None}


def _label_f1(one: HeldOut, answer: list[Message]) -> float:
    right, said = _names(one.label or ""), _names(answer_text(answer).strip())
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
    """Returns the JSON object or list that a text is; None where it is none.

    It may stand in code fences, whether the contract allows them or not: whether an answer keeps
    its form is said by `form` and `exact`, and what it says is to be judged alike under each
    contract.
    """
    return _bare_object(unfenced(text))


def _bare_object(text: str) -> Any:
    """Returns the JSON object or list that a text is, without code fences."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    value, found = read_json(text)
    try:
        return None if found else plain_numbers(value)
    except RecursionError:
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
    text = answer_text(answer)
    return float(right == said and unfenced(text) == text)


def _span_f1(one: HeldOut, answer: list[Message]) -> float:
    return _f1(*_span_sets(one, answer))


def _span_sets(one: HeldOut, answer: list[Message]) -> tuple[Counter[Any], Counter[Any]]:
    """Returns the right spans and those of an answer: by place, or by text where it gives none."""
    spans, said = one.spans or (), _spans(answer_text(answer))
    if said is None:
        return Counter(spans), Counter([None])
    if not said or any(span and len(span) == 3 for span in said):
        return Counter(spans), Counter(said)
    text = _last_text(one)
    return Counter((label, text[start:end]) for start, end, label in spans), Counter(said)


def _spans(text: str) -> list[tuple[Any, ...] | None] | None:
    """Returns the spans of an answer, as (start, end, label) or as (label, text).

    None stands for a part that cannot be read, and for an answer of which none can be.
    """
    said = _object(text.strip())
    if isinstance(said, dict):
        lists = [said[key] for key in _SPAN_LISTS if _holds_spans(said.get(key))]
        said = lists[0] if lists else list(_by_label(said))
    if said is None:
        return None
    found = [_span(item) for item in said]
    return None if found and not any(found) else found


_SPAN_LISTS = ("spans", "entities")


def _holds_spans(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, list | dict) for item in value)


def _by_label(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the spans of an object that has the texts under each label."""
    for label, found in said.items():
        for text in found if isinstance(found, list) else [found]:
            if text is not None:
                yield {"label": label, "text": text}


def _last_text(one: HeldOut) -> str:
    turns = [m["content"] for m in one.prompt if m["role"] == "user"]
    return str(turns[-1]) if turns else ""


def _span(item: Any) -> tuple[Any, ...] | None:
    values = item if isinstance(item, list) else None
    if isinstance(item, dict):
        values = [item.get("start"), item.get("end"), item.get("label")]
    if values and [type(part) for part in values] == [int, int, str]:
        return tuple(values)
    if isinstance(item, dict) and not {"label", "text"} - item.keys():
        label, text = item["label"], item["text"]
        return None if isinstance(text, list | dict) else (str(label), str(text))
    return None
