"""Photo-like pictures from a seed, so that the checks can be calibrated and timed with nothing to download."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 1024
_SMALL = 256
"""Pictures up to this side need no larger tile of noise."""


@dataclass(frozen=True)
class Scene:
    """What differs from picture to picture: how rough its surfaces are (exponent of their amplitude spectrum, about 1
    in nature: Field 1987), how far its ground is out of focus (pixels), and its grain (grey levels)."""

    roughness: float
    ground_blur: float
    grain: float
    shapes: int


def photo(seed: int, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    """A ground out of focus, lit from one side, with sharp textured shapes before it and a little grain."""
    rng = np.random.default_rng([77, seed])
    scene = Scene(rng.uniform(0.85, 1.35), rng.uniform(0, 10), rng.uniform(0.5, 3.0), int(rng.integers(6, 24)))
    ground = _painted(size, rng, 1.4)
    if scene.ground_blur > 0.5:
        ground = ground.filter(ImageFilter.GaussianBlur(scene.ground_blur))
    front = _painted(size, rng, scene.roughness)
    image = Image.composite(front, ground, _shapes(size, rng, scene.shapes))
    # Twice as large and back: edges get the softness that a lens and a sensor give them.
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.45))), np.float32)
    pixels = pixels * _light(size, rng)[..., None] + rng.normal(0, scene.grain, pixels.shape).astype(np.float32)
    return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))


def _painted(size: tuple[int, int], rng: np.random.Generator, roughness: float) -> Image.Image:
    """Coloured 1/f noise over two to five flat shapes."""
    image = Image.new("RGB", size, _color(rng))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(2, 6))):
        pen.polygon(_corners(size, rng), fill=_color(rng))
    side = SIDE if max(size) > _SMALL else _SMALL
    texture = _spectrum(round(roughness, 1), int(rng.integers(8)), side)
    top, left = (int(v) for v in rng.integers(0, texture.shape[0], 2))
    rows, columns = np.arange(size[1]) + top, np.arange(size[0]) + left
    patch = texture.take(rows, axis=0, mode="wrap").take(columns, axis=1, mode="wrap")
    # Photographs are busy in places and calm in others: a slow envelope gives the texture their heavy tails.
    calm = _spectrum(2.0, int(rng.integers(8)), side).take(rows, axis=0, mode="wrap").take(columns, axis=1, mode="wrap")
    patch = patch * np.exp(np.float32(rng.uniform(0.3, 1.0)) * calm - 0.4)
    tint = rng.uniform(0.6, 1.0, 3).astype(np.float32)
    pixels = np.asarray(image, np.float32) + patch[..., None] * tint * rng.uniform(14, 34)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@cache
def _spectrum(roughness: float, number: int, side: int) -> np.ndarray:
    """Tileable noise with amplitude 1/f^roughness, mean 0 and deviation 1, (side, side)."""
    rng = np.random.default_rng([5, number])
    down, across = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    frequency = np.maximum(np.hypot(down, across), 2 / side).astype(np.float32)
    noise = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(side, side)).astype(np.float32)) / frequency**roughness)
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)


def _shapes(size: tuple[int, int], rng: np.random.Generator, count: int) -> Image.Image:
    """Ellipses and polygons with smooth edges, (L)."""
    twice = (size[0] * 2, size[1] * 2)
    mask = Image.new("L", twice)
    pen = ImageDraw.Draw(mask)
    for _ in range(count):
        x, y = rng.uniform(0.1, 0.9, 2) * twice
        wide, high = rng.uniform(0.03, 0.22, 2) * twice
        if rng.random() < 0.5:
            pen.ellipse((x - wide, y - high, x + wide, y + high), fill=255)
        else:
            pen.polygon(_corners(twice, rng), fill=255)
    return mask.resize(size, Image.Resampling.BOX)


def _corners(size: tuple[int, int], rng: np.random.Generator) -> list[tuple[float, float]]:
    middle, reach = rng.uniform(0, 1, 2), rng.uniform(0.1, 0.4)
    turns = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 7))))
    return [
        (float((middle[0] + reach * np.cos(t)) * size[0]), float((middle[1] + reach * np.sin(t)) * size[1]))
        for t in turns
    ]


def _light(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Brighter towards one side, (h, w)."""
    turn, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.35)
    x = np.linspace(-1, 1, size[0], dtype=np.float32)[None] * np.float32(np.cos(turn))
    y = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None] * np.float32(np.sin(turn))
    return 1 + np.float32(depth) * (x + y) / 1.4


def _color(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in rng.integers(40, 216, 3))
    return red, green, blue
