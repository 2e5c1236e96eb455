"""The report in a browser without a network: drawn, searched, hovered, and never owned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curate.project import Project
from hostile import HOSTILE, hostile_project
from projects import Demo, WriteJsonl

pytestmark = pytest.mark.e2e

PHONE, SCREEN = 390, 1366


class Opened:
    """The report in a page of its own; says what the page asked for and complained of."""

    def __init__(self, chromium: Any, path: Path, width: int, scheme: str = "light") -> None:
        self.context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.resolve().as_uri())
        self.page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
        self.path = path

    def check(self) -> None:
        """Everything is drawn, nothing was fetched, nothing is wider than the page."""
        assert self.asked == [self.path.resolve().as_uri()]
        assert self.complaints == []
        plots = self.page.locator(".plot")
        assert plots.count() == self.page.locator(".plot[data-drawn=yes] svg").count()
        for n in range(plots.count()):
            assert plots.nth(n).locator("svg path, svg line").count() > 0
        width = self.page.evaluate("document.documentElement.clientWidth")
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width

    def points(self) -> dict[str, Any]:
        name = self.page.get_attribute(".map-of-inputs", "data-points")
        found: dict[str, Any] = json.loads(self.page.inner_text(f"#{name}", timeout=1000) or "null")
        return found


@pytest.fixture(scope="module")
def drawn(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page") / "demo"
    demo.copy_to(folder)
    project = Project(folder)
    project.map()
    return project.report().path


@pytest.fixture
def opened(chromium: Any, drawn: Path) -> Iterator[Opened]:
    made = Opened(chromium, drawn, SCREEN)
    yield made
    made.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [SCREEN, PHONE])
def test_everything_is_drawn(chromium: Any, drawn: Path, width: int, scheme: str) -> None:
    made = Opened(chromium, drawn, width, scheme)
    made.check()
    assert made.page.locator(".plot").count() >= 8
    assert made.page.locator(".map[data-drawn=yes] canvas").count() == 1
    made.context.close()


def test_a_point_is_read_under_the_mouse(opened: Opened) -> None:
    columns = opened.points()["columns"]
    box = opened.page.locator(".map canvas").bounding_box()
    opened.page.locator(".map").scroll_into_view_if_needed()
    box = opened.page.locator(".map canvas").bounding_box()
    right = max(range(len(columns["x"])), key=lambda n: columns["x"][n])  # no other lies over it
    x = box["x"] + (columns["x"][right] + 0.02) / 1.04 * box["width"]
    y = box["y"] + (1 - (columns["y"][right] + 0.02) / 1.04) * box["height"]
    opened.page.mouse.move(x - 3, y)
    opened.page.mouse.move(x, y)
    tip = opened.page.locator(".tip")
    tip.wait_for(state="visible", timeout=5000)
    said = tip.inner_text()
    assert " ".join(columns["text"][right].split()) in " ".join(said.split())
    assert f"curate why {columns['id'][right]}" in said


def test_texts_are_found(opened: Opened) -> None:
    points = opened.points()
    columns, labels = points["columns"], points["colours"]["label"]
    texts = [
        f"{text} {labels[label]} {id_}".lower()
        for text, label, id_ in zip(columns["text"], columns["label"], columns["id"], strict=True)
    ]
    hits = [text for text in texts if "refund" in text and "card" in text]
    opened.page.fill(".map-of-inputs input", "REFUND card")
    told = opened.page.locator(".map-of-inputs output").inner_text()
    assert told == f"{len(hits):,} of {len(texts):,} points"
    found = opened.page.locator(".found li").all_inner_texts()
    assert len(found) == min(12, len(hits))
    assert hits and all("refund" in text.lower() and "card" in text.lower() for text in found)
    opened.page.fill(".map-of-inputs input", columns["id"][7])
    assert opened.page.locator(".found li").count() == 1
    opened.page.fill(".map-of-inputs input", "no text says this")
    assert opened.page.locator(".found li").count() == 0


def test_the_map_is_coloured_by_each_of_five(opened: Opened) -> None:
    values = opened.points()["colours"]
    assert list(values) == ["cluster", "rating", "side", "suspicion", "label"]
    for name, known in values.items():
        opened.page.select_option(".map-of-inputs select", name)
        buttons = opened.page.locator(".legend button")
        assert buttons.count() == len(known)
        picture = opened.page.locator(".map canvas").screenshot()
        buttons.first.click()
        assert buttons.first.get_attribute("aria-pressed") == "true"
        opened.page.wait_for_timeout(200)
        assert opened.page.locator(".map canvas").screenshot() != picture
    assert opened.complaints == []


def test_hostile_texts_own_nothing(chromium: Any, tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = hostile_project(tmp_path, write_jsonl)
    project.embed(encoder="minilm")
    project.cluster()
    project.map()
    made = Opened(chromium, project.report().path, SCREEN)
    made.check()
    assert made.page.title() == "p: the day"
    for tag in ("img", "iframe", "link", "b > b", "svg[onload]"):
        assert made.page.locator(f"main {tag}").count() == 0
    made.page.evaluate("document.querySelectorAll('details').forEach((part) => part.open = true)")
    body = made.page.locator("body").inner_text()
    assert "{{7*7}} ${7*7}" in body
    made.page.fill(".map-of-inputs input", "<script>")
    assert made.page.locator(".found li").count() > 0
    assert any(text in made.page.locator(".found").inner_text() for text in HOSTILE)
    assert made.page.title() == "p: the day"
    made.context.close()


def test_it_prints_in_ink(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    assert len(opened.page.pdf()) > 50_000
