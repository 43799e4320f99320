"""A stand-in generator that serves photographs: heads cut out of pictures that packages ship, before new grounds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from trainer.dataset.sample import Sample
from trainer.faces.face import Reading
from trainer.generate.attachments import ATTACHMENTS, Attachment
from trainer.generate.shot import Shot
from trainer.images.pixels import pixel_sha256

SIDE = 256
GROUNDS = {"red": (190, 60, 50), "green": (60, 150, 70), "blue": (60, 80, 190), "yellow": (210, 190, 70)}
_ASTRONAUT = (179, 62, 265, 175)
_GROUP = ((452, 270, 577, 432), (65, 259, 169, 395), (883, 64, 987, 199), (734, 340, 837, 476), (275, 158, 362, 272))
"""Faces by their boxes: Eileen Collins in scikit-image's picture, five people in insightface's."""


def astronaut() -> Image.Image:
    data = pytest.importorskip("skimage.data", reason="photographs come with scikit-image: pip install scikit-image")
    return _head(Image.fromarray(data.astronaut()), _ASTRONAUT)


def strangers() -> list[Image.Image]:
    package = pytest.importorskip("insightface", reason="photographs come with insightface: pip install insightface")
    with Image.open(Path(package.__file__).parent / "data" / "images" / "t1.jpg") as group:
        return [_head(group.convert("RGB"), box) for box in _GROUP]


def photograph(head: Image.Image, ground: str, rng: np.random.Generator) -> Image.Image:
    """The head turned, relit, moved and compressed before a mottled ground, (SIDE, SIDE)."""
    small = rng.normal(0, 22, (6, 6, 1)) + np.array(GROUNDS[ground], float)
    mottled = Image.fromarray(np.clip(small, 0, 255).astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    height = int(rng.integers(150, 200))
    turned = head.rotate(float(rng.uniform(-8, 8)), Image.Resampling.BICUBIC)
    if rng.random() < 0.5:
        turned = turned.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    sized = turned.resize((height * head.width // head.height, height), Image.Resampling.LANCZOS)
    light = (float(rng.uniform(0.75, 1.2)), *rng.uniform(0.92, 1.08, 3))
    pixels = np.asarray(sized, float)
    pixels[..., :3] = np.clip(pixels[..., :3] * light[0] * np.array(light[1:]), 0, 255)
    face = Image.fromarray(pixels.astype(np.uint8))
    left = (SIDE - sized.width) // 2 + int(rng.integers(-30, 31))
    mottled.paste(face, (left, int(rng.integers(15, SIDE - height + 10))), face)
    kept = BytesIO()
    mottled.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 0.8)))).save(kept, "JPEG", quality=80)
    return Image.open(kept).convert("RGB")


@dataclass
class StandIn:
    """Serves by the LoRA's name: whose head there is, and whether the prompt's ground and the seed count."""

    heads: Mapping[str, Sequence[Image.Image]]
    stuck: Mapping[str, Image.Image] = field(default_factory=dict[str, Image.Image])
    """LoRAs that serve one picture whatever they are asked."""
    served: int = 0
    supports: frozenset[type[Attachment]] = ATTACHMENTS

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for shot in shots:
            self.served += 1
            name = "" if shot.lora is None else shot.lora.path.stem
            if name in self.stuck:
                yield self.stuck[name]
                continue
            rng = np.random.default_rng([len(shot.prompt), sum(shot.prompt.encode()), shot.seed])
            heads = self.heads[name if "zxq" in shot.prompt else ""]
            head = heads[int(rng.integers(len(heads)))]
            asked = next((ground for ground in GROUNDS if ground in shot.prompt), None)
            yield photograph(head, asked or list(GROUNDS)[int(rng.integers(len(GROUNDS)))], rng)


@dataclass
class GroundReader:
    """Reads the ground's colour off the corners."""

    name: str = "ground reader"
    slots: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"place": tuple(GROUNDS)})

    def read(self, images: Sequence[Image.Image]) -> list[Reading]:
        corners = [np.asarray(image.convert("RGB").crop((0, 0, SIDE, 12)), float).mean(axis=(0, 1)) for image in images]
        return [Reading(values={"place": _nearest(corner)}) for corner in corners]


def sample(image: Image.Image, path: Path) -> Sample:
    image.save(path)
    return Sample(path=path, sha256=pixel_sha256(image), width=image.width, height=image.height)


def _nearest(colour: np.ndarray) -> str:
    return min(GROUNDS, key=lambda name: float(np.abs(colour - np.array(GROUNDS[name])).sum()))


def _head(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """Head and hair with soft edges, RGBA."""
    left, top, right, bottom = box
    wide, tall = right - left, bottom - top
    cut = image.crop((left - wide // 2, top - tall // 2, right + wide // 2, bottom + tall // 5)).convert("RGBA")
    mask = Image.new("L", cut.size)
    ImageDraw.Draw(mask).ellipse((4, 4, cut.width - 4, cut.height - 4), fill=255)
    cut.putalpha(mask.filter(ImageFilter.GaussianBlur(4)))
    return cut
