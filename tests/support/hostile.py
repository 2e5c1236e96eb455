"""A project in which all that a user gives tries to own the page that shows it."""

from __future__ import annotations

from pathlib import Path

from curate.project import Project
from projects import WriteJsonl, new_project

HOSTILE = (
    "<script>document.title='owned'</script>", "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>alert(1)</script>", "<!--<script>", "]]>", "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
    "<style>body{display:none}</style>", "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\u202egpj.exe", "<svg onload=alert(1)>", "javascript:alert(1)", "'\"><b>bold</b>",
    "<link rel=stylesheet href=https://evil.example/x.css>", "url(https://evil.example/y.png)",
)  # fmt: skip


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
