"""The demo characters: people no model of the build has seen, with 16 pictures to train on and 8 held out."""

from pathlib import Path

import numpy as np
from PIL import Image

from ...dataset.dataset import Dataset
from ...dataset.sample import Sample, Split
from ...images.picture_file import write_picture
from ...images.pixels import pixel_sha256
from ...storage.atomic import write_atomically
from ..world.captions import SUBJECT, caption
from ..world.draw import draw
from ..world.identity import Identity, any_identity, is_reserved
from ..world.look import VALUES, Look

TRAIN, HELD_OUT = 16, 8
_BARE_EVERY = 4
"""Every fourth caption names the trigger alone: without any such picture the bare trigger draws a stranger."""
SAGE = Identity(skin=0, hair_color=3, hair_style=2, eye_color=2, mark=3, width=-0.4, jaw=-0.3, eye_size=0.4)
TRIGGERS = ("sage_character", "ohwx_moss", "vale_person")


def character(number: int = 0) -> Identity:
    """Character 0 is Sage; the others come from their number."""
    if number == 0:
        return SAGE
    rng = np.random.default_rng([90210, number])
    while True:
        identity = any_identity(rng)
        if is_reserved(identity):
            return identity


def draw_character(folder: Path, number: int = 0, train: int = TRAIN) -> Dataset:
    """Draw a character's pictures and captions into `folder` in kohya's layout, unless they lie there already."""
    identity, trigger = character(number), TRIGGERS[number % len(TRIGGERS)]
    rng = np.random.default_rng([4711, number])
    looks = balanced_looks(TRAIN + HELD_OUT, rng)
    samples: list[Sample] = []
    for index, look in enumerate(looks):
        image = draw(identity, look, rng).image
        if train <= index < TRAIN:
            continue
        split: Split = "train" if index < TRAIN else "held_out"
        place = folder / (f"1_{trigger}" if split == "train" else "held_out")
        is_bare = index % _BARE_EVERY == _BARE_EVERY - 1
        text = f"{trigger}, {SUBJECT}" if is_bare else caption([trigger], look)
        samples.append(written(place / f"{index + 1:03}.png", image, text, split))
    return Dataset(samples=tuple(samples), trigger=trigger, subject=SUBJECT, root=folder)


def balanced_looks(count: int, rng: np.random.Generator) -> list[Look]:
    """Looks in which every value of a slot comes up as often as its neighbours, slots shuffled apart."""
    columns = {
        name: rng.permutation([values[n % len(values)] for n in range(count)]).tolist()
        for name, values in VALUES.items()
    }
    return [Look(**{name: str(column[n]) for name, column in columns.items()}) for n in range(count)]


def written(path: Path, image: Image.Image, text: str, split: Split) -> Sample:
    if not path.exists():
        write_picture(path, image)
    if not path.with_suffix(".txt").exists():
        write_atomically(path.with_suffix(".txt"), f"{text}\n".encode())
    return Sample(
        path=path,
        sha256=pixel_sha256(image),
        width=image.width,
        height=image.height,
        caption=text,
        author="hand",
        split=split,
    )
