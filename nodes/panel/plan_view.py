"""A plan as its panel shows it: words, and the memory of each phase beside what is free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...trainer.errors import listed

_MOST_LINES = 120


def plan_view(lines: Sequence[str], figures: Mapping[str, Any]) -> dict[str, Any]:
    """Plain JSON of bounded length: `figures` are `plan_json`'s."""
    return {
        "lines": listed(list(lines), _MOST_LINES),
        "passes": figures.get("passes"),
        "passes_are": figures.get("passes_are", ""),
        "updates": figures.get("updates"),
        "seconds": figures.get("seconds"),
        "memory": figures.get("memory"),
    }
