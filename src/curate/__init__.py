"""From production LLM logs to audited, versioned, leak-free training and held-out files."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.project import Project

__version__ = "0.1.0"
__all__ = ["Project", "__version__"]


def __getattr__(name: str) -> Any:
    # `from curate import Project` must not make `curate --help` pay for the project's imports.
    if name == "Project":
        from curate.project import Project

        return Project
    raise AttributeError(f"module 'curate' has no attribute {name!r}")
