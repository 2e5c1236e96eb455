"""The command line: options, one call on the `Project`, and how its result is shown.

Results go to stdout, everything else to stderr. Nothing heavy is imported here: the modules that
do the work are loaded by the methods of `Project`.
"""

from curate.cli import check, datasets, label, logs, look, meaning, privacy
from curate.cli.group import cli, main

__all__ = ["check", "cli", "datasets", "label", "logs", "look", "main", "meaning", "privacy"]
