"""What is hidden in the lines of a version: found anew only where something may have changed.

The placeholders of a conversation follow from all its items in which something may be hidden, by
time. Conversations that pairs join are one group. A group with the same items as in the last
version has the same placeholders, so that nothing of it is looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.export.items import Items
from curate.export.kept_lines import KeptLines
from curate.formats import Example, Item
from curate.privacy import privacy
from curate.privacy.redact import Redactor
from curate.progress import Progress
from curate.text.text import digest
from curate.verdicts.verdicts import Today

_MIXED = "mixed"
"""The group of conversations that general data has a part in: no other version has the same."""


@dataclass(frozen=True)
class Hiding:
    """What hides personal data, after it has looked at what may have changed.

    Attributes:
        redactor: has looked at the conversations of all items that are to be made anew.
        anew: side -> places of the items whose lines are other ones than they are.
        counts: kind -> places of all lines, hidden now or before.
        items: item_id, key, suspect, group and hidden of all items, as they are kept.
    """

    redactor: Redactor
    anew: dict[str, list[int]]
    counts: Counter[str]
    items: pa.Table


def look(
    today: Today,
    parts: Mapping[str, Items],
    numbers: Mapping[str, NDArray[np.int64]],
    before: KeptLines,
    general: Sequence[Example],
    *,
    progress: Progress,
) -> Hiding:
    """Returns what hides personal data in the lines of a version.

    Args:
        today: today's verdicts.
        parts: the items of each side, in the order of the files.
        numbers: side -> the numbers of their lines in the last version, -1 for lines that are new.
        before: the lines of the last version.
        general: what is mixed in.
        progress: called with (items, label) around the work.
    """
    redactor = privacy.redactor(today.store, today.con)
    first, *others = parts.values()
    whole = first.then(others)
    if whole.unit == "pair":
        redactor.join(whole.in_time().conversations())
    number = np.concatenate([numbers[side] for side in parts])
    suspect = _suspects(today, whole, number, before)
    kept = [before.groups[n] if n >= 0 else None for n in number.tolist()]
    parameters = privacy.hiding_digest(today.store, today.con)
    groups = _groups(whole, suspect, parameters, {e.conversation_id for e in general})
    changed = [n for n, name in enumerate(groups) if name != kept[n] or name == _MIXED]
    stale = {groups[place] for place in changed} | (set(groups) - before.hidden.keys())
    looked_at = [n for n in np.flatnonzero(suspect).tolist() if groups[n] in stale]
    hidden = _looked(redactor, whole, looked_at, groups, progress)
    for example in general:
        redactor.look(example)
    privacy.gate(redactor.secrets)
    counts = Counter(redactor.counts)
    for name in set(groups) - stale - {""}:
        hidden[name] = before.hidden[name]
        counts.update(hidden[name])
    conversations = whole.take(changed).conversations()
    anew = [
        place
        for place, some in zip(changed, conversations, strict=True)
        if kept[place] is not None or (groups[place] and any(map(redactor.touches, some)))
    ]
    return Hiding(redactor, _by_side(parts, anew), counts, _table(whole, suspect, groups, hidden))


def _suspects(
    today: Today, items: Items, numbers: NDArray[np.int64], before: KeptLines
) -> NDArray[np.bool_]:
    """Returns of each item whether a redactor may find something in it, bool (n,)."""
    suspect = np.zeros(len(items), dtype=bool)
    known = numbers >= 0
    suspect[known] = before.suspect[numbers[known]]
    if not known.all():
        new = np.flatnonzero(~known)
        suspect[new[items.take(new).suspects(today.store)]] = True
    return suspect


def _groups(
    items: Items, suspect: NDArray[np.bool_], parameters: str, mixed: Set[str]
) -> list[str]:
    """Returns of each item what names all that its placeholders follow from, if it has any.

    Args:
        items: of all sides.
        suspect: in which of them something may be hidden.
        parameters: names all that a redactor follows from besides items.
        mixed: conversations that general data has a part in.
    """
    roots = _roots(items)
    concerned = pc.unique(roots.filter(pa.array(suspect))).to_pylist()
    concerned = pa.array(sorted({*concerned, *mixed}), pa.string())
    places = np.flatnonzero(pc.is_in(roots, value_set=concerned))
    members = items.take(places)
    order = places[members.order_in_time()]
    held: dict[str, list[str]] = defaultdict(lambda: [parameters])
    root_of = dict(zip(order.tolist(), roots.take(pa.array(order)).to_pylist(), strict=True))
    keys = items.table.take(pa.array(order, pa.int64())).select(["item_id", "key"]).to_pylist()
    for place, row in zip(order.tolist(), keys, strict=True):
        # The order in which pairs join conversations counts, whatever they hold.
        if suspect[place] or items.unit == "pair":
            held[root_of[place]] += row.values()
    names = {root: digest("|".join(parts)) for root, parts in held.items()}
    names |= dict.fromkeys(mixed, _MIXED)
    groups = [""] * len(items)
    for place, root in root_of.items():
        groups[place] = names[root]
    return groups


def _roots(items: Items) -> pa.Array:
    """Returns the conversation of each item; of those that pairs join, the same for all."""
    if items.unit != "pair":
        return pc.list_flatten(items.table["conversations"]).combine_chunks()
    above: dict[str, str] = {}

    def root(conversation: str) -> str:
        while conversation in above:
            conversation = above[conversation]
        return conversation

    pairs = items.conversations()
    for chosen, rejected in pairs:
        if (first := root(chosen)) != (second := root(rejected)):
            above[second] = first
    return pa.array([root(chosen) for chosen, _ in pairs], pa.string())


def _looked(
    redactor: Redactor,
    items: Items,
    places: Sequence[int],
    groups: Sequence[str],
    progress: Progress,
) -> dict[str, dict[str, int]]:
    """Returns what the items at some places hide, by group: kind -> places."""
    order = np.asarray(places, np.int64)[items.take(places).order_in_time()]
    hidden: dict[str, Counter[str]] = defaultdict(Counter)
    looked_at: Iterable[Item] = progress(items.take(order), "looking for personal data")
    for place, item in zip(order.tolist(), looked_at, strict=True):
        before = len(redactor.findings)
        redactor.look(item)
        hidden[groups[place]].update(f.kind for f in redactor.findings[before:])
    return dict(hidden)


def _by_side(parts: Mapping[str, Items], places: Sequence[int]) -> dict[str, list[int]]:
    """Returns places in all items as those in the items of each side."""
    by_side, begin = {}, 0
    for side, part in parts.items():
        by_side[side] = [n - begin for n in places if begin <= n < begin + len(part)]
        begin += len(part)
    return by_side


def _table(
    items: Items,
    suspect: NDArray[np.bool_],
    groups: Sequence[str],
    hidden: Mapping[str, Mapping[str, int]],
) -> pa.Table:
    """Returns what is kept of items: what is hidden in a group stands at its first one."""
    left = dict(hidden)
    texts = [
        orjson.dumps(left.pop(name), option=orjson.OPT_SORT_KEYS).decode() if name in left else ""
        for name in groups
    ]
    own = items.table.select(["item_id", "key"])
    columns = {"suspect": pa.array(suspect), "group": pa.array(groups, pa.string())}
    columns["hidden"] = pa.array(texts, pa.string())
    for name, column in columns.items():
        own = own.append_column(name, [column])
    return own
