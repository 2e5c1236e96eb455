"""Which examples may hold personal data or secrets: one cheap look before the exact one.

The database looks at all texts at once, as it stores them, for what every detector needs to see.
It says yes too often and never no wrongly: whoever adds a detector adds what it needs here.
"""

from __future__ import annotations

import duckdb

from curate.privacy.patterns import IBAN_LENGTHS
from curate.store import sql

COLUMNS = ("messages", "output", "tools", "query", "response", "label")
"""The first three as JSON text."""

# White space in a text, or its escape in JSON. Some letters are of one case with those of ASCII.
_SPACE = (
    r"(?:[\s\x{b}\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}"
    r"\x{3000}]|\\[a-z])"
)
_I, _S, _K = "[iI\u0131\u0130]", "[sS\u017f]", "[kK\u212a]"
_WORD = r"[0-9A-Za-z_\x{80}-\x{10ffff}]"
_CALLED = (
    rf"(?i)(?:pa{_S}{_S}(?:word|wd|phra{_S}e|code)?|pwd|{_S}ecret|to{_K}en"
    rf"|(?:ap{_I}|acce{_S}{_S}|{_S}ecret|pr{_I}vate|auth)[ _-]?{_K}ey|cl{_I}ent[ _-]?{_S}ecret)"
)
_IS = (
    rf"(?:\\?[\"'`]|_{_WORD}+)?"
    rf"(?:{_SPACE}*[=:\x{{ff1a}}\x{{662f}}]|{_SPACE}+(?:{_I}{_S}|wa{_S})(?:{_SPACE}|:))"
)
_NEEDED = (
    r"\\[^\"nrtbf]",  # what JSON has escaped may be anything
    r"<[A-Z]+_[0-9]",  # a placeholder, whose number no other value gets
    r"[0-9](?:[ ().\-\x{2010}-\x{2015}\x{a0}/]*[0-9]){6}",  # phone, card, social security number
    r"(?:@|%40)[0-9A-Za-z_\-\x{80}-\x{10ffff}]+\.",
    r"://[^\s:/@<>]*:[^\s/@<>]+@",
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
    r"(?i)[23f][0-9a-f]{3}:[0-9a-f]{0,4}:|(?::[0-9a-f]{1,4}){6}:",
    r"(?i)[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}",
    rf"(?i)(?:{'|'.join(IBAN_LENGTHS)})[0-9]{{2}}(?:[ -]?[a-z0-9]){{11}}",
    r"PRIVATE KEY|sk-[\w-]{20}|A[KS]IA[A-Z0-9]{16}|[\w/+]{40}|gh[pousr]_[A-Za-z0-9]{36}",
    r"github_pat_|glpat-|xox[abeoprs]-|xapp-|hooks\.slack\.com/|AIza[\w-]{35}|GOCSPX-",
    r"[sr]k_(?:live|test)_|SG\.[\w-]{16}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50}|hf_[A-Za-z0-9]{30}",
    r"gsk_[A-Za-z0-9]{40}|dapi[a-f0-9]{32}|do[opr]_v1_|shp(?:at|ca|pa|ss)_|[0-9]{8}:AA",
    r"AccountKey=|eyJ[\w-]{8}",
    rf"(?i)bearer{_SPACE}+[\w.~+/-]{{20}}",
    rf"{_CALLED}{_IS}",
)
PATTERN = "|".join(f"(?:{needed})" for needed in _NEEDED)


def suspects(con: duckdb.DuckDBPyConnection) -> list[int]:
    """Returns the places of texts that may hold something, in order.

    Args:
        con: has a relation `texts` with `COLUMNS`, and `place` to say whose texts they are.
    """
    rows = con.execute(sql("privacy/suspects"), {"pattern": PATTERN}).fetchall()
    return [place for (place,) in rows]
