"""Clusters: found, named, with ids that stay; new inputs are assigned as all would be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from curate import cluster
from curate.cli.cluster import render_cluster
from curate.cluster import names
from curate.embed.embed import as_lists, embed, from_lists
from curate.embed.embed import vectors as vectors_of
from curate.errors import ConfigError
from curate.kernels import clustering
from curate.verdicts import verdicts
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

SUBJECTS = {
    "parcel": ["where is my {} parcel", "my {} parcel is late", "when does my {} parcel arrive",
               "track the {} parcel for me", "the {} parcel never came"],
    "card": ["my {} card was stolen", "block my {} card", "the bank refused my {} card",
             "how do i get a new {} card", "my {} card does not work"],
    "lamp": ["do you sell a {} lamp", "how bright is the {} lamp", "is the {} lamp in stock",
             "what does the {} lamp cost", "i would like to buy a {} lamp"],
}  # fmt: skip
KINDS = ["red", "blue", "small", "large", "second", "new"]
TEXTS = {s: [t.format(k) for t in texts for k in KINDS] for s, texts in SUBJECTS.items()}


class Clustered:
    """A project of questions about a few subjects, with everything embedded."""

    def __init__(self, folder: Path, write: WriteJsonl, encoder: Any) -> None:
        self.folder, self.write, self.encoder = folder, write, encoder
        self.project = new_project(folder / "p")
        self.files = 0

    def add(self, texts: Iterable[str], rating: int | None = 5) -> None:
        self.files += 1
        name = f"log{self.files}"
        rows = [
            {"id": f"{name}-{n}", "prompt": t, "response": "Ok.", "rating": rating}
            for n, t in enumerate(texts)
        ]
        self.project.pull([str(self.write(self.folder / f"{name}.jsonl", rows))])
        embed(self.project.store, load=lambda _: self.encoder)

    def members(self) -> dict[str, int]:
        with self.project.store.read() as con:
            return dict(
                con.execute(
                    "SELECT text, cluster_id FROM cluster_members JOIN inputs USING (input_hash)"
                ).fetchall()
            )


@pytest.fixture
def clustered(tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any) -> Clustered:
    return Clustered(tmp_path, write_jsonl, encoder)


@pytest.mark.slow
def test_subjects_are_found_and_named_by_their_words(clustered: Clustered) -> None:
    clustered.add([text for texts in TEXTS.values() for text in texts])
    result = clustered.project.cluster()
    assert result.fitted
    assert result.assigned == 90
    of = clustered.members()
    for subject, texts in TEXTS.items():
        # No cluster has two subjects, and its name has a word of its questions.
        mine = {of[text] for text in texts}
        others = {of[t] for s, ts in TEXTS.items() if s != subject for t in ts}
        assert not mine & others
        assert any(subject in row.name for row in result.rows if row.cluster_id in mine)
    assert len({row.name for row in result.rows}) == result.clusters
    assert sum(row.examples for row in result.rows) == 90
    assert {row.mean_rating for row in result.rows} == {5.0}
    assert all(row.typical in of and of[row.typical] == row.cluster_id for row in result.rows)


def test_a_second_run_changes_nothing(clustered: Clustered) -> None:
    clustered.add(TEXTS["parcel"] + TEXTS["card"])
    first = clustered.project.cluster()
    before = clustered.project.store.state_digest()
    second = clustered.project.cluster()
    assert (second.fitted, second.assigned, second.rows) == (False, 0, first.rows)
    assert clustered.project.store.state_digest() == before
    assert clustered.project.table("runs").to_pylist()[-1]["outcome"] == "unchanged"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_new_inputs_are_assigned_as_all_would_be(clustered: Clustered, seed: int) -> None:
    texts = [text for part in TEXTS.values() for text in part]
    Random(seed).shuffle(texts)
    clustered.add(texts[:60])
    clustered.project.cluster()
    for start in (60, 70, 85):
        clustered.add(texts[start : start + (10 if start == 60 else 15)])
        result = clustered.project.cluster()
        assert not result.fitted
    step_by_step = clustered.members()
    assert len(step_by_step) == 90
    assert any("came after the fit" in note for note in result.notes)
    with clustered.project.store.run("test"), clustered.project.store.write() as con:
        con.execute("DELETE FROM cluster_members")
    assert clustered.project.cluster().assigned == 90
    assert clustered.members() == step_by_step


@pytest.mark.slow
def test_ids_stay_through_a_refit_and_are_not_used_twice(clustered: Clustered) -> None:
    clustered.add(TEXTS["parcel"] + TEXTS["card"])
    clustered.project.cluster()
    before = clustered.members()
    clustered.add(TEXTS["lamp"])
    result = clustered.project.cluster(refit=True)
    assert result.fitted
    after = clustered.members()
    kept = [before[text] == after[text] for text in before]
    assert sum(kept) > 0.8 * len(kept)
    new = {after[text] for text in TEXTS["lamp"]} - set(before.values())
    assert new
    assert min(new) > max(before.values())


@pytest.fixture
def few_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits at most 40 inputs, and assigns few others at once."""
    monkeypatch.setattr(cluster, "FIT_AT_MOST", 40)
    monkeypatch.setattr(cluster, "_AT_ONCE", 7)


