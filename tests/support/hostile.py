"""Names that act, where something shows them as they are."""

from __future__ import annotations

from pathlib import Path

from curate.project import Project
from curate.text.escaping import for_terminal
from projects import WriteJsonl, new_project

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
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>",
    "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
    "<style>body{display:none}</style>",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\u202egpj.exe",
    "<svg onload=alert(1)>",
    "javascript:alert(1)",
    "'\"><b>bold</b>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "url(https://evil.example/y.png)",
]


def shown(text: str) -> str:
    """Returns what a page that is right shows of a text: one line, in which nothing acts."""
    return " ".join(for_terminal(text).split())


def hostile_project(folder: Path, write_jsonl: WriteJsonl) -> Project:
    """A project in which all that a user gives is hostile."""
    rows = [
        {"id": f"{text}{n}", "prompt": f"{text} asks for number {n} of these things, please",
         "response": f"{text} answers {n}", "label": HOSTILE[n % 3], "model": text,
         "rating": 1 + n % 5}
        for n, text in enumerate(HOSTILE * 3)
    ]  # fmt: skip
    project = new_project(folder / "p", task="classification")
    project.pull([str(write_jsonl(folder / "logs.jsonl", rows))])
    project.filter()
    project.dedupe()
    project.export("set")
    return project
