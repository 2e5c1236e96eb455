"""Encoders that come as packages: one file an encoder, a function that loads it.

To add one, add a file here with one function under `@encoder("name", ...)`, named as the encoder is
with `_` for `-`. A file imports nothing heavy before it loads, and checks every file of its package
against a pinned SHA-256 before anything of it runs.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.embed.languages import ENGLISH, FEW, LATIN, OTHER_LATIN

if TYPE_CHECKING:
    from curate.embed.encoder import Encoder

Load = Callable[[int | None], "Encoder"]


@dataclass(frozen=True)
class EncoderKind:
    """A packaged encoder; see `encoder`."""

    name: str
    load: Load
    about: str
    module: str
    extra: str
    scripts: tuple[str, ...]
    only_english: bool
    order: int
    runs_here: Callable[[], bool]

    @property
    def installed(self) -> bool:
        """Returns whether it can be loaded here; imports nothing."""
        return importlib.util.find_spec(self.module) is not None and self.runs_here()

    @property
    def install(self) -> str:
        """Returns what to type where it is not installed."""
        package = f"'curate-workbench[{self.extra}]'"
        return f"pip install {package} (in a checkout: pip install -e '.[{self.extra}]')"

    def tells_apart(self, language: str) -> bool:
        """Returns whether its vectors mean anything for texts of a language or script.

        To an English tokenizer whole words of other scripts are one unknown token, so that texts
        about quite different things come out equal. Latin script it can at least spell.
        """
        return language in LATIN or language in self.scripts

    def unread(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Returns which languages of some texts it was not made for, with their numbers.

        The odd English text counts as another language; an English encoder counts such texts only
        where they are more than a few.
        """
        total = sum(counts.values())
        unread = {name: n for name, n in counts.items() if not self.tells_apart(name)}
        others = counts.get(OTHER_LATIN, 0)
        if self.only_english and others > FEW * total:
            unread[OTHER_LATIN] = others
        return unread

    def share(self, counts: Mapping[str, int]) -> float:
        """Returns the share of texts in languages that it was made for, by their numbers."""
        total = sum(counts.values())
        made_for = {ENGLISH, *self.scripts} | (set() if self.only_english else {OTHER_LATIN})
        return sum(n for name, n in counts.items() if name in made_for) / total if total else 1.0


def encoder(
    name: str,
    *,
    about: str,
    module: str,
    extra: str,
    order: int,
    scripts: tuple[str, ...] = (),
    only_english: bool = False,
    runs_here: Callable[[], bool] = lambda: True,
) -> Callable[[Load], Load]:
    """Registers the function that loads a packaged encoder, given the number of threads.

    Args:
        name: as in `[embed] encoder`; the file is called the same, with `_` for `-`.
        about: what it is, in a few words, as it is said to people.
        module: by which it is told whether the package is installed.
        extra: that installs it.
        order: which encoder `auto` asks first, the fastest and best known.
        scripts: other than Latin that it was made for, by their names in Unicode; Han for CJK,
            Kana for Japanese.
        only_english: whether English is all it knows of the languages in Latin script.
        runs_here: whether this machine can run it.
    """

    def register(load: Load) -> Load:
        if name in _KINDS:
            raise ValueError(f"two encoders are called {name!r}")
        _KINDS[name] = EncoderKind(
            name, load, about, module, extra, scripts, only_english, order, runs_here
        )
        return load

    return register


_KINDS: dict[str, EncoderKind] = {}


def kinds() -> list[EncoderKind]:
    """Returns all packaged encoders, the one that `auto` asks first first."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_KINDS.values(), key=lambda kind: kind.order)


def kind_of(name: str) -> EncoderKind | None:
    """Returns a packaged encoder by its name, None where the name is of a folder or on the hub."""
    return next((kind for kind in kinds() if kind.name == name), None)
