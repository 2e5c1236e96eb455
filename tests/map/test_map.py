"""The map: a point for each input; later ones get theirs among points that do not move."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from curate import map as maps
from curate.embed.embed import embed
from curate.errors import ConfigError, MissingExtra
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

SUBJECTS = {
    "parcel": ["where is my {} parcel", "my {} parcel is late", "track the {} parcel for me"],
    "card": ["my {} card was stolen", "the bank refused my {} card", "block my {} card"],
    "lamp": ["how bright is the {} lamp", "what does the {} lamp cost", "i want the {} lamp"],
}
KINDS = ["red", "blue", "small", "large", "second", "new"]
TEXTS = [t.format(k) for texts in SUBJECTS.values() for t in texts for k in KINDS]


class Mapped:
    """A project of questions, with everything embedded."""

    def __init__(self, folder: Path, write: WriteJsonl, encoder: Any) -> None:
        self.folder, self.write, self.encoder = folder, write, encoder
        self.project = new_project(folder / "p")
        self.pulls = 0

    def add(self, texts: Iterable[str]) -> int:
        """Pulls a log of questions, and embeds them; returns the number of the pull's run."""
        self.pulls += 1
        name = f"log{self.pulls}"
        rows = [
            {"id": f"{name}-{n}", "prompt": text, "response": "Ok.", "rating": 5}
            for n, text in enumerate(texts)
        ]
        self.project.pull([str(self.write(self.folder / f"{name}.jsonl", rows))])
        run = next(r for r in self.project.runs() if r.command == "pull").run_id
        embed(self.project.store, load=lambda _: self.encoder)
        return run

    def points(self) -> dict[str, tuple[float, float]]:
        """Returns where each example lies, by its text."""
        with self.project.store.read() as con:
            con.register("placed", maps.positions(con))
            rows = con.execute(
                "SELECT i.query, p.x, p.y FROM placed p JOIN interactions i "
                "ON i.interaction_id = p.example_id"
            ).fetchall()
        return {text: (x, y) for text, x, y in rows}


@pytest.fixture
def mapped(tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any) -> Mapped:
    return Mapped(tmp_path, write_jsonl, encoder)


def subject(text: str) -> str:
    return next(name for name in SUBJECTS if name in text)


def test_like_inputs_lie_side_by_side_and_equal_ones_on_one_point(mapped: Mapped) -> None:
    mapped.add([*TEXTS, TEXTS[0].upper()])
    result = mapped.project.map()
    assert (result.inputs, result.placed, result.drawn) == (len(TEXTS), len(TEXTS), True)
    points = mapped.points()
    assert len(points) == len(TEXTS) + 1 and points[TEXTS[0]] == points[TEXTS[0].upper()]
    places = np.array([points[text] for text in TEXTS])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argmin(axis=1)
    same = [subject(TEXTS[a]) == subject(TEXTS[b]) for a, b in enumerate(nearest.tolist())]
    assert sum(same) > 0.9 * len(same)


def test_positions_are_by_example_as_float32_and_none_without_a_map(mapped: Mapped) -> None:
    with mapped.project.store.read() as con:
        assert maps.positions(con).num_rows == 0
    mapped.add(TEXTS[:20])
    mapped.project.map()
    with mapped.project.store.read() as con:
        table = maps.positions(con)
    assert [str(field.type) for field in table.schema] == ["string", "float", "float"]
    assert table.column_names == ["example_id", "x", "y"]
    assert table["example_id"].to_pylist() == sorted(table["example_id"].to_pylist())
    assert np.isfinite(table["x"].to_numpy()).all()


def test_a_second_run_changes_nothing_and_says_so(mapped: Mapped) -> None:
    mapped.add(TEXTS[:30])
    mapped.project.map()
    before = mapped.project.store.state_digest()
    again = mapped.project.map(seed=4)
    assert (again.drawn, again.placed) == (False, 0)
    assert mapped.project.store.state_digest() == before
    assert mapped.project.table("runs").to_pylist()[-1]["outcome"] == "unchanged"


def test_later_inputs_are_placed_near_their_like_and_move_nothing(mapped: Mapped) -> None:
    mapped.add(TEXTS[::2])
    mapped.project.map()
    before = mapped.points()
    mapped.add(TEXTS[1::2])
    result = mapped.project.map()
    assert (result.drawn, result.placed, result.later) == (False, 27, 27)
    after = mapped.points()
    assert len(after) == len(TEXTS) and {t: after[t] for t in before} == before
    near = {
        text: min(before, key=lambda t: np.hypot(*np.subtract(after[t], after[text])))
        for text in TEXTS[1::2]
    }
    assert sum(subject(a) == subject(b) for a, b in near.items()) > 0.8 * len(near)


