"""What texts from elsewhere look like where people read them: no character acts, each is seen.

Logs, labels, names of files and answers of servers may hold characters that move a cursor, paint a
terminal, turn the order of reading around or stand for markup. They are stored and exported as they
are; whatever is *shown* goes through one of these: `for_terminal` where text is printed,
`for_json` where JSON is, `for_markdown` and `for_html` where it is put into a page.
"""

from __future__ import annotations

import html
import re

# C0 and C1 controls, DEL, separators of lines that are no newline, marks and overrides of direction
# (Unicode TR9), characters without width that hide in words, tags (TR51), halves of pairs, and the
# two others that XML has no place for.
# U+200C and U+200D shape letters and emoji: they stay.
_ACTING = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f"
)
_ACTS = re.compile(f"[{_ACTING}]")
# What begins a mark, a link or a cell; what begins a list or a heading stands first.
_MARKDOWN = re.compile(
    r"([\\`*_\[\]#!|~:$^@]|(?<=[wW]{3})\.|^[-+=]|(?<=^\d)[.)](?=\s|$)|(?<=^\d\d)[.)](?=\s|$))"
)


def for_terminal(text: str) -> str:
    r"""Returns a text of which nothing moves or paints: `\x1b`, `\u202e` as they would be typed.

    Newlines and tabs stay; a carriage return before a newline goes.
    """
    return _ACTS.sub(_typed, text.replace("\r\n", "\n"))


def for_json(text: str) -> str:
    r"""Returns JSON of the same value, of which nothing acts: `\u009b`, `\u202e`.

    Other controls are escaped in all JSON.
    """
    return _ACTS.sub(_as_json, text)


def for_html(text: str) -> str:
    """Returns a text to be put between tags or into a quoted attribute."""
    return html.escape(for_terminal(text), quote=True)


def for_markdown(text: str) -> str:
    """Returns a text to be put into a line of Markdown, or a cell of a table: it is only read."""
    line = " ".join(for_terminal(text).split())
    return html.escape(_MARKDOWN.sub(r"\\\1", line), quote=False)


def _as_json(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 65536:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + (code - 65536 >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _typed(found: re.Match[str]) -> str:
    code = ord(found[0])
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )
