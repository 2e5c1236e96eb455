"""The card of a version: whatever names hold is read as text, and its head is what loaders read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from markdown_it import MarkdownIt

from curate import formats
from curate.check.unseen import Unseen
from curate.export import card
from curate.export.options import ExportSettings
from curate.formats import Contents
from hostile import HOSTILE, shown
from projects import WriteJsonl, new_project

TAGS = {"h1", "h2", "p", "ul", "li", "code", "pre", "img"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class Page(HTMLParser):
    """What a reader sees of rendered Markdown, and by which tags."""

    def __init__(self, rendered: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.images: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(rendered)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        else:
            self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> tuple[dict[str, Any], Page]:
    """The head and the page of a card, as a hub reads them."""
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    assert found
    return yaml.safe_load(found[1]), Page(MARKDOWN.render(text[found.end() :]))


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Path:
    """A version of classification with these labels, each of them six times."""
    folder = tmp_path_factory.mktemp("card")
    project = new_project(folder / "p", task="classification")
    rows = [
        {"id": f"{n}-{k}", "text": f"Question {n} {k} about {n * n} and {k * 7919}", "label": name}
        for n, name in enumerate(HOSTILE)
        for k in range(6)
    ]
    project.pull([str(write_jsonl(folder / "logs.jsonl", rows))])
    return project.export("__a__", ExportSettings(formats=("classification", "records"))).folder


def hostile_manifest(version: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Manifests in which one hostile text stands at every place that may hold one."""
    body = (version / "manifest.json").read_bytes()
    for text in HOSTILE:
        manifest = orjson.loads(body)
        manifest["name"] = manifest["task"] = text
        manifest["files"][0]["path"] = text
        manifest["files"][0]["tokens"] = {
            **dict.fromkeys(("rows", "total", "p50", "p95", "p99", "max", "cut", "max_length"), 9),
            "exact": True, "counter": text,
        }  # fmt: skip
        manifest["funnel"] = [{"reason": text, "examples": 3}]
        manifest["mixed"] = [{"taken": 1, "source": text, "got": 0.1}]
        manifest["against"] = {"files": [{"name": text}], "examples": {"train": 0, "test": 0}}
        manifest["pairs"]["left_out"] = [{"pairs": 1, "reason": text}]
        manifest["privacy"]["hidden"] = {text: 2}
        manifest["check"]["warnings"] = {text: 2}
        manifest["edge_cases"][text] = [1, 1, 0]
        yield text, manifest


def test_labels_are_text_in_a_card_and_names_in_its_head(version: Path) -> None:
    head, page = read((version / "README.md").read_text("utf-8"))
    assert head["pretty_name"] == "__a__ v1"
    listed = head["dataset_info"][0]["features"][1]["dtype"]["class_label"]["names"]
    assert set(listed.values()) >= {name for name in HOSTILE if name == name.strip()} - {"null"}
    assert page.tags <= TAGS and page.attributes <= {"class", "style"}
    (image,) = page.images
    assert image["src"] == "overview.svg"
    largest = orjson.loads((version / "manifest.json").read_bytes())["mix"]["label"][:12]
    assert all(shown(name) in page.text for name, *_ in largest)
    alt = " ".join((image["alt"] or "").split())
    assert all(shown(name) in alt for name, *_ in largest[:10])


def test_every_text_of_a_manifest_is_read_and_none_acts(version: Path) -> None:
    contents = Contents(labels=tuple(HOSTILE))
    for text, manifest in hostile_manifest(version):
        mix = {"cluster": [[text, 5, 1, 1], ["other", 5, 1, 1]], "label": [], "length": []}
        unseen = (Unseen("only_in_test", {"classes": 2}, ({text: 1},)),)
        manifest["mix"] = {**mix, "month": []}
        facts = {"mix": mix, "form": None, "unseen": unseen}
        head, page = read(card.render(manifest, facts, contents))
        assert head["pretty_name"] == f"{text} v1"
        assert head["configs"][0]["data_files"][0]["path"] == text
        assert page.tags <= TAGS, text
        assert [image["src"] for image in page.images] == ["overview.svg"]
        # Name, task, path (3), counter, reason, pool, file, pair, kind (2), rule and mix; what is
        # unseen and edge cases have signs of their own.
        assert " ".join(page.text.split()).count(shown(text)) >= 14, text
        assert not set(page.text) & set("\x1b\x9b\u202e\u2066\u200b\ufffe"), text


def test_format_names_of_other_packages_are_names_in_the_head(version: Path) -> None:
    manifest = orjson.loads((version / "manifest.json").read_bytes())
    file = {"path": "train.jsonl", "split": "train", "rows": 1, "tokens": None}
    facts = {"mix": {}, "form": None, "unseen": ()}
    for name in HOSTILE:
        formats._formats[name] = replace(formats.get("alpaca"), name=name, snippet=None)
        manifest["files"] = [{**file, "format": one} for one in (name, "records")]
        manifest["check"]["dated"] = {name: [], "records": []}
        try:
            head, _ = read(card.render(manifest, facts, Contents()))
        finally:
            del formats._formats[name]
        assert [config["config_name"] for config in head["configs"]] == [name, "records"]
        assert [config["config_name"] for config in head["dataset_info"]] == [name, "records"]
