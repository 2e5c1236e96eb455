"""`curate.toml`: a section per command, a key per option; and the file that `init` writes."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, unknown_name

NAME = "curate.toml"
TASKS = ("sft", "classification", "preference", "extraction")
LABEL_FROM = ("column", "response")
PROJECT_KEYS = ("name", "task", "label_from", "labels", "multi_label")
_QUOTED = re.compile(r"\"[^\"]+\"|'[^']+'")


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

# [contract]                       # what an answer must look like; `curate contract --infer`
# pattern = 'yes|no'               # a regular expression that the whole answer matches; or, where
#                                  # answers are JSON: schema = "contract.schema.json"
# tools = true                     # arguments of tool calls fit the tools that were offered
# fences = false                   # whether JSON may stand in code fences

# [dedupe]
# exact = "example"                # example (messages and answer), input, or off
# near = 0.8                       # Jaccard similarity of inputs that makes a duplicate, or "off"
# semantic = "by-task"             # cosine of inputs that makes a duplicate, "auto" or "off"; or
#                                  # "report": shown, not removed (classification's default)

# [embed]
# encoder = "auto"                 # or minilm, use-multilingual, e5-small, a folder with a model,
#                                  # owner/name@revision; a change needs `curate embed --rebuild`

# [label]
# url = "http://127.0.0.1:8080"    # of Label Studio; its token goes into LABEL_STUDIO_API_KEY
# annotators = 2                   # people who answer each task
# prefill = "given"                # the label of the log, "model" (the suggestion) or "none"
# tags = ["pii", "off topic"]      # that annotators may put on an example
# rubric = ["Helpful", "Tone"]     # more ratings of an answer, 1 to 5 stars each
# [label.hints]                    # what a label means; what else you expect: guidelines.md
# refund = "Money that was paid goes back"

# [privacy]                        # what an export hides behind placeholders such as <EMAIL_1>
# regions = ["US", "GB"]           # whose phone numbers are known without a country code
# leave = ["IP", "MAC"]            # kinds that stay as they are
# names = true                     # names of people too; needs the extra [pii]
# redact = false                   # exports personal data as it is; secrets are hidden all the same

# [export]
# format = ["trl-prompt-completion"]
# test_size = 0.1
# leak_threshold = 0.8
# group = "user"                   # calls of one user stay on one side
# val_size = 0.1                   # a share of train goes into validation.jsonl
# split = "time"                   # of new examples the newest are held out, not a draw
"""


def load(folder: Path) -> dict[str, Any]:
    """Returns the sections of a project's `curate.toml`, empty where there is none.

    Raises:
        ConfigError: the file is not TOML; names the line.
    """
    path = folder / NAME
    if not path.exists():
        return {}
    raw = path.read_bytes()
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path} line {line}: not UTF-8. Next: save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_error(path, raw.decode("utf-8"), str(error))) from error


def check(folder: Path, sections: Mapping[str, Any], known: Mapping[str, set[str]]) -> None:
    """Refuses sections that are no command and keys that are no option.

    Raises:
        ConfigError: names the line, the section or key and the closest known one.
    """
    for section, keys in sections.items():
        if not isinstance(keys, Mapping):
            homes = [name for name in known if section in known[name]]
            more = f". Next: write it under [{homes[0]}]" if homes else ""
            where = place(folder, section)
            raise ConfigError(f"{where}: {section} = ... stands outside a section{more}")
        if section not in known:
            message = unknown_name("section", section, known)
            raise ConfigError(f"{place(folder, section)}: {message}")
        for key in keys:
            if key not in known[section]:
                message = unknown_name("key", key, known[section])
                raise ConfigError(f"{place(folder, section, key)}: {message}")


def place(folder: Path, section: str, key: str | None = None, value: str = "") -> str:
    """Returns where a setting stands, as `p/curate.toml line 12, [filter] min_rating`.

    Args:
        folder: of the project.
        section: its name.
        key: in the section; None for the section itself.
        value: a text that quotes the part of the value which is bad, where it is a list over
            several lines.
    """
    path, line = folder / NAME, None
    if path.exists():
        line = find_line(path.read_text(encoding="utf-8", errors="replace"), section, key, value)
    where = f"{path} line {line}" if line else str(path)
    return where if key is None else f"{where}, [{section}] {key}"


