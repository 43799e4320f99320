"""How a face is lit, from the pixels in and around its box."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

LIGHTINGS = ("even light", "side light", "backlight", "warm light", "cool light")
SIDE = 1.4
"""Brighter half of the face over the darker one."""
WARM, COOL = 1.2, 0.84
"""Red over blue on the face, against the same over the whole set: skin differs, one character's does not."""
DARK, BEHIND = 0.8, 1.3
"""Backlight: the face is so much darker than in the rest of the set, and what is behind it so much brighter."""
_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True, kw_only=True)
class Light:
    """Medians over a face: luma 0..255, luma behind it, brighter over darker half, red over blue."""

    luma: float = 130.0
    behind: float = 130.0
    side: float = 1.0
    warmth: float = 1.4


NEUTRAL = Light()
"""Middling skin in plain light, for a set too small to tell what its own plain light is."""


def lighting_of(pixels: np.ndarray, face: tuple[float, float, float, float], neutral: Light = NEUTRAL) -> str | None:
    """The bucket of (height, width, 3) uint8 `pixels`; None when the box has no pixels to speak of."""
    light = light_of(pixels, face)
    return None if light is None else name_light(light, neutral)


def light_of(pixels: np.ndarray, face: tuple[float, float, float, float]) -> Light | None:
    """Measured between brow and chin, away from hair; None for faces below 8 pixels."""
    left, top, right, bottom = face
    width, height = right - left, bottom - top
    inner = _cut(pixels, (left + 0.15 * width, top + 0.25 * height, right - 0.15 * width, bottom - 0.1 * height))
    if min(inner.shape[:2]) < 4 or min(width, height) < 8:
        return None
    luma = inner @ _LUMA
    middle = luma.shape[1] // 2
    halves = float(np.median(luma[:, :middle])), float(np.median(luma[:, -middle:]))
    red, blue = float(np.median(inner[..., 0])), float(np.median(inner[..., 2]))
    return Light(
        luma=float(np.median(luma)),
        behind=_behind(pixels, face),
        side=(max(halves) + 1) / (min(halves) + 1),
        warmth=(red + 1) / (blue + 1),
    )


def name_light(light: Light, neutral: Light = NEUTRAL) -> str:
    if light.luma < DARK * neutral.luma and light.behind > BEHIND * light.luma:
        return "backlight"
    if light.side > SIDE:
        return "side light"
    if light.warmth > WARM * neutral.warmth:
        return "warm light"
    return "cool light" if light.warmth < COOL * neutral.warmth else "even light"


def neutral_of(lights: Sequence[Light]) -> Light:
    """The plain light of a set: medians of five faces or more, else `NEUTRAL`."""
    if len(lights) < 5:
        return NEUTRAL
    return Light(luma=median(light.luma for light in lights), warmth=median(light.warmth for light in lights))


def _behind(pixels: np.ndarray, face: tuple[float, float, float, float]) -> float:
    """Luma of the strips left and right of the head, one face wide."""
    left, top, right, bottom = face
    width = right - left
    strips = [
        _cut(pixels, (left - 1.25 * width, top, left - 0.25 * width, bottom)),
        _cut(pixels, (right + 0.25 * width, top, right + 1.25 * width, bottom)),
    ]
    lumas = [(strip @ _LUMA).ravel() for strip in strips if strip.size]
    return float(np.median(np.concatenate(lumas))) if lumas else 0.0


def _cut(pixels: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    left, top, right, bottom = (max(0, round(side)) for side in box)
    return pixels[top:bottom, left:right]
