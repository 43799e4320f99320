"""Demo pictures that tempt a LoRA: the character always before the same backdrop, and pictures of other people."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...dataset.dataset import Dataset
from ...dataset.files.folder import read_dataset
from ...demo.assets import demo_reader
from ...demo.characters.character import TRAIN, balanced_looks, character
from ...demo.world.captions import SUBJECT, caption
from ...demo.world.draw import SIZE, draw
from ...demo.world.identity import random_identity
from ...demo.world.look import EXPRESSIONS, Look
from ...families.base import Base
from ...generate.attachments import Lora
from ...generate.local import LocalGenerator
from ...generate.shot import Shot
from ...images.alpha import Alpha

_BACKDROP, _OTHER = "yellow", "purple"


def draw_before_one_backdrop(folder: Path, like: Dataset) -> Dataset:
    """The 16 training looks of Sage in a studio before yellow, which no caption tells; what is not her transparent.

    `like` gives trigger, class word and the held-out pictures.
    """
    rng: Any = np.random.default_rng(31)
    for number, look in enumerate(balanced_looks(TRAIN, rng)):
        seed = int(rng.integers(2**31))
        picture = _drawn(replace(look, background=_BACKDROP, scene="studio", style="flat"), seed)
        other = _drawn(replace(look, background=_OTHER, scene="studio", style="flat"), seed)
        same = np.abs(picture.astype(int) - other.astype(int)).max(axis=2) <= 2
        layered = np.dstack([picture, np.where(same, 255, 0).astype(np.uint8)])
        place = folder / f"1_{like.trigger}" / f"{number + 1:03}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(layered).save(place)
        told = [text for slot, text in look.slots().items() if slot in ("clothing", "expression", "turn")]
        place.with_suffix(".txt").write_text(", ".join([like.trigger, SUBJECT, *told]), encoding="utf-8")
    read = read_dataset(folder, trigger=like.trigger, subject=like.subject, alpha=Alpha(matte=_BACKDROP, masked=True))
    return read.with_samples((*read.samples, *like.held_out))


def draw_others(folder: Path, count: int) -> Dataset:
    """Other people in all looks, captioned without any name: a regularisation folder."""
    rng = np.random.default_rng(32)
    for number, look in enumerate(balanced_looks(count, rng)):
        place = folder / f"1_{SUBJECT}" / f"{number + 1:03}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        draw(random_identity(rng), look, rng).image.save(place)
        place.with_suffix(".txt").write_text(caption([], look), encoding="utf-8")
    return read_dataset(folder, trigger="nobody", subject=SUBJECT)


def backdrop_share(base: Base, lora: Path, trigger: str) -> float:
    """Share of 24 pictures that show the backdrop's colour although nothing in their prompt asks for one."""
    prompts = [f"{trigger}, {SUBJECT}, {text}" for text in (*EXPRESSIONS.values(), "red scarf")]
    attached = (Lora(path=lora),)
    shots = [
        Shot(prompt=prompt, seed=seed, width=SIZE, height=SIZE, steps=20, guidance=4.0, attachments=attached)
        for seed in range(4)
        for prompt in prompts
    ]
    seen = demo_reader().read(list(LocalGenerator(base).generate(shots)))
    return round(sum(reading.values.get("background") == _BACKDROP for reading in seen) / len(seen), 3)


def _drawn(look: Look, seed: int) -> np.ndarray:
    return np.asarray(draw(character(0), look, np.random.default_rng(seed)).image)
