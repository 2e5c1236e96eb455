"""The blocks of the report: one file a block, a function from the state to parts.

To add one, add a file here with one function under `@block(...)`; nothing else knows the blocks by
name. They are shown in their order.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.report.parts import Block, Part

if TYPE_CHECKING:
    from curate.report.state import State

Answer = Callable[["State"], Sequence[Part]]


@dataclass(frozen=True)
class _Registered:
    order: int
    title: str
    command: str
    missing: str
    answer: Answer


_blocks: dict[str, _Registered] = {}


def block(*, order: int, title: str, command: str, missing: str) -> Callable[[Answer], Answer]:
    """Registers a block under the name of its module.

    Args:
        order: its place among the others.
        title: the question that it answers.
        command: gives the same numbers.
        missing: what to say where there is no answer: why, and what to type.
    """

    def register(function: Answer) -> Answer:
        name = function.__module__.rpartition(".")[2]
        if name in _blocks:
            raise ValueError(f"two blocks of the report are called {name!r}")
        _blocks[name] = _Registered(order, title, command, missing, function)
        return function

    return register


def names() -> list[str]:
    """Returns the names of all blocks, in their order."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_blocks, key=lambda name: (_blocks[name].order, name))


def answer(name: str, state: State) -> Block:
    """Returns a block with its answer."""
    one = _blocks[name]
    return Block(name, one.title, one.command, one.answer(state), one.missing)
