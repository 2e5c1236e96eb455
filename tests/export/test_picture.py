"""The picture of a version: what it says, that nothing in it acts, and that it is checked."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate.errors import StoreError
from curate.export import picture
from curate.project import Project
from hostile import HOSTILE, shown
from program import Program
from projects import WriteJsonl, new_project

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def bars(svg: bytes, side: str) -> list[float]:
    return [float(e.attrib["width"]) for e in ET.fromstring(svg).iter() if e.get("class") == side]


def manifest(**changed: Any) -> dict[str, Any]:
    """A manifest of 100 calls, 60 of them in train and 20 in test."""
    tokens = {"p50": 10, "p95": 20, "max": 40}
    return {
        "name": "sup", "version": 3, "task": "sft",
        "counts": {"examples": 100, "train": 60, "validation": 0, "test": 20, "pending": 5},
        "edge_cases": {"examples": [100, 60, 20]},
        "mix": {
            "label": [["refund", 50, 15, 20], ["late", 50, 45, 0]], "cluster": [], "length": [],
        },
        "files": [
            {"split": side, "format": name, "tokens": {**tokens, "max": most}}
            for name in ("records", "alpaca") for side, most in (("train", 40), ("test", 30))
        ],
        "error_rates": [{"side": "train", "rate": 0.02, "low": 0.01, "high": 0.05},
                        {"side": "test", "rate": 0.0, "low": 0.0, "high": 0.1}],
        **changed,
    }  # fmt: skip


def test_it_says_sizes_mix_lengths_and_errors() -> None:
    svg = picture.render(manifest())
    assert texts(svg) == [
        "sup v3", "sft, 100 calls", "60 train", "20 test",
        "5 more held-out examples wait for a good answer",
        "Mix by label", "production", "train", "test", "0%", "20%", "40%", "60%", "80%", "100%",
        "refund", "late",
        "Tokens of a row", "bar: median, line: up to the longest",
        "train", "median 10, 95% up to 20, longest 40",
        "test", "median 10, 95% up to 20, longest 30",
        "Wrong, by an audit", "bar: estimate, line: 95% interval",
        "train", "2.0% wrong (95%: 1.0% to 5.0%)",
        "test", "none wrong (95%: at most 10.0%)",
    ]  # fmt: skip
    _, half, other = bars(svg, "production")
    # Those of the mix stand third and fourth, after the two of the sizes and the one of the legend.
    assert half == other == pytest.approx(bars(svg, "test")[3] / 2, abs=0.1)
    assert bars(svg, "train")[3:5] == pytest.approx([half / 2, half * 1.5], abs=0.1)


def test_without_labels_it_shows_clusters_and_the_rare_ones_as_one() -> None:
    clusters = [[f"c{n}", 30 - n, 10, 5] for n in range(14)]
    mix = {"label": [["unknown", 100, 60, 20]], "cluster": clusters, "length": []}
    assert texts(picture.render(manifest(mix=mix)))[-23:-12] == [
        *(f"c{n}" for n in range(10)), "4 others",
    ]  # fmt: skip
    bare = {"label": [], "cluster": [], "length": []}
    alone = picture.render(manifest(mix=bare, files=[], error_rates=[]))
    assert len(texts(alone)) == 5


def test_sides_are_told_without_colour() -> None:
    """Test is hatched; the others differ by a third in lightness, in light and in dark."""
    style = next(e.text for e in ET.fromstring(picture.render(manifest())).iter(f"{SVG}style"))
    assert style
    for scheme in style.split("@media (prefers-color-scheme:dark)"):
        grey = {}
        for side in ("production", "train", "ground"):
            code = re.search(rf"\.{side}{{fill:#(\w+)", scheme)
            assert code
            whole = code[1] if len(code[1]) == 6 else "".join(c * 2 for c in code[1])
            red, green, blue = (int(whole[n : n + 2], 16) / 255 for n in (0, 2, 4))
            grey[side] = 0.299 * red + 0.587 * green + 0.114 * blue
        assert abs(grey["production"] - grey["train"]) > 0.2, grey
        assert abs(grey["production"] - grey["ground"]) > 0.2, grey


def test_whatever_names_hold_it_is_xml_and_nothing_acts() -> None:
    for text in HOSTILE:
        mix = {"label": [[text, 60, 30, 10], ["other", 40, 30, 10]], "cluster": [], "length": []}
        svg = picture.render(manifest(name=text, task=text, mix=mix))
        root = ET.fromstring(svg)
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags == {
            "svg", "title", "desc", "style", "pattern", "path", "rect", "line", "text",
        }  # fmt: skip
        assert root.findtext(f"{SVG}title") == f"{shown(text)} v3".strip()
        assert shown(text) in (root.findtext(f"{SVG}desc") or "")
        # The beginning is there, whatever the width.
        assert any(drawn[:10] == shown(text)[:10] for drawn in texts(svg))
        raw = svg.decode()
        named = {name for element in root.iter() for name in element.attrib}
        assert not any("href" in name or name.startswith("on") for name in named)
        assert "<script" not in raw and "url(#hatch)" in raw
        assert not set(raw) & set("\x1b\x9b\u202e\u2066\u200b\ufffe\uffff")


@pytest.fixture
def project(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    made = new_project(tmp_path / "p", task="classification")
    rows = [{"id": f"{n}", "text": f"Is {n} or {n * 7} the number?", "label": f"l{n % 3}"}
            for n in range(40)]  # fmt: skip
    made.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    return made


def curate(project: Project, *arguments: str) -> Any:
    return CliRunner().invoke(Program(), ["-C", str(project.folder), *arguments])  # type: ignore[arg-type]


def test_the_same_content_has_the_same_picture_and_is_not_written_again(project: Project) -> None:
    first = project.export("set").folder
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in first.iterdir()}
    assert not project.export("set").created
    assert before == {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in first.iterdir()}
    body = orjson.loads(before["manifest.json"][0])
    assert picture.render(body) == before["overview.svg"][0]
    assert [file["path"] for file in body["other_files"]] == ["README.md", "overview.svg"]
    assert f"]({picture.NAME})" in before["README.md"][0].decode()


@pytest.mark.parametrize("name", ["README.md", "overview.svg"])
def test_a_changed_or_missing_picture_is_told_as_a_card_is(project: Project, name: str) -> None:
    path = project.export("set").folder / name
    assert curate(project, "verify").exit_code == 0
    body = path.read_bytes()
    path.write_bytes(body + b"\n")
    said = curate(project, "verify")
    assert said.exit_code == 3 and f"{name} was changed: sha256 " in said.stdout
    sent = curate(project, "export", "set", "--to", str(project.folder / "share"), "--yes")
    assert sent.exit_code == 1 and f"{name} was changed after the export" in sent.stderr
    path.unlink()
    said = curate(project, "verify")
    assert said.exit_code == 3 and f"{name} is missing" in said.stdout
    with pytest.raises(StoreError, match=f"{name} is missing"):
        project.export("set")


def test_a_version_of_before_there_were_pictures_is_intact(project: Project) -> None:
    folder = project.export("set").folder
    (folder / "overview.svg").unlink()
    path = folder / "manifest.json"
    body = orjson.loads(path.read_bytes())
    del body["other_files"]
    path.write_bytes(orjson.dumps(body))
    assert curate(project, "verify").exit_code == 0
    assert not project.export("set").created
    assert (
        curate(project, "export", "set", "--to", str(project.folder / "to"), "--yes").exit_code == 0
    )
