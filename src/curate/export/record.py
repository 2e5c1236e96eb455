"""How a version gets into the store and into its folder.

The folder is written beside its final name, the store records the version together with the sides
it gives, and the folder is renamed.
"""

from __future__ import annotations

import hashlib
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate import formats
from curate.errors import StoreError
from curate.export import card, kept_lines, lineage, manifest, picture
from curate.export.assemble import Assembled
from curate.export.manifest import VersionDraft
from curate.export.options import ExportResult
from curate.files.files import sha256
from curate.messages import canonical
from curate.store import Run, Store, fetch_arrow, sql, utcnow
from curate.text.text import MEASURE
from curate.verdicts.verdicts import Today
from curate.versions import folder


def freeze(today: Today, assembled: Assembled, otherwise: str) -> pa.Table:
    """Returns the rows of `version_examples`: every example, its line or its reason.

    Args:
        today: today's verdicts.
        assembled: the lines.
        otherwise: why an example is not in that nothing speaks against.
    """
    placed = lineage.placed(assembled, once=True)
    today.con.register("placed", placed)
    today.con.register("left_out", assembled.left_out_table())
    parameters = {"otherwise": otherwise}
    rows = fetch_arrow(today.con, sql("export/version_examples_now"), parameters)
    today.con.unregister("placed")
    return rows


def check_folder(result: ExportResult) -> bool:
    """Returns whether the folder of a version is there; a deleted one is written anew.

    Raises:
        StoreError: it is damaged, or the store does not know it.
    """
    if not result.folder.exists():
        return False
    if result.created:
        raise StoreError(
            f"{result.folder} is there already, and this store does not know it. "
            "Next: move it away, then type the command again"
        )
    names = ["manifest.json", card.NAME, "lineage.parquet", *(f["path"] for f in result.files)]
    names += [name for name in folder.other_files(result.folder) if name not in names]
    wrong = [f"{name} is missing" for name in names if not (result.folder / name).exists()]
    wrong = wrong or [
        f"{file['path']} is not what was written"
        for file in result.files
        if sha256(result.folder / file["path"]) != file["sha256"]
    ]
    if wrong:
        raise StoreError(
            f"{result.folder} is damaged: {', '.join(wrong)}. Next: move the folder away, then "
            "type the command again: it is written anew"
        )
    return True


def store_version(store: Store, run: Run, version: VersionDraft, today: Today) -> None:
    """Writes the folder of a version, records it, and gives the folder its name."""
    result = version.result
    if version.origins is not None:
        bodies = _bodies(version, today, run.run_id)
        folder.write_folder(folder.partial_folder(result.folder), bodies, version.origins)
    with store.write() as con:
        record(store, con, run, version)
    if version.origins is not None:
        folder.publish(result.folder)
    _keep_lines(store, version)


def _keep_lines(store: Store, version: VersionDraft) -> None:
    """Keeps what is known of the lines for the next export, beside the store."""
    made, result, used = version.assembled, version.result, version.settings.formats
    if made.read is None:
        return
    home = result.folder.relative_to(store.folder)
    files = [
        {
            "side": file["split"],
            "place": used.index(file["format"]),
            "path": str(home / file["path"]),
            "sha256": file["sha256"],
        }
        for file in version.files
    ]
    kept_lines.save(store, result.name, made.read, made.lines, files, made.before)


def _bodies(version: VersionDraft, today: Today, run_id: int) -> dict[str, bytes | list[bytes]]:
    """Returns the files of the version's folder, apart from its lineage."""
    contents = version.assembled.contents
    described = manifest.manifest(version, today, run_id)
    bodies: dict[str, bytes | list[bytes]] = {file["path"]: file["body"] for file in version.files}
    files = [(writer, card.files_of(described, writer.name)) for writer in version.formats]
    extra = formats.side_files(contents, files)
    extra[card.NAME] = card.render(described, version.facts, contents)
    others = {name: text.encode() for name, text in extra.items()}
    others[picture.NAME] = picture.render(described)
    described["other_files"] = [
        {"path": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for name, body in sorted(others.items())
    ]
    return {**bodies, **others, "manifest.json": orjson.dumps(described, option=formats.INDENTED)}


def record(store: Store, con: duckdb.DuckDBPyConnection, run: Run, version: VersionDraft) -> None:
    """Records the sides that a version gives, and the version where it is new."""
    result, settings = version.result, version.settings.split
    con.register("planned", version.ledger)
    since = {"since": f"{result.name}@{result.version}", "run_id": run.run_id}
    con.execute(sql("export/ledger_add"), since)
    con.execute(sql("export/ledger_expose"))
    con.execute(sql("export/ledger_evict"), since)
    leak: dict[str, Any] = {"threshold": settings.leak_threshold}
    leak |= {} if settings.group == "none" else {"group": settings.group}
    run.changed |= store.set_setting(con, "leak", leak)
    run.changed |= store.set_setting(con, "split", settings.as_dict())
    val_sizes = {**store.setting(con, "val_size"), result.name: version.settings.val_size}
    run.changed |= store.set_setting(con, "val_size", {k: v for k, v in val_sizes.items() if v})
    if result.created:
        _add_version(con, run, version)
    moved = sum(version.plan.counts[name] for name in ("new", "newly_exposed", "evicting"))
    run.changed |= result.created or moved > 0
    run.counts = {
        "name": result.name,
        "version": result.version,
        "train": result.train,
        "test": result.test,
    }


def held_val_size(store: Store, con: duckdb.DuckDBPyConnection, name: str) -> float:
    """Returns the share of train for validation that the last export of a dataset had."""
    return float(store.setting(con, "val_size").get(name, 0.0))


def _add_version(con: duckdb.DuckDBPyConnection, run: Run, version: VersionDraft) -> None:
    result = version.result
    con.execute(
        sql("export/version_add"),
        {
            "name": result.name,
            "version": result.version,
            "content_id": result.content_id,
            "test_id": result.test_id,
            "formats": list(version.settings.formats),
            "train": result.train,
            "test": result.test,
            "pending": result.pending,
            "settings": canonical({**version.settings.as_dict(), "measure": MEASURE}),
            "exported_at": utcnow(),
            "run_id": run.run_id,
        },
    )
    which = {"name": result.name, "version": result.version}
    con.register("frozen", version.frozen)
    con.execute(sql("export/version_examples_add"), which)
    con.register("others", lineage.others(version.assembled.lines))
    con.execute(sql("export/version_lines_add"), which)
