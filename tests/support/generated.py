"""What cog writes into pages: tables of columns, words, rules and of the store.

A page calls one of these functions in a comment, after `sys.path[:0] = ["tests/support"]`; cog runs
at the top of the checkout (`make docs`), and tests/house/test_docs.py checks that they are up to
date.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import cog

from curate import Project, formats
from curate.check import targets
from curate.check.rules import RULES
from curate.filters.rules import rules
from curate.pull.mapping import FIELDS, Kind
from curate.pull.rating import WORDS
from curate.sources.presets import presets
from curate.store import sql
from curate.store.headers import Parameter

# Tables whose names, columns and types stay, and others that people ask for.
STABLE = (
    "ai_interactions", "interactions", "feedback", "rejects", "example_inputs", "input_pairs",
    "semantic_pairs", "mislabels", "split_ledger", "versions", "version_examples",
)  # fmt: skip
USEFUL = (
    "annotations", "clusters", "cluster_members", "contract_checks", "decisions", "embeddings",
    "examples", "filter_hits", "inputs", "interaction_history", "map_points", "pairs",
    "privacy_findings", "ratings", "runs", "signals", "tasks",
)  # fmt: skip


def table(head: str, align: str, rows: Iterable[str]) -> None:
    """Writes a table; cells are separated by bars alone."""
    cog.outl(f"\n|{head}|\n|{align}|")
    for row in rows:
        cog.outl(f"|{row}|")
    cog.outl("")


def columns(kind: Kind, but: Kind | None = None) -> None:
    """Writes which column names are which field, without those that `but` reads likewise."""
    names = {f: n for f, n in FIELDS[kind].items() if not but or FIELDS[but].get(f) != n}
    rows = []
    for field, known in names.items():
        listed = ", ".join(f"`{name}`" for name in known)
        rows.append(f"`{field}`|{listed or 'none: use `--map`'}")
    table("field|column names that are recognised", "---|---", rows)


def rating_words() -> None:
    """Writes which words are which rating."""
    places = sorted(set(WORDS.values()), reverse=True)
    table(
        "words|rating",
        "---|---:",
        (f"{', '.join(w for w, at in WORDS.items() if at == p)}|{1 + 4 * p:g}" for p in places),
    )


def preset_documents() -> None:
    """Writes which documents each preset reads."""
    kinds = {"interactions": "calls", "turns": "turns", "feedback": "feedback"}
    ordered = sorted(presets(), key=lambda p: (p.name, [*kinds].index(p.kind)))
    rows = (f"`{p.name}`|{p.what}|{kinds[p.kind]}" for p in ordered)
    table("preset|reads|as", "---|---|---", rows)


def preset_fields() -> None:
    """Writes which fields the documents of each preset fill, as the tests of presets found it."""
    text = Path("tests/sources/presets/fields.json").read_text(encoding="utf-8")
    names, found = json.loads(text).values()
    rows = (
        f"`{preset}`|{'|'.join('✓' if name in filled else '' for name in names)}"
        for preset, filled in found.items()
    )
    table(f"preset|{'|'.join(names)}", f"---{'|:-:' * len(names)}", rows)


def drop_rules() -> None:
    """Writes what each rule does, and its options."""
    table(
        "rule|what it does|options",
        "---|---|---",
        (
            f"`{r.name}`|{r.help}|{'<br>'.join(map(_option, r.parameters))}"
            for r in rules().values()
        ),
    )


def _option(parameter: Parameter) -> str:
    default = parameter.default
    known = "none" if default is None else f"{default:g}" if isinstance(default, float) else default
    kind = parameter.kind.replace("|", " or ")
    return f"`--{parameter.name.replace('_', '-')}` ({kind}, default {known}): {parameter.help}"


def candidates() -> None:
    """Writes the columns that drop rules see."""
    with tempfile.TemporaryDirectory() as folder, Project.init(folder).store.read() as con:
        con.execute(sql("filters/rated"))
        con.execute(sql("filters/candidates_all"))
        names = [row[0] for row in con.execute("DESCRIBE candidates").fetchall()]
    cog.outl("\n" + ", ".join(f"`{name}`" for name in names) + ".\n")


def schema() -> None:
    """Writes what the store holds, from the comments in its schema."""
    with tempfile.TemporaryDirectory() as folder, Project.init(folder).store.read() as con:
        known = con.execute(
            "FROM (SELECT table_name, comment FROM duckdb_tables() UNION "
            "SELECT view_name, comment FROM duckdb_views()) WHERE comment <> '' ORDER BY 1"
        ).fetchall()
        named = con.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() ORDER BY column_index"
        ).fetchall()
    holds = dict(known)
    for name in STABLE:
        listed = [
            f"`{column}`" + (f" ({note.rstrip('.')})" if note else "")
            for of, column, note in named
            if of == name
        ]
        cog.outl(f"\n### {name}\n\n{holds[name]}\n\n{', '.join(listed)}.")
    cog.outl("\n## Others\n\nThese may change in a new release.")
    table("name|holds", "---|---", (f"`{name}`|{holds[name]}" for name in USEFUL))


def check_targets() -> None:
    """Writes what each target of `curate check` reads, but for the formats of `curate export`."""
    rows = [
        f"`{t.name}`|{', '.join(t.shapes)}|{', '.join(_limits(t))}|{t.note}|{t.checked}"
        for t in map(targets.get, targets.names())
        if t.name not in formats.names()
    ]
    table("target|reads|limits|note|as of", "---|---|---|---|---", rows)


def _limits(target: targets.Target) -> Iterator[str]:
    size = target.max_bytes or 0
    whole = size % 2**20 == 0
    limits = (
        ("at least {:,} rows", target.min_rows > 1 and target.min_rows),
        ("at most {:,} rows", target.max_rows),
        ("at most {}", size and (f"{size >> 20:,} MiB" if whole else f"{size / 1e9:.1f} GB")),
        ("advised {:,} rows", target.advised_rows),
        ("at most {:,} tokens a row", target.max_tokens),
        ("cuts at {:,} tokens", target.cuts_at),
        ("without {}", " and ".join(target.lacks)),
    )
    return (sentence.format(limit) for sentence, limit in limits if limit)


def check_rules() -> None:
    """Writes the rules of `curate check`: first the errors, then the warnings."""
    for level in ("error", "warning"):
        rows = (f"`{name}`|{rule.means}" for name, rule in RULES.items() if rule.level == level)
        table(f"{level}|there is", "---|---", rows)


def lineage() -> None:
    """Writes the columns of `lineage.parquet`."""
    select = re.findall(r"SELECT (.*?)\nFROM", sql("export/lineage"), re.DOTALL)[0]
    names = re.findall(r"(\w+)(?:,\s|$)", re.sub(r"\([^)]*\)", "", select))
    cog.outl("\n" + ", ".join(f"`{name}`" for name in names) + ".\n")