@pytest.mark.usefixtures("few_fitted")
def test_of_many_inputs_a_part_is_fitted_and_the_others_join_the_nearest(
    clustered: Clustered,
) -> None:
    texts = [text for part in TEXTS.values() for text in part]
    clustered.add(texts)
    result = clustered.project.cluster()
    assert (result.fitted, result.assigned, result.found_in) == (True, 90, 40)
    assert "found in 40 inputs; others joined" in render_cluster(result)
    assert not any("came after the fit" in note for note in result.notes)
    with clustered.project.store.read() as con:
        hashes, vectors = vectors_of(con)
        known = con.sql(
            "SELECT cluster_id AS input_hash, centroid AS vector FROM clusters ORDER BY 1"
        )
        ids, centres = from_lists(known.to_arrow_table())
        stored = con.sql("SELECT cluster_id FROM cluster_members ORDER BY input_hash").fetchall()
    # The lowest hashes are fitted, and each input is where its nearest centroid is.
    found = clustering.centroids(vectors[:40])
    assert {tuple(row) for row in found.tolist()} >= {tuple(row) for row in centres.tolist()}
    nearest, _ = clustering.assign(vectors, centres)
    assert [ids[n] for n in nearest.tolist()] == [row[0] for row in stored]
    assert len(hashes) == len(stored) == 90
    again = clustered.project.cluster()
    assert (again.fitted, again.assigned, again.found_in, again.rows) == (False, 0, 40, result.rows)


@pytest.mark.usefixtures("few_fitted")
def test_a_fit_of_a_part_does_not_depend_on_the_order_and_ids_stay(
    clustered: Clustered, tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    texts = [text for part in TEXTS.values() for text in part]
    other = Clustered(tmp_path / "other", write_jsonl, encoder)
    clustered.add(texts)
    other.add(texts[45:])
    other.add(texts[:45])
    clustered.project.cluster()
    other.project.cluster()
    members = clustered.members()
    assert other.members() == members
    assert clustered.project.cluster(refit=True).assigned == 90
    assert clustered.members() == members


@pytest.mark.usefixtures("few_fitted")
def test_what_a_kill_after_the_fit_leaves_is_assigned_by_the_next_run(
    clustered: Clustered, monkeypatch: pytest.MonkeyPatch
) -> None:
    clustered.add([text for part in TEXTS.values() for text in part])
    clustered.project.cluster()
    undisturbed = clustered.project.store.state_digest()

    def kill(*_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(cluster, "_assign", kill)
        with pytest.raises(KeyboardInterrupt):
            clustered.project.cluster(refit=True)
    assert len(clustered.members()) == 40
    assert clustered.project.cluster().assigned == 50
    assert clustered.project.store.state_digest() == undisturbed


def test_no_verdict_follows_from_clusters_so_none_is_derived(
    clustered: Clustered, monkeypatch: pytest.MonkeyPatch
) -> None:
    clustered.add(TEXTS["parcel"] + TEXTS["card"])
    project = clustered.project
    project.dedupe()
    derived: list[Any] = []
    derive = verdicts.from_nothing
    monkeypatch.setattr(
        verdicts, "from_nothing", lambda *a, **k: derived.append(a) or derive(*a, **k)
    )
    result = project.cluster()
    assert result.fitted and not derived
    status = project.status()
    assert {row.cluster_id for row in status.clusters} == {row.cluster_id for row in result.rows}
    with verdicts.today(project.store) as today:
        assert today.kept and not derived
        kept = today.con.sql("FROM verdicts ORDER BY ALL").to_arrow_table()
    project.store.kept.unlink()
    with verdicts.today(project.store) as today:
        assert today.con.sql("FROM verdicts ORDER BY ALL").to_arrow_table() == kept
    assert derived
    assert project.status() == status


def test_what_cannot_be_done_is_said(clustered: Clustered) -> None:
    with pytest.raises(ConfigError, match=r"Next: curate pull LOGS, then curate embed"):
        clustered.project.cluster()


@pytest.mark.slow
def test_a_reason_that_silences_a_cluster_is_reported(clustered: Clustered) -> None:
    clustered.add(TEXTS["parcel"] + TEXTS["card"], rating=5)
    clustered.add(TEXTS["lamp"], rating=1)
    clustered.project.filter()
    found = clustered.project.cluster().alarms
    lamps = {clustered.members()[text] for text in TEXTS["lamp"]}
    assert {alarm.reason for alarm in found} <= {"low_rating"}
    assert {alarm.cluster_id for alarm in found} <= lamps
    large = [r for r in clustered.project.cluster().rows if r.examples >= 20]
    assert {r.cluster_id for r in large} & lamps == {alarm.cluster_id for alarm in found}


# -- the kernel ------------------------------------------------------------------------------------


def blobs(seed: int, sizes: Iterable[int], spread: float = 0.35, dim: int = 48) -> Any:
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(list(sizes))), list(sizes))
    centres = rng.normal(size=(groups.max() + 1, dim))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    vectors = centres[groups] + rng.normal(size=(len(groups), dim)) * spread / np.sqrt(dim)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), groups