def find_line(text: str, section: str, key: str | None = None, value: str = "") -> int | None:
    """Returns the number of the line of a section or key, from 1; None where there is none."""
    lines = text.splitlines()
    for first, last, parsed in _statements(text):
        keys = parsed.get(section)
        if section not in parsed or (key and not (isinstance(keys, Mapping) and key in keys)):
            continue
        quoting = (n for n in range(first, last + 1) if _quotes(value, lines[n - 1]))
        return next(quoting, first)
    return None


def without_section(text: str, section: str) -> str:
    """Returns the text of a curate.toml without a section and its tables; comments stay."""
    lines = text.splitlines(keepends=True)
    gone = {
        number
        for first, last, parsed in _statements(text)
        if [*parsed][-1] == section  # a header is parsed after the one before it
        for number in range(first, last + 1)
    }
    return "".join(line for number, line in enumerate(lines, 1) if number not in gone)


def _quotes(message: str, line: str) -> bool:
    """Returns whether a line has the text that a message quotes first, in whatever quotes."""
    quoted = _QUOTED.search(message)
    return quoted is not None and quoted[0][1:-1] in (text[1:-1] for text in _QUOTED.findall(line))


def _statements(text: str) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yields first line, last line and meaning of each header and each `key = value`.

    A statement ends with the first line up to which it is TOML, so values over several lines,
    quoted and dotted keys are read as tomllib reads them.
    """
    header, first, chunk = "", 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        chunk += line + "\n"
        if chunk != line + "\n" and not any(mark in line for mark in ("]", "}", '"""', "'''")):
            continue  # the value goes on: nothing closes here
        try:
            parsed = tomllib.loads(header + chunk)
        except tomllib.TOMLDecodeError:
            continue
        if chunk.strip() and not chunk.lstrip().startswith("#"):
            if chunk.lstrip().startswith("["):
                header = chunk
            yield first, number, parsed
        first, chunk = number + 1, ""


def _syntax_error(path: Path, text: str, message: str) -> str:
    """Returns the message for a file that is not TOML; at its end, the unfinished line is named."""
    found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    done = list(_statements(text))
    line = int(found[1]) if found else 1 + max((last for _, last, _ in done), default=0)
    sections = [name for first, _, parsed in done if first <= line for name in parsed]
    where = f"{path} line {line}" + (f", column {found[2]}" if found else "")
    section = f", [{sections[-1]}]" if sections else ""
    what = re.sub(r" \(at .*\)$", "" if found else " (the file ends inside it)", message)
    return f"{where}{section}: {what}. Next: correct that line; text stands in quotes"


def project_settings(folder: Path) -> dict[str, Any]:
    """Returns the `[project]` section, complete.

    Raises:
        ConfigError: a key or the task is unknown, or a value has the wrong type.
    """
    section = load(folder).get("project", {})
    check(folder, {"project": section}, {"project": set(PROJECT_KEYS)})

    def refuse(key: str, message: str) -> ConfigError:
        return ConfigError(f"{place(folder, 'project', key, message)}: {message}")

    task = section.get("task", "sft")
    if task not in TASKS:
        raise refuse("task", unknown_name("task", str(task), TASKS))
    labels = section.get("labels")
    if labels is not None and not (
        isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    ):
        raise refuse("labels", f"{labels!r}: expected a list of texts")
    label_from = section.get("label_from", "column")
    if label_from not in LABEL_FROM and not str(label_from).startswith("$."):
        message = unknown_name("label_from", str(label_from), LABEL_FROM)
        raise refuse("label_from", f"{message} Or a path such as $.intent.")
    several = section.get("multi_label", False)
    if not isinstance(several, bool):
        raise refuse("multi_label", f"{several!r}: expected true or false")
    found = {"task": task, "label_from": label_from, "labels": labels}
    # A store of before knows nothing of it, and stays as it is.
    return {**found, "multi_label": True} if several else found


def secret_of_file(file: Path) -> str:
    """Returns the secret in a file that only its owner can read; it may be empty.

    Raises:
        ConfigError: others can read the file, nobody can, or it holds no secret.
    """
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"{file}: no token can be read from it: {what}") from None
    if mode & 0o077:
        raise ConfigError(f"{file} can be read by others. Next: chmod 600 {file}")
    return secret_text(text)


def secret_text(text: str) -> str:
    """Returns a secret as it goes into a header.

    Raises:
        ConfigError: it cannot.
    """
    text = text.strip()
    if not text.isascii() or any(c.isspace() for c in text):
        raise ConfigError("the token holds characters that no token has")
    return text
