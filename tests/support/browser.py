"""An annotator at Debian's chromium, before the pages of a real Label Studio server."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelstudio import PASSWORD, LabelStudio, Person
from servers import missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

_SECONDS = 30
# Where a text stands on the page, as [left, top, right, bottom].
_PLACE = """(wanted) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = texts.nextNode()); ) {
    const at = node.data.indexOf(wanted);
    if (at < 0 || !node.parentElement.closest('[class*=richtext]')) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + wanted.length);
    const box = range.getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
  }
}"""


def chromium() -> Iterator[Browser]:
    """Starts the browser, yields it, and stops it; a fixture's body."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium")
    if found is None:
        missing("no browser: chromium is not in PATH")
    with sync_playwright() as playwright:
        # As root, which it is in containers, chromium does not start with its sandbox.
        made = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield made
        made.close()


class Annotator:
    """A person who has signed in, and what they see and do.

    Attributes:
        elsewhere: addresses on other machines that the pages asked for.
    """

    def __init__(self, browser: Browser, label_studio: LabelStudio, person: Person) -> None:
        self.url = label_studio.url
        self.elsewhere: list[str] = []
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        context.set_default_timeout(_SECONDS * 1000)
        context.on("request", self._asked)
        self.page: Page = context.new_page()
        self.page.goto(f"{self.url}/user/login/")
        self.page.fill("input[name=email]", person.email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(lambda url: "/user/login" not in url)

    def close(self) -> None:
        self.page.context.close()

    def open(self, project: int, task: int) -> None:
        """Opens a task beside the list of tasks."""
        self._go(f"/projects/{project}/data?task={task}")

    def stream(self, project: int) -> None:
        """Opens what the server asks next, as an annotator does it who works through a project."""
        self._go(f"/projects/{project}/data?labeling=1")

    def _go(self, path: str) -> None:
        self.page.goto(self.url + path)
        self.page.locator("[class*=richtext]:visible").first.wait_for()
        self.page.wait_for_load_state("networkidle")

    @property
    def editor(self) -> Locator:
        return self.page.locator(".lsf-main-view").first

    def reads(self) -> str:
        """Returns all that the task shows, as far as it is visible."""
        return self.editor.inner_text()

    def chosen(self) -> list[str]:
        return [i.get_attribute("name") or "" for i in self.editor.locator("input:checked").all()]

    def marked(self) -> list[tuple[str, str]]:
        """Returns (field, text) of what is marked, in the order of the text."""
        found = self.editor.locator(".htx-highlight").all()
        return [
            ((part.get_attribute("data-label") or "").split(":")[-1], part.inner_text())
            for part in found
        ]

    def choose(self, name: str) -> None:
        """Clicks a choice, which takes the click on one that is chosen as a change of mind."""
        self.editor.locator("label", has=self.page.locator(f'input[name="{name}"]')).click()

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def rate(self, stars: int) -> None:
        self.editor.locator(".ant-rate-star").nth(stars - 1).click()

    def rewrite(self, text: str) -> None:
        """Opens the box for a better answer, and types it over the one that is in there."""
        self.editor.get_by_text("Write a better answer").click()
        self.editor.locator(".ant-collapse textarea").fill(text)

    def mark(self, field: str, wanted: str) -> None:
        """Chooses a field and drags over a text, which stands in one line."""
        self.editor.locator(".lsf-label", has_text=field).click()
        left, top, right, bottom = self.page.evaluate(_PLACE, wanted)
        middle = (top + bottom) / 2
        self.page.mouse.move(left + 1, middle)
        self.page.mouse.down()
        self.page.mouse.move(right - 1, middle, steps=8)
        self.page.mouse.up()

    def submit(self, key: str | None = None) -> dict[str, Any]:
        """Clicks Submit (or Update), or presses a key; returns the annotation as it is stored."""
        with self.page.expect_response(_stores_an_answer) as stored:
            if key:
                self.press(key)
            else:
                self.page.get_by_text(re.compile("^(Submit|Update)$")).click()
        return dict(stored.value.json())

    def screenshot(self, name: str) -> None:
        """Takes a picture into the folder CURATE_TEST_SCREENSHOTS, if there is one."""
        if folder := os.environ.get("CURATE_TEST_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder, f"{name}.png"), animations="disabled")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.elsewhere.append(request.url)


def _stores_an_answer(response: Any) -> bool:
    answers = re.search(r"/annotations(/\d+)?/?(\?|$)", response.url)
    return response.request.method in ("POST", "PATCH") and answers is not None
