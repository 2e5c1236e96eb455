"""Asking an endpoint as a command of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curate.evaluate.ask import AskResult, send
from curate.evaluate.ask_options import Ask, AskConduct, AskSettings
from curate.evaluate.asks import HeldOutPrompt
from curate.store import Store


def ask(
    store: Store,
    model: Ask,
    prompts: Sequence[HeldOutPrompt],
    settings: AskSettings = AskSettings(),  # noqa: B008 (frozen)
    conduct: AskConduct = AskConduct(),  # noqa: B008
    **more: Any,
) -> AskResult:
    """Asks a model what has no answer yet; see `send`."""
    with store.run("evaluate ask", {"ask": model.name}) as run:
        return send(store, run, model, prompts, settings, conduct, **more)
