"""Counts of many texts are those of each: `tokens` is the oracle."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.token_counts import token_counts
from curate.text.text import normalise, tokens

ODD = st.text("ab_1 09.,+-:;()!=#$%&*/<>@\\^|~'\"\n\t\x00\x1f\x7fäß語กิ²½😀-", max_size=20)


@settings(max_examples=500)
@given(st.lists(ODD | st.text(max_size=20), max_size=8))
def test_counts_are_those_of_each_text(texts: list[str]) -> None:
    assert token_counts(texts) == [len(tokens(text)) for text in texts]
    normalised = list(map(normalise, texts))
    assert token_counts(normalised) == [len(tokens(text)) for text in normalised]


def test_every_pair_of_ascii_characters() -> None:
    texts = [f"a{chr(one)}{chr(other)}1 " for one in range(128) for other in range(128)]
    assert token_counts(texts) == [len(tokens(text)) for text in texts]
