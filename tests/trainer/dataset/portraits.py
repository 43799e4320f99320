"""Pictures of grain with a face where the test says, and a reader that knows them by their pixels."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.faces.face import Box, Face
from trainer.faces.metric import COSINE, Metric
from trainer.images.pixels import pixel_sha256

HERO, STRANGER = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])


@dataclass
class KnownReader:
    """Looks faces up by the picture's sha256; counts how often it was asked."""

    known: dict[str, list[Face]] = field(default_factory=dict[str, list[Face]])
    name: str = "known reader"
    same_person: float = 0.5
    licence: str = "Free."
    measures_identity: bool = True
    metric: Metric = COSINE
    asked: int = 0

    def faces(self, image: Image.Image) -> list[Face]:
        self.asked += 1
        return self.known.get(pixel_sha256(image), [])


@dataclass
class Studio:
    """Puts pictures into `folder` and tells `reader` what is on them."""

    folder: Path
    reader: KnownReader = field(default_factory=KnownReader)

    def shoot(
        self,
        name: str,
        box: Box | None = None,
        size: tuple[int, int] = (400, 300),
        *,
        who: np.ndarray = HERO,
        yaw: float = 0.0,
        eyes: float | None = 0.4,
        blur: float = 0.0,
        wall: int = 120,
    ) -> Path:
        rng = np.random.default_rng(list(name.encode()))
        pixels = np.clip(rng.normal(wall, 40, (size[1], size[0], 3)), 0, 255).astype(np.uint8)
        # Broad patches besides the grain, or all pictures would look alike to a perceptual hash.
        patches = Image.fromarray(rng.integers(0, 255, (6, 6, 3)).astype(np.uint8)).resize(size)
        image = Image.blend(Image.fromarray(pixels), patches, 0.4)
        image = image.filter(ImageFilter.GaussianBlur(blur)) if blur else image
        path = self.folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        path.with_suffix(".txt").write_text(f"sage, {name}")
        if box is not None:
            self.reader.known[pixel_sha256(image)] = [_face(box, who, yaw, eyes)]
        return path

    def dataset(self, held_out: int = 0) -> Dataset:
        return read_dataset(self.folder, trigger="sage", held_out=held_out)


def _face(box: Box, who: np.ndarray, yaw: float, eyes: float | None) -> Face:
    left, top, right, bottom = box
    y = top + (eyes or 0) * (bottom - top)
    points = () if eyes is None else ((left + 10, y), (right - 10, y), *(((left + right) / 2, bottom - 5),) * 3)
    return Face(box=box, points=points, yaw=yaw, embedding=who / np.linalg.norm(who), score=0.9, roll=0.0)
