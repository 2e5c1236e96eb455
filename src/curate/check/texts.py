"""What a row's texts show of how they were read: the rules that have a drop rule of the same name.

The patterns are those of `sql/filters/html_entities.sql` and `sql/filters/mojibake.sql`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curate.check.shapes import ParsedRow
from curate.messages import text_of
from curate.pull.bodies.bodies import is_envelope

_CODE = re.compile(r"```.*?(?:```|$)|`[^`\n]*`", re.DOTALL)
_ENTITY = re.compile(
    r"&(?:#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,5}|amp|lt|gt|quot|apos|nbsp|hellip|[mn]dash|[lr][sd]quo"
    r"|[lr]aquo|bull|middot|copy|reg|trade|deg|euro|pound|[aeiouyAEIOUY](?:uml|acute|grave|circ"
    r"|tilde)|szlig|[cC]cedil|[nN]tilde|[oO]slash|[aA]ring|(?:ae|AE|oe|OE)lig);"
)
# What a byte of a character that goes on looks like. Quotation marks, dashes and ellipses follow
# capitals of other languages too, so that one such pair proves nothing.
_BYTE = "[\x80-\xbf" + bytes(range(0x80, 0xA0)).decode("cp1252", "ignore") + "]"
_MISREAD = re.compile(
    (
        "\xc3(?![\xab\xbb\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u203a])~|\xc2[\xa0-\xba\xbc-\xbf]|\xe2\u20ac|\xe2\u201a\xac"
        "|\xe2\u201e\xa2|\xef\xbb\xbf|\xf0\u0178~~"
        "|(?:[\xc2-\xdf]~|[\xe0-\xef]~~|[\xf0-\xf4]~~~){2}"
    ).replace("~", _BYTE)
)


def of_texts(read: ParsedRow) -> Iterator[tuple[str, str]]:
    """Yields (rule, message) of texts that were read wrong; results of tools may be anything."""
    for answer in read.answers or [[]]:
        for place, message in enumerate([*read.prompt, *answer], 1):
            text = text_of(message.get("content"))
            if message["role"] in ("user", "assistant") and is_envelope(text):
                yield "envelope", f"message {place} is the text of a message or body"
            elif message["role"] != "tool":
                yield from _of_letters(place, text)


def _of_letters(place: int, text: str) -> Iterator[tuple[str, str]]:
    if "&" in text and (entity := _ENTITY.search(_CODE.sub("", text))):
        yield "html-entities", f"message {place} holds {entity[0]!r}"
    if not text.isascii() and (misread := _MISREAD.search(text)):
        yield "mojibake", f"message {place} holds {misread[0]!r}"