@pytest.mark.slow
def test_sides_do_not_depend_on_when_clusters_were_fitted(
    clustered: Clustered, tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    texts = [text for texts in TEXTS.values() for text in texts]
    other = Clustered(tmp_path / "other", write_jsonl, encoder)
    for part in (texts[:50], texts[50:]):
        clustered.add(part)
        clustered.project.cluster()
        other.add(part)
    other.project.cluster()
    one, two = clustered.project.export("set"), other.project.export("set")
    assert one.content_id == two.content_id
    assert "| cluster " in (one.folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("count", "width"), [(10, 9), (30, 9), (641, 10), (3_000, 10)])
def test_the_nearest_are_the_first_of_all_sorted(count: int, width: int) -> None:
    vectors = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
    vectors[3:7] = vectors[1]
    product = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True))[:500] @ vectors.T
    rounded = np.round(product, 5)
    expected = [sorted(range(count), key=lambda n: (-row[n], n))[:width] for row in rounded]
    assert clustering.first(product, width).tolist() == expected


def test_groups_that_lie_apart_are_found_without_their_number() -> None:
    from sklearn.metrics import adjusted_rand_score

    vectors, groups = blobs(3, [120, 80, 60, 40, 200, 100])
    nearest, _ = clustering.assign(vectors, clustering.centroids(vectors))
    assert adjusted_rand_score(groups, nearest) > 0.75


@pytest.mark.parametrize("count", [1, 2, 9, 30])
def test_few_vectors_are_few_clusters(count: int) -> None:
    vectors, _ = blobs(1, [count])
    assert 1 <= len(clustering.centroids(vectors)) <= max(1, count // clustering.SMALLEST)


def test_no_vectors_and_equal_vectors() -> None:
    vectors, _ = blobs(1, [100])
    assert len(clustering.centroids(vectors[:0])) == 0
    equal = np.repeat(vectors[:1], 100, axis=0)
    nearest, cosine = clustering.assign(equal, clustering.centroids(equal))
    assert len(set(nearest.tolist())) == 1
    assert cosine.min() > 0.999


def test_the_seed_decides_and_nothing_else() -> None:
    vectors, _ = blobs(5, [90, 70, 50])
    one, other = clustering.centroids(vectors, seed=1), clustering.centroids(vectors, seed=1)
    np.testing.assert_array_equal(one, other)
    assert as_lists(one).type.value_type == "float"


def test_names_are_the_words_that_set_a_group_apart() -> None:
    texts = ["where is my parcel 12", "my parcel is late", "where is my card", "my card is lost"]
    found = names(texts, np.array([0, 0, 1, 1]), 2)
    assert [terms[0] for _, terms in found] == ["parcel", "card"]
    assert all("12" not in name and "my" not in terms[:1] for name, terms in found)
    (only,) = names(["one two", "two three"], np.array([0, 0]), 1)
    assert only[1][0] == "two"
