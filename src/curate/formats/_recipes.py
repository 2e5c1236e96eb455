"""How to train on a version: the lines of its card, and the files that trainers ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from curate.formats import INDENTED, Files

_MODEL = "Qwen/Qwen3-0.6B"
_SEQUENCE = 4096


def trl(method: str, files: Files, *arguments: str) -> str:
    """Returns the card's lines for one of TRL's trainers: SFT, DPO or KTO.

    Source: TRL documentation, `max_length` of its configurations: 1,024 by default, and what is
    longer loses its end.
    """
    length = f"max_length={_SEQUENCE},  # what is longer loses its end"
    if files.longest is not None:
        length = f"max_length={files.room},  # the longest row has {files.longest:,} tokens"
    lines = "".join(f"        {line}\n" for line in [*(f"{a}," for a in arguments), length])
    return (
        f"```python\nfrom datasets import load_dataset\nfrom trl import {method}Config, "
        f'{method}Trainer\n\ntrainer = {method}Trainer(\n    model="{_MODEL}",\n'
        f"    train_dataset={files.load},\n"
        + (f"    eval_dataset={files.load_split('validation')},\n" if files.validation else "")
        + f'    args={method}Config(\n        output_dir="trained",\n{lines}    ),\n)\n'
        "trainer.train()\n```\n"
    )


def llama_factory(files: Files) -> str:
    """Returns the card's lines for LLaMA-Factory."""
    return (
        "LLaMA-Factory finds the files through `dataset_info.json`:\n\n"
        f"```yaml\ndataset_dir: path/to/this/folder\ndataset: {files.dataset}_train\n"
        f"mask_history: true  # only the answer is trained\ncutoff_len: {files.room or _SEQUENCE}"
        "\n```\n"
    )


def dataset_info(files: Files, entry: Mapping[str, Any]) -> dict[str, str]:
    """Returns LLaMA-Factory's list of data sets with these files.

    Source: LLaMA-Factory, data/README.md.
    """
    paths = {"train": files.train, "validation": files.validation, "test": files.test}
    columns = {
        f"{files.dataset}_{side}": {"file_name": path, **entry}
        for side, path in paths.items()
        if path
    }
    return {"dataset_info.json": orjson.dumps(columns, option=INDENTED).decode()}


def axolotl(files: Files, columns: Sequence[str], head: Sequence[str] = ()) -> str:
    """Returns a configuration for Axolotl that takes its columns from the version's card.

    Args:
        files: what to train on; the held-out file is not named, it is for the end.
        columns: how Axolotl reads a row.
        head: settings beside the data.

    Source: Axolotl documentation, dataset formats.
    """
    name = [f"name: {files.config}"] if files.config else []
    lines = ["path: .", *name, "split: train", *columns]
    judging = ["path: .", *name, "split: validation", *columns]
    return (
        "# Run in this folder: the columns are declared in README.md.\n"
        + "".join(f"{line}\n" for line in [f"base_model: {_MODEL}", *head])
        + f"chat_template: tokenizer_default\nsequence_len: {files.room or _SEQUENCE}\n"
        + "output_dir: trained\ndatasets:\n"
        + _listed(lines)
        + (f"test_datasets:\n{_listed(judging)}" if files.validation else "")
    )


def _listed(lines: Sequence[str]) -> str:
    """Returns lines of YAML as the only item of a list."""
    return "".join(f"  {'  ' if n else '- '}{line}\n" for n, line in enumerate(lines))
