"""Brushes and finishes: how flat, sketch, watercolor and 3d render put the same shapes on paper."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Color = tuple[int, int, int]
Point = tuple[float, float]

_INK = (34, 28, 40)
_PENCIL = (84, 84, 92)
_OVERSAMPLE = 2


def mix(color: Color, other: Color, share: float) -> Color:
    """`color` with `share` (0..1) of `other` in it."""
    r, g, b = (round(c + (o - c) * share) for c, o in zip(color, other, strict=True))
    return r, g, b


class Brush:
    """Draws shapes given in 1/128 of the page, in one style, on a page twice as fine as the picture."""

    def __init__(self, size: int, style: str, rng: np.random.Generator) -> None:
        self.size = size
        self.style = style
        self._unit = size * _OVERSAMPLE / 128
        self._rng = rng
        self.page = Image.new("RGB", (size * _OVERSAMPLE, size * _OVERSAMPLE))
        self._draw = ImageDraw.Draw(self.page)

    def background(self, color: Color) -> None:
        self.page.paste(self._tone(color), (0, 0, *self.page.size))

    def polygon(self, points: list[Point], color: Color, *, width: float = 2.2, bare: bool = False) -> None:
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.polygon(scaled, fill=self._tone(color))
        edge = self._edge(color)
        if edge and not bare:
            self._draw.line([*scaled, scaled[0], scaled[1]], fill=edge, width=self._pixels(width), joint="curve")

    def ellipse(
        self, center: Point, rx: float, ry: float, color: Color, *, width: float = 2.2, bare: bool = False
    ) -> None:
        edge = None if bare else self._edge(color)
        self._draw.ellipse(self._box(center, rx, ry), self._tone(color), edge, self._pixels(width) if edge else 0)

    def ring(self, center: Point, rx: float, ry: float, width: float, color: Color) -> None:
        self._draw.ellipse(self._box(center, rx, ry), None, self._tone(color), self._pixels(width))

    def line(self, points: list[Point], width: float, color: Color) -> None:
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(scaled, fill=self._tone(color), width=self._pixels(width), joint="curve")

    def _box(self, center: Point, rx: float, ry: float) -> tuple[float, float, float, float]:
        x, y = center
        return ((x - rx) * self._unit, (y - ry) * self._unit, (x + rx) * self._unit, (y + ry) * self._unit)

    def _pixels(self, width: float) -> int:
        return max(1, round(width * self._unit))

    def _tone(self, color: Color) -> Color:
        if self.style == "sketch":
            gray = round(0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2])
            return mix(mix(color, (gray, gray, gray), 0.5), (246, 244, 238), 0.3)
        if self.style == "watercolor":
            return mix(color, (255, 250, 240), float(self._rng.uniform(0.12, 0.26)))
        return color

    def _edge(self, color: Color) -> Color | None:
        if self.style == "flat":
            return _INK
        if self.style == "sketch":
            return _PENCIL
        if self.style == "watercolor":
            return mix(color, (60, 40, 60), 0.35)
        return None


def finish(brush: Brush, style: str, head: tuple[float, float, float, float], rng: np.random.Generator) -> Image.Image:
    """Turn the page into the picture: grain, wash or light; `head` is centre x, y and half sizes in 1/128."""
    page = brush.page
    if style == "watercolor":
        page = page.filter(ImageFilter.GaussianBlur(1.1))
    image = page.resize((brush.size, brush.size), Image.Resampling.BOX)
    if style == "flat":
        return image
    pixels = np.asarray(image, dtype=np.float32)
    if style == "sketch":
        pixels = _hatch(pixels)
    elif style == "watercolor":
        pixels = _wash(pixels, rng)
    elif style == "render":
        pixels = _light(pixels, head)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _hatch(pixels: np.ndarray) -> np.ndarray:
    size = pixels.shape[0]
    y, x = np.mgrid[0:size, 0:size] * (128 / size)
    lines = ((x + y) % 8 < 2).astype(np.float32)
    dark = 1.0 - pixels.mean(axis=2) / 255
    return pixels - (lines * (10 + 26 * dark))[..., None]


def _wash(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = pixels.shape[0]
    coarse = Image.fromarray(rng.uniform(0, 255, (9, 9)).astype(np.uint8)).resize(
        (size, size), Image.Resampling.BICUBIC
    )
    blot = np.asarray(coarse, dtype=np.float32)[..., None] / 255 - 0.5
    return pixels + blot * 44 + 4


def _light(pixels: np.ndarray, head: tuple[float, float, float, float]) -> np.ndarray:
    size = pixels.shape[0]
    y, x = (np.mgrid[0:size, 0:size] + 0.5) * (128 / size)
    cx, cy, rx, ry = head
    dx, dy = (x - cx + 0.45 * rx) / (1.5 * rx), (y - cy + 0.5 * ry) / (1.5 * ry)
    shade = 1.2 - 0.5 * np.clip(dx * dx + dy * dy, 0, 1.15)
    shine = 95 * np.exp(-(((x - cx + 0.42 * rx) / 8) ** 2 + ((y - cy + 0.66 * ry) / 6) ** 2))
    return pixels * shade[..., None] + shine[..., None]
