"""Models of sentence-transformers: from a folder, the local cache or the model hub."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.embed.pinned import sha256
from curate.embed.windows import spans
from curate.errors import ConfigError, RemoteUnavailable

_BATCH = 64
# The digests of stores that exist are of these; a revision on the hub is new, and has them all.
_KINDS = (".json", ".txt", ".safetensors")
_BRANCHES = ("main", "master", "HEAD")


@dataclass(frozen=True)
class SentenceEncoder:
    """A sentence-transformers model on the CPU.

    Attributes:
        name: as in `[embed] encoder`.
        digest: SHA-256 of the weights and of the files that say how they are used.
        model: the loaded `SentenceTransformer`.
    """

    name: str
    digest: str
    model: Any

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 (n, dim), one row per text.

        Their last bits depend on which texts are encoded together, as they do in every
        implementation; vectors are computed once and stored.
        """
        vectors = self.model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def windows(self, text: str) -> list[str]:
        """Returns a text in parts of as many tokens as the model reads, itself where it is one."""
        tokenizer = self.model.tokenizer
        most = self.model.max_seq_length - tokenizer.num_special_tokens_to_add()
        # A token is at least one character: short texts need no tokenizer.
        if len(text) <= most:
            return [text]
        tokens = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)
        ids = tokens["input_ids"]
        if len(ids) <= most:
            return [text]
        return [tokenizer.decode(ids[start:end]) for start, end in spans(len(ids), most)]


def load(name: str, folder: Path, threads: int | None) -> SentenceEncoder:
    """Returns the model in a folder, whose files were digested before anything is loaded."""
    is_pinned = "@" in name and not Path(name).is_dir()
    digest = _digest(folder, *_KINDS, *([".model"] if is_pinned else []))
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as said

    said.disable_progress_bar()  # type: ignore[no-untyped-call]
    if threads:
        torch.set_num_threads(threads)
    return SentenceEncoder(name, digest, SentenceTransformer(str(folder), device="cpu"))


def folder_of(name: str) -> Path:
    """Returns the folder of a model: that folder itself, or a revision of one on the hub.

    Raises:
        ConfigError: the folder holds no model, or there is no such model or revision.
        RemoteUnavailable: the hub does not answer and the cache has no copy.
    """
    if Path(name).is_dir():
        if not (Path(name) / "modules.json").exists():
            raise ConfigError(f"[embed] encoder: {name} holds no model (no modules.json)")
        return Path(name)
    repository, _, revision = name.partition("@")
    if not revision and "/" not in name:
        raise ConfigError(
            f"[embed] encoder: no model {name!r}. Expected auto, a packaged encoder, a folder, or "
            "owner/name@REVISION of a model on the hub. Next: curate embed --help"
        )
    return from_hub(repository, revision or None)


def refuse_unpinned(name: str) -> None:
    """Refuses a model on the hub without the revision that is meant.

    Raises:
        ConfigError: says the form that is expected.
    """
    if Path(name).is_dir() or "/" not in name.strip("./"):
        return
    repository, _, revision = name.partition("@")
    if not revision or revision in _BRANCHES:
        seen = f"{revision!r} is a branch, which moves" if revision else "it names no revision"
        raise ConfigError(
            f"[embed] encoder: {name!r} is no folder here, and for a model on the hub {seen}. "
            f"Next: curate embed --encoder {repository}@REVISION, with the hash of a commit or a "
            "tag from the model's page"
        )


def from_hub(name: str, revision: str | None) -> Path:
    """Returns the folder of a model in the local cache, fetched from the hub where it must be."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    # A repository holds the same weights for several runtimes; only these are used.
    patterns = ["*.json", "*.txt", "*.model", "*.safetensors"]
    at = f" at revision {revision!r}" if revision else ""
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=patterns))
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
        raise ConfigError(
            f"[embed] encoder: no model {name!r}{at} in a folder, in the cache or on the hub. "
            "Next: encoder = \"minilm\", or pip install 'curate-workbench[ml]'"
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise RemoteUnavailable(
            f"model {name!r}{at} is not in the local cache and the hub does not answer. Next: "
            "connect once, or name a folder that holds it in [embed] encoder"
        ) from error


def _digest(folder: Path, *kinds: str) -> str:
    """Returns one digest of a model's files of these kinds."""
    whole = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.suffix in kinds):
        whole.update(f"{file.relative_to(folder).as_posix()} {sha256(file)}\n".encode())
    return whole.hexdigest()
