"""Transparency: what is see-through trains as some colour, whether anyone chose it or not."""

import numpy as np

from ..finding import Finding
from ..sample import Sample
from .facts import Facts

_FEWEST = 0.0005


def clear_share(alpha: np.ndarray) -> float:
    """The share of pixels of an alpha channel (h, w) that are not fully opaque."""
    return float(np.count_nonzero(alpha < 255) / max(alpha.size, 1))


def judge(facts: Facts, sample: Sample) -> Finding | None:
    if facts.clear < _FEWEST:
        return None
    kept = "and masked out of training" if sample.masked else "and trained as such"
    text = f"{facts.clear:.0%} of it is see-through: shown on {sample.matte} {kept}."
    return Finding(check="alpha", level="note", text=text, value=round(facts.clear, 3))
