"""The command line: a file a command, with its options, its one call, and how its result reads.

Results go to stdout, everything else to stderr. Nothing heavy is imported here: the modules that
do the work are loaded by the methods of `Project`.
"""

import importlib
import pkgutil

from curate.cli.group import cli, main

__all__ = ["cli", "main"]

# Each module of this folder adds its command to the group.
for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
