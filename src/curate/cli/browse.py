"""`curate browse`: searches and pages through examples."""

from __future__ import annotations

import shlex
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.options import PAGE_EXAMPLES, Conditions
from curate.text.escaping import for_terminal
from curate.text.reasons import REASONS
from curate.text.wording import counted, room, shortened, wrapped

if TYPE_CHECKING:
    from curate.browse import BrowseResult

_OPTIONS = ("label", "cluster", "side", "reason", "rating", "source-id", "model", "where")


@cli.command()
@click.argument("words", nargs=-1)
@click.option("--label", cls=Once, help="Examples with this label.")
@click.option("--cluster", cls=Once, help="Of this cluster: its number, or a part of its name.")
@click.option("--side", cls=Once, help="train, test, pending (held out, no good answer) or out.")
@click.option("--reason", cls=Once, help="Left out for this reason, named as in curate why.")
@click.option("--rating", cls=Once, help="Rated so by people: 4, 1..2, 4.., ..2 or none.")
@click.option("--source-id", cls=Once, help="With this id at the source.")
@click.option("--model", cls=Once, help="Answered by this model.")
@click.option("--where", cls=Once, metavar="SQL", help="That meet this condition, as in filter.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=PAGE_EXAMPLES,
    show_default=True,
    help="Examples on a page.",
)
@click.option("--page", cls=Once, type=click.IntRange(1), default=1, help="Which page.")
@json_option
@pass_context
def browse(
    context: Context,
    /,
    words: tuple[str, ...],
    limit: int,
    page: int,
    as_json: bool,
    **asked: Any,
) -> None:
    """Shows examples page by page: those with all WORDS in question or answer.

    Case and accents do not matter, and a word may be a part of one.

    \b
    Examples: curate browse refund late --side train
              curate browse --rating 1..2 --reason low_rating
    """
    conditions = Conditions(words=words, **asked)
    result = context.project().browse(conditions, limit=limit, page=page)
    show_result(result, as_json, lambda: render_browse(result, limit))


def render_browse(result: BrowseResult, limit: int) -> str:
    """Returns one page of examples, and what to type for the next one and for a story."""
    typed = _typed(result.conditions, limit)
    if not result.total:
        if not result.conditions:
            return "There is no example. Next: curate pull LOGS\n"
        text = f"No example meets all of this: {typed}\n"
        return text + "".join(wrapped(f"  {sentence}", "    ") for sentence in result.unknown)
    pages = f"{counted(result.total, 'example')}; page {result.page:,} of {result.pages:,}"
    if not result.examples:
        return f"{pages}: nothing is there\n"
    words = result.conditions.get("words", ())
    text = "".join(_render_example(example, words) + "\n" for example in result.examples)
    if result.page < result.pages:
        pages += f"; next: curate browse {typed}{' ' * bool(typed)}--page {result.page + 1}"
    return f"{text}{pages}\nNext: curate why {result.examples[0]['example_id'][:12]}\n"


def _typed(conditions: Mapping[str, Any], limit: int) -> str:
    """Returns conditions as they are typed."""
    parts = [*conditions.get("words", ())]
    for option in _OPTIONS:
        if (value := conditions.get(option.replace("-", "_"))) is not None:
            parts += [f"--{option}", str(value)]
    parts += ["--limit", str(limit)] if limit != PAGE_EXAMPLES else []
    return shlex.join(parts)


def _render_example(example: Mapping[str, Any], words: Sequence[str]) -> str:
    facts = [example["example_id"][:12]]
    facts.append("unrated" if example["rating"] is None else f"rated {example['rating']:g}")
    facts += [shortened(example["label"], 40)] if example["label"] else []
    if example["cluster_id"] is not None:
        facts.append(f"cluster {example['cluster_id']} ({example['cluster']})")
    reason = REASONS.get(example["reason"], example["reason"])
    facts.append(f"{example['side']}: {reason}" if reason else example["side"])
    text = "  ".join(for_terminal(fact) for fact in facts) + "\n"
    for what, said in (("asked", example["query"]), ("answer", example["response"])):
        text += f"  {what:<6}  {excerpt(said, words, room(10), marked=_is_terminal())}\n"
    return text


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def excerpt(text: str | None, words: Sequence[str], width: int, *, marked: bool) -> str:
    """Returns what of a text fits on a line, so that one of the words is seen, marked «so»."""
    line = " ".join(for_terminal(text or "").split())
    spans = list(_found(line, words))
    begin = spans[0][0] - width // 3 if spans and spans[0][1] > width - 3 else 0
    most = width - 2 * len(spans) * marked
    if begin > 0:
        begin = min(begin, max(len(line) - most + 3, 0))
        shown, spans = f"...{line[begin:]}", [(a - begin + 3, b - begin + 3) for a, b in spans]
    else:
        shown = line
    shown = shortened(shown, max(most, 20))
    for start, end in reversed(spans if marked else []):
        if end <= len(shown):
            shown = f"{shown[:start]}«{shown[start:end]}»{shown[end:]}"
    return shown


def _found(line: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yields where words stand in a line, whatever their case and accents, none inside another."""
    folded = [(c, place) for place, char in enumerate(line) for c in _folded(char)]
    text, last = "".join(c for c, _ in folded), 0
    places = [place for _, place in folded]
    hits = []
    for word in filter(None, ("".join(map(_folded, word)) for word in words)):
        at = text.find(word)
        while at >= 0:
            end = at + len(word)
            # Up to the next letter: accents that are characters of their own belong to it.
            hits.append((places[at], places[end] if end < len(places) else len(line)))
            at = text.find(word, at + len(word))
    for start, end in sorted(hits):
        if start >= last:
            yield start, end
            last = end


def _folded(text: str) -> str:
    """Returns a text without case and accents, as the search compares it."""
    return "".join(
        c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c)
    )
