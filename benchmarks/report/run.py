"""How long `curate report` takes beyond the stored map, and in a browser; writes RESULTS.md.

The demo, BANKING77 and Topical-Chat go the whole path; then the report is written three times, each
in a process of its own, and opened in Chromium without a network: until all is drawn, and from the
first key of a search to the redrawn map.

    CURATE_TEST_DATA=/path/to/data python benchmarks/report/run.py
"""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DATA = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
TIMES = 3


def curate(*arguments: str) -> float:
    """Runs a command; returns its CPU seconds, those of its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "curate", *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def demo(folder: Path) -> Path:
    curate("demo", str(folder))
    return folder


def banking(folder: Path) -> Path:
    log = _unpacked("banking77/rows.jsonl.gz", folder.with_suffix(".jsonl"))
    curate("init", str(folder), "--task", "classification")
    curate("-C", str(folder), "pull", str(log), "--map", "query=text", "--map", "label=category")
    curate("-C", str(folder), "filter", "--unrated", "keep")
    curate("-C", str(folder), "run")
    curate("-C", str(folder), "export", "intents")
    return folder


def talks(folder: Path) -> Path:
    log = _unpacked("topical_chat_rated/turns.jsonl.gz", folder.with_suffix(".jsonl"))
    curate("init", str(folder))
    curate("-C", str(folder), "pull", str(log), "--turns")
    curate("-C", str(folder), "filter", "--min-rating", "4")
    curate("-C", str(folder), "run")
    curate("-C", str(folder), "export", "talks", "--lossy")
    return folder


SETS = {"demo": demo, "BANKING77": banking, "Topical-Chat": talks}


def _unpacked(name: str, path: Path) -> Path:
    with gzip.open(DATA / name) as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
    return path


def measure(name: str, folder: Path) -> list[Any]:
    """Returns a row of the table."""
    project = SETS[name](folder / name.replace("-", ""))
    drawing = curate("-C", str(project), "map")
    page = project / "reports" / "report.html"
    digests, walls, cpus = set(), [], []
    for _ in range(TIMES):
        begun = time.monotonic()
        cpus.append(curate("-C", str(project), "report"))
        walls.append(time.monotonic() - begun)
        digests.add(hashlib.sha256(page.read_bytes()).hexdigest())
    seen = in_browser(page)
    return [
        name, f"{drawing:.1f}", f"{min(walls):.1f}", f"{min(cpus):.1f}",
        f"{page.stat().st_size / 1e6:.1f}", "yes" if len(digests) == 1 else "NO", *seen,
    ]  # fmt: skip


def in_browser(page: Path) -> list[Any]:
    """Returns seconds until all is drawn, seconds of a search, plots, requests, complaints."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        tab = browser.new_context(offline=True, viewport={"width": 1366, "height": 900}).new_page()
        asked: list[str] = []
        complaints: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        begun = time.monotonic()
        tab.goto(page.resolve().as_uri())
        tab.wait_for_selector("html[data-ready=yes]", timeout=120_000)
        drawn = time.monotonic() - begun
        plots = tab.locator(".plot").count()
        done = tab.locator(".plot[data-drawn=yes]").count()
        search = tab.evaluate(_SEARCH)
        browser.close()
    return [f"{drawn:.1f}", f"{search / 1000:.2f}", f"{done} of {plots}", len(asked) - 1,
            len(complaints)]  # fmt: skip


_SEARCH = """() => new Promise((done) => {
  const box = document.querySelector(".map-of-inputs input");
  const begun = performance.now();
  box.value = "card";
  box.dispatchEvent(new Event("input"));
  requestAnimationFrame(() => done(performance.now() - begun));
})"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(name, Path(folder)) for name in SETS]
    head = ["set", "map, CPU s", "report, s", "CPU s", "MB", "same bytes", "drawn after s",
            "search s", "plots", "requests", "complaints"]  # fmt: skip
    lines = [" | ".join(map(str, row)) for row in (head, ["---"] * len(head), *rows)]
    table = "".join(f"| {line} |\n" for line in lines)
    packages = ", ".join(f"{p} {version(p)}" for p in ("duckdb", "openTSNE", "vl-convert-python"))
    (HERE / "RESULTS.md").write_text(
        "# The report\n\n"
        f"Written by `python benchmarks/report/run.py` on {datetime.now(UTC):%Y-%m-%d}; Python "
        f"{platform.python_version()}, {packages}. The least of {TIMES} runs.\n\n{table}",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
