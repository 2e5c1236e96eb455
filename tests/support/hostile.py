"""Names that act, where something shows them as they are."""

from __future__ import annotations

from curate.text.escaping import for_terminal

HOSTILE = [
    "a|b|c",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/a.png)",
    "[click](javascript:alert(1))",
    "https://evil.example and www.evil.example",
    "**bold** _it_ ~~gone~~ $x^2$",
    "`code` ``two`` ```three```",
    "`",
    "\x1b[31mred\x1b[0m \x9b2J \x07",
    "\u202egpj.exe \u2066a\u2069 pay\u200bpal",
    "line\nbreak\r\n\n# heading\n- item\n---\n",
    "\"quoted\": 'yes' # comment {a: [b]} &anchor *alias !tag",
    "\\ back \\| slash \\",
    "null",
    "1e5",
    "- x",
    "\ufeff\ufffe\uffff\u2028\u0085",
    "👩‍💻 नमस्ते مرحبا 你好 é",
]


def shown(text: str) -> str:
    """Returns what a page that is right shows of a text: one line, in which nothing acts."""
    return " ".join(for_terminal(text).split())
