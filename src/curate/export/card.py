"""The dataset card of a version: what is in it, how it mirrors production, how to load it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curate import formats
from curate.check.unseen import SIDES, Survey, Unseen, sentence
from curate.contract import contract
from curate.contract.contract import Form
from curate.export import lineage, picture
from curate.export.assemble import Assembled
from curate.formats import Contents, Files
from curate.store import sql
from curate.text.escaping import for_markdown
from curate.text.markdown import code, markdown_table
from curate.verdicts.verdicts import Today

NAME = "README.md"

_MIX_ROWS = 12


def facts(
    today: Today, assembled: Assembled, otherwise: str, *, with_labels: bool
) -> dict[str, Any]:
    """Returns what the card tells, read while the verdicts stand.

    Args:
        today: today's verdicts.
        assembled: the lines, and what was left out on the way to them.
        otherwise: why an example is not in that nothing speaks against.
        with_labels: whether the lines have classes.

    Returns:
        `examples`, `pending`, `newer_train` (examples newer than the oldest test one), `funnel`
        [(reason, n)], `mix` {label, cluster, month, length: [(value, production, train, test)]},
        `edge_cases` {reason: [production, train, test]}, `unseen` (what the leak check cannot see),
        `form` (how many answers keep the contract; None where nobody wrote one).
    """
    con = today.con
    con.register("left_out", assembled.left_out_table())
    kept = _kept(assembled)
    con.register("kept", kept)
    examples, pending = con.execute(sql("export/verdict_totals")).fetchall()[0]
    aspects = ("label", "cluster", "month", "length")
    mix: dict[str, list[list[Any]]] = {aspect: [] for aspect in aspects}
    for aspect, value, production, in_train, in_test in con.execute(
        sql("export/card_mix")
    ).fetchall():
        mix[aspect].append([value, production, in_train, in_test])
    return {
        "examples": examples,
        "pending": pending,
        "newer_train": con.execute(sql("export/newer")).fetchall()[0][0],
        "funnel": con.execute(sql("export/verdict_funnel"), {"otherwise": otherwise}).fetchall(),
        "mix": mix,
        "edge_cases": _edge_cases(assembled.edge_cases, kept, examples),
        "unseen": _unseen(today, assembled, with_labels=with_labels),
        "form": contract.form(today.store, con, exported=True),
    }


def _kept(assembled: Assembled) -> pa.Table:
    """Returns the examples of a version once, with their sides; validation is of train."""
    placed = lineage.placed(assembled)
    is_test = pc.equal(placed["split"], "test")
    side = pc.if_else(is_test, pa.scalar("test"), pa.scalar("train"))
    table = pa.table({"side": side, "example_id": placed["example_id"]})
    return table.group_by(["side", "example_id"]).aggregate([])


def _unseen(today: Today, assembled: Assembled, *, with_labels: bool) -> tuple[Unseen, ...]:
    """Returns what the leak check cannot see of the examples in the table `kept`."""
    survey, con = Survey(), today.con
    rows = con.sql(sql("export/unseen_rows")).to_arrow_table()
    for side in SIDES:
        part = rows.filter(pc.equal(rows["side"], side))
        survey.add_inputs(side, part["text"].to_pylist(), part["words"].to_pylist())
        for labels in part["label_names"].to_pylist() if with_labels else ():
            survey.add_labels(side, labels or ())
    for side, names in assembled.entities.items():
        survey.add_labels(side, names)
    users = con.execute(sql("export/users_across")).fetchall()[0]
    return survey.found(
        users=users if today.split.group == "none" else None,
        encoder=today.store.setting(con, "embed").get("encoder"),
    )


def _edge_cases(reasons: Mapping[str, str], kept: pa.Table, examples: int) -> dict[str, list[int]]:
    """Returns reason -> edge cases in production, train and test.

    `any` counts each of them once, `examples` all examples.
    """
    found: dict[str, list[int]] = {}
    sides = dict.fromkeys(reasons, 0)
    for place, side in ((2, "test"), (1, "train")):
        ids = kept.filter(pc.equal(kept["side"], side))["example_id"].to_pylist()
        sides |= dict.fromkeys(ids, place)
    for example, reason in reasons.items():
        for name in ["any", *reason.split(", ")]:
            counts = found.setdefault(name, [0, 0, 0])
            counts[0] += 1
            if sides[example]:
                counts[sides[example]] += 1
    held_out = int(pc.sum(pc.equal(kept["side"], "test")).as_py() or 0)
    of = [examples, kept.num_rows - held_out, held_out]
    return {"examples": of, **dict(sorted(found.items()))}


def render(manifest: dict[str, Any], facts: dict[str, Any], contents: Contents) -> str:
    """Returns the card as Markdown with the YAML head that `load_dataset` reads."""
    counts, totals = manifest["counts"], manifest["edge_cases"]["examples"]
    test_count = counts["test"] + counts["pending"]
    pending = f"{counts['pending'] / test_count:.1%}" if test_count else "0%"
    parts = [
        _head(manifest, contents),
        f"# {for_markdown(manifest['name'])} v{manifest['version']}\n",
        f"{counts['train']:,} train and {counts['test']:,} held-out examples (`test`) for "
        f"{for_markdown(manifest['task'])}, out of {counts['examples']:,} logged calls.\n",
        f"- `train`: {_paths(manifest, 'train')}\n{_validation(manifest)}"
        f"- `test`: {_paths(manifest, 'test')} "
        "(never train on it; it was held out before any training)\n"
        f"- content id `{manifest['content_id']}`\n- test id `{manifest['test_id']}`: versions "
        "with the same test id can be compared\n"
        f"- {counts['pending']:,} held-out examples ({pending} of the held-out share) wait for a "
        "good answer and are not in `test` yet\n",
        f"![{for_markdown(picture.summary(manifest))}]({picture.NAME})\n",
        "## Load\n\n" + _snippets(manifest, contents),
        "## Length\n\n" + _lengths(manifest["files"]),
        "## Why examples are not in\n\n"
        + markdown_table(
            ["reason", "examples"], [[f["reason"], f["examples"]] for f in manifest["funnel"]]
        ),
        _on_the_way(manifest),
        "## Production, train and test\n\nShares of all pulled examples, of `train` and of "
        "`test`.\n\n"
        + "\n".join(
            _mix(aspect, rows, totals) for aspect, rows in facts["mix"].items() if len(rows) > 1
        ),
        "## Edge cases\n\n" + _hard(manifest["edge_cases"]),
        "## How wrong it is\n\n" + _errors(manifest["error_rates"]),
        _form(facts["form"]),
        "## Held-out split\n\n" + _split(manifest["split"]),
        _not_seen(facts["unseen"]),
    ]
    return "\n".join(part for part in parts if part)


def _form(form: Form | None) -> str:
    """Returns how many answers keep the contract; empty where there is none."""
    if form is None:
        return ""
    return f"## Form\n\nForm: {form.said} keep the contract (`curate contract`).\n"


def _hard(counts: Mapping[str, Sequence[int]]) -> str:
    """Returns how many edge cases there are, and where."""
    whole, reasons = counts["examples"], [name for name in counts if name != "examples"]
    text = "Nothing is left out for being an edge case; both sides hold them as production does.\n"
    if not reasons:
        return text + "\nNone is known. Next: `curate queue`, which looks for them\n"
    rows = [
        [name.replace("_", " ")]
        + [
            f"{n:,} ({n / of:.1%})" if of else "0"
            for n, of in zip(counts[name], whole, strict=True)
        ]
        for name in reasons
    ]
    head = ["why", "production", "train", "test"]
    return text + "\n" + markdown_table(head, rows)


def _validation(manifest: dict[str, Any]) -> str:
    """Returns the line about the validation file; empty where there is none."""
    if not (rows := manifest["counts"]["validation"]):
        return ""
    return (
        f"- `validation`: {_paths(manifest, 'validation')}: {rows:,} examples cut out of train, by "
        "the lot of their split unit; shares of `train` below count them\n"
    )


def _paths(manifest: dict[str, Any], side: str) -> str:
    paths = [code(f["path"]) for f in manifest["files"] if f["split"] == side]
    return ", ".join(paths) or "none"


def _head(manifest: dict[str, Any], contents: Contents) -> str:
    title = f"{manifest['name']} v{manifest['version']}"
    lines = ["---", f"pretty_name: {formats.quoted(title)}", "configs:"]
    names = list(dict.fromkeys(file["format"] for file in manifest["files"]))
    config = {name: "default" if len(names) == 1 else formats.quoted(name) for name in names}
    for place, name in enumerate(names):
        lines.append(f"- config_name: {config[name]}")
        lines += ["  default: true"] if place == 0 and len(names) > 1 else []
        lines.append("  data_files:")
        for file in manifest["files"]:
            if file["format"] == name:
                path = formats.quoted(file["path"])
                lines += [f"  - split: {file['split']}", f"    path: {path}"]
    lines.append("dataset_info:")
    for name in names:
        lines.append(f"- config_name: {config[name]}")
        columns = formats.get(name).features(contents).rstrip("\n")
        for dated in manifest["check"]["dated"][name]:
            text = f"  - name: {dated}\n    dtype: "
            columns = columns.replace(f"{text}string", f"{text}json")
        lines += ["  features:", columns]
    return "\n".join([*lines, "---\n"])


def files_of(manifest: dict[str, Any], name: str) -> Files:
    """Returns the data files of one format of a version."""
    names = {file["format"] for file in manifest["files"]}
    of_format = {f["split"]: f for f in manifest["files"] if f["format"] == name}
    paths = {side: file["path"] for side, file in of_format.items()}
    counted = [file["tokens"] for file in of_format.values() if file.get("tokens")]
    return Files(
        manifest["name"],
        paths.get("train", ""),
        paths.get("test"),
        name if len(names) > 1 else None,
        max((tokens["max"] for tokens in counted), default=None),
        next((tokens["max_length"] for tokens in counted), None),
        paths.get("validation"),
    )


def _snippets(manifest: dict[str, Any], contents: Contents) -> str:
    names = list(dict.fromkeys(file["format"] for file in manifest["files"]))
    config = f', "{names[0]}"' if len(names) > 1 else ""
    text = (
        "```python\nfrom datasets import load_dataset\n\n"
        f'data = load_dataset("path/to/v{manifest["version"]}"{config})\n```\n'
    )
    for writer in map(formats.get, names):
        if writer.snippet:
            text += "\n" + writer.snippet(contents, files_of(manifest, writer.name))
    return text


def _lengths(files: Sequence[Mapping[str, Any]]) -> str:
    """Returns how long the rows are: without what a chat template puts around the texts."""
    lengths = [(file["path"], file["tokens"]) for file in files if file["tokens"]]
    if not lengths:
        return "Not counted: curate does not know how a row of this format is read.\n"
    first = lengths[0][1]
    names = ("rows", "total", "p50", "p95", "p99", "max")
    text = markdown_table(
        ["file", "rows", "tokens", *names[2:]],
        [[path, *(counts[name] for name in names)] for path, counts in lengths],
    )
    how = f"by {code(first['counter'])}" if first["exact"] else "estimated, no tokenizer was there"
    text += f"\nTokens {how}, without those that a chat template adds.\n"
    for path, counts in lengths:
        if counts["cut"]:
            text += (
                f"\n{counts['cut']:,} rows of {code(path)} are longer than "
                f"{counts['max_length']:,} tokens: a trainer with that length cuts them.\n"
            )
    return text


def _on_the_way(manifest: dict[str, Any]) -> str:
    """Returns what was mixed in, kept out, hidden and warned of; empty where nothing was."""
    lines = [
        f"- {pool['taken']:,} train rows are general data from {code(pool['source'])} "
        f"({pool['got']:.1%} of train)"
        for pool in manifest["mixed"]
    ]
    against = manifest["against"]
    if against["files"]:
        names = ", ".join(code(file["name"]) for file in against["files"])
        hits = against["examples"]
        lines.append(
            f"- evaluation sets kept out of train: {names}; {hits['train']:,} examples were left "
            f"out, {hits['test']:,} held-out examples are in them too"
        )
    left_out = manifest["pairs"]["left_out"]
    lines += [f"- {p['pairs']:,} pairs are not in: {for_markdown(p['reason'])}" for p in left_out]
    if bias := manifest["pairs"]["length_bias"]:
        lines.append(
            f"- the better answer is the longer one in {bias['longer']:.0%} of pairs "
            f"({bias['longer_low']:.0%} to {bias['longer_high']:.0%}), "
            f"{math.exp(bias['log_ratio']):.2f} times as long: a model may learn length instead"
        )
    if manifest["privacy"]["hidden"]:
        counts = manifest["privacy"]["hidden"].items()
        kinds = ", ".join(f"{n:,} {for_markdown(kind)}" for kind, n in counts)
        first = next(iter(manifest["privacy"]["hidden"]))
        lines.append(
            f"- hidden behind placeholders such as {code(f'<{first}_1>')}: {kinds}. Patterns find "
            "what looks like it; this does not make the data anonymous"
        )
    if not manifest["privacy"]["redact"]:
        lines.append("- personal data is as it was logged (`[privacy] redact = false`)")
    warnings = manifest["check"]["warnings"]
    lines += [f"- {code(rule)}: {n:,} lines (`curate check`)" for rule, n in warnings.items()]
    return "## On the way\n\n" + "\n".join(lines) + "\n" if lines else ""


def _mix(aspect: str, rows: list[list[Any]], totals: Sequence[int]) -> str:
    rows_shown = rows[:_MIX_ROWS]
    body = [
        [value, *(_share(n, total) for n, total in zip(numbers, totals, strict=True))]
        for value, *numbers in rows_shown
    ]
    more = f"\n{len(rows) - len(rows_shown):,} more.\n" if len(rows) > len(rows_shown) else ""
    return markdown_table([aspect, "production", "train", "test"], body) + more


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "0%"


def _split(counts: dict[str, Any]) -> str:
    text = ""
    if counts["group"] == "user":
        text += (
            "Calls of one user are one group. Train examples withheld since their users are in "
            f"test: {counts['withheld_by_user']:,}.\n\n"
        )
    if counts["split"] == "time":
        text += (
            "Of new units, the newest are held out. Train examples that are newer than the oldest "
            f"test example: {counts['newer_train']:,}. New examples without a time, in train: "
            f"{counts['untimed']:,}.\n\n"
        )
    return text + (
        f"Sides are given once, at the first export that sees an example, and kept for ever. "
        f"Wanted for new units: {counts['test_size']:.0%} test. A train example leaks a test "
        "example when both belong to one conversation or group, have the same normalised input, "
        f"or inputs whose token 3-grams have a Jaccard similarity of {counts['leak_threshold']} or "
        f"more. Withheld from train for that reason: {counts['withheld']:,}; in neither side: "
        f"{counts['quarantined']:,} quarantined, {counts['exposed']:,} exposed.\n"
    )


def _not_seen(unseen: Sequence[Unseen]) -> str:
    """Returns what the leak check cannot see; empty where it is nothing."""
    if not unseen:
        return ""
    lines = "".join(f"- {for_markdown(sentence(one))}\n" for one in unseen)
    return f"## What the leak check could not see\n\n{lines}"


def _errors(rates: list[dict[str, Any]]) -> str:
    if not rates:
        return "Not measured: people have judged no random sample of these examples.\n"
    rows = [
        [
            r["side"],
            f"{r['rate']:.1%}",
            f"{r['low']:.1%} to {r['high']:.1%}",
            r["audited"],
            r["wrong"],
            r["reviewed"],
        ]
        for r in rates
    ]
    head = ["part", "wrong", "95% interval", "audited", "wrong of these", "reviewed in all"]
    return (
        "The share of examples that people would still change, estimated from examples that were "
        "drawn at random, judged without a hint, and corrected.\n\n" + markdown_table(head, rows)
    )
