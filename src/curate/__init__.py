"""From production LLM logs to audited, versioned, leak-free training and held-out files."""

from typing import TYPE_CHECKING, Any

from curate.version import __version__

if TYPE_CHECKING:
    from curate.project import Project

__all__ = ["Project", "__version__"]


def __getattr__(name: str) -> Any:
    # `from curate import Project` must not make `curate --help` pay for the project's imports.
    if name == "Project":
        from curate.project import Project

        return Project
    raise AttributeError(f"module 'curate' has no attribute {name!r}")
