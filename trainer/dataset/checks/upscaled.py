"""Enlarged pictures: their pixels are many, their detail is not."""

from functools import cache

import numpy as np

from ..finding import Finding
from .blockiness import window
from .facts import Facts
from .rules import Rules

_WINDOW = 512
_FEWEST = 128


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


def judge(facts: Facts, rules: Rules) -> Finding | None:
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
