"""Blur: whether anything at all in the picture is in focus."""

import numpy as np

from ..finding import Finding
from .facts import Facts
from .rules import Rules

_TILES = 8


def focus(gray: np.ndarray) -> float | None:
    """The 90th percentile over 8x8 tiles of the Laplacian's variance, grey levels squared; None under 64 pixels.

    `gray` (h, w) is luma scaled to the training resolution. A percentile of tiles, because a sharp face before a plain
    wall is sharp, whatever the wall does to the whole picture's variance.
    """
    if min(gray.shape) < 64:
        return None
    values = gray.astype(np.int16)
    edges = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:] - 4 * values[1:-1, 1:-1]
    high, wide = edges.shape[0] // _TILES, edges.shape[1] // _TILES
    tiles = edges[: high * _TILES, : wide * _TILES].astype(np.float32).reshape(_TILES, high, _TILES, wide)
    mean = tiles.mean(axis=(1, 3))
    spread = np.einsum("abcd,abcd->ac", tiles, tiles) / (high * wide) - mean**2
    return float(np.percentile(spread, 90))


def judge(facts: Facts, rules: Rules, usual: float | None) -> Finding | None:
    """`usual` is the median focus of the set; to be softer than that is only a note, for so are good portraits."""
    if facts.focus is None:
        return None
    value = round(facts.focus, 1)
    if facts.focus < rules.focus:
        text = "Nothing in it is in focus; use a sharper picture, or accept it if the softness is meant."
        return Finding(check="blur", level="warning", text=text, value=value)
    limit = min(rules.focus_beside_set * (usual or 0.0), rules.focus_of_a_sharp_picture)
    if facts.focus < limit:
        text = f"It is much softer than the rest ({facts.focus:.0f}, usual {usual or 0:.0f}); see if it is in focus."
        return Finding(check="softer", level="note", text=text, value=value)
    return None
