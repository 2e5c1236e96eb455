"""Held-out examples that came later do not measure a model that may know them."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.options import EvaluateSettings
from curate.project import Project
from judged import answered_by, heldout_of
from ledger import SplitProject, many, text

pytestmark = pytest.mark.store


def test_what_a_model_was_trained_on_does_not_judge_it(tmp_path: Path) -> None:
    made = SplitProject(tmp_path)
    made.pull(many(40))
    made.export(test_size=0.0)
    golden = [
        {"id": f"g{n}", "query": query, "response": "gold"}
        for n, query in enumerate((text("n7").upper(), text("golden"), text("silver")))
    ]
    made.heldout(golden, evict=True)
    made.export(test_size=0.0)
    project = Project(made.store.folder)
    heldout = heldout_of(project)
    assert len(heldout) == 3
    answers = {
        name: answered_by(tmp_path, name, heldout, lambda n, one: "gold") for name in ("old", "new")
    }
    settings = EvaluateSettings(trained_on={"old": "set@1", "new": "set@2"}, metric="exact")
    old, new = project.evaluate("set@2", answers, settings).candidates[:2]
    assert (old.answered, old.late, old.missing) == (2, 1, 0)
    assert (new.answered, new.late, new.missing) == (3, 0, 0)
    alone = project.evaluate("set@2", answers)
    assert alone.looks == 1, "the same answers, whatever they measure"
    [one] = [
        c
        for c in project.evaluate("set@2", answers, settings).comparisons
        if (c.candidate, c.baseline) == ("old", "new")
    ]
    assert (one.n, one.missing) == (2, 0.0)
