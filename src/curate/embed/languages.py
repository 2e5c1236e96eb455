"""What languages texts are in, as far as choosing an encoder needs to know: by script, and English.

The script is that of most letters, by their Unicode names. A text in Latin script counts as another
language when it holds none of the commonest words of English, but a letter beyond ASCII or one of
the commonest words of other languages. Titles and lists of names hold neither and count as English.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from curate.text.text import latin, words

ENGLISH = "English"
OTHER_LATIN = "Latin script, not English"
LATIN = (ENGLISH, OTHER_LATIN)

NEARLY = 0.9
"""A share of inputs that is nearly all."""


FEW = 0.02
"""A share that says nothing: at most 0.1% of the English texts in BANKING77, CLINC150, AlpacaEval
and Topical-Chat count as another language, and 5% of the titles in Abt-Buy."""


_FEWEST_WORDS = 4
"""In fewer words a common word of another language may stand in a name (`los angeles`)."""


# fmt: off
_ENGLISH_WORDS = frozenset({
    "the", "and", "of", "to", "for", "with", "that", "this", "my", "your", "you", "it", "is", "are",
    "was", "have", "has", "can", "could", "would", "should", "will", "what", "which", "how", "why",
    "when", "where", "from", "about", "there", "they", "we", "our", "their", "his", "her", "do",
    "does", "did", "not", "been", "be", "an", "at", "by", "any", "more", "need", "want", "please",
    "get",
})
# fmt: on
"""Common words of English, less those that are common elsewhere, too (a, i, in, on, so, me, no)."""


# fmt: off
_OTHER_WORDS = frozenset({
    "der", "die", "das", "und", "ist", "ich", "nicht", "ein", "eine", "wie", "mein", "meine",  # de
    "le", "la", "les", "des", "et", "est", "je", "un", "une", "mon", "ma", "que", "pour",  # fr
    "el", "los", "las", "mi", "es", "en", "por", "para", "con", "puedo",  # es
    "o", "os", "um", "uma", "meu", "minha", "como", "posso", "da", "do", "em",  # pt
    "il", "di", "che", "per", "mio", "mia", "come", "non", "sono",  # it
    "de", "het", "een", "van", "ik", "mijn", "niet", "hoe", "kan", "waar",  # nl
    "nie", "jest", "na", "w", "z", "czy", "jak", "jestem", "moje",  # pl
    "bir", "ve", "bu", "ne", "ben", "nasil", "benim",  # tr
    "och", "att", "det", "som", "jeg", "jag", "er", "min", "mitt", "hvor", "hvordan",  # da, nb, sv
    "yang", "dan", "saya", "ini", "itu", "bagaimana", "tidak",  # id
} - _ENGLISH_WORDS)
# fmt: on
"""The commonest words of some languages whose texts may hold no letter beyond ASCII."""


_NAMES = {"CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana"}
_WIDTHS = ("FULLWIDTH", "HALFWIDTH")


def language(text: str) -> str:
    """Returns `English`, `Latin script, not English`, or the script of a text that is not Latin.

    Args:
        text: normalised. One without letters, or too short to tell, is taken for English.
    """
    if not latin(text):
        scripts = Counter(_script(letter) for letter in text if letter.isalpha())
        del scripts["Latin"]  # there is another script, as it is not Latin
        return min(scripts, key=lambda name: (-scripts[name], name))
    found = set(words(text))
    if not _ENGLISH_WORDS.isdisjoint(found):
        return ENGLISH
    is_long = len(found) >= _FEWEST_WORDS
    accented = len(found) > 1 and any(c.isalpha() and not c.isascii() for c in text)
    return OTHER_LATIN if accented or (is_long and found & _OTHER_WORDS) else ENGLISH


def survey(texts: Iterable[str]) -> dict[str, int]:
    """Returns how many texts each language or script has, the most frequent first."""
    counts = Counter(map(language, texts))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@lru_cache(maxsize=65_536)
def _script(letter: str) -> str:
    parts = unicodedata.name(letter, "OTHER").replace("-", " ").split()
    # Kana and Hangul are the same at every width; wide Latin letters are none to a tokenizer.
    is_width = parts[0] in _WIDTHS and parts[1:2] != ["LATIN"]
    name = parts[1] if is_width and len(parts) > 1 else parts[0]
    return _NAMES.get(name, name.capitalize())
