"""What there is to see: pictures too dark or too bright to learn from, and what is see-through."""

import numpy as np

from ..finding import Finding
from ..sample import Sample
from .facts import Facts
from .rules import Rules

_BLACK, _WHITE = 4, 251
_MIDDLE = (24, 231)
_FEWEST = 0.0005


def exposure(histogram: np.ndarray) -> tuple[float, float, float]:
    """Shares of pixels that are black (luma to 4), white (from 251) and in between (24 to 231), of (256,) counts."""
    total = max(int(histogram.sum()), 1)
    dark, bright = int(histogram[: _BLACK + 1].sum()), int(histogram[_WHITE:].sum())
    middle = int(histogram[_MIDDLE[0] : _MIDDLE[1] + 1].sum())
    return dark / total, bright / total, middle / total


def judge_exposure(facts: Facts, rules: Rules) -> Finding | None:
    if facts.middle >= rules.middle or max(facts.dark, facts.bright) <= rules.clipped:
        return None
    word, share = ("dark", facts.dark) if facts.dark >= facts.bright else ("bright", facts.bright)
    end = "black" if word == "dark" else "white"
    return Finding(
        check="exposure",
        level="warning",
        text=f"Too {word}: {share:.0%} of it is {end}. Use a better exposed picture.",
        value=round(share, 3),
    )


def clear_share(alpha: np.ndarray) -> float:
    """The share of pixels of an alpha channel (h, w) that are not fully opaque."""
    return float(np.count_nonzero(alpha < 255) / max(alpha.size, 1))


def judge_alpha(facts: Facts, sample: Sample) -> Finding | None:
    if facts.empty:
        text = f"It is wholly transparent: nothing of it is seen but {sample.matte}. Save it again with its background."
        return Finding(check="alpha", level="error", text=text, value=1.0)
    if facts.clear < _FEWEST:
        return None
    kept = "and masked out of training" if sample.masked else "and trained as such"
    text = f"{facts.clear:.0%} of it is see-through: shown on {sample.matte} {kept}."
    return Finding(check="alpha", level="note", text=text, value=round(facts.clear, 3))
