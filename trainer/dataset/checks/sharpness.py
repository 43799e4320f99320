"""Blur: whether anything at all is in focus; and enlargement: pixels are many, detail is not."""

from functools import cache

import numpy as np

from ..finding import Finding
from .facts import Facts
from .jpeg import window
from .rules import Rules

_TILES = 8
_WINDOW = 512
_FEWEST = 128


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


def judge_focus(facts: Facts, rules: Rules, usual: float | None) -> Finding | None:
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


def detail(gray: np.ndarray) -> float | None:
    """log10 of the share of power above half the Nyquist frequency, in the middle 512 pixels under a Hann window.

    `gray` (h, w) is luma at the file's own size; None under 128 pixels a side, and where nothing is drawn.
    """
    middle = window(gray, _WINDOW)
    if min(middle.shape) < _FEWEST:
        return None
    values = middle.astype(np.float32)
    values -= values.mean()
    hann, high = _filters(values.shape[0], values.shape[1])
    waves = np.fft.rfft2(values * hann)
    power = waves.real**2 + waves.imag**2
    total = float(power.sum())
    if total < 1.0:
        return None
    return float(np.log10(max(float(power[high].sum()) / total, 1e-9)))


def judge_detail(facts: Facts, rules: Rules) -> Finding | None:
    """Little fine detail is no fault of flat drawings: what has sharp edges at its training size was not enlarged."""
    is_sharp = facts.focus is not None and facts.focus >= rules.focus_of_a_sharp_picture
    if facts.detail is None or facts.detail >= rules.detail or is_sharp:
        return None
    return Finding(
        check="upscaled",
        level="warning",
        text="It looks enlarged, or soft all over: fine detail is missing. Use the picture at its first size.",
        value=round(facts.detail, 2),
    )


@cache
def _filters(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    hann = np.hanning(height)[:, None] * np.hanning(width)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    return hann.astype(np.float32), np.hypot(down, across) > 0.25
