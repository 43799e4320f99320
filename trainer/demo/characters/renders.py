"""A demo character as many users have theirs: in 3D renders only, whose look a LoRA learns with the person."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...augment.variants.style import Style
from ...dataset.dataset import Dataset
from ..world.captions import SUBJECT, caption
from ..world.draw import draw
from ..world.look import STYLES, Look
from .character import HELD_OUT, TRIGGERS, balanced_looks, character, written

RENDERS = 20
DEMO_STYLES = (
    Style(prompt="flat drawing", low=0.35, high=0.80, negative="3d render"),
    Style(prompt="pencil sketch", low=0.50, high=0.80, negative="3d render, flat drawing"),
    Style(prompt="watercolor painting", low=0.65, high=0.95, negative="3d render, flat drawing"),
)
"""What the demo base can draw besides renders; its reader reads faces in all of them, so all are held strictly."""
DEMO_GUIDANCE = 1.5
"""Guidance for variants: what a higher one exaggerates, a LoRA learns, and guidance exaggerates again."""


def draw_renders(folder: Path, number: int = 0, train: int = RENDERS) -> Dataset:
    """`train` renders to train on, captioned without a word of style, and held-out pictures in every style."""
    identity, trigger = character(number), TRIGGERS[number % len(TRIGGERS)]
    rng = np.random.default_rng([5115, number])
    looks = balanced_looks(train + HELD_OUT, rng)
    rendered = [replace(look, style="render") for look in looks[:train]]
    samples = [
        written(
            folder / f"1_{trigger}" / f"{n + 1:03}.png", draw(identity, look, rng).image, _told(trigger, look), "train"
        )
        for n, look in enumerate(rendered)
    ]
    samples += [
        written(
            folder / "held_out" / f"{n + 1:03}.png",
            draw(identity, look, rng).image,
            caption([trigger], look),
            "held_out",
        )
        for n, look in enumerate(looks[train:], train)
    ]
    return Dataset(samples=tuple(samples), trigger=trigger, subject=SUBJECT, root=folder)


def _told(trigger: str, look: Look) -> str:
    return caption([trigger], look).removesuffix(f", {STYLES[look.style]}")
