"""Bars as an SVG picture, to stand in a RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 640, 150, 70, 22, 34
_OURS, _THEIRS, _TEXT = "#2563eb", "#9ca3af", "#6b7280"  # readable on white and on black


def bars(title: str, rows: Sequence[tuple[str, float, bool]]) -> str:
    """Returns a picture of horizontal bars.

    Args:
        title: what the numbers are, with their unit.
        rows: the name of each bar, its number, and whether it is ours, which has another colour.
    """
    scale = (_WIDTH - _LEFT - _RIGHT) / max(number for _, number, _ in rows)
    height = _TOP + _ROW * len(rows) + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12" fill="{_TEXT}">',
        f'<text x="0" y="16" font-size="13" font-weight="bold">{escape(title)}</text>',
    ]
    for place, (name, number, is_ours) in enumerate(rows):
        top, length = _TOP + _ROW * place, max(1.0, scale * number)
        parts += [
            f'<text x="{_LEFT - 8}" y="{top + 12}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_ROW - 6}" rx="2" '
            f'fill="{_OURS if is_ours else _THEIRS}"/>',
            f'<text x="{_LEFT + length + 6:.1f}" y="{top + 12}">{number:.2f}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
