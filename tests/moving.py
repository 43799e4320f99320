"""Clips from the demo's drawing program whose fault is known: turning, becoming another, flickering, standing still."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageEnhance

from trainer.demo.world.draw import draw
from trainer.demo.world.identity import Identity
from trainer.demo.world.look import Look, random_look

LOOK = Look(
    background="blue",
    scene="studio",
    garment="hoodie",
    garment_color="red",
    expression="neutral",
    turn="front",
    style="flat",
)
SOMEONE = Identity(skin=1, hair_color=3, hair_style=2, eye_color=2, mark=0, width=0.2, jaw=-0.3, eye_size=0.4)
ANOTHER = Identity(skin=3, hair_color=4, hair_style=3, eye_color=1, mark=3, width=-0.5, jaw=0.6, eye_size=-0.4)
FRAMES = 16


def frame(who: Identity, turn: float = 0.0, aside: float = 0.0, look: Look = LOOK) -> Image.Image:
    """`turn` from -1 (left) to 1, `aside` in 1/128 of the page."""
    return draw(who, look, np.random.default_rng(5), turn=turn, aside=aside).image


def turning(who: Identity = SOMEONE, frames: int = FRAMES) -> list[Image.Image]:
    """From left to right, while the camera pans."""
    return [frame(who, turn, 6 * turn) for turn in np.linspace(-0.8, 0.8, frames)]


def becoming(who: Identity = SOMEONE, other: Identity = ANOTHER, frames: int = FRAMES) -> list[Image.Image]:
    """Turning, and by and by somebody else."""
    pairs = zip(turning(who, frames), turning(other, frames), np.linspace(0, 1, frames), strict=True)
    return [Image.blend(one, another, part) for one, another, part in pairs]


def alternating(who: Identity = SOMEONE, other: Identity = ANOTHER, part: float = 1.0) -> list[Image.Image]:
    """Turning, every second frame so much another."""
    pairs = zip(turning(who), turning(other), strict=True)
    return [Image.blend(one, another, part * (n % 2)) for n, (one, another) in enumerate(pairs)]


def blinking(clip: Sequence[Image.Image], by: float = 0.15) -> list[Image.Image]:
    """Every second frame darker."""
    return [ImageEnhance.Brightness(one).enhance(1 - by * (n % 2)) for n, one in enumerate(clip)]


def still(who: Identity = SOMEONE, grain: float = 0.0) -> list[Image.Image]:
    """One picture, with noise of so many levels as codecs leave it."""
    rng = np.random.default_rng(0)
    pixels = np.asarray(frame(who), np.float32)
    noisy = [pixels + rng.normal(0, grain, pixels.shape) if grain else pixels for _ in range(FRAMES)]
    return [Image.fromarray(np.clip(one, 0, 255).astype(np.uint8)) for one in noisy]


def references(who: Identity = SOMEONE, count: int = 8) -> list[Image.Image]:
    """Pictures of somebody in all kinds of looks."""
    rng = np.random.default_rng(9)
    return [draw(who, random_look(rng), rng).image for _ in range(count)]