def test_the_order_of_arrival_does_not_matter_after_the_first_map(
    mapped: Mapped, tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    other = Mapped(tmp_path / "other", write_jsonl, encoder)
    for one in (mapped, other):
        one.add(TEXTS[:30])
        one.project.map()
    mapped.add(TEXTS[30:])
    mapped.project.map()
    for part in (TEXTS[50:], TEXTS[30:41], TEXTS[41:50]):
        other.add(part)
        other.project.map()
    assert mapped.points() == other.points()


def test_a_new_map_moves_all_and_equals_one_from_nothing(
    mapped: Mapped, tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    mapped.add(TEXTS[:20])
    mapped.project.map()
    mapped.add(TEXTS[20:])
    mapped.project.map()
    grown = mapped.points()
    assert mapped.project.map(refit=True).drawn
    other = Mapped(tmp_path / "other", write_jsonl, encoder)
    other.add(TEXTS[::-1])
    other.project.map()
    assert mapped.points() == other.points() != grown
    other.project.map(refit=True, seed=3)
    assert mapped.points() != other.points()


def test_of_many_inputs_a_part_is_drawn_and_the_rest_placed(
    mapped: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "DRAWN_AT_MOST", 20)
    monkeypatch.setattr(maps, "_AT_ONCE", 7)
    mapped.add(TEXTS)
    result = mapped.project.map()
    assert (result.placed, result.drawn_with, result.later) == (54, 20, 0)
    with mapped.project.store.read() as con:
        rows = con.sql("SELECT fitted FROM map_points ORDER BY input_hash").fetchall()
    assert [fitted for (fitted,) in rows] == [True] * 20 + [False] * 34


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_few_inputs_have_points_and_a_map_of_few_is_drawn_anew(mapped: Mapped, count: int) -> None:
    mapped.add(TEXTS[:count])
    assert mapped.project.map().placed == count
    assert np.isfinite(list(mapped.points().values())).all()
    assert mapped.project.map().placed == 0
    mapped.add(TEXTS[count:20])
    result = mapped.project.map()
    assert (result.drawn, result.placed) == (True, 20)


def test_an_interrupted_drawing_leaves_the_map_as_it_was(
    mapped: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped.add(TEXTS[:30])
    mapped.project.map()
    before = mapped.project.store.state_digest()

    def kill(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for name, refit in (("fit", True), ("place", False)):
        if name == "place":
            mapped.add(TEXTS[30:])
            before = mapped.project.store.state_digest()
        with monkeypatch.context() as patched:
            patched.setattr(f"curate.kernels.layout.{name}", kill)
            with pytest.raises(KeyboardInterrupt):
                mapped.project.map(refit=refit)
        assert mapped.project.store.state_digest() == before
    assert mapped.project.map().placed == 24


def test_points_of_what_was_taken_back_go_and_hurt_nothing(mapped: Mapped) -> None:
    mapped.add(TEXTS[:20])
    pulled = mapped.add(TEXTS[20:40])
    mapped.project.map()
    kept = mapped.points()
    mapped.project.undo(pulled, yes=True)
    mapped.add(TEXTS[40:])
    result = mapped.project.map()
    assert (result.inputs, result.placed, result.drawn) == (34, 14, False)
    after = mapped.points()
    assert set(after) == {*TEXTS[:20], *TEXTS[40:]}
    assert all(after[text] == kept[text] for text in TEXTS[:20])


def test_points_stay_when_likeness_is_measured_anew(mapped: Mapped) -> None:
    mapped.add(TEXTS[:20])
    mapped.project.map()
    before = mapped.points()
    with mapped.project.store.write() as con:
        con.execute("DELETE FROM settings WHERE name = 'measure'")
    result = mapped.project.map()
    assert (result.inputs, result.placed, result.drawn) == (20, 0, False)
    assert mapped.points() == before


class Turned:
    """The packaged encoder with another sign: another one."""

    name, digest = "turned", "0" * 64

    def __init__(self, encoder: Any) -> None:
        self.encoder, self.windows = encoder, encoder.windows

    def encode(self, texts: Any) -> Any:
        return -self.encoder.encode(texts)[:, ::-1]


def test_another_encoder_gives_a_new_map(mapped: Mapped, tmp_path: Path) -> None:
    mapped.add(TEXTS[:30])
    mapped.project.map()
    model = tmp_path / "turned"
    model.mkdir()
    embed(
        mapped.project.store,
        encoder=str(model),
        rebuild=True,
        load=lambda _: Turned(mapped.encoder),
    )
    assert mapped.points() == {}
    assert mapped.project.map().drawn
    assert len(mapped.points()) == 30


# -- the command -----------------------------------------------------------------------------------


def curate(folder: Path, *arguments: str) -> Any:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


def test_the_command_says_what_it_did(mapped: Mapped) -> None:
    mapped.add(TEXTS[:20])
    first = curate(mapped.folder / "p", "map")
    assert first.exit_code == 0, first.output
    assert first.stdout == "map         20 inputs (drawn anew), 20 placed now\n"
    mapped.add(TEXTS[20:])
    said = json.loads(curate(mapped.folder / "p", "map", "--json").stdout)
    assert (said["inputs"], said["placed"], said["drawn"], said["later"]) == (54, 34, False, 34)
    again = curate(mapped.folder / "p", "map").stdout
    assert again.startswith("map         54 inputs (map kept), 0 placed now\n")
    assert "63% of the inputs came after the map: curate map --refit" in again


def test_what_is_missing_is_said(mapped: Mapped, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"Next: curate pull LOGS, then curate embed"):
        mapped.project.map()
    mapped.add(TEXTS[:20])
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(MissingExtra, match=r"Next: pip install 'curate-workbench\[report\]'"):
        mapped.project.map()
