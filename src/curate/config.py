"""`curate.toml`: a section per command, a key per option; and the file that `init` writes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, unknown_name

NAME = "curate.toml"
TASKS = ("sft", "classification", "preference", "extraction")
LABEL_FROM = ("column", "response")
PROJECT_KEYS = ("name", "task", "label_from", "labels", "multi_label")


TEMPLATE = """\
# A section is a command, a key is one of its options. A flag on the command line or a variable
# such as CURATE_EXPORT_TEST_SIZE comes before this file. Secrets never stand here.

[project]
name = "{name}"
task = "{task}"                    # sft, classification, preference or extraction
# label_from = "column"            # classification: column, response, or a path such as $.intent
# labels = ["refund", "delivery"]  # classification: any other label is refused as unknown_label
# multi_label = true               # classification: an example has a list of labels, or none

# [pull]
# locations = ["logs/*.jsonl.gz"]  # what `curate run` and `curate pull` without a name read:
#                                  # files, folders, or a database (postgresql://me@host/db)
# map = ["query=prompt", "rating=thumbs"]
# scale = "1-5"
# table = "calls"                  # of a database; its password goes into PGPASSWORD or ~/.pgpass
# cursor = "updated_at"            # says when a row last changed
# key = "id"
# lag = "5m"

# [filter]
# min_rating = 4                   # lowest human rating that is kept, 1 to 5
# unrated = "drop"                 # drop or keep
# where = "model <> 'old-model'"   # any SQL condition over the columns of `candidates`

# [dedupe]
# exact = "example"                # example (messages and answer), input, or off
# near = 0.8                       # Jaccard similarity of inputs that makes a duplicate, or "off"
# semantic = "auto"                # cosine of inputs that makes a duplicate, "auto" or "off"

# [embed]
# encoder = "minilm"               # or a folder with a sentence-transformers model, or its name

# [label]
# url = "http://127.0.0.1:8080"    # of Label Studio; its token goes into LABEL_STUDIO_API_KEY
# annotators = 2                   # people who answer each task
# prefill = "given"                # the label of the log, "model" (the suggestion) or "none"

# [privacy]                        # what an export hides behind placeholders such as <EMAIL_1>
# regions = ["US", "GB"]           # whose phone numbers are known without a country code
# leave = ["IP", "MAC"]            # kinds that stay as they are
# names = true                     # names of people too; needs the extra [pii]
# redact = false                   # exports personal data as it is; secrets are hidden all the same

# [export]
# format = ["trl-prompt-completion"]
# test_size = 0.1
# leak_threshold = 0.8
"""


def load(folder: Path) -> dict[str, Any]:
    """Returns the sections of a project's `curate.toml`, empty where there is none.

    Raises:
        ConfigError: the file is not TOML.
    """
    path = folder / NAME
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def check(folder: Path, sections: Mapping[str, Any], known: Mapping[str, set[str]]) -> None:
    """Refuses sections that are no command and keys that are no option.

    Raises:
        ConfigError: names the section or key and the closest known one.
    """
    path = folder / NAME
    for section, keys in sections.items():
        if section not in known:
            raise ConfigError(f"{path}: {unknown_name('section', section, known)}")
        if not isinstance(keys, Mapping):
            raise ConfigError(f"{path}: {section} = ... stands outside a section")
        for key in keys:
            if key not in known[section]:
                message = unknown_name("key", key, known[section])
                raise ConfigError(f"{path}: [{section}] {message}")


def project_settings(folder: Path) -> dict[str, Any]:
    """Returns the `[project]` section, complete.

    Raises:
        ConfigError: a key or the task is unknown, or a value has the wrong type.
    """
    section = load(folder).get("project", {})
    check(folder, {"project": section}, {"project": set(PROJECT_KEYS)})
    task = section.get("task", "sft")
    if task not in TASKS:
        raise ConfigError(f"{folder / NAME}: [project] {unknown_name('task', str(task), TASKS)}")
    labels = section.get("labels")
    if labels is not None and not (
        isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    ):
        raise ConfigError(f"{folder / NAME}: [project] labels: expected a list of texts")
    label_from = section.get("label_from", "column")
    if label_from not in LABEL_FROM and not str(label_from).startswith("$."):
        message = unknown_name("label_from", str(label_from), LABEL_FROM)
        raise ConfigError(f"{folder / NAME}: [project] {message} Or a path such as $.intent.")
    several = section.get("multi_label", False)
    if not isinstance(several, bool):
        raise ConfigError(f"{folder / NAME}: [project] multi_label: expected true or false")
    found = {"task": task, "label_from": label_from, "labels": labels}
    # A store of before knows nothing of it, and stays as it is.
    return {**found, "multi_label": True} if several else found
